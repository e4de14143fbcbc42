//! `POST portal/identity/save`

use serde_json::json;

use crate::portal::msp::Msp;

const SAVE: &str = "identity/save";

#[tokio::test]
async fn a_provider_is_asked_before_it_is_stored() {
    let msp = Msp::signed_in().await;
    let saved = msp.done(SAVE, &msp.provider(json!({}))).await;
    assert_eq!(saved["issuer"], msp.bss.stack.identity.issuer());
    assert_eq!(msp.get("identity/get").await, saved);
    let stored = msp.bss.table().await.iter().map(ToString::to_string).collect::<String>();
    assert!(!stored.contains(sandbox::identity::CLIENT_SECRET), "the secret is encrypted");
    msp.done(SAVE, &msp.provider(json!({}))).await;
    assert_eq!(msp.get("history/list?action=identity").await["history"].as_array().unwrap().len(), 1, "a replay");
    msp.done(SAVE, &msp.provider(json!({"clientSecret": "another"}))).await;
    let page = msp.get("history/list?action=identity").await;
    assert_eq!(page["history"][0]["reason"], "The client secret was entered again.");
    assert!(!page.to_string().contains("another"), "{page}");
}

#[tokio::test]
async fn an_address_in_another_network_is_not_called() {
    let msp = Msp::signed_in().await;
    let calls = msp.bss.stack.connectwise.calls().len();
    for issuer in [
        "http://login.microsoftonline.com/tenant/v2.0",
        "https://storage.googleapis.com/x",
        "https://accounts.google.com",
        "https://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://evil.example/",
        "https://msp.okta.com:8443/",
        "https://user@msp.okta.com/",
        "file:///etc/passwd",
        "https://x.auth0.com.evil.example/",
        msp.bss.stack.connectwise_url.as_str(),
    ] {
        let text = msp.invalid_fields(&["issuer"], SAVE, &msp.provider(json!({"issuer": issuer}))).await;
        assert!(text.contains("not allowed") || text.contains("No identity provider"), "{issuer}: {text}");
    }
    assert_eq!(msp.bss.stack.connectwise.calls().len(), calls);
    assert_eq!(msp.get("identity/get").await.get("issuer"), None);
}

#[tokio::test]
async fn what_is_no_provider_is_refused() {
    let msp = Msp::signed_in().await;
    let provider = &msp.bss.stack.identity;
    let issuer = provider.issuer().to_owned();
    let description = "/.well-known/openid-configuration";
    for patch in [
        json!({"op": "replace", "path": "/issuer", "value": "https://other.example"}),
        json!({"op": "replace", "path": "/jwks_uri", "value": "https://169.254.169.254/keys"}),
        json!({"op": "replace", "path": "/authorization_endpoint", "value": "javascript:alert(1)"}),
        json!({"op": "replace", "path": "/token_endpoint", "value": "https://169.254.169.254/token"}),
        json!({"op": "replace", "path": "/token_endpoint", "value": null}),
        json!({"op": "remove", "path": "/token_endpoint"}),
        json!({"op": "remove", "path": "/jwks_uri"}),
    ] {
        let rule = json!([{"path": description, "patch": [patch]}]);
        provider.faults().set(serde_json::from_value(rule).unwrap());
        msp.invalid_fields(&["issuer"], SAVE, &msp.provider(json!({}))).await;
    }
    provider.faults().clear();
    msp.invalid_fields(&["issuer"], SAVE, &msp.provider(json!({"issuer": format!("{issuer}/other")}))).await;
    msp.invalid_fields(
        &["clientId", "clientSecret"],
        SAVE,
        &msp.provider(json!({"clientId": "", "clientSecret": "a b"})),
    )
    .await;
}
