//! Comparison of final states: values that differ between runs and stacks are masked.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sandbox::dropsuite;
use serde_json::{Value, json};
use service_manager::domain::msp::MspId;
use url::{Position, Url};

/// Replaces values that differ between stacks: addresses, and the MSP id, which depends on the vendor's address. Removes
/// sessions, the counters of sign-ins, whose keys have the quarter of an hour, the requests to retry, which the redrive
/// deletes, and the desired state that was applied last: a call that fails clears it, so that a waiting one does the work itself.
/// Of the history the entries of orders remain, one for each: an order that fails may make a link and take it back.
pub(crate) fn neutral(state: &Value, addresses: [&str; 2]) -> Value {
    let [partner, _] = dropsuite::PARTNERS;
    let mut text = grouped_since(state).fold(state.to_string(), |text, since| {
        let shown = since.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let texts = [since.to_string(), format!("@{}", since.as_second()), shown];
        texts.iter().fold(text, |text, moment| text.replace(moment, "since"))
    });
    for address in addresses.into_iter().filter_map(|url| url.parse::<Url>().ok()) {
        let msp = MspId::from_reseller_token(&address, &partner.reseller_token.into());
        text =
            text.replace(&msp.to_string(), "msp").replace(&address[Position::BeforeHost..Position::AfterPort], "host");
    }
    for place in configuration_places(state) {
        text = text.replace(place, "place");
    }
    let mut state: Value = serde_json::from_str(&text).unwrap_or_default();
    // The entry may have been made by the stack whose snapshot this one began with.
    for entry in state["connectwise"]["menuEntry"].as_array_mut().into_iter().flatten() {
        if entry["link"].as_str().is_some_and(|link| link.ends_with("/portal")) {
            entry["link"] = json!("the portal");
        }
    }
    for items in state["table"].as_object_mut().into_iter().flat_map(|tables| tables.values_mut()) {
        if let Some(items) = items.as_array_mut() {
            let counts_tries = |item: &Value| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("tries#"));
            items.retain(|item| !["session", "retry"].iter().any(|sk| item["sk"]["S"] == *sk) && !counts_tries(item));
            items.retain(|item| !is_history(item) || is_of_order(item));
            for item in items.iter_mut().filter(|item| is_history(item)) {
                item["entry"]["M"]["at"] = json!("a time");
                item["sk"] = json!(format!("history {}", item["entry"]));
            }
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                item.remove("last_applied");
            }
            for item in items.iter_mut().filter(|item| is_group_ticket(item)) {
                item["desired_hash"] = json!("made of since when they fail");
            }
            items.sort_by_cached_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
        }
    }
    state
}

/// Returns the fingerprints of configurations' places, which are made of the MSP's id and its site.
fn configuration_places(state: &Value) -> impl Iterator<Item = &str> {
    let tables = state["table"].as_object().into_iter().flat_map(|tables| tables.values());
    let items = tables.flat_map(|items| items.as_array().into_iter().flatten());
    items.filter_map(|item| item["place"]["S"].as_str())
}

/// Returns the times since when actions of an organization are grouped. They appear in group tickets.
fn grouped_since(state: &Value) -> impl Iterator<Item = Timestamp> {
    let tables = state["table"].as_object().into_iter().flat_map(|tables| tables.values());
    let items = tables.flat_map(|items| items.as_array().into_iter().flatten());
    items.filter_map(|item| item["grouped_since"]["S"].as_str()?.parse().ok())
}

fn is_history(item: &Value) -> bool {
    item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("history#"))
}

fn is_of_order(entry: &Value) -> bool {
    entry["entry"]["M"]["object"]["S"].as_str().is_some_and(|object| object.starts_with("subscription "))
}

fn is_group_ticket(item: &Value) -> bool {
    item["sk"]["S"] == "ticket" && item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("organization#"))
}

/// Names of members that contain a timestamp, count writes, or are random.
const VOLATILE: [&str; 26] = [
    "closedDate",
    "dateCreated",
    "reference",
    "_info",
    "ended_at",
    "ends_at",
    "cancellable_until",
    "linked_at",
    "live_since",
    "paid_since",
    "chosen_at",
    "held_since",
    "created_at",
    "updated_at",
    "cancelled_at",
    "unsubscribed_at",
    "term_started",
    "end_date",
    "end_datetime",
    "version",
    "expires_at",
    "sealed",
    "lease_expires_at",
    "next_attempt_at",
    "failed_at",
    "work_due_at",
];

/// Replaces volatile values by `some` or `none`.
pub(crate) fn mask_volatile(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if VOLATILE.contains(&name.as_str()) {
                    let absent = member.is_null() || member.get("NULL").is_some();
                    *member = json!(if absent { "none" } else { "some" });
                } else {
                    mask_volatile(member);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask_volatile),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the first difference between two values, or `None` if they are equal.
pub fn difference(got: &Value, wanted: &Value) -> Option<String> {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => {
            let names: BTreeSet<_> = got.keys().chain(wanted.keys()).collect();
            names.into_iter().find_map(|name| {
                let absent = Value::Null;
                let inside = difference(got.get(name).unwrap_or(&absent), wanted.get(name).unwrap_or(&absent))?;
                Some(format!("/{name}{inside}"))
            })
        }
        (Value::Array(got), Value::Array(wanted)) if got.len() == wanted.len() => {
            let mut pairs = got.iter().zip(wanted).enumerate();
            pairs.find_map(|(index, (got, wanted))| Some(format!("/{index}{}", difference(got, wanted)?)))
        }
        (got, wanted) => (got != wanted).then(|| format!(": {got} and not {wanted}")),
    }
}
