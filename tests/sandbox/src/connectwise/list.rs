//! Lists: selection, order and paging of rows, and the `Link` header to the other pages.

use std::cmp::Ordering;

use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Value, json};

use super::conditions::{Condition, holds, lookup};
use super::definition::Resource;
use super::query::{Page, Parameters, Query};
use super::reference::ORIGIN;
use super::row::row;
use super::state::{Fields, State};
use super::write::Parent;

/// Returns the rows that match the conditions, in order.
pub fn rows(
    state: &mut State,
    resource: Resource,
    parent: Option<Parent>,
    query: &Query,
    now: Timestamp,
) -> Vec<Value> {
    let is_compound = matches!(query.conditions, Some(Condition::And(..) | Condition::Or(..)));
    if is_compound && state.settings.empty_compound_searches {
        return Vec::new();
    }
    let searches = query.conditions.is_some() || query.child_conditions.is_some();
    let state_now = &*state;
    let matching = state_now.all(resource).filter(|(_, record)| parent.is_none_or(|parent| parent.holds(record)));
    let seen = matching.filter_map(|(id, record)| {
        let fields = if searches { record.searched(now)? } else { &record.fields };
        let mut row = row(state_now, resource, id, record, fields, now);
        if resource == Resource::Ticket {
            row.insert("configuration".to_owned(), configurations(state_now, id));
        }
        Some(Value::Object(row))
    });
    let mut rows: Vec<Value> = seen.filter(|row| fits(query, row)).collect();
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.remove("configuration");
    }
    for (name, descends) in query.order.iter().rev() {
        rows.sort_by(|one, other| {
            let order = order(&lookup(one, name), &lookup(other, name));
            if *descends { order.reverse() } else { order }
        });
    }
    if searches {
        state.count_search(resource);
    }
    rows
}

/// Returns the requested page, and the value of the `Link` header if there are other pages.
pub fn part(rows: Vec<Value>, query: &Query, path: &str, parameters: &Parameters) -> (Vec<Value>, Option<String>) {
    let link = |name: &str, number: usize, relation: &str| {
        let kept = parameters.pairs().iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        let mut url = Url::parse(&format!("{ORIGIN}{path}")).ok()?;
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(kept).append_pair(name, &number.to_string()).finish();
        drop(pairs);
        Some(format!("<{url}>; rel=\"{relation}\""))
    };
    match query.page {
        Page::Numbered(number, size) => {
            let last = rows.len().div_ceil(size).max(1);
            let mut links = Vec::new();
            if number < last {
                links.extend([link("page", number + 1, "next"), link("page", last, "last")]);
            }
            if number > 1 {
                links.extend([link("page", (number - 1).min(last), "prev"), link("page", 1, "first")]);
            }
            let shown = rows.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
            let links: Vec<_> = links.into_iter().flatten().collect();
            (shown, (!links.is_empty()).then(|| links.join(", ")))
        }
        Page::After(after, size) => {
            let id = |row: &Value| row["id"].as_u64().unwrap_or_default();
            let mut rest = rows.into_iter().filter(|row| id(row) > after.into());
            let shown: Vec<_> = rest.by_ref().take(size).collect();
            let last = shown.last().map(id).and_then(|id| usize::try_from(id).ok());
            let next = rest.next().and(last).and_then(|last| link("pageId", last, "next"));
            (shown, next)
        }
    }
}

/// Returns the row with only these fields.
pub fn project(row: &Value, fields: Option<&[String]>) -> Value {
    let Some(fields) = fields else { return row.clone() };
    let mut shown = Fields::new();
    for name in fields {
        let (field, member) =
            name.split_once('/').map_or((name.as_str(), None), |(field, member)| (field, Some(member)));
        match (row.get(field), member) {
            (None, _) => {}
            (Some(value), None) => drop(shown.insert(field.to_owned(), value.clone())),
            (Some(value), Some(member)) => {
                let part = pick(value, member);
                merge(shown.entry(field).or_insert(json!({})), part);
            }
        }
    }
    Value::Object(shown)
}

fn pick(value: &Value, member: &str) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| pick(item, member)).collect(),
        _ => value.get(member).map_or_else(|| json!({}), |found| json!({ member: found })),
    }
}

fn merge(into: &mut Value, part: Value) {
    match (into, part) {
        (Value::Object(into), Value::Object(part)) => into.extend(part),
        (Value::Array(into), Value::Array(part)) => {
            for (into, part) in into.iter_mut().zip(part) {
                merge(into, part);
            }
        }
        (into, part) => *into = part,
    }
}

fn fits(query: &Query, row: &Value) -> bool {
    let children = |(list, condition): &(String, Condition)| {
        let items = row.get(list).and_then(Value::as_array);
        let of_row = |item: &Value| if list == "customFields" { item.clone() } else { json!({ list: item }) };
        items.into_iter().flatten().any(|item| holds(condition, &of_row(item)))
    };
    query.conditions.as_ref().is_none_or(|condition| holds(condition, row))
        && query.child_conditions.as_ref().is_none_or(children)
}

fn configurations(state: &State, ticket: u32) -> Value {
    let attached = state.attached.get(&Resource::Ticket).and_then(|tickets| tickets.get(&ticket));
    attached.into_iter().flatten().map(|id| json!({ "id": id })).collect()
}

fn order(one: &[&Value], other: &[&Value]) -> Ordering {
    let (Some(one), Some(other)) = (one.first(), other.first()) else { return one.len().cmp(&other.len()) };
    match (one.as_f64().zip(other.as_f64()), one.as_str().zip(other.as_str())) {
        (Some((one, other)), _) => one.total_cmp(&other),
        (None, Some((one, other))) => one.to_lowercase().cmp(&other.to_lowercase()),
        (None, None) => one.as_bool().cmp(&other.as_bool()),
    }
}
