//! Each endpoint of the portal that takes a body: all required members that are missing are named at once.

use serde_json::{Value, json};
use service_manager::endpoints::portal::PORTAL_ENDPOINTS;

use crate::portal::msp::Msp;

const DESCRIPTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/openapi.json");

/// Returns the members that the description requires of a request to `url`.
fn required(description: &Value, url: &str) -> Vec<String> {
    let body = &description["paths"][url]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let name = body["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap();
    let members = description["components"]["schemas"][name]["required"].as_array();
    members.into_iter().flatten().map(|member| member.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn are_named_at_once() {
    let description: Value = serde_json::from_slice(&std::fs::read(DESCRIPTION).unwrap()).unwrap();
    let msp = Msp::signed_in().await;
    let mut tried = Vec::new();
    for endpoint in PORTAL_ENDPOINTS {
        let required = required(&description, &endpoint.url());
        if required.is_empty() {
            continue;
        }
        let path = endpoint.path.strip_prefix("portal/").unwrap();
        let names: Vec<_> = required.iter().map(String::as_str).collect();
        let nulls: Value = required.iter().map(|name| (name.clone(), Value::Null)).collect();
        for body in [json!({}), nulls] {
            let text = msp.invalid_fields(&names, path, &body).await;
            assert!(text.starts_with("It is required"), "{path}: {text}");
        }
        tried.push(path);
    }
    assert_eq!(
        tried,
        [
            "session/create",
            "session/start",
            "session/callback",
            "settings/save",
            "plans/create",
            "plans/update",
            "plans/deactivate",
            "organizations/create",
            "organizations/update",
            "organizations/suspend",
            "organizations/activate",
            "organizations/unsubscribe",
            "organizations/impersonate",
            "organizations/invite",
            "links/create",
            "links/delete",
            "links/bulk",
            "ticketfields/save",
            "ticketfields/delete",
            "snoozes/save",
            "audit/apply",
            "audit/dismiss",
            "audit/settings",
            "identity/save",
            "people/save",
            "people/delete",
        ]
    );
}
