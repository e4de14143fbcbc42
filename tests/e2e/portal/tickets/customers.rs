//! Tickets after a customer is linked to another company, leaves, or has an agreement that ConnectWise refuses.

use serde_json::{Value, json};

use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, MANAGED, company, link, sells};
use crate::portal::msp::{ACTIVATE, LINK, Msp, UNSUBSCRIBE};
use crate::portal::tickets::{fail, failing, organization, recover};

async fn states(msp: &Msp) -> Vec<Value> {
    let rows = msp.get("tickets/list").await["tickets"].as_array().unwrap().clone();
    rows.iter().map(|row| row["state"].clone()).collect()
}

#[tokio::test]
async fn a_relinked_organization_gets_tickets_of_its_new_company() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    msp.bss.stack.dropsuite.add_mailboxes(&organization(&msp), 4).unwrap();
    fail(&msp, 1).await;
    recover(&msp).await;
    msp.done(LINK, &link(json!({"company": ACME, "agreement": MANAGED}))).await;
    fail(&msp, 1).await;
    assert_eq!(states(&msp).await, ["synced"]);
    let companies: Vec<_> = msp.tickets().iter().map(|ticket| ticket["company"]["id"].clone()).collect();
    assert_eq!(companies, [BLUE_LIGHT, ACME]);
}

#[tokio::test]
async fn a_customer_who_left_has_no_ticket_until_the_return() {
    let msp = failing(1).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_tickets().await;
    let tickets = msp.tickets();
    assert_eq!((tickets.len(), &tickets[0]["status"]["id"]), (1, &json!(14)), "{tickets:?}");
    fail(&msp, 2).await;
    assert_eq!(msp.tickets().len(), 1, "a failure after the end of the subscription");

    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    fail(&msp, 2).await;
    let open = msp.tickets().iter().filter(|ticket| ticket["closedFlag"] != true).count();
    assert_eq!((msp.tickets().len(), open), (3, 2), "{:?}", msp.tickets());
}

#[tokio::test]
async fn a_ticket_whose_agreement_is_refused_is_created_without_it() {
    let msp = failing(0).await;
    let refused = json!({
        "code": "InvalidObject", "message": "ticket object is invalid",
        "errors": [{"code": "InvalidField", "message": "The agreement is not valid.", "resource": "ticket", "field": "agreement"}],
    });
    msp.faults(json!([
        {"path": "*/service/tickets", "method": "POST", "times": 1, "status": 400, "body": refused.to_string()},
    ]));
    fail(&msp, 1).await;
    let tickets = msp.tickets();
    assert_eq!((tickets.len(), tickets[0].get("agreement")), (1, None), "{tickets:?}");
    let row = msp.get("tickets/list").await["tickets"][0].clone();
    let reason = row["reason"].as_str().unwrap();
    assert_eq!(row["state"], "synced");
    assert!(reason.contains(&format!("the agreement {BLUE_BACKUP}")), "{reason}");
    assert!(reason.ends_with("The ticket was created without the agreement."), "{reason}");
}
