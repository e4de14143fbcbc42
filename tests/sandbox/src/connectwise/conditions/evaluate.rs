//! Evaluates a [`Condition`] on a row.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Condition, Literal, Operator};
use crate::connectwise::date;
use crate::faults::glob;

/// Returns `true` if the condition holds for the row.
pub fn holds(condition: &Condition, row: &Value) -> bool {
    match condition {
        Condition::And(one, other) => holds(one, row) && holds(other, row),
        Condition::Or(one, other) => holds(one, row) || holds(other, row),
        Condition::Not(one) => !holds(one, row),
        Condition::In(name, values) => {
            let found = lookup(row, name);
            values.iter().any(|value| found.iter().any(|found| compares(found, Operator::Equal, value)))
        }
        Condition::Compare(name, operator, Literal::Null) => {
            let is_set = lookup(row, name).iter().any(|found| **found != "");
            match operator {
                Operator::Equal => !is_set,
                Operator::NotEqual => is_set,
                _ => false,
            }
        }
        Condition::Compare(name, operator, value) => {
            lookup(row, name).iter().any(|found| compares(found, *operator, value))
        }
    }
}

/// Returns the values at `name`, such as `company/id`. For a list, these are the values of all its objects.
pub fn lookup<'a>(row: &'a Value, name: &str) -> Vec<&'a Value> {
    let name = match name {
        "lastUpdated" | "dateEntered" | "updatedBy" | "enteredBy" => format!("_info/{name}"),
        _ => name.to_owned(),
    };
    let mut values = vec![row];
    for member in name.split('/') {
        values = values.into_iter().flat_map(flattened).filter_map(|value| value.get(member)).collect();
    }
    values
}

fn flattened(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn compares(found: &Value, operator: Operator, wanted: &Literal) -> bool {
    let order = match wanted {
        Literal::Text(wanted) => {
            let Some(found) = found.as_str().map(str::to_lowercase) else { return false };
            let wanted = wanted.to_lowercase();
            match operator {
                Operator::Contains => return found.contains(&wanted),
                Operator::Like => return like(&wanted, &found),
                _ => Some(found.cmp(&wanted)),
            }
        }
        Literal::Number(wanted) => found.as_f64().and_then(|found| found.partial_cmp(wanted)),
        Literal::Flag(wanted) => found.as_bool().map(|found| found.cmp(wanted)),
        Literal::Date(wanted) => found.as_str().and_then(date::parse).map(|found| found.cmp(wanted)),
        Literal::Null => None,
    };
    let Some(order) = order else { return false };
    match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::AtMost => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::AtLeast => order != Ordering::Less,
        Operator::Contains | Operator::Like => false,
    }
}

/// `*` and `%` stand for any characters, `[[]` for a bracket.
fn like(pattern: &str, text: &str) -> bool {
    glob(&pattern.replace("[[]", "[").replace('%', "*"), text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::connectwise::conditions::{parse, type_of};
    use crate::connectwise::definition::Resource;

    fn ticket(text: &str) -> Result<bool, String> {
        let row = json!({
            "id": 5, "summary": "Backup of \"Ann\" [5%] failed", "severity": "High", "budgetHours": 1.5,
            "company": { "id": 19, "identifier": "AcmeCorp" }, "closedFlag": false,
            "requiredDate": "2026-09-01T00:00:00Z", "_info": { "lastUpdated": "2026-08-20T18:04:26Z" },
            "configuration": [{ "id": 301 }, { "id": 302 }],
        });
        parse(text, &|name| type_of(Resource::Ticket, name)).map(|condition| holds(&condition, &row))
    }

    #[test]
    fn conditions_match() {
        for (text, expected) in [
            ("id=5", true),
            ("id = 5 and closedFlag = False", true),
            ("id=6 or id=7 OR company/id=19", true),
            ("id=5 or id=6 and id=7", true),
            ("(id=5 or id=6) and id=7", false),
            ("id in (4, 5)", true),
            ("id not in (4,5)", false),
            ("not (id=5)", false),
            ("company/identifier=\"acmecorp\"", true),
            ("company/identifier='AcmeCorp'", true),
            ("summary contains \"of \\\"ann\\\"\"", true),
            ("summary like \"backup*\"", true),
            ("summary like \"%[[]5*\"", true),
            ("summary like \"failed\"", false),
            ("summary not like \"*failed\"", false),
            ("budgetHours > 1 and budgetHours <= 1.5 and budgetHours != 2", true),
            ("requiredDate >= [2026-09-01T00:00:00Z]", true),
            ("lastUpdated > [2026-08-20]", true),
            ("lastUpdated < [2026-08-20T18:04:26Z]", false),
            ("severity=\"High\"", true),
            ("externalXRef = null", true),
            ("externalXRef != \"x\"", false),
            ("summary != null", true),
            ("configuration/id=302", true),
        ] {
            assert_eq!(ticket(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_conditions_are_rejected() {
        for (text, reason) in [
            ("nonsense=1", "nonsense is not a recognized name."),
            ("_info/lastUpdated > [2026-08-20]", "_info/lastUpdated is not a recognized name."),
            ("company=19", "company is not a recognized name."),
            ("company/type=1", "company/type is not a recognized name."),
            ("customFields/value=\"x\"", "customFields/value is not a recognized name."),
            ("severity=\"Hgih\"", "Hgih is not a recognized name."),
            ("lastUpdated > \"2026-08-20\"", "2026-08-20 is not a recognized name."),
            ("id=\"5\"", "5 is not a recognized name."),
            ("summary=\"open", "String is not closed."),
            ("lastUpdated > [yesterday]", "yesterday is not a date."),
            ("summary=Backup", "A value for summary is expected."),
            ("id", "An operator is expected."),
            ("id=5 and", "The condition ends too early."),
            ("(id=5", ") is expected."),
            ("id=5 id=6", "Unexpected Word(\"id\")"),
            ("id contains \"5\"", "5 is not a recognized name."),
            ("severity like \"High\"", "severity can't be searched for text."),
            ("id ~ 5", "Unexpected ~"),
        ] {
            assert_eq!(ticket(text), Err(reason.to_owned()), "{text}");
        }
    }
}
