//! `portal/tickets/*`: tickets of failing backups.

mod customers;
mod fields;
mod list;
mod retry;
mod sweep;

use sandbox::dropsuite::Backups;
use serde_json::Value;

use super::msp::Msp;

fn organization(msp: &Msp) -> String {
    msp.bss.organizations()[0]["id"].as_str().unwrap().to_owned()
}

/// Starts an MSP with an organization in which the backups of `mailboxes` mailboxes fail.
async fn failing(mailboxes: usize) -> Msp {
    let msp = Msp::with_tenant().await;
    msp.bss.stack.dropsuite.add_mailboxes(&organization(&msp), 4).unwrap();
    if mailboxes > 0 {
        fail(&msp, mailboxes).await;
    }
    msp
}

/// Makes the backups of `mailboxes` mailboxes fail.
async fn fail(msp: &Msp, mailboxes: usize) {
    let all = msp.bss.stack.dropsuite.state_json()["mailboxes"][organization(msp)].as_array().unwrap().clone();
    let named = all.iter().take(mailboxes).map(|records| records["email"].as_str().unwrap().to_owned()).collect();
    let failed = Backups { status: "Space Full".to_owned(), errors: Value::Null, mailboxes: Some(named) };
    msp.bss.stack.dropsuite.set_backups(&organization(msp), &failed).unwrap();
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(1));
    msp.run_checks().await;
}

/// Makes all backups succeed.
async fn recover(msp: &Msp) {
    let done = Backups { status: "Completed".to_owned(), errors: Value::Null, mailboxes: None };
    msp.bss.stack.dropsuite.set_backups(&organization(msp), &done).unwrap();
    msp.bss.stack.clock.advance(jiff::SignedDuration::from_mins(1));
    msp.run_checks().await;
}
