//! `GET portal/usagekey/get`

use serde_json::json;

use crate::portal::msp::Msp;
use crate::portal::usagekey::create::with_key;

#[tokio::test]
async fn each_msp_has_a_key_of_its_own() {
    let msp = Msp::billing().await;
    with_key(&msp).await;
    let other = msp.other().await;
    assert_eq!(other.get("usagekey/get").await, json!({}));
    with_key(&other).await;
    assert_eq!(msp.get("usagekey/get").await.as_object().unwrap().len(), 1);
}
