//! Inputs: the first ones of a target, and changes of them.

use std::fs;
use std::io;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// Maximum length of an input, in bytes.
const MAX_LEN: usize = 20_000;

/// Texts at which parsers differ.
const TOKENS: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "3.0",
    "1e999",
    "-0",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
    "\"\"",
    "{}",
    "[]",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "\u{202e}",
    "\u{200b}",
    "\u{0}",
    "\r\n",
    "<b>",
    "</",
    "<!--",
    "T00:00:00Z",
    "-009999-01-01",
    "9999-12-31T23:59:59.999999999Z",
    "+25:00",
    "ſ",
    "İ",
    "🏢",
    "%2e%2e/",
];

/// Returns the first inputs of a target: the files in its folder of `seeds`, and the events of `tests/events` that it parses.
///
/// # Errors
/// A file cannot be read.
pub fn first(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut first = Vec::new();
    let own = root.join("seeds").join(target);
    if own.is_dir() {
        for file in fs::read_dir(own)? {
            first.push(fs::read(file?.path())?);
        }
    }
    for file in fs::read_dir(root.with_file_name("events"))? {
        let text = fs::read(file?.path())?;
        let event: Value = serde_json::from_slice(&text)?;
        let body = event.get("body").and_then(Value::as_str).map(Vec::from);
        match (target, event.get("rawPath").is_some()) {
            ("gateway", true) | ("queues", false) => first.push(text),
            ("bss" | "portal" | "vendors", true) => first.extend(body),
            _ => {}
        }
    }
    // The order of a folder differs between machines.
    first.sort();
    Ok(first)
}

/// A change of an input.
#[derive(Clone, Debug)]
enum Change {
    /// Replaces a value of a JSON input by another one, or removes it.
    Value(Index, Option<Value>),
    /// Replaces a part by a token.
    Token(Index, usize, &'static str),
    /// Replaces a part by bytes.
    Bytes(Index, usize, Vec<u8>),
    /// Repeats a part.
    Repeat(Index, usize, usize),
    /// Replaces the rest by that of another first input.
    Splice(Index, Index, Index),
}

/// Returns a strategy for inputs: a first input with up to eight changes, or any bytes.
pub fn changed(first: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let len = 0..40usize;
    let change = prop_oneof![
        6 => (any::<Index>(), proptest::option::weighted(0.8, value())).prop_map(|(at, value)| Change::Value(at, value)),
        3 => (any::<Index>(), 0..4usize, select(&TOKENS[..])).prop_map(|(at, len, token)| Change::Token(at, len, token)),
        2 => (any::<Index>(), len.clone(), vec(any::<u8>(), 0..8)).prop_map(|(at, len, bytes)| Change::Bytes(at, len, bytes)),
        1 => (any::<Index>(), len, 0..200usize).prop_map(|(at, len, times)| Change::Repeat(at, len, times)),
        1 => (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ];
    let from_first = (any::<Index>(), vec(change, 0..8)).prop_map(move |(chosen, changes)| {
        let mut input = chosen.get(&first).clone();
        for change in changes {
            input = apply(input, &change, &first);
            input.truncate(MAX_LEN);
        }
        input
    });
    prop_oneof![15 => from_first, 1 => vec(any::<u8>(), 0..64)]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        select(&TOKENS[..]).prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("\\PC{0,8}", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn apply(mut input: Vec<u8>, change: &Change, first: &[Vec<u8>]) -> Vec<u8> {
    let part = |at: &Index, len: usize| {
        let start = at.index(input.len() + 1);
        start..(start + len).min(input.len())
    };
    match change {
        Change::Value(at, value) => {
            // The vendors' inputs begin with the digit of a status.
            let start = usize::from(input.first().is_some_and(u8::is_ascii_digit) && input.len() > 1);
            let json = input.get(start..).and_then(|json| serde_json::from_slice::<Value>(json).ok());
            let Some(mut json) = json else { return input };
            let mut left = at.index(count(&json));
            replace(&mut json, &mut left, value.as_ref());
            input.truncate(start);
            input.extend(json.to_string().bytes());
        }
        Change::Token(at, len, token) => {
            let part = part(at, *len);
            input.splice(part, token.bytes());
        }
        Change::Bytes(at, len, bytes) => {
            let part = part(at, *len);
            input.splice(part, bytes.iter().copied());
        }
        Change::Repeat(at, len, times) => {
            let part = part(at, *len);
            let repeated = input.get(part.clone()).unwrap_or_default().repeat(*times);
            input.splice(part, repeated);
        }
        Change::Splice(at, other, from) => {
            let other = other.get(first);
            input.truncate(at.index(input.len() + 1));
            input.extend(other.iter().skip(from.index(other.len() + 1)));
        }
    }
    input
}

/// Returns the number of values in `value`, with itself.
fn count(value: &Value) -> usize {
    let members = value.as_object().into_iter().flatten().map(|(_, member)| count(member));
    1 + members.chain(value.as_array().into_iter().flatten().map(count)).sum::<usize>()
}

/// Replaces the value after `left` others, or removes it from its object.
fn replace(value: &mut Value, left: &mut usize, by: Option<&Value>) {
    if *left == 0 {
        *value = by.cloned().unwrap_or_default();
        *left = usize::MAX;
        return;
    }
    *left -= 1;
    match value {
        Value::Object(members) => {
            let mut removed = None;
            for (name, member) in members.iter_mut() {
                if *left == usize::MAX {
                    break;
                }
                if *left == 0 && by.is_none() {
                    removed = Some(name.clone());
                    *left = usize::MAX;
                    break;
                }
                replace(member, left, by);
            }
            if let Some(name) = removed {
                members.remove(&name);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                if *left == usize::MAX {
                    break;
                }
                replace(element, left, by);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
