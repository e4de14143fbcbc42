//! Configurations of actions that completed: "Configurations will be created on ConnectWise per each action performed on the
//! mailbox" (ConnectWise's integration guide). Those of failed actions are created with their tickets.
//!
//! A check knows the mailboxes whose backup completed, and what reports named since. It creates at most [`MAX_CREATED`]
//! configurations: the company's configurations, read twice, then one request for each that is missing. What has been
//! created is recorded in parts of bounded size, so what is known costs no request and no write. A check that does not get
//! to the end leaves the rest to the next round; one of which ConnectWise rejects everything leaves it to the next day.
//!
//! A ticket of the same action may create the same configuration. Each side records its intention first and then reads the
//! other's, and the one that finds the other's waits.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::app::check_queue::CheckRequest;
use crate::app::msp_connection::Connection;
use crate::connectwise::api::configuration::{self, Configuration, NewConfiguration};
use crate::connectwise::{Client, CompanyId, ConnectWiseError, PAGE_SIZE};
use crate::domain::action::{ActionKey, Kind};
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{
    AgreementLink, ConfigurationLedger, ConfigurationPlace, ConfiguredActions, CreateKind, MspRecord, Refusal,
    RequestedConfigurations, TicketSubject,
};
use crate::vendor::{BackupStatus, MailboxList};
use crate::workers::sync::{CONNECTWISE_CREATE_WINDOW, SyncError, key_refusal};
use crate::workers::tickets::live_since;

/// Maximum number of configurations that one check creates. With the function's limit of ConnectWise requests, it takes less
/// than its time. Of a company with many configurations, which are read twice, one less is created for each page of them, and
/// at least half.
pub const MAX_CREATED: usize = 150;

/// Number of rejected configurations after which a check creates no more.
const MAX_REJECTED: usize = 3;

/// Time after which a check tries again what ConnectWise rejected altogether.
const REJECTED_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Part of the remaining time in which configurations are created. The rest is for recording them.
const CREATING: f64 = 0.9;

/// Creates configurations of the organization's completed actions that have none. Returns the number of actions that got
/// one.
///
/// # Errors
/// The table did not answer. A failure of ConnectWise is logged and left to the next round.
pub async fn create_missing(
    app: &App,
    request: &CheckRequest,
    list: &MailboxList,
    deadline: Deadline,
    outbound_calls: &OutboundCallLog,
) -> Result<usize, ServiceError> {
    let CheckRequest { msp, organization, company: Some(company) } = request else { return Ok(0) };
    let Some(settings) = settings_if_on(app, *msp).await? else { return Ok(0) };
    let place = ConfigurationPlace::new(*msp, &settings, *company);
    let ledger = app.store.configuration_ledger(organization, &place).await?;
    let mut known = ledger.known();
    let missing = missing_actions(organization.instance.region(app.vendor.region()), list, &ledger, &known);
    let now = app.clock.now();
    // The redrive tries refused keys.
    let is_refused = settings.refusal.as_ref().is_some_and(Refusal::is_confirmed);
    let is_waiting = is_refused || ledger.parts.iter().any(|part| waits(part, now));
    if missing.is_empty() || is_waiting || !is_sold_to(app, request, *company).await? {
        delete_done(app, &ledger, &known).await?;
        return Ok(0);
    }
    let connection = Connection::from_record(app, *msp, &settings.connection).await?;
    let deadline = Deadline::after(deadline.remaining().mul_f64(CREATING));
    let client = connection.client(app.connectwise()?, deadline, outbound_calls);
    let creation = Creation { app, client, company: *company, settings: &settings };
    let mut part = ledger.open_part(organization, &place, now);
    let before = part.actions.len();
    let outcome = creation.run(&mut part, &missing).await;
    let created = part.actions.len() - before;
    metrics::counter!("ConfigurationsCreated").increment(created.try_into().unwrap_or(u64::MAX));
    match key_refusal::settle(app, *msp, &settings, outcome).await {
        Ok(()) => {}
        Err(SyncError::Internal(failure)) => return Err(failure),
        Err(error) => {
            tracing::warn!(%organization, %msp, reason = error.reason(), "failed to create configurations");
            metrics::counter!("ConfigurationsFailed").increment(1);
        }
    }
    known.extend(part.actions.iter().map(String::as_str));
    delete_done(app, &ledger, &known).await?;
    Ok(created)
}

/// Deletes the requests whose actions are all known.
async fn delete_done(app: &App, ledger: &ConfigurationLedger, known: &HashSet<&str>) -> Result<(), ServiceError> {
    for request in ledger.requests.iter().filter(|request| request.is_done(known)) {
        app.store.delete_configuration_request(request).await?;
    }
    Ok(())
}

/// Requests configurations of completed actions that a report named. The next check of the organization creates them.
pub async fn request(app: &App, organization: &VendorId, actions: Vec<ActionKey>) -> Result<(), ServiceError> {
    if actions.is_empty() {
        return Ok(());
    }
    let Some(link) = app.store.agreement_of(organization).await? else { return Ok(()) };
    if settings_if_on(app, link.msp).await?.is_some() {
        let request = RequestedConfigurations { organization: organization.clone(), actions };
        app.store.request_configurations(&request).await?;
    }
    Ok(())
}

/// Returns the MSP's settings if they are saved and ask for configurations of completed actions.
async fn settings_if_on(app: &App, msp: MspId) -> Result<Option<MspRecord>, ServiceError> {
    if app.connectwise.is_none() {
        return Ok(None);
    }
    Ok(app.store.msp(msp).await?.filter(|settings| settings.completed_configurations))
}

/// Returns `true` if the organization is still linked to the company and has a live subscription, as for tickets.
async fn is_sold_to(app: &App, request: &CheckRequest, company: CompanyId) -> Result<bool, ServiceError> {
    let link = app.store.agreement_of(&request.organization).await?;
    let is_its = |link: &AgreementLink| link.msp == request.msp && link.company == company && link.left_at.is_none();
    let Some(link) = link.filter(is_its) else { return Ok(false) };
    Ok(live_since(app, &link.account).await?.is_some())
}

/// Returns `true` if a check must not create configurations now: another one may be at it, or ConnectWise rejected all.
fn waits(part: &ConfiguredActions, now: Timestamp) -> bool {
    let is_rejected = part.rejected_at.is_some_and(|at| now.duration_since(at) < REJECTED_WAIT);
    is_rejected || part.is_creating(now)
}

/// Returns the completed actions without a known configuration.
fn missing_actions(
    region: &str,
    list: &MailboxList,
    ledger: &ConfigurationLedger,
    known: &HashSet<&str>,
) -> BTreeSet<ActionKey> {
    let completed = list.mailboxes.iter().filter(|mailbox| mailbox.backup == BackupStatus::Healthy);
    let backups = completed.filter_map(|mailbox| ActionKey::new(region, Kind::Backup, &mailbox.id));
    let reported = ledger.requests.iter().flat_map(|request| &request.actions).cloned();
    backups.chain(reported).filter(|key| !known.contains(key.to_string().as_str())).collect()
}

/// Returns the actions, beginning with another one each day: those that ConnectWise rejects do not always come first.
fn in_turn<'k>(actions: &[&'k ActionKey], now: Timestamp) -> impl Iterator<Item = &'k ActionKey> {
    let day = usize::try_from(now.as_second() / 86_400).unwrap_or_default();
    let (before, from) = actions.split_at(day.checked_rem(actions.len()).unwrap_or_default());
    from.iter().chain(before).copied()
}

struct Creation<'a> {
    app: &'a App,
    client: Client<'a>,
    company: CompanyId,
    settings: &'a MspRecord,
}

impl Creation<'_> {
    /// Creates configurations of `missing` actions and adds them to `part`, which is written before the first and after the last
    /// request. What the company has already is added without a request.
    async fn run(&self, part: &mut ConfiguredActions, missing: &BTreeSet<ActionKey>) -> Result<(), SyncError> {
        let looked_at = self.app.clock.now();
        let mut existing = self.existing().await?;
        let pages = existing.len() / usize::from(PAGE_SIZE);
        let is_present = |existing: &HashSet<String>, key: &ActionKey| {
            existing.contains(&configuration::normalized_key(&key.to_string()))
        };
        // One list proves no absence: an earlier round may have created it, or it is older than its record.
        if !missing.iter().all(|key| is_present(&existing, key)) && !cfg!(feature = "trust-first-answer") {
            existing.extend(self.existing().await?);
        }
        let (present, absent): (Vec<_>, Vec<_>) = missing.iter().partition(|key| is_present(&existing, key));
        let (now, before) = (self.app.clock.now(), part.actions.len());
        let room = MAX_CREATED.saturating_sub(pages).max(MAX_CREATED / 2);
        let absent: Vec<_> = in_turn(&absent, now).take(room).collect();
        part.creating_since = Some(now);
        part.creating = absent.iter().copied().map(ActionKey::to_string).collect();
        if !self.save(part).await? {
            // Another check of the organization is at it.
            return Ok(());
        }
        part.actions.extend(present.into_iter().take(MAX_CREATED).map(ActionKey::to_string));
        let (mut failure, mut rejected) = (None, 0);
        for key in absent {
            match self.create(key, looked_at).await? {
                Ok(true) => part.actions.push(key.to_string()),
                Ok(false) => {}
                Err(error) => {
                    // One configuration that ConnectWise does not accept does not hold up the others.
                    rejected += usize::from(matches!(error, ConnectWiseError::Rejected(_)));
                    let goes_on = matches!(error, ConnectWiseError::Rejected(_)) && rejected < MAX_REJECTED;
                    failure = Some(error);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        // An unconfirmed request may still arrive. Meanwhile nothing creates any.
        if !failure.as_ref().is_some_and(ConnectWiseError::may_have_created) {
            part.creating_since = None;
            part.creating.clear();
        }
        part.rejected_at = (rejected > 0 && part.actions.len() == before).then_some(now);
        if !self.save(part).await? {
            // Nothing was recorded; the next round finds what was created.
            part.actions.truncate(before);
        }
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Returns the normalized keys of the company's configurations.
    async fn existing(&self) -> Result<HashSet<String>, SyncError> {
        let rows = self.client.list_all(&configuration::of_company(self.company)).await?;
        Ok(rows.iter().filter(|row| row.is_of(self.company)).map(Configuration::key).collect())
    }

    /// Creates the configuration of an action. Returns `true` if the action has one, and `false` if its ticket was creating it
    /// when the company's configurations were looked at. The error of ConnectWise is a value.
    async fn create(&self, key: &ActionKey, looked_at: Timestamp) -> Result<Result<bool, ConnectWiseError>, SyncError> {
        if let Some(ticket) = self.app.store.ticket(&TicketSubject::Action(key.clone())).await? {
            if ticket.configuration_of(self.company).is_some() {
                return Ok(Ok(true));
            }
            let created = ticket.pending_create.filter(|pending| pending.kind == CreateKind::Configuration);
            if created.is_some_and(|created| looked_at.duration_since(created.at) < CONNECTWISE_CREATE_WINDOW) {
                return Ok(Ok(false));
            }
        }
        let new = NewConfiguration {
            name: key.to_string(),
            device_identifier: key.to_string(),
            configuration_type: self.settings.configuration_type,
            company: self.company,
            status: None,
            notes: None,
        };
        Ok(self.client.send(&configuration::find_or_create(&new).create).await.map(|_| true))
    }

    async fn save(&self, part: &mut ConfiguredActions) -> Result<bool, SyncError> {
        part.version += 1;
        part.updated_at = self.app.clock.now();
        Ok(self.app.store.save_configured_actions(part).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_begins_with_another_action() {
        let keys: Vec<ActionKey> = (1..=3).map(|number| format!("euwest.backup.{number}").parse().unwrap()).collect();
        let keys: Vec<&ActionKey> = keys.iter().collect();
        let firsts: BTreeSet<_> = (0..3)
            .map(|day| {
                let now = Timestamp::from_second(1_900_000_000 + 86_400 * day).unwrap();
                let all: Vec<_> = in_turn(&keys, now).collect();
                assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 3);
                all[0]
            })
            .collect();
        assert_eq!(firsts.len(), 3);
        assert_eq!(in_turn(&[], Timestamp::UNIX_EPOCH).count(), 0);
    }
}
