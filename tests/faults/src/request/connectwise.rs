//! Requests of an MSP to the portal, and the keys of what the stream speaks of.

use sandbox::stack::APPLICATION_ID;
use serde_json::json;

use super::Request;

/// Offers a plan, EUR, monthly.
pub fn plan(name: &str, product_type: &str, price: u32) -> Request {
    let body = json!({
        "name": name, "productType": product_type, "price": price, "currency": "EUR", "periodicity": "monthly",
        "category": 1, "subcategory": 11, "type": 1,
    });
    Request { path: "portal/plans/create", body }
}

/// Links the account number `n`, which is the `n`th organization that the vendor made, with an agreement.
pub fn link(n: u32, company: u32, agreement: u32) -> Request {
    let body = json!({"organization": organization(n), "company": company, "agreement": agreement});
    Request { path: "portal/links/create", body }
}

/// Ends that link.
pub fn unlink(n: u32) -> Request {
    Request { path: "portal/links/delete", body: json!({"application": APPLICATION_ID, "account": n.to_string()}) }
}

/// The keys of the subscription of account `n`.
pub fn subscription(n: u32) -> (String, &'static str) {
    (format!("{}#subscription#S{n}", APPLICATION_ID.to_lowercase()), "subscription")
}

/// The keys of what links account `n` with an agreement.
pub fn agreement(n: u32) -> (String, &'static str) {
    (format!("{}#account#{n}", APPLICATION_ID.to_lowercase()), "agreement")
}

/// The id of the `n`th organization: the sandbox counts on from here, and gives each two numbers.
pub fn organization(n: u32) -> String {
    format!("{}-6", 440_030 + 2 * n)
}
