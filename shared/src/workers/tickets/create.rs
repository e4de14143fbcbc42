//! Creates what a ticket needs: the ticket, its configuration, its notes. A create is recorded before it is sent, and what it
//! made is found again by our own key.

use crate::app::App;
use crate::connectwise::api::ticket::{self, Ticket};
use crate::connectwise::{Client, ConnectWiseError, Entity, FindOrCreate, TicketId};
use crate::store::{AgreementLink, CreateKind, PendingTicketCreate, TicketRecord, TrackedTicket};
use crate::workers::sync::{CONNECTWISE_CREATE_WINDOW, SyncAttempt, SyncError};
use crate::workers::tickets::completed;

/// The reason why work on a ticket did not go on.
pub enum Interrupted {
    /// A person ended the ticket. The text says how. Nothing more is written to it.
    Ended(String),
    /// The attempt failed.
    Failed(SyncError),
}

impl From<SyncError> for Interrupted {
    fn from(error: SyncError) -> Self {
        Self::Failed(error)
    }
}

impl From<ConnectWiseError> for Interrupted {
    fn from(error: ConnectWiseError) -> Self {
        Self::Failed(error.into())
    }
}

/// The synchronization of one ticket, whose lease is held.
pub struct TicketSync<'a> {
    /// The function's clients and settings.
    pub app: &'a App,
    /// The sync attempt.
    pub attempt: &'a SyncAttempt<'a>,
    /// The organization's link to a company and an agreement.
    pub link: &'a AgreementLink,
    /// The ticket's record. It is saved before and after each create.
    pub record: TicketRecord,
}

impl TicketSync<'_> {
    /// Returns the ticket if it is open. If a person ended it, marks it as closed.
    ///
    /// # Errors
    /// [`Interrupted::Ended`] if it was closed, merged or deleted.
    pub async fn fetch_if_open(&mut self, client: &Client<'_>, tracked: &TrackedTicket) -> Result<Ticket, Interrupted> {
        match ticket_or_end(client, tracked.id).await? {
            Ok(ticket) => Ok(ticket),
            Err(text) => {
                self.record.ticket = Some(TrackedTicket { closed: true, ..tracked.clone() });
                Err(Interrupted::Ended(text))
            }
        }
    }

    /// Finds an entity, or creates it if it does not exist and no create of it may still complete.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while an unconfirmed create may still complete; the errors of ConnectWise.
    pub async fn create_once<T: Entity>(
        &mut self,
        client: &Client<'_>,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<T, SyncError> {
        Ok(self.try_create(client, kind, key, entity).await??)
    }

    /// [`create_once`](Self::create_once) of something on the ticket `tracked`, which must be open immediately before it is sent:
    /// the search takes time, in which a person may end the ticket.
    ///
    /// # Errors
    /// [`Interrupted::Ended`] if the ticket is over. It is marked as closed, and nothing was sent.
    pub async fn create_on_ticket<T: Entity>(
        &mut self,
        client: &Client<'_>,
        tracked: &TrackedTicket,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<(), Interrupted> {
        if self.find(client, kind, key, entity).await?.is_some() {
            return Ok(());
        }
        self.record_create(kind, key).await?;
        if let Err(ended) = self.fetch_if_open(client, tracked).await {
            if matches!(ended, Interrupted::Ended(_)) {
                // Nothing was sent.
                self.record.pending_create = None;
            }
            return Err(ended);
        }
        Ok(self.send(client, entity).await?.map(drop)?)
    }

    /// [`create_once`](Self::create_once), with the error of a create that had no effect as a value.
    pub async fn try_create<T: Entity>(
        &mut self,
        client: &Client<'_>,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<Result<T, ConnectWiseError>, SyncError> {
        if let Some(found) = self.find(client, kind, key, entity).await? {
            return Ok(Ok(found));
        }
        self.record_create(kind, key).await?;
        if kind == CreateKind::Configuration && completed::may_create(self.app, &self.record, self.link).await? {
            // Nothing was sent.
            self.record.pending_create = None;
            return Err(create_unconfirmed());
        }
        self.send(client, entity).await
    }

    /// Finds an entity.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while an unconfirmed create of it may still complete.
    async fn find<T: Entity>(
        &mut self,
        client: &Client<'_>,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<Option<T>, SyncError> {
        let same = self.record.pending_create.as_ref().is_some_and(|pending| self.is_pending(pending, kind, key));
        let found = match kind {
            // An earlier create may have arrived, although a search does not find its result.
            _ if same => client.find_widely(&entity.lookup).await?,
            // It may have existed before this integration.
            CreateKind::Configuration => client.find_twice(&entity.lookup).await?,
            CreateKind::Ticket | CreateKind::Attachment | CreateKind::Note => client.find(&entity.lookup).await?,
        };
        if found.is_some() {
            if same {
                self.record.pending_create = None;
            }
            return Ok(found);
        }
        if same && self.record.pending_create.as_ref().is_some_and(|pending| self.may_still_arrive(pending)) {
            return Err(create_unconfirmed());
        }
        Ok(None)
    }

    /// Records a create that is about to be sent.
    async fn record_create(&mut self, kind: CreateKind, key: &str) -> Result<(), SyncError> {
        self.record.pending_create = Some(PendingTicketCreate {
            kind,
            key: key.to_owned(),
            at: self.app.clock.now(),
            company: Some(self.link.company),
        });
        self.save().await
    }

    /// Sends the recorded create. The error of one that had no effect is a value.
    async fn send<T: Entity>(
        &mut self,
        client: &Client<'_>,
        entity: &FindOrCreate<T>,
    ) -> Result<Result<T, ConnectWiseError>, SyncError> {
        match client.send(&entity.create).await {
            Ok(created) => {
                self.record.pending_create = None;
                Ok(Ok(created))
            }
            Err(error) if error.may_have_created() => match client.find_widely(&entity.lookup).await? {
                Some(found) => {
                    self.record.pending_create = None;
                    Ok(Ok(found))
                }
                None => Err(SyncError::from(error)),
            },
            Err(error) => {
                self.record.pending_create = None;
                Ok(Err(error))
            }
        }
    }

    /// Returns `true` if `pending` is the create of this object. Tickets and configurations belong to a company, which may
    /// have changed since.
    pub fn is_pending(&self, pending: &PendingTicketCreate, kind: CreateKind, key: &str) -> bool {
        let of_company = matches!(kind, CreateKind::Ticket | CreateKind::Configuration);
        let same_company = pending.company.is_none_or(|company| company == self.link.company);
        pending.kind == kind && pending.key == key && (same_company || !of_company)
    }

    pub fn may_still_arrive(&self, pending: &PendingTicketCreate) -> bool {
        self.app.clock.now().duration_since(pending.at) < CONNECTWISE_CREATE_WINDOW
    }

    pub async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.attempt.id).await?)
    }
}

pub fn create_unconfirmed() -> SyncError {
    SyncError::transient(
        "ConnectWise did not confirm a create. Its result is searched for while it may still appear, then it is sent again automatically.",
    )
}

/// Returns the ticket if it is open, else a text that says how it ended.
///
/// # Errors
/// The errors of ConnectWise.
pub async fn ticket_or_end(client: &Client<'_>, id: TicketId) -> Result<Result<Ticket, String>, SyncError> {
    let end = match client.send(&ticket::get(id)).await {
        Err(ConnectWiseError::NotFound { .. }) => "deleted",
        Err(error) => return Err(error.into()),
        Ok(ticket) => match end_of(&ticket) {
            Some(end) => end,
            None => return Ok(Ok(ticket)),
        },
    };
    Ok(Err(over(id, end)))
}

/// Returns how a ticket ended; `None` if it is open.
pub fn end_of(ticket: &Ticket) -> Option<&'static str> {
    match ticket {
        ticket if ticket.merged_parent_ticket.is_some() => Some("merged into another one"),
        ticket if ticket.is_closed() => Some("closed by hand"),
        _ => None,
    }
}

/// Returns the note on a ticket that ended so.
pub fn over(id: TicketId, end: &str) -> String {
    format!("The ticket {id} was {end} in ConnectWise and is not changed any more.")
}
