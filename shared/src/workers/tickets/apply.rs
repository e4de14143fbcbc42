//! Applies the desired state of a ticket in ConnectWise.

use crate::app::App;
use crate::connectwise::api::board;
use crate::connectwise::api::configuration::{self, NewConfiguration};
use crate::connectwise::api::note::{self, NoteVisibility};
use crate::connectwise::api::ticket::{self, NewTicket, Ticket};
use crate::connectwise::{Client, ConfigurationId, ConnectWiseError, Entity, FindOrCreate, StatusId, TicketId};
use crate::store::{AgreementLink, CreateKind, MspRecord, PendingTicketCreate, TicketRecord, TrackedTicket};
use crate::workers::sync::{CREATE_IN_FLIGHT_WINDOW, SyncAttempt, SyncError};
use crate::workers::tickets::desired::TicketContent;

/// The synchronization of one ticket, whose lease is held.
pub struct TicketSync<'a> {
    /// The function's clients and settings.
    pub app: &'a App,
    /// The sync attempt.
    pub turn: &'a SyncAttempt<'a>,
    /// The organization's link to a company and an agreement.
    pub link: &'a AgreementLink,
    /// The ticket's record. It is saved before and after each create.
    pub record: TicketRecord,
}

impl TicketSync<'_> {
    /// Ensures that a ticket for `trouble` is open, with its configuration attached and a note on its progress. Returns a
    /// note for the MSP, if any.
    pub async fn open(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        trouble: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if self
            .record
            .pending_create
            .as_ref()
            .is_some_and(|sent| sent.kind == CreateKind::Ticket && sent.key != trouble.reference)
        {
            // The reference changed, because an earlier failure arrived late or there was a terminal event. The ticket that
            // was sent before, if it exists, is the one for these failures.
            self.resolve(client).await?;
        }
        if let Some(held) =
            self.record.ticket.clone().filter(|held| !held.closed || held.previous_end == trouble.previous_end)
        {
            let noted = self.append_progress(client, held, trouble).await?;
            let over = self
                .record
                .ticket
                .as_ref()
                .is_some_and(|held| held.closed && held.previous_end != trouble.previous_end);
            if !over {
                return Ok(noted);
            }
        }
        let configuration = self.configuration(client, settings, trouble).await?;
        let new = NewTicket {
            summary: trouble.summary.clone(),
            description: trouble.description.clone(),
            company: self.link.company,
            board: settings.mapping.board,
            status: settings.mapping.new_status,
            agreement: Some(self.link.agreement),
            external_reference: trouble.reference.clone(),
            notify: true,
        };
        let made =
            self.create_once(client, CreateKind::Ticket, &trouble.reference, &ticket::find_or_create(&new)).await?;
        self.record.ticket = Some(TrackedTicket {
            id: made.id,
            previous_end: trouble.previous_end,
            noted_count: trouble.failure_count,
            closed: false,
        });
        self.save().await?;
        self.attach(client, made.id, configuration).await?;
        Ok(None)
    }

    /// Adds a progress note to an existing ticket, unless a person ended it.
    async fn append_progress(
        &mut self,
        client: &Client<'_>,
        held: TrackedTicket,
        trouble: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if held.closed {
            return Ok(Some(format!(
                "The ticket {} was ended by hand. A failure after a recovery opens another one.",
                held.id
            )));
        }
        if let Err(ended) = self.fetch_if_open(client, &held).await? {
            return Ok(Some(ended));
        }
        if let Some(configuration) = self.record.configuration {
            self.attach(client, held.id, configuration).await?;
        }
        // The noted count is reset for each run of failures.
        let noted = if held.previous_end == trouble.previous_end { held.noted_count } else { 0 };
        if trouble.failure_count > noted {
            self.note(client, held.id, &trouble.progress_note, NoteVisibility::Internal).await?;
        }
        self.record.ticket = Some(TrackedTicket {
            noted_count: trouble.failure_count.max(noted),
            previous_end: trouble.previous_end,
            ..held
        });
        Ok(None)
    }

    /// Closes the ticket, if there is one, with the resolution note `text`. Returns a note for the MSP, if any.
    pub async fn close(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        text: &str,
        status: StatusId,
    ) -> Result<Option<String>, SyncError> {
        self.resolve(client).await?;
        let Some(held) = self.record.ticket.clone().filter(|held| !held.closed) else { return Ok(None) };
        let now = match self.fetch_if_open(client, &held).await? {
            Ok(ticket) => ticket,
            Err(ended) => {
                // Or by an earlier attempt of ours that could not record it.
                let note = note::find_or_create(held.id, text, NoteVisibility::Resolution);
                let by_us = client.find(&note.lookup).await.is_ok_and(|note| note.is_some());
                return Ok((!by_us).then_some(ended));
            }
        };
        let (status, note) = self.closing_status(client, settings, &now, status).await?;
        self.note(client, held.id, text, NoteVisibility::Resolution).await?;
        // An attempt that was frozen here has lost the lease, and must not close a ticket that fails again. Saving verifies
        // that the lease is held.
        self.save().await?;
        client.send(&ticket::set_status(held.id, status)).await?;
        self.record.ticket = Some(TrackedTicket { closed: true, ..held });
        Ok(note)
    }

    /// Returns the status that ends the ticket: the mapped one, or a closing status of the board to which a person moved it.
    ///
    /// # Errors
    /// [`SyncError::NeedsAction`] if that board has no closing status.
    async fn closing_status(
        &self,
        client: &Client<'_>,
        settings: &MspRecord,
        ticket: &Ticket,
        mapped: StatusId,
    ) -> Result<(StatusId, Option<String>), SyncError> {
        let moved = ticket.board.as_ref().filter(|board| board.id != settings.mapping.board);
        let Some(moved) = moved else { return Ok((mapped, None)) };
        let name = moved.name.clone().unwrap_or_else(|| moved.id.to_string());
        let statuses = client.list_all(&board::statuses(moved.id)).await?;
        let closing: Vec<_> = statuses.iter().filter(|status| status.closed_status).collect();
        let plain =
            |name: &str| name.trim_matches(|letter: char| !letter.is_alphanumeric()).eq_ignore_ascii_case("closed");
        let chosen = closing.iter().find(|status| plain(&status.name)).or(closing.first());
        match chosen {
            Some(status) => Ok((
                status.id,
                Some(format!("The ticket was moved to the board {name}, and ended there as {}.", status.name)),
            )),
            None => Err(SyncError::needs_action(
                format!(
                    "The ticket {} was moved to the board {name}, which has no status that closes a ticket.",
                    ticket.id
                ),
                "In ConnectWise, close the ticket by hand, or give the board a closing status. Then try again at portal/tickets/retry.",
            )),
        }
    }

    /// Returns the ticket if it is open. If a person ended it, marks it as closed and returns a note.
    async fn fetch_if_open(
        &mut self,
        client: &Client<'_>,
        held: &TrackedTicket,
    ) -> Result<Result<Ticket, String>, SyncError> {
        let what = match client.send(&ticket::get(held.id)).await {
            Err(ConnectWiseError::NotFound { .. }) => "deleted",
            Err(error) => return Err(error.into()),
            Ok(ticket) if ticket.merged_parent_ticket.is_some() => "merged into another one",
            Ok(ticket) if ticket.is_closed() => "closed by hand",
            Ok(ticket) => return Ok(Ok(ticket)),
        };
        self.record.ticket = Some(TrackedTicket { closed: true, ..held.clone() });
        Ok(Err(format!("The ticket {} was {what} in ConnectWise and is not changed any more.", held.id)))
    }

    async fn configuration(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        trouble: &TicketContent,
    ) -> Result<ConfigurationId, SyncError> {
        if let Some(id) = self.record.configuration {
            return Ok(id);
        }
        let new = NewConfiguration {
            name: trouble.configuration.clone(),
            device_identifier: trouble.configuration.clone(),
            configuration_type: settings.configuration_type,
            company: self.link.company,
            status: None,
            notes: None,
        };
        let wanted = configuration::find_or_create(&new);
        let made = self.create_once(client, CreateKind::Configuration, &trouble.configuration, &wanted).await?;
        self.record.configuration = Some(made.id);
        self.save().await?;
        Ok(made.id)
    }

    async fn attach(
        &mut self,
        client: &Client<'_>,
        ticket: TicketId,
        configuration: ConfigurationId,
    ) -> Result<(), SyncError> {
        let key = format!("{ticket}/{configuration}");
        let wanted = ticket::find_or_create_configuration(ticket, configuration);
        self.create_once(client, CreateKind::Attachment, &key, &wanted).await.map(drop)
    }

    async fn note(
        &mut self,
        client: &Client<'_>,
        ticket: TicketId,
        text: &str,
        place: NoteVisibility,
    ) -> Result<(), SyncError> {
        self.create_once(client, CreateKind::Note, text, &note::find_or_create(ticket, text, place)).await.map(drop)
    }

    /// Resolves an unconfirmed create of a ticket: records the ticket if it exists, or clears the pending create after its
    /// window.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while the create may still complete.
    async fn resolve(&mut self, client: &Client<'_>) -> Result<(), SyncError> {
        let Some(sent) = self.record.pending_create.clone().filter(|sent| sent.kind == CreateKind::Ticket) else {
            return Ok(());
        };
        match client.find(&ticket::find(self.link.company, &sent.key)).await? {
            Some(made) => {
                self.record.ticket =
                    Some(TrackedTicket { id: made.id, previous_end: None, noted_count: 0, closed: false });
                self.record.pending_create = None;
                self.save().await
            }
            None if self.may_still_arrive(&sent) => Err(not_answered()),
            None => {
                self.record.pending_create = None;
                Ok(())
            }
        }
    }

    /// Returns the wanted entity. Creates it if it does not exist and no create of it may still complete.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while an unconfirmed create may still complete; the errors of ConnectWise.
    async fn create_once<T: Entity>(
        &mut self,
        client: &Client<'_>,
        what: CreateKind,
        key: &str,
        wanted: &FindOrCreate<T>,
    ) -> Result<T, SyncError> {
        let same = self.record.pending_create.as_ref().is_some_and(|sent| sent.kind == what && sent.key == key);
        if let Some(found) = client.find(&wanted.lookup).await? {
            if same {
                self.record.pending_create = None;
            }
            return Ok(found);
        }
        if same && self.record.pending_create.as_ref().is_some_and(|sent| self.may_still_arrive(sent)) {
            return Err(not_answered());
        }
        self.record.pending_create =
            Some(PendingTicketCreate { kind: what, key: key.to_owned(), at: self.app.clock.now() });
        self.save().await?;
        match client.send(&wanted.create).await {
            Ok(made) => {
                self.record.pending_create = None;
                Ok(made)
            }
            Err(error) if error.may_have_created() => match client.find(&wanted.lookup).await? {
                Some(found) => {
                    self.record.pending_create = None;
                    Ok(found)
                }
                None => Err(SyncError::from(error)),
            },
            Err(error) => {
                self.record.pending_create = None;
                Err(error.into())
            }
        }
    }

    fn may_still_arrive(&self, sent: &PendingTicketCreate) -> bool {
        self.app.clock.now().duration_since(sent.at) < CREATE_IN_FLIGHT_WINDOW
    }

    async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.turn.id).await?)
    }
}

fn not_answered() -> SyncError {
    SyncError::transient(
        "ConnectWise did not confirm a create. Its result is searched for while it may still appear, then it is sent again automatically.",
    )
}
