//! Authentication, and permissions of roles.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, Answer, BASE, CLIENT_ID, DEMO, Fixture, LIMITED, done};

const LIST: &str = "/company/companies";

fn said(answer: &Answer) -> (u16, &str, &str) {
    let text = |name: &str| answer.body[name].as_str().unwrap_or_default();
    (answer.status, text("code"), text("message"))
}

#[tokio::test]
async fn keys_and_client_id_are_required() {
    let fixture = Fixture::start().await;
    let wrong_key = fixture.send(["pub", "guess"], Method::GET, LIST, None).await;
    assert_eq!(said(&wrong_key), (401, "ConnectWiseApi", "UserNotAuthenticated"));
    assert_eq!(wrong_key.body["errors"], Value::Null);
    let path = format!("{BASE}{LIST}");
    assert_eq!(done(fixture.bare(Method::GET, &path).header("clientId", CLIENT_ID)).await.status, 401);
    let of_priv = fixture.bare(Method::GET, &path).header("Authorization", "Basic ZGVtbytwdWI6cHJpdg==");
    assert_eq!(said(&done(of_priv.try_clone().unwrap()).await).0, 403);
    assert_eq!(done(of_priv.try_clone().unwrap().header("clientId", "mine")).await.status, 403);
    let answer = done(of_priv.header("clientId", CLIENT_ID)).await;
    assert_eq!(answer.status, 200);
    for name in ["x-cw-request-id", "api-current-version", "x-server-name"] {
        assert!(answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_company_or_codebase_is_not_routed() {
    let fixture = Fixture::start().await;
    // other+pub:priv
    let other =
        fixture.bare(Method::GET, &format!("{BASE}{LIST}")).header("Authorization", "Basic b3RoZXIrcHViOnByaXY=");
    for request in [
        other.header("clientId", CLIENT_ID),
        fixture.request(DEMO, Method::GET, &format!("{BASE}{LIST}")),
        fixture.bare(Method::GET, "/v2017_3/apis/3.0/company/companies"),
    ] {
        let answer = done(request).await;
        assert_eq!((answer.status, answer.body), (400, json!("Cannot route. Codebase/company is invalid")));
    }
}

#[tokio::test]
async fn the_codebase_and_the_version_need_no_keys() {
    let fixture = Fixture::start().await;
    let look_up = |company: &str| done(fixture.bare(Method::GET, &format!("/login/companyinfo/{company}")));
    let known = look_up("demo").await;
    assert_eq!((known.status, &known.body["Codebase"]), (200, &json!("v4_6_release/")));
    assert_eq!(known.body["IsCloud"], "True");
    let unknown = look_up("other").await;
    assert_eq!((unknown.status, unknown.body), (200, Value::Null));

    let open = done(fixture.bare(Method::GET, &format!("{BASE}/system/info"))).await;
    assert_eq!((open.status, &open.body["serverTimeZone"]), (200, &json!("Eastern Standard Time")));
    assert_eq!(fixture.get("/system/info").await.1["version"], "v2026.4");
}

#[tokio::test]
async fn a_version_can_be_pinned() {
    let fixture = Fixture::start().await;
    for (accept, status) in [
        ("application/vnd.connectwise.com+json; version=2025.16", 200),
        ("application/vnd.connectwise.com+json; version=2025.16, application/json", 200),
        ("application/vnd.connectwise.com+json", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/vnd.connectwise.com+json; version=latest", 406),
        ("text/html", 406),
    ] {
        let request = fixture.request(DEMO, Method::GET, LIST).header("Accept", accept);
        assert_eq!(done(request).await.status, status, "{accept}");
    }
    let pinned = "application/vnd.connectwise.com+json; version=2025.16";
    let answer = done(fixture.request(DEMO, Method::GET, LIST).header("Accept", pinned)).await;
    assert_eq!(answer.header("content-type").unwrap(), format!("{pinned}; charset=utf-8"));
}

#[tokio::test]
async fn the_content_type_must_be_json() {
    let fixture = Fixture::start().await;
    let post = || fixture.request(DEMO, Method::POST, "/procurement/categories").body("{\"name\":\"X\"}");
    assert_eq!(done(post()).await.status, 415);
    assert_eq!(said(&done(post().header("Content-Type", "text/plain")).await).1, "UnsupportedMediaType");
    assert_eq!(done(post().header("Content-Type", "application/json; charset=utf-8")).await.status, 201);
    let answer = fixture.send(DEMO, Method::POST, "/procurement/categories", Some("{".into())).await;
    assert_eq!(said(&answer).1, "InvalidObject");
}

#[tokio::test]
async fn unknown_paths_methods_and_ids() {
    let fixture = Fixture::start().await;
    let (status, body) = fixture.get("/company/nonsense").await;
    assert_eq!((status, body.as_str().unwrap().starts_with("<!DOCTYPE html>")), (404, true));
    assert_eq!(fixture.get("/company/companies/acme").await.0, 404);
    assert_eq!(
        fixture.get("/company/companies/7").await,
        (404, json!({ "code": "NotFound", "message": "Company 7 not found", "errors": null }))
    );
    assert_eq!(fixture.send(DEMO, Method::DELETE, LIST, None).await.status, 405);
    let long = format!("{LIST}?conditions=name=\"{}\"", "x".repeat(10_000));
    assert_eq!(fixture.get(&long).await.0, 414);
    assert_eq!(fixture.get("/Company/Companies/19").await.1["identifier"], "AcmeCorp");
}

#[tokio::test]
async fn the_role_decides_per_module() {
    let fixture = Fixture::start().await;
    let get = async |keys, path: &str| fixture.send(keys, Method::GET, path, None).await.status;
    for (path, limited) in [
        ("/company/companies", 200),
        ("/company/contacts", 200),
        ("/company/configurations", 200),
        ("/finance/agreements", 403),
        ("/finance/agreements/104/additions", 403),
        ("/procurement/catalog", 200),
        ("/service/tickets", 200),
        ("/service/boards", 200),
        ("/procurement/categories", 200),
        ("/system/menuentries", 403),
    ] {
        assert_eq!((get(DEMO, path).await, get(LIMITED, path).await), (200, limited), "{path}");
    }
    let security = fixture.send(LIMITED, Method::GET, "/finance/agreements", None).await;
    assert_eq!(said(&security), (403, "Security", "You do not have security permission to perform this action."));

    let category = || Some(json!({ "name": "X" }).to_string());
    let post = async |keys| fixture.send(keys, Method::POST, "/procurement/categories", category()).await.status;
    assert_eq!((post(LIMITED).await, post(DEMO).await), (403, 201));
    let delete = async |keys| fixture.send(keys, Method::DELETE, "/service/tickets/1001", None).await.status;
    assert_eq!((delete(DEMO).await, delete(ADMIN).await), (403, 204));
    assert_eq!(fixture.patch("/company/companies/19", json!({ "name": "X" })).await.0, 403);
}

#[tokio::test]
async fn closing_a_ticket_requires_a_separate_permission() {
    let fixture = Fixture::start().await;
    let path = "/service/tickets/1001";
    assert_eq!(fixture.patch_as(LIMITED, path, json!({ "status": { "id": 12 } })).await.0, 200);
    let (status, body) = fixture.patch_as(LIMITED, path, json!({ "status": { "id": 13 } })).await;
    assert_eq!((status, &body["code"]), (403, &json!("Security")));
    assert_eq!(fixture.get(path).await.1["status"]["id"], 12);
}

#[tokio::test]
async fn members_can_be_added_without_modules() {
    let fixture = Fixture::start().await;
    let member = json!({
        "identifier": "NoTickets", "publicKey": "p", "privateKey": "s", "without": ["Service Tickets"]
    });
    assert_eq!(fixture.control("/_sandbox/members", member).await.0, 201);
    let keys = ["p", "s"];
    assert_eq!(fixture.send(keys, Method::GET, "/service/tickets", None).await.status, 403);
    let company = json!({ "identifier": "New", "name": "New" }).to_string();
    let made = fixture.send(keys, Method::POST, LIST, Some(company)).await;
    assert_eq!((made.status, &made.body["_info"]["enteredBy"]), (201, &json!("NoTickets")));
    let unknown = json!({ "identifier": "x", "publicKey": "p", "privateKey": "s", "without": ["Tickets"] });
    assert_eq!(fixture.control("/_sandbox/members", unknown).await.0, 400);
}
