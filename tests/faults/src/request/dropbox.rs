//! Requests about Dropbox.

use serde_json::{Value, json};

use super::Request;

/// A plan of the catalogue.
pub const STANDARD: &str = "TEAM-ST3L5TVD1Y";
/// A higher plan of the catalogue.
pub const ADVANCED: &str = "TEAM-AD3LVE1Y";
/// The reseller of every customer.
const RESELLER: u32 = 7;

/// Returns the synchronization of the reseller.
pub fn reseller() -> Request {
    let body = json!({
        "ID": RESELLER.to_string(), "Name": "Reseller", "Email": "it@reseller.example.com",
        "ResellerID": RESELLER.to_string(),
        "SyncOptions": {"role": "2", "email": "it@reseller.example.com", "resellerid": "R-2001"},
    });
    Request::new("accounts/synchronize", body)
}

/// Returns account number `n`, a customer of the reseller.
pub fn account(n: u32) -> Value {
    json!({
        "ID": n.to_string(), "Name": format!("Customer {n}"), "ResellerID": RESELLER.to_string(),
        "SyncOptions": {"email": format!("admin{n}@customer.example.com"), "role": "1"},
        "Address": {"Country": {"Code": "DE"}},
    })
}

/// Returns the synchronization of account number `n`.
pub fn synchronize(n: u32) -> Request {
    Request::new("accounts/synchronize", account(n))
}

/// Returns a call for the subscription of account `n` with `plan` and `seats` licences, merged with `more`.
pub fn service(path: &'static str, n: u32, plan: &str, seats: u32, more: &Value) -> Request {
    let mut body = json!({
        "SubscriptionID": format!("S{n}"), "Account": account(n), "Quantity": seats, "Addons": [],
        "AttributeList": {"plan": {"Code": plan}},
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    Request::new(path, body)
}

/// Returns the Data Governance add-on.
pub fn governance(action: &str) -> Value {
    json!({"Addons": [{"ProductID": "data-governance", "Quantity": 1, "ActionType": action}]})
}
