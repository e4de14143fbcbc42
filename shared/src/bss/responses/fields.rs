//! The partner's settings fields and the Sync Options of an account.

use indexmap::IndexMap;
use serde::Serialize;

/// Response of `fields/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct FieldCollection {
    /// The settings fields.
    pub fields: Vec<Field>,
}

/// A settings field, created from its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Field {
    /// The id of the definition. The BSS sends the value in the header `X-CloudPlatform-Setting-<ID>`.
    #[serde(rename = "ID")]
    pub id: String,
    /// Always null in a definition.
    pub value: Option<String>,
    /// The definition.
    pub definition: FieldDefinition,
}

impl From<FieldDefinition> for Field {
    fn from(definition: FieldDefinition) -> Self {
        Self { id: definition.id.clone(), value: None, definition }
    }
}

/// The definition of a settings field.
#[expect(clippy::struct_excessive_bools, reason = "the library's type has them")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct FieldDefinition {
    /// The id, which is part of a header name.
    #[serde(rename = "ID")]
    pub id: String,
    /// The position in the form.
    pub sort_order: u32,
    /// The label.
    pub name: String,
    /// The help text.
    pub description: Option<String>,
    /// The kind of input.
    pub kind: FieldKind,
    /// The maximum length of a text, in characters.
    pub max_length: u32,
    /// `true` if a value is required.
    pub is_required: bool,
    /// The choices, from id to label, in this order.
    #[cfg_attr(feature = "openapi", schemars(with = "crate::bss::TextMap"))]
    pub predefined_values: IndexMap<String, String>,
    /// `true` if the field is shown only after the others (`fields/additionalinfo`).
    pub is_additional_field: bool,
    /// `true` if the BSS asks for the value twice.
    pub include_verification: bool,
    /// `true` if distributors see the field.
    pub is_distributor_option: bool,
    /// `true` if partners see the field.
    pub is_partner_option: bool,
    /// The initial value.
    pub initial_value: Option<String>,
}

/// The kind of input of a settings field; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum FieldKind {
    /// One line of text.
    #[default]
    Text = 0,
    /// One line of text, masked.
    PasswordText = 1,
    /// A URL.
    Url = 2,
    /// An integer.
    Integer = 3,
    /// One of the predefined values.
    PredefinedChooseOne = 4,
    /// Any number of the predefined values.
    PredefinedChooseMany = 5,
    /// Any number of free values.
    CustomMultipleValues = 6,
    /// Several lines of text.
    MultiLineTextBox = 7,
    /// Yes or no.
    Checkbox = 8,
    /// Not shown.
    Hidden = 9,
    /// Displayed, without input.
    Label = 10,
    /// A certificate with its password: the base64 of `{fileData, password}`.
    CertificateFile = 11,
}

super::numbered!(FieldKind);

/// Response of `accounts/syncoptions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct CustomFieldCollection {
    /// The Sync Options.
    pub fields: Vec<CustomField>,
}

/// A Sync Option, created from its definition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct CustomField {
    /// The id of the definition, and the key in `SyncOptions`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The definition.
    pub definition: CustomFieldDefinition,
}

impl From<CustomFieldDefinition> for CustomField {
    fn from(definition: CustomFieldDefinition) -> Self {
        Self { id: definition.id.clone(), definition }
    }
}

/// The definition of a Sync Option.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct CustomFieldDefinition {
    /// The id. The BSS fills in `username` itself, if it is declared exactly as `docs/vendors/bss.md` ("Behaviour")
    /// describes.
    #[serde(rename = "ID")]
    pub id: String,
    /// The position in the form.
    pub sort_order: u32,
    /// The label.
    pub name: String,
    /// The help text.
    pub description: Option<String>,
    /// The kind of input.
    pub kind: CustomFieldKind,
    /// The type of the value.
    pub data_type: CustomFieldDataType,
    /// `true` if a value is required.
    pub is_required: bool,
    /// The choices of a list.
    pub predefined_values: Vec<ValueDefinition>,
    /// `true` if the value cannot be edited.
    pub is_read_only: bool,
    /// `true` if the customer is asked for the value in the first order.
    pub available_to_storefront: bool,
}

/// A choice of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ValueDefinition {
    /// The id, which the BSS sends in `SyncOptions`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The position in the list.
    pub sort_order: u32,
    /// The label.
    pub name: String,
    /// The help text.
    pub description: Option<String>,
    /// `true` if the choice is preselected.
    pub is_default: bool,
}

/// The kind of input of a Sync Option; sent as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum CustomFieldKind {
    /// One value.
    #[default]
    SimpleValue,
    /// One value of a list.
    List,
    /// Several lines of text.
    TextArea,
    /// Any number of values of a list.
    ListMultiSelect,
    /// Yes or no.
    Boolean,
    /// A link.
    Link,
    /// Text in a given format.
    Mask,
    /// A number with a modulo 11 check digit.
    MOD11CheckDigit,
    /// Unknown.
    Unknown,
    /// A file.
    File,
}

/// The type of a Sync Option's value; sent as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
    /// Unknown.
    Unknown,
}
