//! Requests about Dropsuite.

use serde_json::{Value, json};

use super::Request;

/// A plan of the sandbox: backup, EUR, monthly.
pub const BACKUP: &str = "16921-6-3378-14";

/// The archiver plan of the same currency and period.
pub const ARCHIVER: &str = "16921-6-3382-14";

/// Returns account number `n`, a customer.
pub fn account(n: u32) -> Value {
    let email = format!("owner{n}@customer.example.com");
    json!({
        "ID": n.to_string(), "Name": format!("Customer {n}"), "Email": email,
        "SyncOptions": {"username": email, "role": "1"},
        "ContactDetails": {"FirstName": "Ann", "LastName": "Lee"},
        "Address": {"Country": {"Code": "DE"}},
    })
}

/// Returns account number `n`, a reseller.
pub fn reseller(n: u32) -> Value {
    let mut account = account(n);
    account["SyncOptions"]["role"] = json!("2");
    account["ResellerID"] = json!(n.to_string());
    account
}

/// Returns the synchronization of account number `n`.
pub fn synchronize(n: u32) -> Request {
    Request::new("accounts/synchronize", account(n))
}

/// Returns a call for the subscription of account `n` with `seats` seats, merged with `more`.
pub fn service(path: &'static str, n: u32, seats: u32, more: &Value) -> Request {
    let mut body = json!({
        "SubscriptionID": format!("S{n}"), "Account": account(n), "Quantity": seats, "Addons": [],
        "AttributeList": {"plan": {"Code": BACKUP}},
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    Request::new(path, body)
}

/// Returns the archiving add-on.
pub fn archiving(action: &str) -> Value {
    json!({"Addons": [{"ProductID": "archiving", "Quantity": 1, "ActionType": action}]})
}

/// Returns an add-on of extra seats.
pub fn extra_seats(seats: u32, action: &str) -> Value {
    json!({"Addons": [{"ProductID": "extra-seats", "Quantity": seats, "ActionType": action}]})
}
