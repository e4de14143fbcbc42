//! `GET fields/get`, `POST fields/validate`, and the settings headers.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{CREATE, STANDARD, SYNCHRONIZE, account, order};
use crate::client::Bss;

const VALIDATE: &str = "fields/validate";

fn filled(key: &str, secret: &str, distributor: &str) -> Value {
    json!({"Fields": [
        {"ID": "ApiKey", "Value": key, "Definition": null},
        {"ID": "ApiSecret", "Value": secret},
        {"ID": "DistributorID", "Value": distributor},
    ]})
}

async fn problems(bss: &Bss, fields: &Value) -> Vec<String> {
    let (status, problems) = bss.post(VALIDATE, fields).await;
    assert_eq!(status, 200);
    serde_json::from_value(problems).unwrap()
}

/// Asserts that there is one problem, whose text begins with `begins` and contains no value that was entered.
async fn one_problem(bss: &Bss, fields: &Value, begins: &str) {
    let problems_found = problems(bss, fields).await;
    assert_eq!(problems_found.len(), 1, "{problems_found:?}");
    assert!(problems_found[0].starts_with(begins), "{}", problems_found[0]);
}

#[tokio::test]
async fn declares_three_fields_of_which_two_are_secret() {
    let bss = Bss::with_dropbox().await;
    let (status, fields) = bss.get("fields/get").await;
    assert_eq!(status, 200);
    let fields = fields["Fields"].as_array().unwrap();
    let seen = |field: &Value| {
        let definition = &field["Definition"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        assert_eq!(field["ID"], definition["ID"]);
        assert_eq!(definition["IsRequired"], true);
        assert_eq!(field["Value"].as_str().unwrap_or_default(), "");
        (text(&field["ID"]), text(&definition["Name"]), definition["Kind"].as_i64().unwrap())
    };
    let expected = [("ApiKey", "API Key", 1), ("ApiSecret", "API Secret", 1), ("DistributorID", "Distributor ID", 0)]
        .map(|(id, name, kind)| (id.to_owned(), name.to_owned(), kind));
    assert_eq!(fields.iter().map(seen).collect::<Vec<_>>(), expected);
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn valid_settings_return_an_empty_list_and_change_nothing() {
    let bss = Bss::with_dropbox().await;
    for partner in PARTNERS {
        let fields = filled(partner.user, partner.password, partner.distributor_id);
        assert_eq!(bss.post(VALIDATE, &fields).await, (200, json!([])));
    }
    assert_eq!(bss.dropbox_calls(), ["list2", "list2"]);
}

#[tokio::test]
async fn the_body_is_validated_instead_of_the_headers() {
    let bss = Bss::with_dropbox().await.with("x-cloudplatform-setting-apisecret", "of-yesterday");
    let [demo, _] = PARTNERS;
    assert_eq!(problems(&bss, &filled(demo.user, demo.password, demo.distributor_id)).await, [""; 0]);
}

#[tokio::test]
async fn missing_fields_are_named_without_a_call() {
    let bss = Bss::with_dropbox().await;
    for nothing in [json!({}), json!({"Fields": null}), filled("", " ", "")] {
        let problems_found = problems(&bss, &nothing).await;
        let names: Vec<_> = problems_found.iter().map(|line| line.split(" is missing. ").next().unwrap()).collect();
        assert_eq!(names, ["API Key", "API Secret", "Distributor ID"]);
    }
    let [demo, _] = PARTNERS;
    one_problem(&bss, &filled(demo.user, "", demo.distributor_id), "API Secret is missing").await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn a_wrong_secret_or_key_is_reported() {
    let bss = Bss::with_dropbox().await;
    let [demo, second] = PARTNERS;
    // Twice, because the vendor has more than one shape of this error.
    for _ in 0..2 {
        let begins = "API Key or API Secret was rejected by Dropbox";
        one_problem(&bss, &filled(demo.user, "not-the-secret", demo.distributor_id), begins).await;
        one_problem(&bss, &filled(second.user, demo.password, demo.distributor_id), begins).await;
    }
}

#[tokio::test]
async fn an_unknown_distributor_is_reported() {
    let bss = Bss::with_dropbox().await;
    let [demo, second] = PARTNERS;
    for distributor in ["D-4711", second.distributor_id, "D-4712", "D-4713"] {
        one_problem(&bss, &filled(demo.user, demo.password, distributor), "Distributor ID was rejected").await;
    }
}

#[tokio::test]
async fn a_vendor_outage_is_not_a_field_error() {
    let bss = Bss::with_dropbox().await;
    let [demo, _] = PARTNERS;
    for fault in [
        json!({"status": 503}),
        json!({"status": 429, "headers": {"Retry-After": 3600}}),
        json!({"status": 200, "body": "no JSON"}),
    ] {
        let mut rule = fault;
        rule["path"] = json!("*");
        bss.dropbox_faults(json!([rule]));
        let fields = filled(demo.user, demo.password, demo.distributor_id);
        one_problem(&bss, &fields, "The fields could not be checked now").await;
    }
}

#[tokio::test]
async fn a_missing_setting_is_named_at_the_first_order() {
    let bss = Bss::with_dropbox_account().await;
    for (header, field) in [("apikey", "ApiKey"), ("apisecret", "ApiSecret"), ("distributorid", "DistributorID")] {
        let header = format!("x-cloudplatform-setting-{header}");
        let broken = bss.without(&header);
        let message =
            broken.assert_rejected(ErrorCode::SettingInvalid, CREATE, &order(STANDARD, 3, json!({})), &[field]).await;
        assert!(message.contains("integration's settings"), "{message}");
    }
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn the_secret_is_in_no_answer_and_not_in_the_table() {
    let bss = Bss::with_dropbox().await;
    let [demo, _] = PARTNERS;
    // `Bss::read` checks every response. These could repeat a value of the request.
    let contoso = account(json!({}));
    let ordered = order(STANDARD, 3, json!({}));
    assert_eq!(problems(&bss, &filled(demo.user, demo.password, demo.password)).await.len(), 1);
    assert_eq!(problems(&bss, &filled(demo.password, demo.password, demo.distributor_id)).await.len(), 1);
    bss.done(SYNCHRONIZE, &contoso).await;
    // An unfinished order, with which the settings are stored.
    bss.dropbox_faults(json!([
        {"path": "/resellers/team/create", "drop": "after"},
        {"path": "/resellers/team/list2", "after": 1, "status": 200, "body": "no JSON"},
    ]));
    bss.refused(ErrorCode::OutcomeUnknown, CREATE, &ordered).await;
    let table = json!(bss.table().await).to_string();
    assert!(table.contains("sealed") && table.contains("it@contoso.example"), "the settings are not stored: {table}");
    for secret in [demo.password, demo.user, "ZHJvcGJveC1kZW1vLWtleTpkcm9wYm94LWRlbW8tc2VjcmV0"] {
        assert!(!table.contains(secret), "{secret} is in the table");
    }
}
