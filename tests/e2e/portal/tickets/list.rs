//! `GET portal/tickets/list`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT};
use crate::portal::msp::masked;
use crate::portal::tickets::{failing, recover};

#[tokio::test]
async fn lists_the_state_of_the_tickets() {
    let msp = failing(2).await;
    let listed = msp.get("tickets/list").await;
    assert_eq!(listed.get("next"), None);
    let rows = listed["tickets"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let (row, ticket) = (&rows[0], &msp.tickets()[0]);
    let configurations = msp.records("configuration");
    let configuration = configurations.iter().find(|records| records["name"] == row["action"]).unwrap();
    let expected = json!({
        "action": configuration["name"], "mailbox": row["mailbox"], "organization": row["organization"],
        "company": BLUE_LIGHT, "agreement": BLUE_BACKUP, "configuration": configuration["id"], "ticket": row["ticket"],
        "failing": true, "state": "synced", "updatedAt": "[time]",
    });
    assert_eq!(masked(row.clone()), expected);
    assert!(row["mailbox"].as_str().unwrap().starts_with("mailbox"), "{row}");
    assert!([&row["ticket"], &rows[1]["ticket"]].contains(&&ticket["id"]));

    recover(&msp).await;
    let recovered = msp.get("tickets/list").await;
    let rows = recovered["tickets"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "what was stays listed");
    assert!(rows.iter().all(|row| row["failing"] == false), "{rows:?}");
}

#[tokio::test]
async fn returns_pages() {
    let msp = failing(3).await;
    let all: Vec<Value> = msp.get("tickets/list").await["tickets"].as_array().unwrap().clone();
    let (mut listed, mut query) = (Vec::new(), "tickets/list?limit=1".to_owned());
    for _ in 0..4 {
        let page = msp.get(&query).await;
        listed.extend(page["tickets"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("tickets/list?limit=1&after={next}");
    }
    assert_eq!((listed.len(), listed), (3, all));
    for wrong in ["limit=0", "limit=1001", "limit=x", "after=%01"] {
        let path = format!("tickets/list?{wrong}");
        msp.refused_get(ErrorCode::FieldsInvalid, &path).await;
    }
}

#[tokio::test]
async fn lists_only_own_tickets() {
    let msp = failing(1).await;
    assert_eq!(msp.other().await.get("tickets/list").await, json!({"tickets": []}));
}
