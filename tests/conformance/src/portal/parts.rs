//! Parts of the story of an MSP, each about one subject.

use sandbox::identity::{CLIENT_ID, CLIENT_SECRET};
use serde_json::json;

use super::{PERSON, Step, get, post};
use crate::Error;

/// Returns the part of the story that concerns the rules for tickets.
pub(super) fn ticket_rules() -> Result<[Step; 13], Error> {
    Ok([
        post(
            "portal/ticketfields/save",
            json!({
                "company": 20, "ticketType": 11, "subtype": 12, "item": 11, "priority": 2, "source": 3,
                "impact": "high", "urgency": "low", "contact": 100,
            }),
        )?,
        get("portal/ticketfields/list", "limit=50")?,
        post(
            "portal/snoozes/save",
            json!({ "company": 20, "until": "<tomorrow>", "reason": "Maintenance", "by": "Zoe" }),
        )?,
        post("portal/snoozes/save", json!({ "error": "storage", "reason": "Plans are changed" }))?,
        post("portal/snoozes/save", json!({ "mailbox": "ann@acme.example", "reason": "It is new" }))?,
        get("portal/snoozes/list", "limit=50")?,
        post("portal/snoozes/delete", json!({ "company": 20 }))?,
        post(
            "portal/ticketrules/save",
            json!({ "quietHours": { "start": "22:00", "end": "06:00" }, "digest": { "every": "weekly", "company": 2 } }),
        )?,
        get("portal/ticketrules/get", "")?,
        post("portal/ticketrules/save", json!({}))?,
        post("portal/snoozes/delete", json!({ "mailbox": "ann@acme.example" }))?,
        post("portal/snoozes/delete", json!({ "error": "storage" }))?,
        post("portal/ticketfields/delete", json!({ "company": 20 }))?,
    ])
}

/// Returns the part of the story that concerns the billing audit.
pub(super) fn audit() -> Result<[Step; 10], Error> {
    Ok([
        post("portal/audit/settings", json!({ "apply": "automatically" }))?,
        post("portal/audit/run", json!({}))?,
        get("portal/audit/list", "limit=50")?,
        get("portal/audit/list", "kind=tooFew&company=20&dismissed=true")?,
        get("portal/audit/csv", "kind=tooFew&company=20")?,
        post("portal/audit/dismiss", json!({ "findings": ["tooFew/<sold>"], "note": "as agreed" }))?,
        post("portal/audit/dismiss", json!({ "findings": ["tooFew/<sold>"], "restore": true }))?,
        post("portal/audit/apply", json!({ "findings": ["tooFew/<sold>"] }))?,
        get("portal/history/list", "limit=50&action=audit&since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z")?,
        get("portal/history/csv", "action=tickets&since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z")?,
    ])
}

/// Returns the part of the story in which another program reads the usage.
pub(super) fn usage() -> Result<[Step; 7], Error> {
    Ok([
        get("portal/usagekey/get", "")?,
        post("portal/usagekey/create", json!({}))?,
        get("portal/usagekey/get", "")?,
        get("portal/usage/list", "")?,
        get("portal/usage/list", "seats=true")?,
        get("portal/usage/csv", "seats=true")?,
        post("portal/usagekey/revoke", json!({}))?,
    ])
}

/// Returns the part of the story in which a person signs in at the identity provider.
pub(super) fn people() -> Result<[Step; 8], Error> {
    let person = json!({ "address": PERSON });
    Ok([
        post(
            "portal/identity/save",
            json!({ "issuer": "<provider>", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET }),
        )?,
        get("portal/identity/get", "")?,
        post("portal/people/save", json!({ "address": PERSON, "role": "support" }))?,
        get("portal/people/list", "limit=50")?,
        post("portal/session/start", json!({ "msp": "<msp>" }))?,
        post(
            "portal/session/callback",
            json!({
                "code": "<code>", "state": "<state>", "msp": "<msp>", "iss": "<provider>", "signIn": "<sign-in>",
            }),
        )?,
        post("portal/people/delete", person)?,
        post("portal/identity/delete", json!({}))?,
    ])
}
