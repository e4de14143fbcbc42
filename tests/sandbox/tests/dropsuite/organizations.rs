//! The lifecycle of an organization.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{BACKUP, DEMO, PARTNERS, PERSONAL, Vendor, acme, id, with};

#[tokio::test]
async fn a_new_organization_has_the_whole_row() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1).await;
    let expected = json!({
        "id": "440032-6", "email": "owner1@acme.example", "organization_id": 25054, "organization_name": "Acme 1",
        "plan_id": BACKUP, "reseller_token": DEMO[0], "authentication_token": "00000000-0000-4000-8000-000000000002",
        "notification_email": [], "external_id": "ext-1", "is_business": true, "admin": false,
        "customer_deactivated": false, "flg_suspended": false, "login_disabled": false,
        "seats_used": 0, "seats_available": 5, "active_seats": 0, "deactivated_seats": 0, "required_seats": 0,
        "paid_shared_mailboxes": 0, "free_shared_mailboxes": 0, "auto_license": false,
        "storage_used": 0, "storage_available": 0, "archive": false, "backup_summary": null
    });
    assert_eq!(row, expected);
    assert_eq!(vendor.get(DEMO, "/api/users/440032-6").await, (200, expected));
}

#[tokio::test]
async fn creates_are_validated_field_by_field() {
    let vendor = Vendor::start().await;
    vendor.created(1).await;
    vendor.sub_reseller().await;
    let new = || acme(2);
    for (body, field, reason) in [
        (with(new(), "colour", json!("red")), "colour", "is not a permitted parameter"),
        (with(new(), "seats", json!("5")), "seats", "must be an integer"),
        (with(new(), "seats", json!(0)), "seats", "must be greater than or equal to 1"),
        (with(new(), "seats", Value::Null), "seats", "can't be blank"),
        (with(new(), "auto_license", json!("yes")), "auto_license", "must be true or false"),
        (with(new(), "first_name", json!(7)), "first_name", "must be a string"),
        (with(new(), "last_name", json!(" ")), "last_name", "can't be blank"),
        (with(new(), "email", json!("acme.example")), "email", "is invalid"),
        (with(new(), "email", json!("OWNER1@acme.example")), "email", "has already been taken"),
        (with(new(), "email", json!("sub@example.com")), "email", "has already been taken"),
        (with(new(), "organization_name", json!("Acme 1")), "organization_name", "has already been taken"),
        (with(new(), "organization_name", Value::Null), "organization_name", "can't be blank"),
        (with(new(), "country", json!("Germany")), "country", "must be two letters"),
        (with(new(), "plan_id", json!("20077-6-4101-14")), "plan_id", "does not exist"),
        (with(new(), "plan_id", json!(PERSONAL)), "seats", "are not allowed for a personal plan"),
        (with(new(), "reseller_id", json!("unknown")), "reseller_id", "does not exist"),
        (
            with(new(), "notification_email", json!("a@b.c")),
            "notification_email",
            "must be an array of e-mail addresses",
        ),
    ] {
        let expected = json!({ "errors": { field: [reason] } });
        assert_eq!(vendor.post(DEMO, "/api/users", body).await, (422, expected));
    }
    let (status, errors) = vendor.post(DEMO, "/api/users", json!({})).await;
    let missing: Vec<_> = errors["errors"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((status, missing), (422, vec!["email", "first_name", "last_name", "plan_id"]));
    for broken in ["{", "[]"] {
        let answer = vendor.send(DEMO, Method::POST, "/api/users", Some(broken.into())).await.unwrap();
        assert_eq!(answer.0, 400, "{answer:?}");
    }
    assert_eq!(vendor.sandbox.state_json()["organizations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn plans_without_seats_and_seats_without_number() {
    let vendor = Vendor::start().await;
    let personal = json!({ "email": "p@home.example", "first_name": "Pia", "last_name": "Home", "plan_id": PERSONAL });
    let (status, row) = vendor.post(DEMO, "/api/users", personal).await;
    assert_eq!((status, &row["is_business"], &row["storage_available"]), (201, &json!(false), &json!(5)));
    assert_eq!(row["organization_name"], "Pia Home");
    let floating = with(with(acme(1), "seats", Value::Null), "auto_license", json!(true));
    let (status, row) = vendor.post(DEMO, "/api/users", floating).await;
    assert_eq!((status, &row["auto_license"], &row["seats_available"]), (201, &json!(true), &json!(0)));
}

#[tokio::test]
async fn updates_enforce_unique_emails_and_names() {
    let vendor = Vendor::start().await;
    vendor.created(1).await;
    let path = format!("/api/users/{}", id(&vendor.created(2).await));
    assert_eq!(vendor.put(&path, json!({ "email": "owner1@acme.example" })).await.0, 422);
    assert_eq!(vendor.put(&path, json!({ "organization_name": "acme 1" })).await.0, 422);
    assert_eq!(vendor.put(&path, json!({ "seats": 3 })).await.0, 422);
    let (status, row) =
        vendor.put(&path, json!({ "email": "owner2@acme.example", "organization_name": "Renamed" })).await;
    assert_eq!((status, &row["organization_name"]), (200, &json!("Renamed")));
}

#[tokio::test]
async fn subscriptions_change_within_the_rules() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1).await;
    let path = format!("/api/users/{}/subscription", id(&row));
    let control = format!("/_sandbox/organizations/{}", id(&row));
    vendor.send(["", ""], Method::PATCH, &control, Some(json!({ "seats_used": 3 }).to_string())).await.unwrap();
    for refused in [
        json!({ "plan_id": BACKUP, "seats": 2 }),
        json!({ "plan_id": BACKUP, "seats": 0 }),
        json!({ "plan_id": BACKUP }),
        json!({ "plan_id": "x", "seats": 5 }),
        json!({ "plan_id": PERSONAL, "seats": 5 }),
        json!({ "seats": 5 }),
        json!({ "plan_id": BACKUP, "seats": 5, "quantity": 5 }),
    ] {
        assert_eq!(vendor.put(&path, refused.clone()).await.0, 422, "{refused}");
    }
    let (status, row) = vendor.put(&path, json!({ "plan_id": "16921-6-3382-14", "seats": 3 })).await;
    assert_eq!((status, &row["archive"], &row["seats_available"]), (200, &json!(true), &json!(3)));
    let (status, row) = vendor.put(&path, json!({ "plan_id": PERSONAL })).await;
    assert_eq!((status, &row["is_business"], &row["seats_available"]), (200, &json!(false), &json!(0)));
    vendor.put(&path.replace("subscription", "unsubscribe"), Value::Null).await;
    let (status, refusal) = vendor.put(&path, json!({ "plan_id": BACKUP, "seats": 5 })).await;
    assert_eq!((status, refusal), (422, json!({ "errors": { "base": ["is deactivated"] } })));
}

#[tokio::test]
async fn lifecycle_and_the_45_days() {
    let vendor = Vendor::start().await;
    let path = format!("/api/users/{}", id(&vendor.created(1).await));
    for (step, status, flags) in [
        ("reactivate", 422, None),
        ("suspend", 200, Some([true, false, true])),
        ("suspend", 200, Some([true, false, true])),
        ("unsuspend", 200, Some([false, false, false])),
        ("unsubscribe", 200, Some([false, true, true])),
        ("unsubscribe", 200, Some([false, true, true])),
        ("suspend", 422, None),
        ("reactivate", 200, Some([false, false, false])),
        ("unsubscribe", 200, Some([false, true, true])),
    ] {
        let (answered, row) = vendor.put(&format!("{path}/{step}"), Value::Null).await;
        assert_eq!(answered, status, "{step}: {row}");
        if let Some(flags) = flags {
            let shown = ["flg_suspended", "customer_deactivated", "login_disabled"].map(|flag| row[flag] == true);
            assert_eq!(shown, flags, "{step}");
        }
    }
    vendor.clock.advance(SignedDuration::from_hours(44 * 24));
    assert_eq!(vendor.get(DEMO, &path).await.0, 200);
    vendor.post(["", ""], "/_sandbox/clock", json!({ "advance_seconds": 24 * 60 * 60 })).await;
    assert_eq!(vendor.put(&format!("{path}/reactivate"), Value::Null).await.0, 404);
    assert_eq!(vendor.customers(DEMO).await, json!([]));
    vendor.created(1).await;
}

#[tokio::test]
async fn pages() {
    let vendor = Vendor::start().await;
    for number in 1..=3 {
        vendor.created(number).await;
    }
    let ids = |answer: &Value| -> Vec<String> {
        answer["result_set"].as_array().unwrap().iter().map(|row| id(row).to_owned()).collect()
    };
    let (_, second) = vendor.get(DEMO, "/api/users?page=2&per_page=2").await;
    assert_eq!(ids(&second), ["440036-6", PARTNERS[0].own_organization]);
    assert_eq!(second["pagination"], json!({ "current_page": 2, "total_pages": 2, "total_entries": 4 }));
    assert!(ids(&vendor.get(DEMO, "/api/users?page=9").await.1).is_empty());
    assert_eq!(ids(&vendor.get(DEMO, "/api/users?per_page=1000").await.1).len(), 4);
    assert_eq!(vendor.get(DEMO, "/api/users?page=0").await.0, 422);
}

#[tokio::test]
async fn other_paths_and_methods_return_json() {
    let vendor = Vendor::start().await;
    assert_eq!(vendor.get(DEMO, "/api/nothing").await, (404, json!({ "error": "Not Found" })));
    assert_eq!(vendor.get(DEMO, "/nothing").await, (404, json!({ "error": "Not Found" })));
    assert_eq!(vendor.put("/api/plans", Value::Null).await, (405, json!({ "error": "Method Not Allowed" })));
}

#[tokio::test]
async fn password_reset_and_single_use_links() {
    let vendor = Vendor::start().await;
    let path = format!("/api/users/{}", id(&vendor.created(1).await));
    assert_eq!(vendor.post(DEMO, &format!("{path}/reset_password"), Value::Null).await, (200, json!({})));
    let (_, first) = vendor.get(DEMO, &format!("{path}/sso")).await;
    let (_, second) = vendor.get(DEMO, &format!("{path}/sso")).await;
    assert!(first["url"].as_str().unwrap().starts_with("https://"));
    assert_ne!(first, second);
    assert_eq!(vendor.get(DEMO, "/api/users/1-6/sso").await.0, 404);
}
