//! Moves a customer from one MSP to another, when an operator invokes it: its organization is another reseller's at Dropsuite by
//! now, and both resellers bill in their own ConnectWise.
//!
//! The old MSP's link is not deleted at once, because its addition would stay open and bill for ever. The link records that the
//! customer has left. The consumers of the stream then end the addition by the rule of the link and cancel the tickets. A later
//! run deletes the link once both are done, and tells the last billed day. Then the new MSP links the customer from the day after.
//!
//! The organization must be the new MSP's own at Dropsuite, and not the old one's any more: with the tokens of each, two readings
//! must agree.

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::dry_run::dry_run_by_default;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{AccountKey, AdditionRecord, AgreementLink, ChangedItem, SyncState, TicketRecord};
use crate::vendor::VendorContext;
use crate::workers::tickets;

/// Input of a run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The customer's account, as `APPLICATION_ID/ACCOUNT_ID`.
    pub account: String,
    /// The MSP that the customer moves to, by the id of its reseller token.
    #[serde(deserialize_with = "MspId::deserialize_derived")]
    pub to: MspId,
    /// `false` to move the customer. Otherwise the run only reports what it would do.
    #[serde(default = "dry_run_by_default")]
    pub dry_run: bool,
}

/// Result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Something speaks against the move. Nothing was changed.
    Refused,
    /// The run was dry. Nothing speaks against the move.
    Possible,
    /// The customer has left, and an addition or a ticket of the old MSP has not ended yet.
    Ending,
    /// The old MSP has no link any more. The new one can link the customer, or has done so.
    Moved,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The result.
    pub outcome: Outcome,
    /// `true` if the run was to change nothing.
    pub dry_run: bool,
    /// The MSP whose link the account has, or had last. Absent if the account never had an addition of another MSP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<MspId>,
    /// The MSP that the customer moves to.
    pub to: MspId,
    /// The reason against the move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The old MSP's additions of the account.
    pub additions: Vec<EndingAddition>,
    /// Number of the old MSP's tickets of the organization that are not over.
    pub open_tickets: usize,
}

/// An addition of the old MSP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndingAddition {
    /// The BSS's id of the subscription.
    pub subscription: String,
    /// The state of its synchronization.
    pub state: SyncState,
    /// The reason why it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day that the old MSP bills. Absent before the end, and if it bills nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_billed_day: Option<Date>,
}

/// Moves a customer, or reports what that would change, within `budget`.
///
/// # Errors
/// The table, the key or the vendor did not answer. The next run goes on.
pub async fn move_customer(app: &App, event: &Event, budget: Duration) -> Result<Report, ServiceError> {
    let outbound_calls = OutboundCallLog::default();
    let run = Run { app, deadline: Deadline::after(budget), outbound_calls: &outbound_calls };
    let to = app.store.msp_of_token(event.to).await?;
    let mut report = Report {
        outcome: Outcome::Refused,
        dry_run: event.dry_run,
        from: None,
        to,
        reason: None,
        additions: Vec::new(),
        open_tickets: 0,
    };
    let Some(account) = AccountKey::from_reference(&event.account) else {
        report.reason = Some("It is no account. Name it as APPLICATION_ID/ACCOUNT_ID.".to_owned());
        return Ok(report);
    };
    let Some(link) = app.store.agreement(&account).await? else {
        without_link(app, &account, &mut report).await?;
        return Ok(report);
    };
    report.from = Some(link.msp);
    if link.msp == to {
        match link.left_at {
            None => report.outcome = Outcome::Moved,
            Some(_) => report.reason = Some("The customer is leaving this MSP for another one.".to_owned()),
        }
        return Ok(report);
    }
    let records = records(app, &link).await?;
    let has_ended = records.iter().all(|record| !may_be_open(record) && record.sync.lease_owner.is_none());
    report.additions = records.into_iter().map(EndingAddition::from).collect();
    report.open_tickets = open_tickets(app, &link).await?;
    if link.left_at.is_some() {
        report.outcome = Outcome::Ending;
        let is_done = has_ended && report.open_tickets == 0;
        if is_done && !event.dry_run && app.store.unlink_left_agreement(&link).await? {
            report.outcome = Outcome::Moved;
        }
        return Ok(report);
    }
    report.reason = run.objection(&link, to).await?;
    if report.reason.is_some() {
        return Ok(report);
    }
    report.outcome = Outcome::Possible;
    if !event.dry_run {
        if app.store.leave_agreement(&link, app.clock.now()).await? {
            report.outcome = Outcome::Ending;
        } else {
            report.outcome = Outcome::Refused;
            report.reason = Some("The link was changed meanwhile. Run it again.".to_owned());
        }
    }
    Ok(report)
}

/// Reports on an account without a link: its customer was moved, or was never billed. An addition of an MSP that deleted its link
/// is still open.
async fn without_link(app: &App, account: &AccountKey, report: &mut Report) -> Result<(), ServiceError> {
    if app.store.account(account).await?.is_none() {
        report.reason = Some("The account is not recorded.".to_owned());
        return Ok(());
    }
    report.outcome = Outcome::Moved;
    let Some(live) = app.store.live_subscription(account).await? else { return Ok(()) };
    let addition = app.store.addition(&live).await?;
    let Some(addition) = addition.filter(|addition| addition.msp != report.to) else { return Ok(()) };
    report.from = Some(addition.msp);
    if may_be_open(&addition) {
        report.outcome = Outcome::Refused;
        report.reason = Some("The link was deleted while an addition of it was open. The MSP cancels it in its ConnectWise, or links the customer again, so that this command ends it.".to_owned());
    }
    report.additions = vec![addition.into()];
    Ok(())
}

struct Run<'a> {
    app: &'a App,
    deadline: Deadline,
    outbound_calls: &'a OutboundCallLog,
}

impl Run<'_> {
    /// Returns the reason against the move of a linked customer to the MSP `to`.
    async fn objection(&self, link: &AgreementLink, to: MspId) -> Result<Option<String>, ServiceError> {
        if link.account.application == link.msp.as_application_id() {
            return Ok(Some("The customer was sold to in the MSP's portal. The MSP ends that subscription, and the other one sells it anew.".to_owned()));
        }
        let Some(organization) = &link.organization else {
            return Ok(Some("The link names no organization.".to_owned()));
        };
        let reason = match (self.owns(to, &organization.id).await?, self.owns(link.msp, &organization.id).await?) {
            (Some(true), Some(false)) => return Ok(None),
            (None, _) => "Nothing was signed in to the portal with the tokens of the MSP that the customer moves to.",
            (Some(false), _) => {
                "Dropsuite does not show the organization as a customer of the MSP that it moves to. Have Dropsuite move it first."
            }
            (Some(true), Some(true)) => {
                "Dropsuite shows the organization as a customer of the MSP that has linked it. Have Dropsuite move it first."
            }
            (Some(true), None) => "The MSP that has linked the account never signed in to the portal.",
        };
        Ok(Some(reason.to_owned()))
    }

    /// Returns `true` if the vendor shows the organization as the MSP's own, and `false` if it does not, in two readings. Tokens
    /// that it refuses show nothing. `None` if the MSP never signed in.
    ///
    /// # Errors
    /// Also [`ErrorCode::VendorUnavailable`] if the readings differ.
    async fn owns(&self, msp: MspId, organization: &ExternalId) -> Result<Option<bool>, ServiceError> {
        let Some(enrolled) = self.app.store.enrolled_msp(msp).await? else { return Ok(None) };
        let (store, application) = (&self.app.store, msp.as_application_id());
        let settings = self.app.partner_credentials.load(store, application, &enrolled.credentials_id).await?;
        let context =
            VendorContext { settings: &settings, deadline: self.deadline, outbound_calls: self.outbound_calls };
        let first = self.shows(&context, organization).await?;
        if self.shows(&context, organization).await? == first {
            return Ok(Some(first));
        }
        Err(ServiceError::new(
            ErrorCode::VendorUnavailable,
            format!(
                "Dropsuite showed the organization {organization} in one of two readings. Nothing was changed. Run it again."
            ),
        ))
    }

    async fn shows(&self, context: &VendorContext<'_>, organization: &ExternalId) -> Result<bool, ServiceError> {
        match self.app.vendor.customer(context, organization).await {
            Ok(customer) => Ok(customer.is_some()),
            Err(failure) if failure.code() == ErrorCode::CredentialsRefused => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// Returns the additions of a linked account in its MSP's ConnectWise.
async fn records(app: &App, link: &AgreementLink) -> Result<Vec<AdditionRecord>, ServiceError> {
    let mut keys = app.store.billed_subscriptions(link.msp, &link.account).await?;
    let live = app.store.live_subscription(&link.account).await?;
    keys.extend(live.filter(|live| !keys.contains(live)));
    let mut records = Vec::new();
    for key in keys {
        records.extend(app.store.addition(&key).await?.filter(|record| record.msp == link.msp));
    }
    Ok(records)
}

impl From<AdditionRecord> for EndingAddition {
    fn from(record: AdditionRecord) -> Self {
        Self {
            subscription: record.subscription.subscription.to_string(),
            state: record.sync.state,
            reason: record.sync.reason_with_reference().filter(|_| record.sync.state.is_out_of_sync()),
            last_billed_day: record.tracked.filter(|tracked| tracked.ended).and_then(|tracked| tracked.billed_until()),
        }
    }
}

/// Returns `true` if the addition is open, or may have been created unnoticed.
fn may_be_open(record: &AdditionRecord) -> bool {
    record.pending_create.is_some() || record.tracked.as_ref().is_some_and(|tracked| !tracked.ended)
}

/// Returns the number of tickets of the account's organization that are open or may have been created, or with which an attempt is
/// under way. Without the link, nothing would close them.
async fn open_tickets(app: &App, link: &AgreementLink) -> Result<usize, ServiceError> {
    let is_open = |ticket: &TicketRecord| {
        let in_doubt = ticket.pending_create.is_some() || ticket.sync.lease_owner.is_some();
        ticket.msp == link.msp && (ticket.is_open() || in_doubt)
    };
    let mut open = 0;
    for subject in tickets::tickets(app, &ChangedItem::Agreement(link.account.clone())).await? {
        open += usize::from(app.store.ticket(&subject).await?.as_ref().is_some_and(is_open));
    }
    Ok(open)
}
