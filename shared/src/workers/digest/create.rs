//! Creates the ticket of a digest.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::connectwise::api::ticket::{self, NewTicket};
use crate::connectwise::{Client, CompanyId, TicketId, date};
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::http_client::{Deadline, OutboundCallLog};
use crate::store::{DigestKey, DigestRecord, DigestSettings, MspRecord, PendingDigestCreate, SyncState};
use crate::workers::sync::{
    self, CONNECTWISE_CREATE_WINDOW, CircuitBreaker, SyncAttempt, SyncError, SyncOutcome, key_refusal,
};
use crate::workers::tickets::{fields, refusal};

/// The steps for a ticket of a digest.
const OF_DIGEST: refusal::Steps = refusal::Steps {
    company: "Choose another company for the digest at portal/ticketrules/save.",
    last: "Then save the rules at portal/ticketrules/save: the ticket is tried again.",
};

/// Makes one automatic attempt to create the ticket of a digest.
///
/// # Errors
/// The outcome could not be recorded: the table did not answer, or the lease was lost.
pub async fn sync_digest(
    app: &App,
    key: &DigestKey,
    id: String,
    deadline: Deadline,
    breaker: &CircuitBreaker,
) -> Result<SyncOutcome, ServiceError> {
    let outbound_calls = OutboundCallLog::default();
    let attempt = SyncAttempt::automatic(id, deadline, &outbound_calls, breaker);
    let Some(known) = app.store.digest(key).await?.filter(|known| known.ticket.is_none()) else {
        return Ok(SyncOutcome::UpToDate);
    };
    let desired = Some(Fingerprint::hash(&(key, &known.description)));
    if sync::is_up_to_date(&known.sync, desired.as_ref(), attempt.retry_mode) {
        return Ok(SyncOutcome::UpToDate);
    }
    let Some(record) = sync::acquire_lease(app, &known, &attempt).await? else { return Ok(SyncOutcome::Locked) };
    let wanted = wanted(app, key).await?;
    let mut creation = Creation { app, attempt: &attempt, record };
    let (done, outcome) = match wanted {
        _ if creation.record.ticket.is_some() => (SyncState::Synced, Ok(None)),
        None => (SyncState::Unlinked, Ok(None)),
        Some(wanted) => {
            let work: BoxFuture<'_, _> = creation.run(wanted.company).boxed();
            (SyncState::Synced, sync::call(breaker, key.msp, work).await)
        }
    };
    let (outcome, _) = sync::record_outcome(app, &attempt, creation.record, desired, done, outcome).await?;
    Ok(outcome)
}

/// Returns the MSP's choices; `None` if a later digest is due, or digests were switched off.
async fn wanted(app: &App, key: &DigestKey) -> Result<Option<DigestSettings>, ServiceError> {
    let Some(wanted) = app.store.ticket_rules(key.msp).await?.digest else { return Ok(None) };
    let settings = app.store.msp(key.msp).await?;
    let zone = settings.and_then(|settings| date::zone(&settings.connection.time_zone));
    let is_over = zone.is_some_and(|zone| wanted.every.first_day(app.clock.now(), &zone) > key.period);
    Ok((!is_over).then_some(wanted))
}

/// The creation of one ticket, whose lease is held.
struct Creation<'a> {
    app: &'a App,
    attempt: &'a SyncAttempt<'a>,
    record: DigestRecord,
}

impl Creation<'_> {
    async fn run(&mut self, company: CompanyId) -> Result<Option<String>, SyncError> {
        let msp = self.record.key.msp;
        let connection = Connection::open(self.app, msp).await?.ok_or_else(Connection::not_configured_error)?;
        let settings = connection.settings.as_ref().ok_or_else(Connection::not_configured_error)?;
        let client = connection.client(self.app.connectwise()?, self.attempt.deadline, self.attempt.outbound_calls);
        let outcome = self.create(&client, settings, company).await;
        let outcome = key_refusal::settle(self.app, msp, settings, outcome).await?;
        self.record.ticket = Some(outcome);
        Ok(None)
    }

    /// Finds the ticket, or creates it. A create without an answer is not sent again while it may still arrive.
    async fn create(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        company: CompanyId,
    ) -> Result<TicketId, SyncError> {
        let DigestRecord { key, summary, description, pending_create, .. } = self.record.clone();
        // The one that may have been created is looked for where it was sent.
        let company = pending_create.map_or(company, |pending| pending.company);
        let own = self.app.store.company_ticket_fields(key.msp, company).await?;
        let new = NewTicket {
            summary,
            description,
            company,
            board: settings.mapping.board,
            status: settings.mapping.new_status,
            fields: fields::of_ticket(&settings.mapping, own.as_ref()),
            contact: own.as_ref().and_then(|own| own.contact),
            custom_fields: settings.mapping.custom_fields.clone(),
            agreement: None,
            external_reference: format!("digest.{}.{}", key.msp, key.period),
            notify: true,
        };
        let entity = ticket::find_or_create(&new);
        let found = if pending_create.is_some() {
            client.find_widely(&entity.lookup).await?
        } else {
            client.find(&entity.lookup).await?
        };
        if let Some(found) = found {
            return Ok(found.id);
        }
        let now = self.app.clock.now();
        if pending_create.is_some_and(|pending| now.duration_since(pending.at) < CONNECTWISE_CREATE_WINDOW) {
            let text = "ConnectWise did not confirm the ticket. It is searched for, then sent again.";
            return Err(SyncError::transient(text));
        }
        self.record.pending_create = Some(PendingDigestCreate { company, at: now });
        // Verifies that the lease is held, too.
        self.app.store.save_sync(&self.record, &self.attempt.id).await?;
        match client.send(&entity.create).await {
            Ok(created) => Ok(created.id),
            Err(error) if error.may_have_created() => match client.find_widely(&entity.lookup).await? {
                Some(found) => Ok(found.id),
                None => Err(error.into()),
            },
            Err(error) => {
                self.record.pending_create = None;
                Err(refusal::sync_error(error, settings.mapping.board, company, OF_DIGEST))
            }
        }
    }
}
