//! The settings that a partner fills in, and the options that an account is synchronized with.

use indexmap::IndexMap;
use serde::Serialize;

/// Answer of `fields/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldCollection {
    /// The settings fields.
    pub fields: Vec<Field>,
}

/// A settings field; made from its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Field {
    /// The definition's id: the value comes back as header `X-CloudPlatform-Setting-<ID>`.
    #[serde(rename = "ID")]
    pub id: String,
    /// Null in a definition.
    pub value: Option<String>,
    /// What the field is.
    pub definition: FieldDefinition,
}

impl From<FieldDefinition> for Field {
    fn from(definition: FieldDefinition) -> Self {
        Self { id: definition.id.clone(), value: None, definition }
    }
}

/// What a settings field is.
#[expect(clippy::struct_excessive_bools, reason = "the library's type has them")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldDefinition {
    /// Id, part of a header's name.
    #[serde(rename = "ID")]
    pub id: String,
    /// Place in the form.
    pub sort_order: u32,
    /// Label.
    pub name: String,
    /// Help text.
    pub description: Option<String>,
    /// How it is filled in.
    pub kind: FieldKind,
    /// Greatest length of a text.
    pub max_length: u32,
    /// Must be filled in.
    pub is_required: bool,
    /// Choices: id to label, in this order.
    pub predefined_values: IndexMap<String, String>,
    /// Shown only after the others (`fields/additionalinfo`).
    pub is_additional_field: bool,
    /// The BSS asks for it twice.
    pub include_verification: bool,
    /// Shown to distributors.
    pub is_distributor_option: bool,
    /// Shown to partners.
    pub is_partner_option: bool,
    /// Value before anything is filled in.
    pub initial_value: Option<String>,
}

/// How a settings field is filled in; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum FieldKind {
    /// A line of text.
    #[default]
    Text = 0,
    /// A line of text, not shown.
    PasswordText = 1,
    /// A URL.
    Url = 2,
    /// An integer.
    Integer = 3,
    /// One of the predefined values.
    PredefinedChooseOne = 4,
    /// Some of the predefined values.
    PredefinedChooseMany = 5,
    /// Any values.
    CustomMultipleValues = 6,
    /// Lines of text.
    MultiLineTextBox = 7,
    /// Yes or no.
    Checkbox = 8,
    /// Not shown.
    Hidden = 9,
    /// Shown, not filled in.
    Label = 10,
    /// A certificate with its password: base64 of `{fileData, password}`.
    CertificateFile = 11,
}

super::numbered!(FieldKind);

/// Answer of `accounts/syncoptions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomFieldCollection {
    /// The sync options.
    pub fields: Vec<CustomField>,
}

/// A sync option; made from its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomField {
    /// The definition's id: the key in `SyncOptions`.
    #[serde(rename = "ID")]
    pub id: String,
    /// What the option is.
    pub definition: CustomFieldDefinition,
}

impl From<CustomFieldDefinition> for CustomField {
    fn from(definition: CustomFieldDefinition) -> Self {
        Self { id: definition.id.clone(), definition }
    }
}

/// What a sync option is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomFieldDefinition {
    /// Id; `username` is filled in by the BSS itself if declared exactly as `reference/bss.md` tells.
    #[serde(rename = "ID")]
    pub id: String,
    /// Place in the form.
    pub sort_order: u32,
    /// Label.
    pub name: String,
    /// Help text.
    pub description: Option<String>,
    /// How it is filled in.
    pub kind: CustomFieldKind,
    /// What it holds.
    pub data_type: CustomFieldDataType,
    /// Must be filled in.
    pub is_required: bool,
    /// Choices of a list.
    pub predefined_values: Vec<ValueDefinition>,
    /// Can't be changed by hand.
    pub is_read_only: bool,
    /// The customer is asked for it in the first order.
    pub available_to_storefront: bool,
}

/// A choice of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ValueDefinition {
    /// What comes back in `SyncOptions`.
    #[serde(rename = "ID")]
    pub id: String,
    /// Place in the list.
    pub sort_order: u32,
    /// Label.
    pub name: String,
    /// Help text.
    pub description: Option<String>,
    /// Picked at first.
    pub is_default: bool,
}

/// How a sync option is filled in; travels as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum CustomFieldKind {
    /// One value.
    #[default]
    SimpleValue,
    /// One of a list.
    List,
    /// Lines of text.
    TextArea,
    /// Some of a list.
    ListMultiSelect,
    /// Yes or no.
    Boolean,
    /// A link.
    Link,
    /// Text of a given form.
    Mask,
    /// A number with a modulo 11 check digit.
    MOD11CheckDigit,
    /// None of these.
    Unknown,
    /// A file.
    File,
}

/// What a sync option holds; travels as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum CustomFieldDataType {
    /// Text.
    #[default]
    Text,
    /// A number.
    Number,
    /// An amount.
    Currency,
    /// A date.
    Date,
    /// None of these.
    Unknown,
}
