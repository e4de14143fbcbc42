//! Behaviour common to all endpoints.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Map, Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::{BSS_ENDPOINTS, Endpoint};
use service_manager::runtime::http_api::MAX_BODY;
use service_manager::runtime::status::bss_status;

use crate::client::{BACKUP, Bss, ORGANIZATION, SUBSCRIPTION, account, addon, result, service, without_reference};
use crate::portal::msp::{Msp, assert_refused as assert_refused_in_portal};

const APPLICATION_ID: &str = "x-cloudplatform-applicationid";
const API_KEY: &str = "x-cloudplatform-apikey";

fn posts() -> impl Iterator<Item = &'static Endpoint> {
    BSS_ENDPOINTS.into_iter().filter(|endpoint| endpoint.method == Method::POST)
}

/// Returns an answer without the references, which are of one request.
fn read((status, mut answer): (u16, Value)) -> (u16, Value) {
    for name in ["Message", "ErrorMessage"] {
        let message = answer[name].as_str().filter(|message| message.contains("Reference"));
        if let Some(text) = message.map(|message| without_reference(message).to_owned()) {
            answer[name] = text.into();
        }
    }
    (status, answer)
}

async fn assert_refused(bss: &Bss, code: ErrorCode, method: &Method, path: &str, body: Vec<u8>) {
    let (status, answer) = bss.read(bss.send(method.clone(), path, body).await).await;
    let message = answer["Message"].as_str().unwrap().to_owned();
    assert_eq!(status, bss_status(code).as_u16(), "{method} {path}");
    assert_eq!(answer, result(code.number(), &message, ""), "{method} {path}");
    assert!(message.len() > 15, "{message}");
}

#[tokio::test]
async fn missing_and_wrong_credentials_are_401() {
    let bss = Bss::start().await;
    let strangers = [
        bss.without(APPLICATION_ID).without(API_KEY),
        bss.without(APPLICATION_ID),
        bss.without(API_KEY),
        bss.with(APPLICATION_ID, "B1A7C0DE-0000-4000-8000-000000000002"),
        bss.with(APPLICATION_ID, "demo"),
        bss.with(API_KEY, "bG9jYWwtZGVtby1rZXkh"),
        bss.with(API_KEY, "local-demo-key"),
        bss.with(API_KEY, ""),
    ];
    for endpoint in BSS_ENDPOINTS {
        for stranger in &strangers {
            for body in [b"".to_vec(), b"{}".to_vec(), b"[".to_vec(), vec![b' '; 2 * MAX_BODY]] {
                assert_refused(stranger, ErrorCode::NotAuthorized, &endpoint.method, endpoint.path, body).await;
            }
        }
    }
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn an_empty_object_with_valid_credentials_is_processed() {
    let bss = Bss::start().await;
    for endpoint in BSS_ENDPOINTS {
        let (status, answer) = bss.read(bss.send(endpoint.method.clone(), endpoint.path, "{}").await).await;
        let ids_are_missing = endpoint.method == Method::POST && endpoint.path != "fields/validate";
        assert_eq!(status, if ids_are_missing { 400 } else { 200 }, "{} {answer}", endpoint.path);
        assert_eq!(ids_are_missing, answer["Code"] == ErrorCode::BadRequest.number(), "{} {answer}", endpoint.path);
    }
}

#[tokio::test]
async fn an_application_id_is_a_guid_in_any_spelling() {
    let bss = Bss::start().await;
    for id in ["{b1a7c0de-0000-4000-8000-000000000001}", "B1A7C0DE000040008000000000000001"] {
        assert_eq!(bss.with(APPLICATION_ID, id).get("fields/get").await.0, 200, "{id}");
    }
}

#[tokio::test]
async fn a_body_other_than_a_json_object_is_400() {
    let bss = Bss::start().await;
    for endpoint in posts() {
        for body in [
            "[]",
            "",
            "null",
            "1",
            "\"{}\"",
            "{",
            "{\"ID\": }",
            "\u{feff}",
            "\u{feff}\u{feff}{}",
            "a=b",
            "{}{}",
            "[{}]",
        ] {
            assert_refused(&bss, ErrorCode::BadRequest, &Method::POST, endpoint.path, body.into()).await;
        }
        assert_refused(&bss, ErrorCode::BadRequest, &Method::POST, endpoint.path, vec![0xFF, 0xFE]).await;
        assert_refused(&bss, ErrorCode::BadRequest, &Method::POST, endpoint.path, b"{\"a\":".repeat(100_000)).await;
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_ignored() {
    let bss = Bss::start().await;
    for endpoint in posts() {
        let marked = bss.read(bss.send(Method::POST, endpoint.path, "\u{feff}{\"ID\": 7}").await).await;
        let plain = bss.post(endpoint.path, &json!({"ID": 7})).await;
        assert_eq!(read(marked), read(plain), "{}", endpoint.path);
    }
    let synchronized = format!("\u{feff}{}", account(json!({})));
    let (status, answer) = bss.read(bss.send(Method::POST, "accounts/synchronize", synchronized).await).await;
    assert_eq!((status, &answer["Code"]), (200, &json!(0)), "{answer}");
}

#[tokio::test]
async fn a_property_of_a_wrong_type_is_named() {
    let bss = Bss::start().await;
    for (path, body, named) in [
        ("accounts/synchronize", json!({"ID": "1", "Name": {}}), "Name must be text"),
        ("accounts/exists", json!({"SyncOptions": "x"}), "SyncOptions must be an object"),
        ("subscriptions/create", json!({"Quantity": "five"}), "Quantity must be a whole number"),
        ("subscriptions/update", json!({"Account": {"id": [1]}}), "Account.id must be an id (text or a whole number)"),
        ("addons/create", json!({"Addons": [null, {"Quantity": 1.5}]}), "Addons[1].Quantity must be a whole number"),
        ("fields/validate", json!({"FIELDS": {}}), "FIELDS must be a list"),
    ] {
        assert_eq!(bss.refused(ErrorCode::BadRequest, path, &body).await, named);
    }
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_413() {
    let bss = Bss::start().await;
    for endpoint in posts() {
        for size in [MAX_BODY + 1, 2_000_000, 2 * MAX_BODY] {
            assert_refused(&bss, ErrorCode::TooLarge, &Method::POST, endpoint.path, vec![b' '; size]).await;
        }
        let mut largest = b"{}".to_vec();
        largest.resize(MAX_BODY, b' ');
        let small = bss.post(endpoint.path, &json!({})).await;
        let large = bss.read(bss.send(Method::POST, endpoint.path, largest).await).await;
        assert_eq!(read(large), read(small));
    }
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let bss = Bss::start().await;
    for endpoint in BSS_ENDPOINTS {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            if method != endpoint.method {
                let response = bss.send(method.clone(), endpoint.path, "{}").await;
                assert_eq!(response.headers()["allow"], endpoint.method.as_str());
                assert_refused(&bss, ErrorCode::MethodNotAllowed, &method, endpoint.path, Vec::new()).await;
            }
        }
    }
}

#[tokio::test]
async fn another_path_is_404() {
    let bss = Bss::start().await;
    for path in [
        "",
        "nope",
        "accounts",
        "accounts/create",
        "fields/get/x",
        "Fields/Get",
        "..",
        "subscriptions/upgradedowngrade",
    ] {
        for method in [Method::GET, Method::POST] {
            assert_refused(&bss, ErrorCode::NotFound, &method, path, b"{}".to_vec()).await;
        }
    }
}

#[tokio::test]
async fn another_path_of_the_portal_is_404_in_the_portals_form() {
    let bss = Bss::start().await;
    let msp = Msp::on(bss.clone());
    for path in ["nope", "plans", "plans/list/x", "Plans/List", "session"] {
        for method in [Method::GET, Method::POST] {
            assert_refused_in_portal(ErrorCode::NotFound, &msp.send(method, path, "{}".to_owned()).await);
        }
    }
    for path in ["actions", "actions/nope", "actions/report/x"] {
        let url = bss.stack.portal_url().replace("/portal", &format!("/{path}"));
        let answer = sandbox::http_client().unwrap().post(url).send().await.unwrap();
        assert_refused_in_portal(ErrorCode::NotFound, &bss.read(answer).await);
    }
    for path in ["portals", "actionsreport"] {
        let url = bss.stack.portal_url().replace("/portal", &format!("/{path}"));
        let answer = sandbox::http_client().unwrap().get(url).send().await.unwrap();
        assert_eq!(bss.read(answer).await.1["Code"], ErrorCode::NotFound.number(), "{path}");
    }
}

#[tokio::test]
async fn property_names_come_in_any_case_and_unknown_ones_are_ignored() {
    for recase in [str::to_lowercase, str::to_uppercase] {
        let bss = Bss::start().await;
        let mut body = recased(&account(json!({"SyncOptions": {"role": "2"}, "ResellerID": "1001"})), recase);
        body["OfTomorrow"] = json!([{"a": {"b": null}}]);
        assert_eq!(bss.done("accounts/synchronize", &body).await, "Rs0001Pq");

        let bss = Bss::start().await;
        let order = service(json!({"Addons": addon("extra-seats", 2, "Provision")}));
        bss.done("accounts/synchronize", &recased(&order["Account"], recase)).await;
        assert_eq!(bss.done("subscriptions/create", &recased(&order, recase)).await, SUBSCRIPTION);
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 7}));
    }
}

#[tokio::test]
async fn ids_are_numbers_in_older_installations() {
    let bss = Bss::start().await;
    bss.done("accounts/synchronize", &account(json!({"ID": 1001}))).await;
    assert_eq!(bss.answer("accounts/exists", &account(json!({}))).await, result(1, "", ORGANIZATION));
    let order = service(json!({"SubscriptionID": 77, "Account": {"ID": 1001}}));
    assert_eq!(bss.done("subscriptions/create", &order).await, "440032-6.77");
    bss.done("subscriptions/suspend", &service(json!({"SubscriptionID": "77"}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": true}));
}

#[tokio::test]
async fn lists_and_objects_may_be_null_or_absent() {
    let bss = Bss::start().await;
    let nulls = json!({"ExtraDetails": null, "ContactDetails": null, "Address": null, "ExternalID": null});
    bss.done("accounts/synchronize", &account(nulls)).await;
    let nulls = json!({
        "Addons": null, "AttributeList": null, "BillingCycle": null, "CustomFieldValues": null, "ExtraDetails": null,
        "RequestedBy": null, "ActionType": null, "ProductID": BACKUP,
    });
    assert_eq!(bss.done("subscriptions/create", &service(nulls)).await, SUBSCRIPTION);
    let bare = json!({"SubscriptionID": "S1", "Account": {"ID": "1001"}, "Quantity": 6});
    assert_eq!(bss.done("subscriptions/update", &bare).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 6}));
}

#[test]
fn no_request_causes_a_5xx() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bss = runtime.block_on(Bss::with_subscription());
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&body(), |body| {
        for endpoint in posts() {
            let (status, answer) = runtime.block_on(bss.post(endpoint.path, &body));
            prop_assert!([200, 400].contains(&status), "{} {status} {answer}", endpoint.path);
            prop_assert!(answer.is_array() || answer["Code"].is_i64(), "{} {answer}", endpoint.path);
        }
        Ok(())
    });
    outcome.unwrap();
}

/// Generates objects with known names and plausible values. Some are valid except for one property.
fn body() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        select(vec!["1001", "S1", "440032-6.S1:x", ":", "../..", "it@contoso.example", "Cancel", "2"])
            .prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    let good = select(vec![json!({}), account(json!({})), service(json!({}))]);
    (good, prop::collection::vec((name(), value), 0..5)).prop_map(|(mut good, members)| {
        good.as_object_mut().unwrap().extend(members);
        good
    })
}

fn name() -> impl Strategy<Value = String> {
    let known = select(vec![
        "ID",
        "ExternalID",
        "ResellerID",
        "Name",
        "Email",
        "SyncOptions",
        "username",
        "role",
        "ContactDetails",
        "Address",
        "Country",
        "Code",
        "SubscriptionID",
        "ProductID",
        "ActionType",
        "Quantity",
        "Account",
        "AttributeList",
        "plan",
        "seats",
        "archiving",
        "Addons",
        "Value",
        "ValueExternal",
        "QuantityLinked",
        "IsTrial",
        "CheckOnly",
        "Fields",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

fn recased(value: &Value, recase: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (recase(name), recased(value, recase))).collect(),
        Value::Array(values) => values.iter().map(|value| recased(value, recase)).collect(),
        scalar => scalar.clone(),
    }
}

#[tokio::test]
async fn very_long_values_are_truncated_or_rejected() {
    let bss = Bss::with_account().await;
    let long = "x".repeat(450_000);
    let contact = account(json!({"ExternalID": ORGANIZATION, "ContactDetails": {"FirstName": long}}));
    assert_eq!(bss.post("accounts/synchronize", &contact).await.0, 200);
    let addon = service(json!({"Addons": [{"ProductID": long, "Quantity": 1}]}));
    assert_eq!(bss.post("subscriptions/create", &addon).await.0, 400);
    let addons = service(json!({"Addons": vec![json!({"ProductID": "extra-seats", "Quantity": 1}); 101]}));
    assert_eq!(bss.post("subscriptions/create", &addons).await.0, 400);
}
