//! Request bodies of the portal, and the companies and agreements that they name.

use serde_json::{Value, json};

use super::{PRIVATE_KEY, PUBLIC_KEY};
use crate::client::{BACKUP, Bss, ORGANIZATION, account, merged, service};

/// A company, and its agreement, which is active and not invoiced yet for this month.
pub const ACME: u32 = 19;
pub const MANAGED: u32 = 101;
/// Another company, and its agreement, which is invoiced to the end of this month.
pub const BLUE_LIGHT: u32 = 20;
pub const BLUE_BACKUP: u32 = 104;

/// The guide's billing dates, in the words of a link.
pub const GUIDE: &str = "What is sold is invoiced from the first of the next month. A customer who leaves is invoiced to the end of that month. What is invoiced already is not refunded.";

/// Returns the body of `settings/credentials`, merged with `more`.
pub fn credentials(more: Value) -> Value {
    let credentials = json!({
        "siteUrl": "na.myconnectwise.net", "companyIdentifier": "demo", "publicKey": PUBLIC_KEY,
        "privateKey": PRIVATE_KEY,
    });
    merged(credentials, more)
}

/// Returns the body of `settings/save`, merged with `more`.
pub fn ticket_mapping(more: Value) -> Value {
    merged(json!({"board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14}), more)
}

/// Returns the plan [`BACKUP`], merged with `more`.
pub fn plan(more: Value) -> Value {
    let plan = json!({
        "name": "Business Backup", "productType": "backup", "price": 3.5, "currency": "EUR", "periodicity": "monthly",
        "category": 1, "subcategory": 11, "type": 1,
    });
    merged(plan, more)
}

/// Returns the plan [`ARCHIVER`](crate::client::ARCHIVER), the only one of its product type, merged with `more`.
pub fn archiver(more: Value) -> Value {
    plan(merged(json!({"name": "Archiver", "productType": "archive", "price": 6}), more))
}

/// Returns an order of three seats of [`plan`] for [`BLUE_LIGHT`], merged with `more`.
pub fn order(more: Value) -> Value {
    let order = json!({
        "email": "gordon@bluelight.example", "firstName": "Gordon", "lastName": "Packard", "company": BLUE_LIGHT,
        "plan": BACKUP, "country": "US", "seats": 3, "businessName": "Blue Light", "agreement": BLUE_BACKUP,
        "sendSignInDetails": true,
    });
    merged(order, more)
}

/// Returns a body that names a company.
pub fn company(id: u32) -> Value {
    json!({"company": id})
}

/// Returns a link of the subscription of the BSS's account 1001 with [`BLUE_LIGHT`], merged with `more`.
pub fn link(more: Value) -> Value {
    merged(json!({"organization": ORGANIZATION, "company": BLUE_LIGHT, "agreement": BLUE_BACKUP}), more)
}

/// Sells five seats through the BSS.
pub async fn sells(bss: &Bss) {
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
}
