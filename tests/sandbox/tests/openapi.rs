//! Tests that the local stack serves the description of its endpoints.

use sandbox::stack::{Options, Stack};
use serde_json::Value;
use service_manager::endpoints::{self, BASE_PATH};
use service_manager::vendor::VendorName;

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served() {
    let stack = Stack::start(&Options::isolated(VendorName::Dropsuite)).await.unwrap();
    let origin = stack.base_url.strip_suffix(BASE_PATH).unwrap();
    let response = sandbox::http_client().unwrap().get(format!("{origin}/openapi.json")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
    let description: Value = response.json().await.unwrap();
    assert_eq!(description.get("openapi").and_then(Value::as_str), Some("3.1.0"));
    let paths = description.get("paths").and_then(Value::as_object).unwrap();
    for endpoint in endpoints::all_endpoints() {
        let url = endpoint.url();
        assert!(paths.contains_key(url.strip_prefix(BASE_PATH).unwrap_or(&url)), "{endpoint:?}");
    }
}
