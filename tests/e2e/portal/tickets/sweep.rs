//! The redrive's full scan finds changes of actions whose stream event was lost.

use sandbox::background::sweep;
use sandbox::stack::Options;
use serde_json::json;

use crate::client::Bss;
use crate::portal::msp::bodies::{order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, NOTHING, ORDER};
use crate::portal::tickets::{fail, organization, recover};

#[tokio::test]
async fn failures_and_recoveries_without_an_event_are_found() {
    let msp = Msp::on(Bss::start_with(Options { stream: false, ..Options::from_env() }).await).with_new_session().await;
    msp.set_up_connectwise().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.bss.stack.dropsuite.add_mailboxes(&organization(&msp), 4).unwrap();
    fail(&msp, 1).await;
    assert_eq!(msp.tickets(), NOTHING, "there was no stream event");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync), (2, Some(2)), "the addition and the ticket: {report:?}");
    assert_ne!(msp.tickets()[0]["closedFlag"], true);

    recover(&msp).await;
    assert_ne!(msp.tickets()[0]["closedFlag"], true, "there was no stream event");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync), (1, Some(1)), "{report:?}");
    assert_eq!((msp.tickets().len(), &msp.tickets()[0]["closedFlag"]), (1, &json!(true)));
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.synced, report.out_of_sync), (0, Some(0)), "{report:?}");
}
