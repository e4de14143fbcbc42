//! `GET portal/identity/get`

use serde_json::json;

use crate::portal::msp::Msp;

#[tokio::test]
async fn the_addresses_are_there_before_a_provider_is() {
    let msp = Msp::signed_in().await;
    let portal = msp.bss.stack.portal_url();
    let id = msp.id();
    let expected = json!({
        "redirectUrl": format!("{portal}/signed-in-{id}"),
        "signInUrl": format!("{portal}#/sign-in/{id}"),
    });
    assert_eq!(msp.get("identity/get").await, expected);
    msp.connects_provider().await;
    let members = msp.get("identity/get").await;
    let names: Vec<_> = members.as_object().unwrap().keys().collect();
    assert_eq!(names, ["clientId", "issuer", "redirectUrl", "signInUrl", "updatedAt"], "no secret");
    let others = msp.other().await.get("identity/get").await;
    assert_eq!(others.get("issuer"), None, "another MSP's");
    assert_ne!(others["redirectUrl"], expected["redirectUrl"], "each MSP has its own");
}
