//! Fields that a service board can require of its tickets: a type, a priority, a source, custom fields. The subtypes and items
//! that go with a type are in `ticket_class.rs`.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::connectwise::query::Condition;
use crate::connectwise::{
    BoardId, CustomFieldId, Entity, ItemId, ListRequest, PriorityId, SourceId, SubtypeId, TicketTypeId,
};

/// The screen of a ticket (`docs/vendors/connectwise.md` 4.5). The custom fields of all screens are in one list.
const TICKET_SCREEN: &str = "sr100";

/// A type of a service board's tickets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketType {
    /// The type's id.
    pub id: TicketTypeId,
    /// The type's name.
    #[serde(default)]
    pub name: String,
    /// `true` if ConnectWise selects it for a ticket that is entered by hand.
    #[serde(default)]
    pub default_flag: bool,
}

/// A priority.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Priority {
    /// The priority's id.
    pub id: PriorityId,
    /// The priority's name.
    #[serde(default)]
    pub name: String,
    /// `true` if a ticket without a priority gets this one.
    #[serde(default)]
    pub default_flag: bool,
}

/// A source of tickets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The source's id.
    pub id: SourceId,
    /// The source's name.
    #[serde(default)]
    pub name: String,
    /// `true` if a ticket without a source gets this one.
    #[serde(default)]
    pub default_flag: bool,
}

/// A ticket's impact or urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TicketLevel"))]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
}

impl Level {
    /// Returns the level as ConnectWise writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// Fields of a new ticket that do not depend on its content. What is not set gets ConnectWise's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketFields {
    /// The type, one of the board's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<TicketTypeId>,
    /// The subtype, one of the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype: Option<SubtypeId>,
    /// The item, one that goes with the type and the subtype.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// The priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<PriorityId>,
    /// The source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// The impact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Level>,
    /// The urgency, which ConnectWise's API calls severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Level>,
}

/// A custom field, which the MSP defined.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// The field's id.
    pub id: CustomFieldId,
    /// The field's label.
    #[serde(default)]
    pub caption: String,
    #[serde(default)]
    screen_id: String,
    /// The type of the field's values.
    #[serde(default)]
    pub field_type_identifier: CustomFieldType,
    /// `true` if people must fill in the field.
    #[serde(default)]
    pub required_flag: bool,
    #[serde(default)]
    read_only_flag: bool,
    #[serde(default)]
    options: Vec<CustomFieldOption>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomFieldOption {
    #[serde(default)]
    option_value: String,
    #[serde(default)]
    inactive_flag: bool,
}

/// The type of a custom field's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum CustomFieldType {
    /// `true` or `false`.
    Checkbox,
    /// A number.
    Number,
    /// A text. Dates, links and the like are texts too.
    #[default]
    Text,
}

impl From<String> for CustomFieldType {
    fn from(name: String) -> Self {
        match name.as_str() {
            "Checkbox" => Self::Checkbox,
            "Number" | "Currency" | "Percent" => Self::Number,
            _ => Self::Text,
        }
    }
}

/// A custom field's value in a new ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomFieldValue {
    /// The field.
    pub id: CustomFieldId,
    /// The value.
    pub value: FieldValue,
}

/// A value of the field's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged)]
pub enum FieldValue {
    /// The value of a checkbox.
    Flag(bool),
    /// The value of a number, a currency or a percentage.
    Number(Number),
    /// The value of any other field.
    Text(String),
}

impl CustomField {
    /// Returns the values to choose from. Empty if the field can have any value of its type.
    pub fn choices(&self) -> impl Iterator<Item = &str> {
        self.options.iter().filter(|option| !option.inactive_flag).map(|option| option.option_value.as_str())
    }

    /// Returns `true` if the field can have the value.
    pub fn accepts(&self, value: &FieldValue) -> bool {
        match (self.field_type_identifier, value) {
            (CustomFieldType::Checkbox, FieldValue::Flag(_)) | (CustomFieldType::Number, FieldValue::Number(_)) => true,
            (CustomFieldType::Text, FieldValue::Text(text)) => {
                self.options.is_empty() || self.choices().any(|choice| choice == text)
            }
            (CustomFieldType::Checkbox | CustomFieldType::Number | CustomFieldType::Text, _) => false,
        }
    }
}

impl Entity for TicketType {
    const FIELDS: &'static str = "id,name,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Priority {
    const FIELDS: &'static str = "id,name,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for Source {
    const FIELDS: &'static str = "id,name,defaultFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

impl Entity for CustomField {
    const FIELDS: &'static str = "id,caption,screenId,fieldTypeIdentifier,requiredFlag,readOnlyFlag,options";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the active types of a board, ordered by name.
pub fn types(board: BoardId) -> ListRequest<TicketType> {
    let list = ListRequest::all("board-types", format!("/service/boards/{board}/types"));
    list.with_condition(Condition::flag("inactiveFlag", false)).ordered_by("name")
}

/// Lists the priorities, in ConnectWise's order.
pub fn priorities() -> ListRequest<Priority> {
    ListRequest::all("priorities", "/service/priorities").ordered_by("sortOrder")
}

/// Lists the sources, ordered by name.
pub fn sources() -> ListRequest<Source> {
    ListRequest::all("sources", "/service/sources").ordered_by("name")
}

/// Lists the custom fields of tickets that can be filled in.
pub fn custom_fields() -> ListRequest<CustomField> {
    ListRequest::all("custom-fields", "/system/userDefinedFields")
        .filtered_by(|field: &CustomField| field.screen_id.eq_ignore_ascii_case(TICKET_SCREEN) && !field.read_only_flag)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn field(kind: &str, options: &Value) -> CustomField {
        serde_json::from_value(json!({ "id": 7, "fieldTypeIdentifier": kind, "options": options })).unwrap()
    }

    fn value(value: Value) -> FieldValue {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_value_has_the_fields_type() {
        for (kind, good, bad) in [
            ("Checkbox", json!(true), json!("true")),
            ("Number", json!(3), json!("3")),
            ("Percent", json!(2.5), json!(true)),
            ("Text", json!("a"), json!(3)),
            ("Date", json!("2026-09-01"), json!(false)),
        ] {
            assert!(field(kind, &json!([])).accepts(&value(good)), "{kind}");
            assert!(!field(kind, &json!([])).accepts(&value(bad)), "{kind}");
        }
    }

    #[test]
    fn a_list_accepts_its_active_options_only() {
        let list = field("Text", &json!([{ "optionValue": "Gold" }, { "optionValue": "Lead", "inactiveFlag": true }]));
        assert_eq!(list.choices().collect::<Vec<_>>(), ["Gold"]);
        for (text, accepted) in [("Gold", true), ("Lead", false), ("gold", false)] {
            assert_eq!(list.accepts(&value(json!(text))), accepted, "{text}");
        }
    }
}
