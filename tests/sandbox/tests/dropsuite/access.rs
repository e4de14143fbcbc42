//! Authentication and authorization.

use reqwest::Method;
use serde_json::{Value, json};

use super::{BACKUP, DEMO, OTHER, Vendor, acme, id, tokens, with};

#[tokio::test]
async fn status_requires_the_reseller_token_and_plans_belong_to_the_partner() {
    let vendor = Vendor::start().await;
    assert_eq!(vendor.get([DEMO[0], "x"], "/api/status").await, (200, json!("OK")));
    assert_eq!(vendor.get(["x", DEMO[1]], "/api/status").await.0, 401);
    let (_, demo) = vendor.get(DEMO, "/api/plans").await;
    let (_, other) = vendor.get(OTHER, "/api/plans").await;
    assert_eq!((demo.as_array().unwrap().len(), other.as_array().unwrap().len()), (11, 2));
    assert_eq!(
        demo[0],
        json!({
            "id": BACKUP, "name": "Business Backup EUR monthly", "currency": "EUR", "data_storage": "Unlimited",
            "periodicity": "monthly", "amount": "2.50", "product_type": "res_backup"
        })
    );
}

#[tokio::test]
async fn a_new_reseller_token_shows_the_same_organizations_and_the_one_before_is_refused() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1).await;
    let new = ["55555555-5555-4555-8555-555555555555", DEMO[1]];
    let control = "/_sandbox/partners/1/reseller-token";
    assert_eq!(vendor.post(DEMO, control, json!({ "reseller_token": new[0] })).await, (200, json!({})));
    assert_eq!(vendor.get(DEMO, "/api/users").await.0, 401);
    let (_, rows) = vendor.get(new, "/api/users").await;
    assert_eq!((&rows[0]["id"], &rows[0]["reseller_token"]), (&row["id"], &json!(new[0])));
    assert_eq!(vendor.get(OTHER, "/api/users").await.0, 200);
    assert_eq!(vendor.post(DEMO, "/_sandbox/partners/3/reseller-token", json!({ "reseller_token": "x" })).await.0, 404);
}

#[tokio::test]
async fn the_kind_of_token_decides_access() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1).await;
    let tenants = format!("/api/users/{}/tenants", id(&row));
    let own = [DEMO[0], row["authentication_token"].as_str().unwrap()];
    let refusal = json!({ "error": "You are not authorized to perform this action" });
    assert_eq!(vendor.get(own, "/api/users").await, (401, refusal.clone()));
    assert_eq!(vendor.get(own, "/api/plans").await.0, 401);
    assert_eq!(vendor.get([DEMO[0], OTHER[1]], "/api/users").await.0, 401);
    assert_eq!(vendor.get(DEMO, &tenants).await, (401, refusal));
    let empty = json!({ "pagination": { "current_page": 1, "per_page": 25 }, "data": [] });
    assert_eq!(vendor.get(own, &tenants).await, (200, empty));
    assert_eq!(vendor.get(own, &format!("{tenants}/1/accounts")).await.0, 200);
    assert_eq!(vendor.get(own, &format!("/api/users/{}/delegated", id(&row))).await, (200, json!([])));
    assert_eq!(vendor.get(own, "/api/users/440099-6/delegated").await.0, 401);

    let control = format!("/_sandbox/organizations/{}", id(&row));
    let tenant = json!({"domain": "acme.example", "type": "m365", "total_users": 4});
    let (status, tenant) = vendor.post(DEMO, &format!("{control}/tenants"), tenant).await;
    assert_eq!((status, &tenant["status"]), (201, &json!(7)));
    let (_, list) = vendor.get(own, &format!("{tenants}?page=1&per_page=100")).await;
    assert_eq!(list, json!({ "pagination": { "current_page": 1, "per_page": 100 }, "data": [tenant] }));
    let (status, login) = vendor.post(DEMO, &format!("{control}/logins"), json!({"email": "eve@acme.example"})).await;
    assert_eq!((status, &login["login_enabled"]), (201, &json!(true)));
    assert_eq!(vendor.get(own, &format!("/api/users/{}/delegated", id(&row))).await, (200, json!([login])));
    assert_eq!(vendor.post(DEMO, &format!("{control}/logins"), json!({"email": "x"})).await.0, 422);

    vendor.sandbox.add_mailboxes(id(&row), 2).unwrap();
    assert_eq!(vendor.get(DEMO, "/api/accounts").await, (200, json!([])));
    let (_, accounts) = vendor.get(own, "/api/accounts").await;
    assert_eq!(accounts[1]["email"], "mailbox2@acme.example");
    assert_eq!(accounts[1]["user"]["id"], row["id"]);
}

#[tokio::test]
async fn emails_are_unique_across_partners_and_names_are_not() {
    let vendor = Vendor::start().await;
    let row = vendor.created(1).await;
    let body = with(acme(1), "plan_id", json!("20077-6-4101-14"));
    assert_eq!(vendor.post(OTHER, "/api/users", body.clone()).await.0, 422);
    let body = with(body, "email", json!("new@acme.example"));
    assert_eq!(vendor.post(OTHER, "/api/users", body).await.0, 201);
    assert_eq!(vendor.get(OTHER, &format!("/api/users/{}", id(&row))).await.0, 404);
    assert_eq!(vendor.customers(DEMO).await, json!([row]));
}

#[tokio::test]
async fn sub_resellers_can_only_read_their_own() {
    let vendor = Vendor::start().await;
    let reseller = vendor.sub_reseller().await;
    let sub = tokens(&reseller);
    let aside = vendor.created(1).await;
    let placed = with(acme(2), "reseller_id", reseller["id"].clone());
    let (_, placed) = vendor.post(DEMO, "/api/users", placed).await;
    assert_eq!(placed["reseller_token"], sub[0]);
    assert_eq!(vendor.get(sub, "/api/users").await.1, json!([placed]));
    assert_eq!(vendor.get(sub, &format!("/api/users/{}", id(&aside))).await.0, 404);
    assert_eq!(vendor.customers(DEMO).await.as_array().unwrap().len(), 2);
    assert_eq!(vendor.post(sub, "/api/users", acme(3)).await.0, 403);
    assert_eq!(vendor.post(sub, "/api/resellers", json!({})).await.0, 403);

    let path = format!("/api/resellers/{}", id(&reseller));
    assert_eq!(vendor.get(DEMO, &path).await, (200, reseller.clone()));
    assert_eq!(vendor.get(OTHER, &path).await.0, 404);
    assert_eq!(vendor.put(&path, json!({ "company_name": "Sub Two" })).await.1["name"], "Sub Two");
    assert_eq!(vendor.put(&path, json!({ "email": "owner1@acme.example" })).await.0, 422);
    assert_eq!(vendor.send(DEMO, Method::DELETE, &path, None).await.unwrap().0, 422);
    vendor.put(&format!("/api/users/{}/unsubscribe", id(&placed)), Value::Null).await;
    assert_eq!(vendor.send(DEMO, Method::DELETE, &path, None).await.unwrap().0, 200);
    assert_eq!(vendor.get(sub, "/api/users").await.0, 401);
    assert_eq!(vendor.get(DEMO, "/api/resellers").await.1, json!([]));
}
