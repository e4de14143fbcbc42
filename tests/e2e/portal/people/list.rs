//! `GET portal/people/list`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{Msp, NOTHING};

#[tokio::test]
async fn lists_the_people_of_one_msp_in_pages() {
    let msp = Msp::signed_in().await;
    assert_eq!(msp.list("people").await, json!(NOTHING));
    for name in ["zoe", "ann", "bill"] {
        msp.done("people/save", &json!({"address": format!("{name}@msp.example"), "role": "support"})).await;
    }
    let pages = msp.pages("people", 2).await;
    let addresses: Vec<_> = pages.iter().flatten().map(|row: &Value| row["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["ann@msp.example", "bill@msp.example", "zoe@msp.example"]);
    msp.refused_get(ErrorCode::FieldsInvalid, "people/list?after=x").await;
    assert_eq!(msp.other().await.list("people").await, json!(NOTHING));
}
