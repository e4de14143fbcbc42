//! The service ticket of an action, or of an organization with many failing actions.

use std::fmt;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{READ_CONCURRENCY, Store, StoreError, TicketSubject, keys, to_item, work_index};
use crate::connectwise::{CompanyId, ConfigurationId, TicketId};
use crate::domain::msp::MspId;
use crate::store::sync_state::{SyncRecord, SyncState, SyncStatus};

const TICKET: &str = "ticket";
const LIST_PREFIX: &str = "ticket#";

/// A ticket that we created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedTicket {
    /// The ticket's id.
    pub id: TicketId,
    /// The last terminal event before the failures of this ticket. A later terminal event begins another ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_end: Option<Timestamp>,
    /// Number of the last attempt, or of grouped failures, that a note mentions.
    pub noted_count: u32,
    /// `true` if we closed the ticket or no longer change it.
    pub closed: bool,
}

/// Kind of a create request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateKind {
    /// A configuration.
    Configuration,
    /// A ticket.
    Ticket,
    /// A configuration attached to a ticket.
    Attachment,
    /// A note.
    Note,
}

/// A create request that was sent and whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTicketCreate {
    /// The kind of request.
    pub kind: CreateKind,
    /// The key by which the result is found: our reference, or the text of a note.
    pub key: String,
    /// Time of the request.
    pub at: Timestamp,
    /// The company of the ticket or configuration. `None` in a record older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
}

/// A ticket and its sync status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRecord {
    /// The subject.
    pub subject: TicketSubject,
    /// The MSP whose ConnectWise has the ticket.
    pub msp: MspId,
    /// The sync status.
    #[serde(flatten)]
    pub sync: SyncStatus,
    /// The configuration in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationId>,
    /// The company that owns the configuration. `None` in a record older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_company: Option<CompanyId>,
    /// The ticket in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TrackedTicket>,
    /// A create request whose outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingTicketCreate>,
    /// Time since which a ticket is not opened, because the failures are snoozed. It is set until one is opened or the failures
    /// are over, so that their age does not keep it from being opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Of a group ticket: time since which only snoozed failures were left, which ended the ticket. What fails later, or is no
    /// longer snoozed, has another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// An entry of the list of an MSP's tickets.
#[derive(Debug, Serialize, Deserialize)]
struct IndexEntry {
    subject: TicketSubject,
}

impl fmt::Display for TicketSubject {
    /// Writes the action's key or the organization's id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(key) => key.fmt(f),
            Self::Organization(id) => id.fmt(f),
        }
    }
}

impl TicketSubject {
    fn list_key(&self) -> String {
        format!("{LIST_PREFIX}{}", self.partition())
    }

    pub(super) fn partition(&self) -> String {
        match self {
            Self::Action(key) => keys::action(key),
            Self::Organization(id) => keys::organization(id),
        }
    }
}

impl TicketRecord {
    /// Returns the record of a ticket that was not synchronized yet.
    pub fn new(subject: TicketSubject, msp: MspId, now: Timestamp) -> Self {
        Self {
            subject,
            msp,
            sync: SyncStatus::new(now),
            configuration: None,
            configuration_company: None,
            ticket: None,
            pending_create: None,
            held_since: None,
            ended_at: None,
        }
    }

    /// Returns `true` if there is a ticket that we may change.
    pub fn is_open(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| !ticket.closed)
    }

    /// Returns `true` if the record is held, pending or failed without a ticket that is open or may have been created. Once its
    /// failures are gone, it waits for nothing.
    pub fn waits_for_nothing(&self) -> bool {
        match self.sync.state {
            SyncState::Held => self.held_since.is_some(),
            SyncState::Pending | SyncState::Failed => !self.is_open() && self.pending_create.is_none(),
            SyncState::Synced | SyncState::Unlinked => false,
        }
    }

    /// Returns `true` if a ticket may have been created.
    pub fn may_have_been_created(&self) -> bool {
        self.pending_create.as_ref().is_some_and(|pending| pending.kind == CreateKind::Ticket)
    }

    /// Forgets an unconfirmed create on a ticket that is over: it is not sent again.
    pub fn forget_create_on_ended(&mut self) {
        let is_open = self.is_open();
        let is_on_ticket =
            |pending: &PendingTicketCreate| matches!(pending.kind, CreateKind::Attachment | CreateKind::Note);
        self.pending_create.take_if(|pending| !is_open && is_on_ticket(pending));
    }

    /// Returns the configuration, if it belongs to the company.
    pub fn configuration_of(&self, company: CompanyId) -> Option<ConfigurationId> {
        self.configuration.filter(|_| self.configuration_company == Some(company))
    }
}

impl SyncRecord for TicketRecord {
    const RETRY_ENDPOINT: &'static str = "portal/tickets/retry";

    fn status(&self) -> &SyncStatus {
        &self.sync
    }

    fn status_mut(&mut self) -> &mut SyncStatus {
        &mut self.sync
    }

    fn key(&self) -> (String, String) {
        (self.subject.partition(), TICKET.to_owned())
    }

    fn msp(&self) -> MspId {
        self.msp
    }

    fn shard(&self) -> String {
        work_index::ticket_shard(&self.subject)
    }
}

impl Store {
    /// Returns the ticket of a subject with one keyed read.
    pub async fn ticket(&self, subject: &TicketSubject) -> Result<Option<TicketRecord>, StoreError> {
        self.get((subject.partition(), TICKET)).await
    }

    /// Adds the ticket to the list of the MSP's tickets. Idempotent.
    pub async fn index_ticket(&self, record: &TicketRecord) -> Result<(), StoreError> {
        let entry = IndexEntry { subject: record.subject.clone() };
        self.put(to_item(&entry, (keys::msp(record.msp), record.subject.list_key()))?).await
    }

    /// Returns at most `limit` tickets of the MSP after the one of `after`: those of actions first, ordered by key. The
    /// second value is the subject to continue after. It is `None` if there are no more tickets. A page can have fewer
    /// than `limit` tickets, because those that now belong to another MSP are left out.
    pub async fn tickets(
        &self,
        msp: MspId,
        after: Option<&TicketSubject>,
        limit: usize,
    ) -> Result<(Vec<TicketRecord>, Option<TicketSubject>), StoreError> {
        let after = after.map(TicketSubject::list_key);
        let entries: Vec<IndexEntry> = self.query_page(keys::msp(msp), LIST_PREFIX, after.as_deref(), limit).await?;
        let next = if entries.len() < limit { None } else { entries.last().map(|last| last.subject.clone()) };
        let reads =
            entries.into_iter().map(|IndexEntry { subject }| async move { self.ticket(&subject).await }.boxed());
        let reads: Vec<_> = reads.collect();
        let records: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        Ok((records.into_iter().flatten().filter(|record: &TicketRecord| record.msp == msp).collect(), next))
    }
}
