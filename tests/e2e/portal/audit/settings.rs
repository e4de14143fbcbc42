//! `POST portal/audit/settings`, and the monthly note.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::portal::msp::Msp;

#[tokio::test]
async fn a_ticket_gets_one_note_a_month() {
    let msp = Msp::billing().await;
    let ticket = json!({"summary": "Billing", "company": {"id": 19}, "board": {"id": 1}});
    let ticket = msp.as_person(Method::POST, "service/tickets", &ticket).await["id"].clone();
    let settings = json!({"apply": "ask", "ticket": ticket});
    assert_eq!(msp.done("audit/settings", &settings).await, json!({"settings": settings}));
    assert_eq!(msp.get("audit/list").await["settings"], settings);
    let notes = || {
        let notes = msp.records("serviceNote").into_iter().filter(|note| note["ticketId"] == ticket);
        notes.map(|note| note["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut at = msp.clone();
    for _ in 0..3 {
        at.audits().await;
        msp.bss.stack.clock.advance(SignedDuration::from_hours(24));
        at = msp.with_new_session().await;
    }
    assert_eq!(
        notes(),
        ["Billing audit of 2031-05-15: 1 differences to look at. EUR: 3.5 a month not invoiced, 0 invoiced too much."]
    );
    let june = msp.at("2031-06-02T16:00:00Z").await;
    let own = june.get("audit/list").await["findings"][0]["id"].clone();
    june.done("audit/dismiss", &json!({"findings": [own], "note": "own use"})).await;
    june.audits().await;
    assert_eq!(notes().len(), 1, "nothing is to be done");
}

#[tokio::test]
async fn invalid_members_are_refused() {
    let msp = Msp::billing().await;
    msp.invalid_fields(&["ticket"], "audit/settings", &json!({"apply": "ask", "ticket": 4711})).await;
    let ticket = json!({"summary": "Billing", "company": {"id": 19}, "board": {"id": 1}, "status": {"id": 13}});
    let closed = msp.as_person(Method::POST, "service/tickets", &ticket).await["id"].clone();
    msp.invalid_fields(&["ticket"], "audit/settings", &json!({"apply": "ask", "ticket": closed})).await;
    msp.invalid_fields(&["apply"], "audit/settings", &json!({})).await;
    assert_eq!(msp.get("audit/list").await["settings"], json!({"apply": "ask"}));
}
