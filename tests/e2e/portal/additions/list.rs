//! `GET portal/additions/list`

use reqwest::Method;
use sandbox::connectwise::{Member, Module, Role};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, merged};
use crate::portal::msp::bodies::{
    BLUE_BACKUP, BLUE_LIGHT, archiver, company, credentials, link, order, sells, ticket_mapping,
};
use crate::portal::msp::{
    CREATE_PLAN, CREDENTIALS, LINK, Msp, NOTHING, ORDER, PRIVATE_KEY, PUBLIC_KEY, RETRY, SAVE, UNSUBSCRIBE, UPDATE,
    masked,
};

#[tokio::test]
async fn lists_the_state_of_all_additions() {
    let msp = Msp::with_tenant().await;
    msp.bss.done("accounts/synchronize", &crate::client::account(json!({}))).await;
    let second = msp.bss.organizations()[1]["id"].clone();
    msp.done(LINK, &link(json!({"organization": second}))).await;
    let acme = json!({"company": 19, "agreement": 101, "email": "ann@acme.example", "businessName": "Acme"});
    msp.done(ORDER, &order(acme)).await;
    msp.wait_for_additions().await;
    let acmes = msp.additions()[1]["id"].clone();
    msp.deletes(101, &acmes).await;
    msp.done(UPDATE, &json!({"company": 19, "seats": 4})).await;
    msp.wait_for_additions().await;
    let mut rows = msp.rows().await;
    let pages = msp.pages("additions", 1).await;
    assert!(pages.len() >= rows.len() && pages.iter().all(|page| page.len() <= 1), "{pages:?}");
    assert_eq!(pages.concat(), rows);
    rows.sort_by_key(|row| row["account"].as_str().unwrap().to_owned());
    insta::assert_json_snapshot!(masked(json!(rows)));
    for wrong in ["limit=0", "limit=1001", "after=x", "after=e30x"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("additions/list?{wrong}")).await;
    }
}

#[tokio::test]
async fn an_addition_deleted_by_a_person_is_reported_and_not_recreated() {
    let msp = Msp::with_tenant().await;
    let id = msp.addition()["id"].clone();
    msp.deletes(BLUE_BACKUP, &id).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.additions(), NOTHING);
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains(&id.to_string()) && reason.contains("deleted"), "{reason}");
    assert!(
        required_action.contains("portal/additions/retry") && required_action.contains("recreate"),
        "{required_action}"
    );
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.row().await["state"], "synced", "there is nothing left to end");
    assert_eq!(msp.additions(), NOTHING);
}

#[tokio::test]
async fn an_addition_cancelled_by_a_person_is_reported_and_not_changed() {
    let msp = Msp::with_tenant().await;
    let id = msp.addition()["id"].clone();
    msp.sets(BLUE_BACKUP, &id, "cancelledDate", json!("2031-07-31T00:00:00Z")).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("cancelled") && reason.contains("2031-07-31"), "{reason}");
    assert!(required_action.contains("portal/additions/retry"), "{required_action}");
    assert_eq!(
        (&msp.addition()["quantity"], &msp.addition()["cancelledDate"]),
        (&json!(3), &json!("2031-07-31T00:00:00Z"))
    );
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.row().await["state"], "synced");
    assert_eq!(msp.addition()["cancelledDate"], "2031-07-31T00:00:00Z", "the person's date is kept");
}

#[tokio::test]
async fn two_candidates_are_named() {
    let msp = Msp::with_tenant().await;
    let (ours, theirs) = (msp.addition()["id"].clone(), msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await);
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains(&ours.to_string()) && reason.contains(&theirs.to_string()), "{reason}");
    assert!(required_action.contains("portal/additions/retry"), "{required_action}");
    let quantities: Vec<_> = msp.additions().iter().map(|addition| addition["quantity"].clone()).collect();
    assert_eq!(quantities, [json!(3), json!(9)], "neither was changed");
}

#[tokio::test]
async fn a_pre_existing_addition_is_adopted_on_request_only() {
    let msp = Msp::billing().await;
    let id = msp.adds(BLUE_BACKUP, msp.product(BACKUP), 9).await;
    msp.sets(BLUE_BACKUP, &id, "unitPrice", json!(1.5)).await;
    msp.sets(BLUE_BACKUP, &id, "billCustomer", json!("NoCharge")).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(
        reason.contains(&id.to_string()) && required_action.contains(&format!("\"adopt\": {id}")),
        "{reason} {required_action}"
    );
    assert_eq!(msp.addition()["quantity"], 9, "it is not touched");
    msp.invalid_fields(&["subscription"], RETRY, &json!({"adopt": id})).await;
    msp.invalid_fields(&["adopt"], RETRY, &json!({"subscription": "20-1", "adopt": id, "recreate": true})).await;
    let other = msp.done(RETRY, &json!({"subscription": "20-1", "adopt": 7})).await;
    assert_eq!(other[0]["state"], "failed");
    msp.done(RETRY, &json!({"subscription": "20-1", "adopt": id})).await;
    let addition = msp.addition();
    assert_eq!((&addition["id"], &addition["quantity"], &addition["unitPrice"]), (&id, &json!(3), &json!(1.5)));
    assert_eq!(addition["billCustomer"], "Billable", "as it was sold");
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("synced"), &id));
    assert!(row["reason"].as_str().unwrap().contains("taken over"), "{row}");
}

#[tokio::test]
async fn not_found_with_revoked_keys_is_not_a_deletion() {
    let msp = Msp::with_tenant().await;
    // ConnectWise's cloud returns 404 for revoked keys.
    let body = json!({"code": "NotFound", "message": "Not found"});
    let absent = |path: &str| json!({"method": "GET", "path": path, "status": 404, "body": body});
    msp.faults(json!([absent("/finance/*"), absent("/company/companies*")]));
    for (path, body) in [(UPDATE, json!({"company": BLUE_LIGHT, "seats": 5})), (UNSUBSCRIBE, company(BLUE_LIGHT))] {
        msp.done(path, &body).await;
        msp.wait_for_additions().await;
        if path == UPDATE {
            msp.retries_a_minute_later().await;
        }
        let (reason, required_action) = msp.failed().await;
        assert!(
            !reason.contains("deleted") && required_action.contains("portal/settings/credentials"),
            "{reason} {required_action}"
        );
    }
    msp.faults(json!([]));
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["billCustomer"], "DoNotBill");
}

#[tokio::test]
async fn two_pre_existing_additions_are_named() {
    let msp = Msp::billing().await;
    let product = msp.product(BACKUP);
    let (one, other) = (msp.adds(BLUE_BACKUP, product, 1).await, msp.adds(BLUE_BACKUP, product, 2).await);
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    let (reason, _) = msp.failed().await;
    assert!(reason.contains(&one.to_string()) && reason.contains(&other.to_string()), "{reason}");
    assert_eq!(msp.additions().len(), 2);
}

#[tokio::test]
async fn an_ended_agreement_is_reported() {
    let msp = Msp::with_tenant().await;
    let patch = json!([{"op": "replace", "path": "cancelledFlag", "value": true}]);
    msp.as_person(Method::PATCH, "finance/agreements/104", &patch).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("Dropsuite Email Backup") && reason.contains("cancelled"), "{reason}");
    assert!(required_action.contains("portal/links/create"), "{required_action}");
    assert_eq!(msp.addition()["quantity"], 3);
    msp.bss.assert_at_vendor(crate::client::ORGANIZATION, &json!({"seats_available": 5}));
    // A rejected end is reported, because the agreement may be renewed.
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("cancelled") && required_action.contains("renew"), "{reason} {required_action}");
    let renewed = json!([{"op": "replace", "path": "cancelledFlag", "value": false}]);
    msp.as_person(Method::PATCH, "finance/agreements/104", &renewed).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["billCustomer"], "DoNotBill");
}

#[tokio::test]
async fn an_end_refused_for_another_reason_is_not_blamed_on_the_ended_agreement() {
    let refused =
        |errors: Value| json!({"code": "InvalidObject", "message": "addition object is invalid", "errors": errors});
    let field = json!([{"code": "OutOfRange", "message": "Too many.", "resource": "addition", "field": "quantity"}]);
    for (status, body, state, named) in [
        (409, json!({"code": "Conflict", "message": "in use", "errors": null}), "pending", "in use"),
        (400, refused(field), "failed", "ConnectWise rejected quantity: Too many."),
    ] {
        let msp = Msp::with_tenant().await;
        let cancel = json!([{"op": "replace", "path": "cancelledFlag", "value": true}]);
        msp.as_person(Method::PATCH, "finance/agreements/104", &cancel).await;
        msp.faults(json!([{"method": "PATCH", "path": "*/additions/*", "status": status, "body": body}]));
        msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
        msp.wait_for_additions().await;
        let row = msp.row().await;
        assert_eq!(row["state"], state, "{row}");
        let reason = row["reason"].as_str().unwrap();
        assert!(reason.contains(named) && !reason.contains("does not allow"), "{reason}");
    }
}

#[tokio::test]
async fn a_product_changed_by_a_person_is_reported() {
    let msp = Msp::with_tenant().await;
    let theirs = msp.records("catalogItem")[0]["id"].clone();
    msp.sets(BLUE_BACKUP, &msp.addition()["id"].clone(), "product", json!({"id": theirs})).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(
        reason.contains("The product of the addition") && required_action.contains("recreate"),
        "{reason} {required_action}"
    );
}

#[tokio::test]
async fn a_lost_create_of_an_addition_is_not_repeated() {
    let msp = Msp::billing().await;
    msp.faults(json!([{"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "after"}]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 3);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("synced"), &msp.addition()["id"]));
}

#[tokio::test]
async fn retrying_everything_changes_nothing() {
    let msp = Msp::with_tenant().await;
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "plan": ARCHIVER})).await;
    msp.wait_for_additions().await;
    let before = (msp.additions(), msp.rows().await, msp.writes());
    assert!(msp.bss.stack.additions.as_ref().unwrap().replay().await);
    assert_eq!((msp.additions(), msp.rows().await, msp.writes()), before);
    sells(&msp.bss).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.additions(), before.0);
}

#[tokio::test]
async fn a_lost_create_is_repeated_after_the_in_flight_window() {
    let msp = Msp::billing().await;
    msp.faults(json!([{"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "before"}]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.row().await["state"], "pending");
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "pending", "it may still be on its way");
    assert_eq!(msp.additions(), NOTHING);
    let later = msp.at("2031-05-15T16:06:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["quantity"], 3);
}

#[tokio::test]
async fn a_create_that_completes_late_is_found() {
    let list = json!({"method": "GET", "path": "/finance/agreements/*/additions", "status": 200});
    // One list without it proves nothing.
    let without = merged(list.clone(), json!({"times": 1, "body": []}));
    for first_look in [json!([]), json!([without])] {
        let msp = Msp::billing().await;
        msp.faults(json!([
            {"method": "POST", "path": "/finance/agreements/*/additions", "times": 1, "drop": "after"},
            merged(list.clone(), json!({"after": 1, "body": "<html>"})),
        ]));
        msp.done(ORDER, &order(json!({}))).await;
        msp.wait_for_additions().await;
        assert_eq!(msp.row().await["state"], "pending");
        msp.faults(first_look);
        let later = msp.at("2031-05-15T16:06:00Z").await;
        assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "synced");
        assert_eq!(msp.addition()["quantity"], 3);
    }
}

#[tokio::test]
async fn a_revoked_permission_is_named() {
    let msp = Msp::with_tenant().await;
    let member = |without: &[Module]| Member {
        identifier: "Portal".to_owned(),
        public_key: PUBLIC_KEY.to_owned(),
        private_key: PRIVATE_KEY.to_owned(),
        role: Role::integration().without(without),
    };
    msp.bss.stack.connectwise.add_member(member(&[Module::Agreements])).unwrap();
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("Finance > Agreements"), "{reason}");
    assert!(required_action.contains("portal/additions/retry"), "{required_action}");
    msp.bss.stack.connectwise.add_member(member(&[])).unwrap();
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["quantity"], 5);
}

#[tokio::test]
async fn revoked_keys_are_reported() {
    let msp = Msp::with_tenant().await;
    let gone = Member {
        identifier: "Portal".to_owned(),
        public_key: PUBLIC_KEY.to_owned(),
        private_key: "another".to_owned(),
        role: Role::integration(),
    };
    msp.bss.stack.connectwise.add_member(gone).unwrap();
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
    msp.wait_for_additions().await;
    msp.retries_a_minute_later().await;
    let (reason, required_action) = msp.failed().await;
    assert!(reason.contains("keys"), "{reason}");
    assert!(
        required_action.contains("portal/settings/credentials") && required_action.contains("portal/settings/save"),
        "{required_action}"
    );
    msp.done(CREDENTIALS, &credentials(json!({"privateKey": "another"}))).await;
    msp.done(SAVE, &ticket_mapping(json!({}))).await;
    assert_eq!(msp.done(RETRY, &json!({})).await[0]["state"], "synced");
}
