//! The redrive's full scan finds changes of actions whose stream event was lost.

use sandbox::background::sweep;
use sandbox::stack::Options;
use serde_json::json;

use crate::client::Bss;
use crate::portal::msp::{CREATE_PLAN, Msp, NOTHING, ORDER, order, plan};
use crate::portal::tickets::{fail, mended, organization};

#[tokio::test]
async fn what_fails_and_what_works_again_is_found() {
    let msp = Msp::on(Bss::start_with(Options { stream: false, ..Options::from_env() }).await).in_session().await;
    msp.sets_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({}))).await;
    msp.bss.stack.dropsuite.add_mailboxes(&organization(&msp), 4).unwrap();
    fail(&msp, 1).await;
    assert_eq!(msp.tickets(), NOTHING, "nobody heard of it");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.out_of_sync_found), (2, Some(2)), "the addition and the ticket: {report:?}");
    assert_ne!(msp.tickets()[0]["closedFlag"], true);

    mended(&msp).await;
    assert_ne!(msp.tickets()[0]["closedFlag"], true, "nobody heard of it");
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.out_of_sync_found), (1, Some(1)), "{report:?}");
    assert_eq!((msp.tickets().len(), &msp.tickets()[0]["closedFlag"]), (1, &json!(true)));
    let report = sweep(&msp.bss.stack.app).await.unwrap();
    assert_eq!((report.applied, report.out_of_sync_found), (0, Some(0)), "{report:?}");
}
