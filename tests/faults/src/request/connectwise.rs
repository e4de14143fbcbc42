//! Requests of an MSP to the portal, and the keys of the items that they write.

use sandbox::stack::APPLICATION_ID;
use serde_json::json;

use super::Request;

/// Adds a plan, EUR, monthly.
pub fn plan(name: &str, product_type: &str, price: u32) -> Request {
    let body = json!({
        "name": name, "productType": product_type, "price": price, "currency": "EUR", "periodicity": "monthly",
        "category": 1, "subcategory": 11, "type": 1,
    });
    Request::new("portal/plans/create", body)
}

/// Links account number `n`, which is the `n`th organization that the vendor created, with an agreement.
pub fn link(n: u32, company: u32, agreement: u32) -> Request {
    let body = json!({"organization": organization(n), "company": company, "agreement": agreement});
    Request::new("portal/links/create", body)
}

/// Deletes the link of account `n`.
pub fn unlink(n: u32) -> Request {
    Request::new("portal/links/delete", json!({"application": APPLICATION_ID, "account": n.to_string()}))
}

/// Returns the keys of the subscription of account `n`.
pub fn subscription(n: u32) -> (String, &'static str) {
    (format!("{}#subscription#S{n}", APPLICATION_ID.to_lowercase()), "subscription")
}

/// Returns the keys of the link of account `n` with an agreement.
pub fn agreement(n: u32) -> (String, &'static str) {
    (format!("{}#account#{n}", APPLICATION_ID.to_lowercase()), "agreement")
}

/// Returns the id of the `n`th organization. The sandbox assigns sequential numbers, two for each organization.
pub fn organization(n: u32) -> String {
    format!("{}-6", 440_030 + 2 * n)
}
