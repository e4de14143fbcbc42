//! The service ticket of an action, or of an organization of which many actions fail.

use std::fmt;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{READ_CONCURRENCY, Store, StoreError, keys, to_item, work_index};
use crate::connectwise::{ConfigurationId, TicketId};
use crate::domain::action::ActionKey;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::store::sync_state::{SyncStatus, SyncRecord};

const TICKET: &str = "ticket";
const LISTED: &str = "ticket#";

/// What a ticket is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketSubject {
    /// One action.
    Action(ActionKey),
    /// All that fails together in an organization.
    Organization(ExternalId),
}

/// A ticket that we made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedTicket {
    /// Its number.
    pub id: TicketId,
    /// The last end before the failures that it is about: a later one begins another ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_end: Option<Timestamp>,
    /// How far its notes go: the attempt, or how many fail together.
    pub noted_count: u32,
    /// Whether it is over, for us.
    pub over: bool,
}

/// What is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateKind {
    /// The configuration.
    Configuration,
    /// The ticket.
    Ticket,
    /// The configuration, attached to the ticket.
    Attachment,
    /// A note.
    Note,
}

/// A create that was sent and may have been carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTicketCreate {
    /// Of what.
    pub kind: CreateKind,
    /// By what it is found: our key, or the note's text.
    pub key: String,
    /// When.
    pub at: Timestamp,
}

/// How far a ticket has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRecord {
    /// What it is about.
    pub subject: TicketSubject,
    /// In whose ConnectWise.
    pub msp: MspId,
    /// How far it has come.
    #[serde(flatten)]
    pub sync: SyncStatus,
    /// The configuration record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ConfigurationId>,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TrackedTicket>,
    /// What may be there besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingTicketCreate>,
}

/// An entry of the list of an MSP's tickets.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    about: TicketSubject,
}

impl fmt::Display for TicketSubject {
    /// The action, or the organization.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action(key) => key.fmt(f),
            Self::Organization(id) => id.fmt(f),
        }
    }
}

impl TicketSubject {
    fn listed(&self) -> String {
        format!("{LISTED}{}", self.partition())
    }

    fn partition(&self) -> String {
        match self {
            Self::Action(key) => keys::action(key),
            Self::Organization(id) => keys::organization(id),
        }
    }
}

impl TicketRecord {
    /// Nothing was done yet.
    pub fn new(about: TicketSubject, msp: MspId, now: Timestamp) -> Self {
        Self { subject: about, msp, sync: SyncStatus::new(now), configuration: None, ticket: None, pending_create: None }
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
    /// The ticket about something, one keyed read.
    pub async fn ticket(&self, about: &TicketSubject) -> Result<Option<TicketRecord>, StoreError> {
        self.get((about.partition(), TICKET)).await
    }

    /// Puts the ticket on the list of those that the MSP has had; again, it is the same entry.
    pub async fn index_ticket(&self, record: &TicketRecord) -> Result<(), StoreError> {
        let listed = Listed { about: record.subject.clone() };
        self.put(to_item(&listed, (keys::msp(record.msp), record.subject.listed()))?).await
    }

    /// The MSP's tickets behind the one about `after`, those of actions first and in the order of their names: at most
    /// `limit`. What the last one is about, if there may be more; a page can have fewer tickets than that, since those that
    /// became another MSP's are left out.
    pub async fn tickets(
        &self,
        msp: MspId,
        after: Option<&TicketSubject>,
        limit: usize,
    ) -> Result<(Vec<TicketRecord>, Option<TicketSubject>), StoreError> {
        let after = after.map(TicketSubject::listed);
        let listed: Vec<Listed> = self.query_page(keys::msp(msp), LISTED, after.as_deref(), limit).await?;
        let more = if listed.len() < limit { None } else { listed.last().map(|last| last.about.clone()) };
        let reads = listed.into_iter().map(|Listed { about }| async move { self.ticket(&about).await }.boxed());
        let reads: Vec<_> = reads.collect();
        let records: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
        Ok((records.into_iter().flatten().filter(|record: &TicketRecord| record.msp == msp).collect(), more))
    }
}
