//! Answers that are not the vendor's word: pages of systems in front of it, rows of another shape, lists that are not whole.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, service};
use crate::dropbox::demo::{self, STANDARD};
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, MANAGED, link, order, sells};
use crate::portal::msp::{LINK, Msp, NOTHING, ORDER, RETRY, UPDATE};

const SYNCHRONIZE: &str = "accounts/synchronize";
const CREATE: &str = "subscriptions/create";
const SEATS: &str = "subscriptions/update";
const CANCEL: &str = "subscriptions/cancel";

const PAGE: &str = "<!DOCTYPE html><html><body><h1>Blocked</h1></body></html>";

/// Statuses that the vendor's own answers have a meaning for.
const STATUSES: [u16; 5] = [200, 400, 401, 403, 404];

/// The answer of a system in front of the vendor, once for each call that matches. `act`: the vendor made the change.
fn page(method: &str, path: &str, status: u16, act: bool) -> Value {
    json!({"method": method, "path": path, "status": status, "act": act, "body": PAGE})
}

#[tokio::test]
async fn a_page_in_front_of_dropsuite_denies_nothing() {
    let bss = Bss::with_subscription().await;
    for status in STATUSES {
        bss.vendor_faults(json!([page("GET", "*", status, false)]));
        for (path, body) in [
            (SYNCHRONIZE, account(json!({"ExternalID": ORGANIZATION, "Name": "Renamed"}))),
            (SEATS, known_service(9, json!({}))),
            (CANCEL, known_service(5, json!({}))),
        ] {
            let message = bss.refused(ErrorCode::VendorUnavailable, path, &body).await;
            assert!(message.contains("Nothing was changed"), "{status} {message}");
        }
    }
    bss.vendor_faults(json!([]));
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 5, "customer_deactivated": false}));
    assert_eq!(bss.done(SEATS, &known_service(9, json!({}))).await, SUBSCRIPTION);
}

#[tokio::test]
async fn a_page_instead_of_dropsuites_answer_to_a_change_leaves_it_open() {
    for (status, act) in [(200, true), (200, false), (401, false), (403, true), (404, true), (404, false)] {
        let bss = Bss::with_account().await;
        bss.vendor_faults(json!([
            page("PUT", "*", status, act),
            {"method": "GET", "path": "/users/*", "after": 1, "status": 503},
        ]));
        let message = bss.refused(ErrorCode::OutcomeUnknown, CREATE, &service(json!({}))).await;
        assert!(message.contains("may or may not have been made"), "{status} {message}");
        bss.vendor_faults(json!([]));
        assert_eq!(bss.done(CREATE, &service(json!({}))).await, SUBSCRIPTION, "{status} {act}");
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 5}));
    }
}

#[tokio::test]
async fn a_page_instead_of_dropsuites_answer_to_a_create_creates_nothing_twice() {
    for status in STATUSES {
        let bss = Bss::start().await;
        let mut rule = page("POST", "/users", status, true);
        rule["times"] = json!(1);
        bss.vendor_faults(json!([rule]));
        bss.done(SYNCHRONIZE, &account(json!({}))).await;
        assert_eq!((bss.organizations().len(), bss.writes().len()), (1, 1), "{status}");
    }
}

#[tokio::test]
async fn a_page_in_front_of_dropbox_denies_nothing() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    for status in STATUSES {
        bss.dropbox_faults(json!([page("POST", "/resellers/team/get", status, false)]));
        for (path, seats) in [(demo::UPDATE, 5), (demo::CANCEL, 3)] {
            let message =
                bss.refused(ErrorCode::VendorUnavailable, path, &demo::known(STANDARD, seats, json!({}))).await;
            assert!(message.contains("Nothing was changed"), "{status} {message}");
        }
    }
    bss.dropbox_faults(json!([]));
    assert_eq!(bss.team()["active"], true);
}

#[tokio::test]
async fn a_page_instead_of_dropboxs_answer_to_a_create_creates_nothing_twice() {
    for status in STATUSES {
        let bss = Bss::with_dropbox_account().await;
        let mut rule = page("POST", "/resellers/team/create", status, true);
        rule["times"] = json!(1);
        bss.dropbox_faults(json!([rule]));
        let order = demo::order(STANDARD, 5, json!({}));
        bss.post(demo::CREATE, &order).await;
        bss.done(demo::CREATE, &order).await;
        assert_eq!(bss.teams().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn seats_in_use_are_counted_however_they_are_written() {
    let bss = Bss::with_subscription().await;
    for used in [json!(3), json!(3.0), json!("3"), json!("3.0")] {
        let patch = json!([{"op": "replace", "path": "/seats_used", "value": used}]);
        bss.vendor_faults(json!([{"method": "GET", "path": "/users/*", "patch": patch}]));
        let message = bss.refused(ErrorCode::SeatsInUse, SEATS, &known_service(2, json!({}))).await;
        assert!(message.contains("3 are in use"), "{used}: {message}");
    }
    for unreadable in [json!("three"), json!(2.5), json!([3]), json!({"seats": 3})] {
        let patch = json!([{"op": "replace", "path": "/seats_used", "value": unreadable}]);
        bss.vendor_faults(json!([{"method": "GET", "path": "/users/*", "patch": patch}]));
        bss.refused(ErrorCode::VendorUnavailable, SEATS, &known_service(2, json!({}))).await;
    }
    assert!(!bss.writes().iter().skip(2).any(|write| write.starts_with("PUT")), "{:?}", bss.writes());
}

#[tokio::test]
async fn rows_of_another_shape_are_refused() {
    let bss = Bss::with_subscription().await;
    let row = bss.organization(ORGANIZATION, &json!({"email": null, "seats_used": null}));
    let without_id = json!([{"op": "remove", "path": "/id"}]);
    for rule in [
        json!({"method": "GET", "path": "/users/*", "patch": without_id}),
        json!({"method": "GET", "path": "/users/*", "status": 200, "body": []}),
        json!({"method": "GET", "path": "/users/*", "status": 200, "body": [row]}),
        json!({"method": "GET", "path": "/users/*", "status": 200, "body": {}}),
    ] {
        bss.vendor_faults(json!([rule]));
        bss.refused(ErrorCode::VendorUnavailable, SEATS, &known_service(9, json!({}))).await;
    }
    for rows in [json!({}), json!(null), json!([{"email": "x@contoso.example"}]), json!([[ORGANIZATION]])] {
        bss.vendor_faults(json!([{"method": "GET", "path": "/users", "status": 200, "body": rows}]));
        bss.refused(ErrorCode::VendorUnavailable, "accounts/exists", &account(json!({"ID": "1002"}))).await;
    }
}

#[tokio::test]
async fn ids_that_leave_their_path_are_refused() {
    let bss = Bss::with_subscription().await;
    let before = bss.writes();
    for id in [".", "..", " .. "] {
        let claimed = account(json!({"ID": "1002", "ExternalID": id}));
        for path in [SYNCHRONIZE, "accounts/exists"] {
            bss.refused(ErrorCode::BadRequest, path, &claimed).await;
        }
        let claimed = service(json!({"Account": {"ID": "1001", "ExternalID": id}}));
        bss.refused(ErrorCode::BadRequest, CREATE, &claimed).await;
    }
    assert_eq!(bss.writes(), before);
}

#[tokio::test]
async fn a_list_that_is_not_whole_says_so() {
    let bss = Bss::start().await;
    let plans = bss.stack.dropsuite.state_json()["plans"].clone();
    let part = json!({"data": plans, "pagination": {"current_page": 1, "next_page": 2}});
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": part}]));
    let message = bss.refused(ErrorCode::VendorUnavailable, SYNCHRONIZE, &account(json!({}))).await;
    assert!(message.contains("to its end"), "{message}");
    assert_eq!(bss.writes(), [""; 0]);
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(
        json!([{"path": "/resellers/team/list2", "status": 200, "body": {"teams": [], "has_more": true}}]),
    );
    let message = bss.refused(ErrorCode::VendorUnavailable, demo::CREATE, &demo::order(STANDARD, 5, json!({}))).await;
    assert!(message.contains("to its end"), "{message}");
    assert_eq!(bss.teams().len(), 0);
}

#[tokio::test]
async fn a_page_in_front_of_connectwise_refuses_no_sale_and_is_retried() {
    for status in STATUSES {
        let msp = Msp::billing().await;
        msp.faults(json!([{"path": "*", "status": status, "body": PAGE}]));
        assert_eq!(msp.done(ORDER, &order(json!({}))).await["state"], "live", "{status}");
        msp.wait_for_additions().await;
        assert_eq!(msp.row().await["state"], "pending", "{status}");
        msp.faults(json!([]));
        assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced", "{status}");
        assert_eq!(msp.addition()["quantity"], 3);
    }
}

#[tokio::test]
async fn a_page_instead_of_connectwises_answer_creates_no_second_addition() {
    for act in [true, false] {
        let msp = Msp::billing().await;
        msp.faults(json!([
            {"method": "POST", "path": "/finance/*", "times": 1, "status": 403, "act": act, "body": PAGE},
        ]));
        msp.done(ORDER, &order(json!({}))).await;
        msp.wait_for_additions().await;
        let later = msp.at("2031-05-15T16:06:00Z").await;
        later.done(RETRY, &json!({})).await;
        assert_eq!((msp.row().await["state"].clone(), msp.additions().len()), (json!("synced"), 1), "{act}");
    }
}

#[tokio::test]
async fn a_company_in_the_recycle_bin_is_neither_sold_to_nor_linked() {
    let msp = Msp::billing().await;
    let bin = |deleted: bool| json!([{"op": "replace", "path": "deletedFlag", "value": deleted}]);
    let path = format!("company/companies/{BLUE_LIGHT}");
    msp.as_person(reqwest::Method::PATCH, &path, &bin(true)).await;
    let text = msp.invalid_fields(&["company"], ORDER, &order(json!({}))).await;
    assert!(text.contains("was deleted in ConnectWise"), "{text}");
    assert_eq!(msp.bss.organizations(), NOTHING);
    sells(&msp.bss).await;
    msp.invalid_fields(&["company"], LINK, &link(json!({}))).await;
    msp.as_person(reqwest::Method::PATCH, &path, &bin(false)).await;
    // Linked, and deleted before the addition is made.
    msp.faults(json!([{"path": "*", "status": 503}]));
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    msp.faults(json!([]));
    msp.as_person(reqwest::Method::PATCH, &path, &bin(true)).await;
    msp.done(RETRY, &json!({})).await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("was deleted in ConnectWise"), "{reason}");
    assert!(required_action.contains("Restore the company"), "{required_action}");
    assert_eq!(msp.additions(), NOTHING);
}

#[tokio::test]
async fn an_agreement_that_is_invoiced_a_year_ahead_bills_later_and_says_so() {
    let msp = Msp::billing().await;
    // The sale is in May, and the agreement is invoiced to the end of April.
    for _ in 0..12 {
        msp.invoices(MANAGED).await;
    }
    let acme = json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"});
    let sold = msp.done(ORDER, &order(acme.clone())).await;
    let says_so = |text: &Value| {
        let text = text.as_str().unwrap_or_default();
        text.contains("billed from 2032-05-01") && text.contains("from 2031-06-01 until then")
    };
    assert!(says_so(&sold["notice"]), "{sold}");
    msp.wait_for_additions().await;
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["effectiveDate"]), (&json!("synced"), &json!("2032-05-01")));
    assert!(says_so(&row["reason"]), "{row}");
    let again = msp.done(ORDER, &order(acme)).await;
    assert_eq!(again.get("notice"), None, "{again}");
    msp.done(UPDATE, &json!({"company": ACME, "seats": 5})).await;
    msp.wait_for_additions().await;
    assert!(says_so(&msp.row().await["reason"]), "{row}");
    let later = msp.at("2032-05-01T12:00:00Z").await;
    assert_eq!(later.row().await.get("reason"), None);
    assert_eq!(later.done(ORDER, &order(json!({}))).await.get("notice"), None, "billed from the next month");
}

#[tokio::test]
async fn a_price_that_connectwise_rounds_is_not_a_persons() {
    let msp = Msp::billing().await;
    let connectwise = &msp.bss.stack.connectwise;
    connectwise.set_settings(sandbox::connectwise::Settings { price_decimals: Some(2), ..connectwise.settings() });
    msp.done(ORDER, &order(json!({"unitPrice": 3.125}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["unitPrice"], 3.13);
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    msp.wait_for_additions().await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "unitPrice": null})).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["unitPrice"], 3.5, "the catalog's");
}
