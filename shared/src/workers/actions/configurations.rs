//! Configurations of actions that completed: "Configurations will be created on ConnectWise per each action performed on the
//! mailbox" (ConnectWise's integration guide). Those of failed actions are created with their tickets.
//!
//! A check knows the mailboxes whose backup completed, and what reports named since. It creates at most [`MAX_CREATED`]
//! configurations: one list of the company's configurations, then one request for each that is missing. What has been
//! created is recorded in parts of bounded size, so what is known costs no request and no write. A check that does not get
//! to the end leaves the rest to the next round.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use crate::app::App;
use crate::app::check_queue::CheckRequest;
use crate::app::msp_connection::Connection;
use crate::connectwise::api::configuration::{self, Configuration, NewConfiguration};
use crate::connectwise::{Client, CompanyId, ConnectWiseError};
use crate::domain::action::{ActionKey, Kind};
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{ConfigurationLedger, ConfigurationPlace, ConfiguredActions, MspRecord, RequestedConfigurations};
use crate::vendor::{BackupStatus, MailboxList};
use crate::workers::sync::{CONNECTWISE_CREATE_WINDOW, SyncError, key_refusal};
use crate::workers::tickets::live_since;

/// Maximum number of configurations that one check creates. With the function's limit of ConnectWise requests, it takes less
/// than its time.
pub const MAX_CREATED: usize = 150;

/// Number of rejected configurations after which a check creates no more.
const MAX_REJECTED: usize = 3;

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
) -> Result<usize, ServiceError> {
    let CheckRequest { msp, organization, company: Some(company) } = request else { return Ok(0) };
    let Some(settings) = settings_if_on(app, *msp).await? else { return Ok(0) };
    let place = ConfigurationPlace::new(*msp, &settings, *company);
    let ledger = app.store.configuration_ledger(organization, &place).await?;
    let missing = missing_actions(organization.instance.region(app.vendor.region()), list, &ledger);
    if missing.is_empty() {
        for known in &ledger.requests {
            app.store.delete_configuration_request(known).await?;
        }
        return Ok(0);
    }
    let now = app.clock.now();
    if ledger.is_creating(now, CONNECTWISE_CREATE_WINDOW) || !is_sold_to(app, request, *company).await? {
        return Ok(0);
    }
    let connection = Connection::from_record(app, *msp, &settings.connection).await?;
    let (deadline, outbound_calls) =
        (Deadline::after(deadline.remaining().mul_f64(CREATING)), OutboundCallLog::default());
    let client = connection.client(app.connectwise()?, deadline, &outbound_calls);
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
            tracing::warn!(
                %organization, %msp, reason = error.reason(), connectwise_calls = outbound_calls.to_json(),
                "failed to create configurations"
            );
            metrics::counter!("ConfigurationsFailed").increment(1);
        }
    }
    Ok(created)
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
    let Some(link) = link.filter(|link| link.msp == request.msp && link.company == company) else { return Ok(false) };
    Ok(live_since(app, &link.account).await?.is_some())
}

/// Returns the completed actions without a known configuration, each once, ordered.
fn missing_actions(region: &str, list: &MailboxList, ledger: &ConfigurationLedger) -> BTreeSet<String> {
    let known: HashSet<&str> = ledger.known();
    let completed = list.mailboxes.iter().filter(|mailbox| mailbox.backup == BackupStatus::Healthy);
    let backups = completed.filter_map(|mailbox| ActionKey::new(region, Kind::Backup, &mailbox.id));
    let reported = ledger.requests.iter().flat_map(|request| &request.actions);
    let all = backups.map(|key| key.to_string()).chain(reported.map(ActionKey::to_string));
    all.filter(|key| !known.contains(key.as_str())).collect()
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
    async fn run(&self, part: &mut ConfiguredActions, missing: &BTreeSet<String>) -> Result<(), SyncError> {
        let existing = self.client.list_all(&configuration::of_company(self.company)).await?;
        let existing: HashSet<String> =
            existing.iter().filter(|row| row.is_of(self.company)).map(Configuration::key).collect();
        let (present, absent): (Vec<_>, Vec<_>) =
            missing.iter().partition(|key| existing.contains(&configuration::normalized_key(key)));
        let (present, absent) = (present.into_iter().take(MAX_CREATED), absent.into_iter().take(MAX_CREATED));
        if !self.save(part, Some(self.app.clock.now())).await? {
            // Another check of the organization is at it.
            return Ok(());
        }
        part.actions.extend(present.cloned());
        let (mut failure, mut rejected) = (None, 0);
        for key in absent {
            match self.create(key).await {
                Ok(()) => part.actions.push(key.clone()),
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
        // An unconfirmed request may still arrive. Meanwhile no check creates any.
        let may_arrive = failure.as_ref().is_some_and(ConnectWiseError::may_have_created);
        let creating_since = part.creating_since.filter(|_| may_arrive);
        self.save(part, creating_since).await?;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn create(&self, key: &str) -> Result<(), ConnectWiseError> {
        let new = NewConfiguration {
            name: key.to_owned(),
            device_identifier: key.to_owned(),
            configuration_type: self.settings.configuration_type,
            company: self.company,
            status: None,
            notes: None,
        };
        self.client.send(&configuration::find_or_create(&new).create).await.map(drop)
    }

    async fn save(&self, part: &mut ConfiguredActions, creating_since: Option<Timestamp>) -> Result<bool, SyncError> {
        part.creating_since = creating_since;
        part.version += 1;
        part.updated_at = self.app.clock.now();
        Ok(self.app.store.save_configured_actions(part).await?)
    }
}
