//! `POST accounts/synchronize` after a call that may have sent another profile: the vendor's row does not show all of it.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, account, service};

const SYNCHRONIZE: &str = "accounts/synchronize";

fn of_country(code: &str) -> Value {
    account(json!({"Address": {"Country": {"Code": code}}}))
}

#[tokio::test]
async fn a_change_without_an_answer_is_taken_back() {
    for order_between in [false, true] {
        let bss = Bss::with_account().await;
        bss.vendor_faults(json!([{"method": "PUT", "path": "/users/*", "times": 1, "drop": "after"}]));
        bss.refused(ErrorCode::OutcomeUnknown, SYNCHRONIZE, &of_country("AT")).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"country": "AT"}));
        if order_between {
            bss.done("subscriptions/create", &service(json!({}))).await;
        }
        bss.done(SYNCHRONIZE, &of_country("DE")).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"country": "DE"}));
        let writes = bss.writes();
        bss.done(SYNCHRONIZE, &of_country("DE")).await;
        assert_eq!(bss.writes(), writes, "the doubt has ended");
    }
}

#[tokio::test]
async fn a_create_without_an_answer_is_followed_by_the_corrected_profile() {
    let bss = Bss::start().await;
    let lost = json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]);
    bss.vendor_faults(lost);
    bss.refused(ErrorCode::OutcomeUnknown, SYNCHRONIZE, &of_country("DE")).await;
    bss.vendor_faults(json!([]));
    bss.done(SYNCHRONIZE, &of_country("AT")).await;
    assert_eq!(bss.organizations().len(), 1);
    bss.assert_at_vendor(ORGANIZATION, &json!({"country": "AT"}));
}

#[tokio::test]
async fn a_change_that_could_not_be_recorded_is_taken_back() {
    let bss = Bss::with_account().await;
    let target = json!({"name": "x-amz-target", "value": "*.TransactWriteItems"});
    let refused =
        json!({"path": "*", "header": target, "times": 1, "status": 400, "body": {"__type": "ValidationException"}});
    bss.stack.dynamodb.faults().set(serde_json::from_value(json!([refused])).unwrap());
    bss.refused(ErrorCode::StoreUnavailable, SYNCHRONIZE, &of_country("AT")).await;
    bss.stack.dynamodb.faults().clear();
    bss.assert_at_vendor(ORGANIZATION, &json!({"country": "AT"}));
    bss.done(SYNCHRONIZE, &of_country("DE")).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"country": "DE"}));
}

/// The created organization has the first profile, and the change to the second one did not arrive.
#[tokio::test]
async fn a_lost_create_and_a_lost_change_end_in_the_last_profile() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    bss.refused(ErrorCode::OutcomeUnknown, SYNCHRONIZE, &of_country("DE")).await;
    bss.vendor_faults(json!([{"method": "PUT", "path": "/users/*", "times": 1, "drop": "before"}]));
    bss.refused(ErrorCode::OutcomeUnknown, SYNCHRONIZE, &of_country("AT")).await;
    bss.done(SYNCHRONIZE, &of_country("AT")).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"country": "AT"}));
}

#[tokio::test]
async fn a_refused_change_leaves_no_doubt() {
    let bss = Bss::with_account().await;
    bss.vendor_faults(
        json!([{"method": "PUT", "path": "/users/*", "times": 1, "status": 422, "body": {"errors": "no"}}]),
    );
    let (_, answer) = bss.post(SYNCHRONIZE, &of_country("AT")).await;
    assert_ne!(answer["Code"], 0, "{answer}");
    let writes = bss.writes();
    bss.done(SYNCHRONIZE, &of_country("DE")).await;
    assert_eq!(bss.writes(), writes);
}
