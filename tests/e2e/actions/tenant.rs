//! An MSP with one organization, whose backups fail and recover.

use jiff::{SignedDuration, Timestamp};
use sandbox::background::redrive;
use sandbox::dropsuite::Backups;
use serde_json::{Value, json};

use crate::portal::msp::Msp;

/// An MSP in New York with one organization.
pub struct Tenant {
    pub msp: Msp,
    pub organization: String,
}

impl Tenant {
    /// Adds `count` mailboxes: `mailbox1` and so on.
    pub async fn with_mailboxes(count: usize) -> Self {
        let msp = Msp::with_tenant().await;
        let organization = msp.bss.organizations()[0]["id"].as_str().unwrap().to_owned();
        msp.bss.stack.dropsuite.add_mailboxes(&organization, count).unwrap();
        Self { msp, organization }
    }

    pub fn mailboxes(&self) -> Vec<Value> {
        self.msp.bss.stack.dropsuite.state_json()["mailboxes"][&self.organization].as_array().unwrap().clone()
    }

    pub fn address(&self, number: usize) -> String {
        self.mailboxes()[number - 1]["email"].as_str().unwrap().to_owned()
    }

    /// Sets the backups of the mailboxes with these numbers, or of all.
    pub fn set(&self, numbers: &[usize], status: &str, errors: &str) {
        let all = self.mailboxes();
        let named = numbers.iter().map(|number| all[number - 1]["email"].as_str().unwrap().to_owned()).collect();
        let mailboxes = (!numbers.is_empty()).then_some(named);
        let errors = if errors.is_empty() { Value::Null } else { json!(errors) };
        let backups = Backups { status: status.to_owned(), errors, mailboxes };
        self.msp.bss.stack.dropsuite.set_backups(&self.organization, &backups).unwrap();
    }

    /// [`set`](Self::set), and a minute passes: events at different times are different events.
    pub fn backups(&self, numbers: &[usize], status: &str, errors: &str) {
        self.set(numbers, status, errors);
        self.later(SignedDuration::from_mins(1));
    }

    /// [`backups`](Self::backups), and looks at them.
    pub async fn checked(&self, numbers: &[usize], status: &str, errors: &str) {
        self.backups(numbers, status, errors);
        self.msp.run_checks().await;
    }

    pub fn later(&self, time: SignedDuration) {
        self.msp.bss.stack.clock.advance(time);
    }

    pub fn wait_until(&self, moment: &str) {
        let moment: Timestamp = moment.parse().unwrap();
        self.later(moment.duration_since(self.msp.bss.stack.clock.now()));
    }

    /// Runs the redrive once, as its schedule does every five minutes.
    pub async fn redrive(&self) {
        redrive(&self.msp.bss.stack.app).await.unwrap();
    }

    pub async fn rows(&self) -> Vec<Value> {
        self.msp.with_new_session().await.get("tickets/list").await["tickets"].as_array().unwrap().clone()
    }
}
