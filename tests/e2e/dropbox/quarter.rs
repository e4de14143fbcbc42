//! A scripted quarter at Dropbox, which sells terms: a renewal with fewer licences, and a term that is not renewed. After each
//! step, the team and the answer to the BSS. Neither customer has an addition in ConnectWise.
//!
//! Each request is sent twice, and the looks at renewals are made twice. The second one has no effect.

use std::fmt::Write;

use jiff::Timestamp;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::provisioning::renewals::Report;
use service_manager::vendor::VendorName;
use service_manager::vendor::dropbox::CancelAfterWindow;

use super::demo::{
    CANCEL, CREATE, STANDARD, SUBSCRIPTION, SYNCHRONIZE, UPDATE, account, known, order, other_account, other_order,
};
use super::renewals::{ENDED, NOTHING, ONE_NOTICE};
use crate::client::{Bss, merged};

/// A customer: its name, the position of its team, and the path and body of its last request.
struct Customer {
    name: &'static str,
    team: usize,
    request: (&'static str, Value),
}

/// The table so far.
struct Quarter {
    bss: Bss,
    day: String,
    rows: String,
}

impl Quarter {
    /// Returns the quarter of a stack whose parameter lets a cancellation end the renewal. Two accounts are synchronized.
    async fn new() -> Self {
        let cancel_after_window = CancelAfterWindow::DoNotRenew;
        let options = Options { vendor: VendorName::Dropbox, cancel_after_window, ..Options::from_env() };
        let bss = Bss::start_with(options).await;
        for account in [account(json!({})), other_account(json!({}))] {
            bss.done(SYNCHRONIZE, &account).await;
        }
        let rows = "| day | customer | event | vendor | the BSS is told |\n| --- | --- | --- | --- | --- |\n";
        Self { bss, day: String::new(), rows: rows.to_owned() }
    }

    /// Advances the clock to a day, and looks at the renewals, which has this result.
    async fn on(&mut self, day: &str, looked: Report) {
        let (clock, noon) = (&self.bss.stack.clock, format!("{day}T12:00:00Z").parse::<Timestamp>().unwrap());
        clock.advance(noon.duration_since(clock.now()));
        day.clone_into(&mut self.day);
        let writes = self.bss.dropbox_writes();
        assert_eq!(self.bss.look_at_renewals().await, looked, "{day}");
        assert_eq!(self.bss.look_at_renewals().await, NOTHING, "{day}, again");
        assert_eq!(self.bss.dropbox_writes(), writes, "a look changes nothing at Dropbox");
    }

    /// Sends a customer's request, which is a repetition unless it was changed since the last row, and then again. Adds a row with
    /// the team and the answer. Returns the answer.
    async fn then(&mut self, customer: &Customer, event: &str) -> Value {
        let (path, body) = &customer.request;
        let answer = self.bss.answer(path, body).await;
        let before = self.bss.at_dropbox();
        assert_eq!(self.bss.answer(path, body).await, answer, "{}: {path}, again", self.day);
        assert_eq!(self.bss.at_dropbox(), before, "{}: {path}, again", self.day);
        let team = &before.1[customer.team];
        writeln!(self.rows, "| {} | {} | {event} | {} | {} |", self.day, customer.name, in_words(team), told(&answer))
            .unwrap();
        answer
    }
}

/// Returns the end of a team's term, and its licences until then and from then on.
fn in_words(team: &Value) -> String {
    let (end, now) = (team["end_date"].as_str().unwrap(), &team["num_licensed_users"]);
    match (team["active"].as_bool().unwrap(), team["auto_renew"].as_bool().unwrap()) {
        (true, true) => {
            let then = &team["renewal_state"]["num_licensed_users"];
            format!("active, {now} licences; renewed on {end} with {then}")
        }
        (true, false) => format!("active, {now} licences; ends on {end}"),
        (false, _) => format!("inactive since {end}"),
    }
}

/// Returns the message of an answer that succeeded, and its pairs.
fn told(answer: &Value) -> String {
    assert_eq!(answer["Code"], 0, "{answer}");
    let pairs = answer["AccountExtraInfo"].as_object().unwrap().iter();
    let pairs = pairs.map(|(name, value)| format!("`{name}: {}`", value.as_str().unwrap()));
    let message = Some(answer["Message"].as_str().unwrap().to_owned()).filter(|message| !message.is_empty());
    let parts: Vec<_> = message.into_iter().chain(pairs).collect();
    if parts.is_empty() { "done".to_owned() } else { parts.join(" ") }
}

#[tokio::test]
async fn a_quarter_renews_what_was_ordered() {
    let mut quarter = Quarter::new().await;
    quarter.on("2030-07-10", NOTHING).await;
    let mut contoso = Customer { name: "Contoso", team: 0, request: (CREATE, order(STANDARD, 8, json!({}))) };
    assert_eq!(quarter.then(&contoso, "order of 8 licences").await["Result"], SUBSCRIPTION);
    quarter.on("2030-07-20", NOTHING).await;
    let first_order = other_order(json!({"Quantity": 5}));
    let mut fabrikam = Customer { name: "Fabrikam", team: 1, request: (CREATE, first_order.clone()) };
    let id = quarter.then(&fabrikam, "order of 5 licences").await["Result"].clone();
    quarter.on("2031-05-12", ONE_NOTICE).await;
    quarter.then(&contoso, "notice 60 days before the end of the term").await;
    quarter.on("2031-05-14", NOTHING).await;
    contoso.request = (UPDATE, known(STANDARD, 5, json!({})));
    quarter.then(&contoso, "order of 5 licences").await;
    quarter.on("2031-05-22", ONE_NOTICE).await;
    quarter.then(&fabrikam, "notice 60 days before the end of the term").await;
    fabrikam.request = (CANCEL, merged(first_order, json!({"ID": id, "ActionType": "None"})));
    quarter.then(&fabrikam, "cancellation").await;
    quarter.on("2031-06-11", ONE_NOTICE).await;
    quarter.then(&contoso, "notice 30 days before the end of the term").await;
    quarter.on("2031-06-21", ONE_NOTICE).await;
    quarter.then(&fabrikam, "notice 30 days before the end of the term").await;
    quarter.on("2031-07-04", ONE_NOTICE).await;
    quarter.then(&contoso, "notice 7 days before the end of the term").await;
    quarter.on("2031-07-12", NOTHING).await;
    quarter.then(&contoso, "the term is renewed").await;
    quarter.on("2031-07-14", ONE_NOTICE).await;
    quarter.then(&fabrikam, "notice 7 days before the end of the term").await;
    quarter.on("2031-07-21", ENDED).await;
    quarter.then(&fabrikam, "the term has ended").await;
    println!("{}", quarter.rows);
    insta::assert_snapshot!(quarter.rows);
    assert_eq!(quarter.bss.dropbox_writes(), ["create", "create", "skus/modify", "auto_renew/modify"]);
    assert_eq!(quarter.bss.stack.connectwise.calls(), [], "a team has no addition in ConnectWise");
}
