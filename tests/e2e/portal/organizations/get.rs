//! `GET portal/organizations/get`

use reqwest::Method;
use sandbox::dropsuite::{Backups, PARTNERS};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT};
use crate::portal::msp::{Msp, assert_refused};

async fn details(msp: &Msp) -> Value {
    msp.get(&format!("organizations/get?organization={ORGANIZATION}")).await
}

#[tokio::test]
async fn shows_everything_that_the_vendor_shows() {
    let msp = Msp::with_tenant().await;
    msp.bss
        .add_at_vendor(ORGANIZATION, "tenants", json!({"domain": "blue.example", "type": "m365", "total_users": 4}))
        .await;
    msp.bss.add_at_vendor(ORGANIZATION, "tenants", json!({"domain": "b.example", "type": "gws", "status": 13})).await;
    msp.bss.add_at_vendor(ORGANIZATION, "tenants", json!({"domain": "c.example", "type": "gws", "status": 99})).await;
    msp.bss.add_at_vendor(ORGANIZATION, "logins", json!({"email": "eve@blue.example", "activated": false})).await;
    let vendor = &msp.bss.stack.dropsuite;
    vendor.add_mailboxes(ORGANIZATION, 2).unwrap();
    let failing = Backups {
        status: "Authentication Error".to_owned(),
        errors: json!("wrong password"),
        mailboxes: Some(vec!["mailbox2@bluelight.example".to_owned()]),
    };
    vendor.set_backups(ORGANIZATION, &failing).unwrap();
    let shown = details(&msp).await;
    assert_eq!(
        (&shown["name"], &shown["summary"], &shown["company"], &shown["agreement"], &shown["loginDisabled"]),
        (
            &json!("Blue Light"),
            &json!("3 seats, Business Backup, EUR 10.50 / month"),
            &json!(BLUE_LIGHT),
            &json!(BLUE_BACKUP),
            &json!(false)
        )
    );
    let states: Vec<_> = shown["tenants"]["rows"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["completed", "broken", "unknown"]);
    let first = &shown["tenants"]["rows"][0];
    assert_eq!(
        (&first["domain"], &first["type"], &first["users"]),
        (&json!("blue.example"), &json!("m365"), &json!(4))
    );
    let login = &shown["logins"]["rows"][0];
    assert_eq!(
        (&login["email"], &login["role"], &login["loginEnabled"], &login["activated"]),
        (&json!("eve@blue.example"), &json!("admin"), &json!(true), &json!(false))
    );
    let mailboxes = shown["mailboxes"]["rows"].as_array().unwrap();
    assert_eq!((&mailboxes[0]["state"], &mailboxes[1]["state"]), (&json!("healthy"), &json!("failing")));
    assert_eq!(mailboxes[1]["mailbox"], "mailbox2@bluelight.example");
    assert!(mailboxes[1]["reason"].as_str().unwrap().contains("wrong password"), "{mailboxes:?}");
    assert!(mailboxes[0]["lastBackup"].is_string() && mailboxes[0].get("reason").is_none(), "{mailboxes:?}");
    for list in ["tenants", "logins", "mailboxes"] {
        assert_eq!((&shown[list]["complete"], shown[list].get("reason")), (&json!(true), None), "{list}");
    }
    let additions = shown["additions"].as_array().unwrap();
    assert_eq!((additions.len(), &additions[0]), (1, &msp.row().await));
    let text = shown.to_string();
    let own = msp.bss.organization(ORGANIZATION, &json!({"authentication_token": ""}))["authentication_token"].clone();
    assert!(!text.contains("token") && !text.contains(own.as_str().unwrap()), "{text}");
}

#[tokio::test]
async fn an_organization_that_was_not_sold_here_has_no_addition() {
    let msp = Msp::set_up().await;
    let id = msp.bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let shown = msp.get(&format!("organizations/get?organization={id}")).await;
    assert_eq!((&shown["additions"], shown.get("company"), shown.get("soldBy")), (&json!([]), None, None));
    assert_eq!(
        (&shown["mailboxes"], &shown["notificationEmails"]),
        (&json!({"rows": [], "complete": true}), &json!([]))
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_read_says_so_and_hides_nothing_else() {
    let msp = Msp::with_tenant().await;
    msp.bss.add_at_vendor(ORGANIZATION, "logins", json!({"email": "eve@blue.example"})).await;
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 2})).await;
    for (fault, list) in [
        (json!({"path": "/users/*/tenants", "status": 401}), "tenants"),
        (json!({"path": "/users/*/tenants", "status": 403, "body": {"error": "not licensed"}}), "tenants"),
        (json!({"path": "/users/*/tenants", "status": 503}), "tenants"),
        (
            json!({"path": "/users/*/tenants", "status": 200, "body": {"data": [], "pagination": {"next_page": 2}}}),
            "tenants",
        ),
        (json!({"path": "/users/*/delegated", "status": 200, "body": "OK"}), "logins"),
        (json!({"path": "/users/*/delegated", "status": 404}), "logins"),
        (json!({"path": "/accounts", "status": 403}), "mailboxes"),
    ] {
        msp.bss.vendor_faults(json!([fault]));
        let shown = details(&msp).await;
        assert_eq!(shown[list]["complete"], false, "{fault}: {shown}");
        assert!(shown[list]["reason"].as_str().unwrap().len() > 15, "{fault}: {shown}");
        assert_eq!((&shown["state"], shown["additions"].as_array().unwrap().len()), (&json!("active"), 1), "{fault}");
        if list != "logins" {
            assert_eq!(shown["logins"]["rows"][0]["email"], "eve@blue.example", "{fault}");
        }
    }
    // An empty list of mailboxes, although two seats are in use, proves nothing.
    msp.bss.vendor_faults(json!([]));
    let shown = details(&msp).await;
    assert_eq!((&shown["mailboxes"]["rows"], &shown["mailboxes"]["complete"]), (&json!([]), &json!(false)));
}

#[tokio::test]
async fn only_its_own_partner_sees_an_organization() {
    let msp = Msp::with_tenant().await;
    let other = msp.other().await;
    let path = format!("organizations/get?organization={ORGANIZATION}");
    other.refused_get(ErrorCode::MissingAtVendor, &path).await;
    for id in ["440099-6", "x", "../plans", "%20"] {
        let answer = msp.send(Method::GET, &format!("organizations/get?organization={id}"), String::new()).await;
        assert!([404, 400].contains(&answer.0), "{id}: {answer:?}");
    }
    assert_refused(ErrorCode::FieldsInvalid, &msp.send(Method::GET, "organizations/get", String::new()).await);
    // Faults of the vendor: another partner's row, and one without an owner.
    let row = |token: &str| json!({"id": ORGANIZATION, "organization_name": "Blue", "reseller_token": token});
    for body in [row(PARTNERS[0].reseller_token), json!({"id": ORGANIZATION, "organization_name": "Blue"})] {
        let path_of = format!("/users/{ORGANIZATION}");
        msp.bss.vendor_faults(json!([{"path": path_of, "status": 200, "body": body}]));
        other.refused_get(ErrorCode::MissingAtVendor, &path).await;
    }
    msp.bss.vendor_faults(json!([
        {"path": format!("/users/{ORGANIZATION}"), "status": 200, "body": {"id": "440099-6", "reseller_token": PARTNERS[0].reseller_token}},
    ]));
    msp.refused_get(ErrorCode::VendorUnavailable, &path).await;
}
