//! `GET portal/ticketfields/list`

use serde_json::{Value, json};

use crate::portal::msp::{Msp, masked};

#[tokio::test]
async fn lists_the_companies_with_fields_of_their_own_in_pages() {
    let msp = Msp::set_up().await;
    assert_eq!(msp.get("ticketfields/list").await, json!({"ticketfields": []}));
    for company in [20, 19, 2] {
        msp.done("ticketfields/save", &json!({"company": company, "source": 3})).await;
    }
    let row = |company: u32| json!({"company": company, "board": 1, "source": 3, "updatedAt": "[time]"});
    assert_eq!(masked(msp.get("ticketfields/list").await), json!({"ticketfields": [row(2), row(19), row(20)]}));
    let pages = msp.pages_of("ticketfields/list", 2).await;
    let companies: Vec<Value> = pages
        .iter()
        .flat_map(|page| page["ticketfields"].as_array().unwrap())
        .map(|row| row["company"].clone())
        .collect();
    assert_eq!(companies, [2, 19, 20]);
    assert_eq!(msp.other().await.get("ticketfields/list").await, json!({"ticketfields": []}));
}
