//! `GET portal/ticketrules/get`

use serde_json::json;

use crate::portal::msp::Msp;

#[tokio::test]
async fn returns_the_rules_of_the_msp() {
    let msp = Msp::signed_in().await;
    assert_eq!(msp.get("ticketrules/get").await, json!({}));
    let rules = json!({"quietHours": {"start": "22:00", "end": "06:30"}});
    assert_eq!(msp.done("ticketrules/save", &rules).await, rules);
    assert_eq!(msp.get("ticketrules/get").await, rules);
    assert_eq!(msp.other().await.get("ticketrules/get").await, json!({}));
}
