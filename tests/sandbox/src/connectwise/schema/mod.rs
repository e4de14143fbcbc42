//! The fields of the vendor's schemas, and the validation of their values.

pub mod company;
pub mod finance;
#[cfg(test)]
mod openapi;
pub mod procurement;
pub mod service;
pub mod system;
pub mod ticket;

use serde_json::Value;

use super::date;
use super::definition::Resource;
use super::refusal::Fault;

/// Kinds, each with the names of its fields.
pub type Schema = &'static [(Kind, &'static str)];

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string with a maximum length, in characters.
    Text(usize),
    /// A string of any length.
    Free,
    /// One of these words.
    Choice(&'static str),
    /// An integer of 32 bits.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A date and time, see [`date`].
    Date,
    /// A reference to a record.
    Reference(Resource),
    /// A reference to a kind of record that the sandbox does not have.
    Elsewhere,
    /// A list of objects with these members.
    Children(&'static str),
    /// A list of integers.
    Integers,
    /// A list of strings.
    Texts,
}

/// Billing mode of time, expenses and products.
const BILLABLE: Kind = Kind::Choice("Billable DoNotBill NoCharge NoDefault");
/// Period of a limit.
const CYCLE: Kind = Kind::Choice(
    "Contract2Weeks Contract4Weeks ContractYear CalendarMonth CalendarQuarter CalendarWeek ContractQuarter CalendarYear",
);
/// Custom fields.
const CUSTOM: Kind = Kind::Children(
    "id caption type entryMethod numberOfDecimals value connectWiseId rowNum userDefinedFieldRecId podId",
);

/// A set-up table with only names.
pub const NAMED: Schema = &[(Kind::Text(50), "name identifier"), (Kind::Integer, "id")];

/// A set-up table with names per board.
pub const NAMED_ON_BOARD: Schema = &[
    (Kind::Text(50), "name"),
    (Kind::Integer, "id"),
    (Kind::Flag, "inactiveFlag defaultFlag"),
    (Kind::Reference(Resource::Board), "board"),
];

/// A company's site.
pub const SITE: Schema =
    &[(Kind::Text(50), "name"), (Kind::Integer, "id"), (Kind::Reference(Resource::Company), "company")];

/// Returns the type of the field `name`.
pub fn kind(schema: Schema, name: &str) -> Option<Kind> {
    let matching = schema.iter().find(|(_, names)| names.split_whitespace().any(|known| known == name));
    matching.map(|(kind, _)| *kind)
}

/// Returns all fields with their types.
pub fn fields(schema: Schema) -> impl Iterator<Item = (&'static str, Kind)> {
    schema.iter().flat_map(|(kind, names)| names.split_whitespace().map(|name| (name, *kind)))
}

impl Kind {
    /// Validates `value`, which is not `null`, as the field `name` of `resource`. Returns the error, if any.
    pub fn fault(self, resource: &'static str, name: &str, value: &Value) -> Option<Fault> {
        let fault = |code, message| Some(Fault { code, message, resource, field: name.to_owned() });
        let wrong = |what: &str| fault("InvalidField", format!("{name} must be {what}."));
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
        match self {
            Self::Text(most) => match value.as_str() {
                None => wrong("a string"),
                Some(text) if text.chars().count() > most => {
                    fault("MaxLengthField", format!("The {name} field has a maximum length of {most}."))
                }
                Some(_) => None,
            },
            Self::Free if !value.is_string() => wrong("a string"),
            Self::Choice(words) if !is_word(words, value) => wrong(&format!("one of {words}")),
            Self::Integer if !is_integer(value) => wrong("an integer"),
            Self::Number if !value.is_number() => wrong("a number"),
            Self::Flag if !value.is_boolean() => wrong("true or false"),
            Self::Date if value.as_str().and_then(date::parse).is_none() => {
                fault("InvalidField", format!("Unsupported format applied to {name}"))
            }
            Self::Reference(_) | Self::Elsewhere if !value.is_object() => wrong("an object"),
            Self::Children(_) if !all(Value::is_object) => wrong("a list of objects"),
            Self::Integers if !all(is_integer) => wrong("a list of integers"),
            Self::Texts if !all(Value::is_string) => wrong("a list of strings"),
            Self::Free
            | Self::Choice(_)
            | Self::Integer
            | Self::Number
            | Self::Flag
            | Self::Date
            | Self::Reference(_)
            | Self::Elsewhere
            | Self::Children(_)
            | Self::Integers
            | Self::Texts => None,
        }
    }
}

/// Returns `true` if `value` is one of `words`, a space-separated list.
pub fn is_word(words: &str, value: &Value) -> bool {
    value.as_str().is_some_and(|text| words.split_whitespace().any(|word| word == text))
}

fn is_integer(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}
