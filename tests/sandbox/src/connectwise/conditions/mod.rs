//! The query language of `conditions`: comparisons of fields with values, `and`, `or`, `not`, brackets.
//!
//! String comparison is case-insensitive, as in the vendor's database. A field that is not set equals only `null`, and
//! `!=` never matches it.

mod evaluate;
mod parse;
mod token;

use super::definition::Resource;
use super::schema::{self, Kind};

pub use self::evaluate::{holds, lookup};
pub use self::parse::parse;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both hold.
    And(Box<Self>, Box<Self>),
    /// One holds.
    Or(Box<Self>, Box<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// The comparison of the field with the value holds.
    Compare(String, Operator, Literal),
    /// The field equals one of these values.
    In(String, Vec<Literal>),
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `contains`
    Contains,
    /// `like`, with `*` or `%` for any characters
    Like,
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `"x"` or `'x'`
    Text(String),
    /// `5`
    Number(f64),
    /// `true`
    Flag(bool),
    /// `[2016-08-20T18:04:26Z]`, as it stands between the brackets
    Date(jiff::Timestamp),
    /// `null`
    Null,
}

/// The type of a field, which decides the values it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// Strings.
    Text,
    /// One of these words.
    Choice(&'static str),
    /// Numbers.
    Number,
    /// True or false.
    Flag,
    /// Dates in square brackets.
    Date,
}

/// Returns the type of a field. `None` if conditions on `resource` do not support it.
pub fn type_of(resource: Resource, name: &str) -> Option<Type> {
    match name {
        "lastUpdated" | "dateEntered" => return Some(Type::Date),
        "updatedBy" | "enteredBy" => return Some(Type::Text),
        "configuration/id" if resource == Resource::Ticket => return Some(Type::Number),
        _ => {}
    }
    let (field, member) = name.split_once('/').map_or((name, None), |(field, member)| (field, Some(member)));
    let alone = |of: Type| member.is_none().then_some(of);
    match schema::kind(resource.definition().schema, field)? {
        Kind::Text(_) | Kind::Free => alone(Type::Text),
        Kind::Choice(words) => alone(Type::Choice(words)),
        Kind::Integer | Kind::Number => alone(Type::Number),
        Kind::Flag => alone(Type::Flag),
        Kind::Date => alone(Type::Date),
        Kind::Reference(to) => of_member(member?, to.definition().shown.iter().map(|(shown, _)| *shown)),
        Kind::Elsewhere => of_member(member?, ["identifier", "name"].into_iter()),
        Kind::Children(_) | Kind::Integers | Kind::Texts => None,
    }
}

fn of_member(member: &str, mut shown: impl Iterator<Item = &'static str>) -> Option<Type> {
    if member == "id" {
        return Some(Type::Number);
    }
    shown.any(|shown| shown == member).then_some(Type::Text)
}

/// Returns the type of a field of a list's objects, such as `communicationItems/value`. Custom fields omit the list's
/// name.
pub fn type_of_child(resource: Resource, list: &str, name: &str) -> Option<Type> {
    let Kind::Children(members) = schema::kind(resource.definition().schema, list)? else { return None };
    let member = name.split('/').next()?;
    let known = super::definition::lists(members, member);
    known.then_some(match member {
        "id" | "rowNum" => Type::Number,
        "defaultFlag" => Type::Flag,
        "type" if name.ends_with("/id") => Type::Number,
        _ => Type::Text,
    })
}
