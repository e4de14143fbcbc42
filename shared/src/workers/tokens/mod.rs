//! Replaces the reseller token of an MSP, when an operator invokes it.
//!
//! Dropsuite shows no id of a partner that outlasts its token, so the id of an MSP follows from its first token. A new token
//! would make the partner another MSP. The replacement is recorded instead, and the MSP keeps its id: no link, addition, ticket
//! or sale names another MSP afterwards, and no organization at Dropsuite needs another reference.
//!
//! The operator names ids, not tokens: the MSP signs in to the portal with the new token first, so that the vendor has proved it
//! and it is stored, encrypted. One transaction makes the replacement. What is done before and after it can be repeated, so a
//! run that was cut off is completed by the next. `docs/explanation/moving.md` has the reasons.

mod evidence;
mod report;
mod run;

use std::time::Duration;

pub use report::{Discarded, Kept, Organizations, Outcome, Report};
pub use run::Event;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::subscription_record::SubscriptionState;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{EnrolledMsp, HistoryEntry, ResellerTokenRecord, TokenReplacement};
use crate::vendor::VendorContext;
use crate::workers::tokens::report::kept;
use crate::workers::tokens::run::Run;

/// Replaces a reseller token, or reports what that would change, within `budget`.
///
/// # Errors
/// The table, the key or the vendor did not answer. The next run completes what this one began.
pub async fn replace(app: &App, event: &Event, budget: Duration) -> Result<Report, ServiceError> {
    let outbound_calls = OutboundCallLog::default();
    let run = Run { app, event, deadline: Deadline::after(budget), outbound_calls: &outbound_calls };
    let msp = app.store.msp_of_token(event.old).await?;
    let enrolled = app.store.enrolled_msp(msp).await?;
    let in_force = enrolled.as_ref().map_or(msp, EnrolledMsp::token_in_force);
    let mut report = Report::new(event.dry_run, msp, in_force);
    match app.store.reseller_token(event.new).await? {
        Some(known) if ResellerTokenRecord::is_in_force(Some(&known), event.new, msp) => {
            report.outcome = Outcome::Replaced;
            run.discard(&mut report, !event.dry_run).await?;
        }
        Some(known) => report.refuse(format!(
            "The new token belongs to the MSP {} already, or was replaced. A replaced token does not come back.",
            known.msp
        )),
        None => Box::pin(run.attempt(enrolled.as_ref(), &mut report)).await?,
    }
    report.keeps = kept(app, msp).await?;
    Ok(report)
}

impl Run<'_> {
    /// Replaces the token in force, unless something speaks against it or the run is dry.
    async fn attempt(&self, enrolled: Option<&EnrolledMsp>, report: &mut Report) -> Result<(), ServiceError> {
        let (store, msp, new) = (&self.app.store, report.msp, self.event.new);
        if new == report.in_force {
            report.refuse("Both ids are those of the token in force. Name the id of the new token.");
            return Ok(());
        }
        let Some(signed_in) = store.enrolled_msp(new).await? else {
            report
                .refuse("Nothing was signed in with the new token. The partner signs in to the portal with it first.");
            return Ok(());
        };
        self.discard(report, false).await?;
        if report.discards.links > 0 {
            report
                .refuse("The new token has links of its own. End them with its session at portal/links/delete first.");
            return Ok(());
        }
        if self.has_sold().await? {
            report.refuse(
                "The new token has sold in the portal. End these subscriptions with its session at portal/organizations/unsubscribe first.",
            );
            return Ok(());
        }
        let application = new.as_application_id();
        let settings = self.app.partner_credentials.load(store, application, &signed_in.credentials_id).await?;
        let context =
            VendorContext { settings: &settings, deadline: self.deadline, outbound_calls: self.outbound_calls };
        evidence::check(self, &context, enrolled, report).await?;
        if !report.reasons.is_empty() {
            return Ok(());
        }
        report.outcome = Outcome::Possible;
        if self.event.dry_run {
            return Ok(());
        }
        let stored = self.app.partner_credentials.save(store, msp.as_application_id(), &settings).await;
        if stored.as_ref() != Some(&signed_in.credentials_id) {
            return Err(ServiceError::new(
                ErrorCode::StoreUnavailable,
                "The new token could not be stored. Nothing was changed. Run it again.",
            ));
        }
        let replacement =
            TokenReplacement { msp, old: report.in_force, enrolled, signed_in: &signed_in, now: self.app.clock.now() };
        if !store.replace_reseller_token(&replacement).await? {
            report.refuse("The partner signed in, or another run replaced a token, meanwhile. Run it again.");
            return Ok(());
        }
        (report.outcome, report.in_force) = (Outcome::Replaced, new);
        self.discard(report, true).await
    }

    /// Returns `true` if a subscription is live that was sold in the portal with the new token. It names the id of the new token as
    /// its installation, which no one reaches any more once the token is the MSP's.
    async fn has_sold(&self) -> Result<bool, ServiceError> {
        let (store, new) = (&self.app.store, self.event.new);
        for record in store.additions(new).await? {
            let is_sold_there = record.subscription.application == new.as_application_id();
            let sold = if is_sold_there { store.subscription(&record.subscription).await? } else { None };
            if sold.is_some_and(|sold| sold.state != SubscriptionState::Cancelled) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts what the new token has below its own id, and deletes it if `delete`: no one reaches it any more. It has settings
    /// and plans if the partner set up the portal with the new token. Its history is the MSP's: orders have carried the new token
    /// since the partner replaced it.
    async fn discard(&self, report: &mut Report, delete: bool) -> Result<(), ServiceError> {
        let (store, new) = (&self.app.store, self.event.new);
        if new == report.msp {
            return Ok(());
        }
        let mut discards = Discarded::default();
        for link in store.agreements(new).await? {
            discards.links += 1;
            if delete {
                store.unlink_agreement(new, &link.account, None).await?;
            }
        }
        if delete {
            if let Some(key) = store.usage_key(new).await? {
                store.delete_usage_key(&key, None).await?;
            }
            store.delete_enrolled_msp(new).await?;
        }
        let mut after: Option<String> = None;
        loop {
            let (items, next) = store.own_items(new, after.as_deref()).await?;
            for sort in items {
                let is_history = HistoryEntry::is_at(&sort);
                if delete && is_history {
                    store.move_history(new, report.msp, &sort).await?;
                } else if delete {
                    store.delete_own_item(new, &sort).await?;
                }
                if !is_history {
                    discards.add(sort);
                }
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        report.discards = discards;
        Ok(())
    }
}
