//! `POST portal/ticketfields/delete`

use serde_json::json;

use crate::portal::msp::Msp;

#[tokio::test]
async fn the_settings_apply_again() {
    let msp = Msp::set_up().await;
    for company in [19, 20] {
        msp.done("ticketfields/save", &json!({"company": company, "source": 3})).await;
    }
    for _ in 0..2 {
        assert_eq!(msp.done("ticketfields/delete", &json!({"company": 20})).await, json!({}));
    }
    let left = msp.get("ticketfields/list").await;
    assert_eq!((left["ticketfields"].as_array().unwrap().len(), &left["ticketfields"][0]["company"]), (1, &json!(19)));
    msp.invalid_fields(&["company"], "ticketfields/delete", &json!({})).await;
    let other = msp.other().await;
    other.done("ticketfields/delete", &json!({"company": 19})).await;
    assert_eq!(msp.get("ticketfields/list").await, left, "another MSP's");
}
