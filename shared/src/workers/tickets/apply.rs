//! The steps in ConnectWise.

use crate::app::App;
use crate::connectwise::api::board;
use crate::connectwise::api::configuration::{self, NewConfiguration};
use crate::connectwise::api::note::{self, Place};
use crate::connectwise::api::ticket::{self, NewTicket, Ticket};
use crate::connectwise::{Client, ConfigurationId, ConnectWiseError, Record, StatusId, TicketId, Wanted};
use crate::store::{AgreementLink, CreateKind, MspRecord, TrackedTicket, PendingTicketCreate, TicketRecord};
use crate::workers::sync::{CREATE_IN_FLIGHT_WINDOW, SyncError, SyncAttempt};
use crate::workers::tickets::desired::TicketContent;

/// Work on one ticket, whose lease is held.
pub struct Work<'a> {
    /// What the function holds.
    pub app: &'a App,
    /// Whose turn it is.
    pub turn: &'a SyncAttempt<'a>,
    /// Whose company it is, and what it is billed by.
    pub link: &'a AgreementLink,
    /// The record, written at each step that must not be forgotten.
    pub record: TicketRecord,
}

impl Work<'_> {
    /// Has a ticket about `trouble`, with its configuration attached and what has happened since noted.
    pub async fn open(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        trouble: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if self.record.pending_create.as_ref().is_some_and(|sent| sent.kind == CreateKind::Ticket && sent.key != trouble.reference) {
            // An earlier failure was heard of late, or there was an end: what was sent before is what it is about, if it is there.
            self.resolve(client).await?;
        }
        if let Some(held) = self.record.ticket.clone().filter(|held| !held.over || held.previous_end == trouble.previous_end) {
            let noted = self.go_on(client, held, trouble).await?;
            let over = self.record.ticket.as_ref().is_some_and(|held| held.over && held.previous_end != trouble.previous_end);
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
        let made = self.once(client, CreateKind::Ticket, &trouble.reference, &ticket::wanted(&new)).await?;
        self.record.ticket =
            Some(TrackedTicket { id: made.id, previous_end: trouble.previous_end, noted_count: trouble.failure_count, over: false });
        self.save().await?;
        self.attach(client, made.id, configuration).await?;
        Ok(None)
    }

    /// Notes on a ticket that is there what happened since, unless people have ended it.
    async fn go_on(
        &mut self,
        client: &Client<'_>,
        held: TrackedTicket,
        trouble: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if held.over {
            return Ok(Some(format!(
                "The ticket {} was ended by hand; there will be another one when it fails again after it worked.",
                held.id
            )));
        }
        if let Err(ended) = self.still_open(client, &held).await? {
            return Ok(Some(ended));
        }
        if let Some(configuration) = self.record.configuration {
            self.attach(client, held.id, configuration).await?;
        }
        // What is noted counts from its stretch's beginning.
        let noted = if held.previous_end == trouble.previous_end { held.noted_count } else { 0 };
        if trouble.failure_count > noted {
            self.note(client, held.id, &trouble.progress_note, Place::Internal).await?;
        }
        self.record.ticket = Some(TrackedTicket { noted_count: trouble.failure_count.max(noted), previous_end: trouble.previous_end, ..held });
        Ok(None)
    }

    /// Ends the ticket, if there is one, with a note that says `text`.
    pub async fn end(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        text: &str,
        status: StatusId,
    ) -> Result<Option<String>, SyncError> {
        self.resolve(client).await?;
        let Some(held) = self.record.ticket.clone().filter(|held| !held.over) else { return Ok(None) };
        let now = match self.still_open(client, &held).await? {
            Ok(ticket) => ticket,
            Err(ended) => {
                // Or by us, who could not write it down any more.
                let note = note::wanted(held.id, text, Place::Resolution);
                let by_us = client.find(&note.search).await.is_ok_and(|note| note.is_some());
                return Ok((!by_us).then_some(ended));
            }
        };
        let (status, note) = self.ending(client, settings, &now, status).await?;
        self.note(client, held.id, text, Place::Resolution).await?;
        // Whoever was held up here for long has lost the lease, and must not close what fails anew.
        self.save().await?;
        client.one(&ticket::set_status(held.id, status)).await?;
        self.record.ticket = Some(TrackedTicket { over: true, ..held });
        Ok(note)
    }

    /// The status that ends a ticket: the mapped one, or that of the board that somebody moved it to.
    async fn ending(
        &self,
        client: &Client<'_>,
        settings: &MspRecord,
        ticket: &Ticket,
        mapped: StatusId,
    ) -> Result<(StatusId, Option<String>), SyncError> {
        let moved = ticket.board.as_ref().filter(|board| board.id != settings.mapping.board);
        let Some(moved) = moved else { return Ok((mapped, None)) };
        let name = moved.name.clone().unwrap_or_else(|| moved.id.to_string());
        let statuses = client.all(&board::statuses(moved.id)).await?;
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
                "Close the ticket by hand, or give the board such a status.",
            )),
        }
    }

    /// The ticket as it is; or what people did to end it, which is then over for us as well.
    async fn still_open(&mut self, client: &Client<'_>, held: &TrackedTicket) -> Result<Result<Ticket, String>, SyncError> {
        let what = match client.one(&ticket::get(held.id)).await {
            Err(ConnectWiseError::Absent { .. }) => "deleted",
            Err(error) => return Err(error.into()),
            Ok(ticket) if ticket.merged_parent_ticket.is_some() => "merged into another one",
            Ok(ticket) if ticket.is_closed() => "closed by hand",
            Ok(ticket) => return Ok(Ok(ticket)),
        };
        self.record.ticket = Some(TrackedTicket { over: true, ..held.clone() });
        Ok(Err(format!("The ticket {} was {what} in ConnectWise, and is left as it is.", held.id)))
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
        let wanted = configuration::wanted(&new);
        let made = self.once(client, CreateKind::Configuration, &trouble.configuration, &wanted).await?;
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
        let wanted = ticket::wanted_configuration(ticket, configuration);
        self.once(client, CreateKind::Attachment, &key, &wanted).await.map(drop)
    }

    async fn note(&mut self, client: &Client<'_>, ticket: TicketId, text: &str, place: Place) -> Result<(), SyncError> {
        self.once(client, CreateKind::Note, text, &note::wanted(ticket, text, place)).await.map(drop)
    }

    /// Finds out what became of a ticket whose create was not answered, before it is ended.
    async fn resolve(&mut self, client: &Client<'_>) -> Result<(), SyncError> {
        let Some(sent) = self.record.pending_create.clone().filter(|sent| sent.kind == CreateKind::Ticket) else { return Ok(()) };
        match client.find(&ticket::find(self.link.company, &sent.key)).await? {
            Some(made) => {
                self.record.ticket = Some(TrackedTicket { id: made.id, previous_end: None, noted_count: 0, over: false });
                self.record.pending_create = None;
                self.save().await
            }
            None if self.may_come_late(&sent) => Err(not_answered()),
            None => {
                self.record.pending_create = None;
                Ok(())
            }
        }
    }

    /// Has what is wanted, once: it is looked for, and made if it is not there and can't be on its way.
    async fn once<T: Record>(
        &mut self,
        client: &Client<'_>,
        what: CreateKind,
        key: &str,
        wanted: &Wanted<T>,
    ) -> Result<T, SyncError> {
        let same = self.record.pending_create.as_ref().is_some_and(|sent| sent.kind == what && sent.key == key);
        if let Some(found) = client.find(&wanted.search).await? {
            if same {
                self.record.pending_create = None;
            }
            return Ok(found);
        }
        if same && self.record.pending_create.as_ref().is_some_and(|sent| self.may_come_late(sent)) {
            return Err(not_answered());
        }
        self.record.pending_create = Some(PendingTicketCreate { kind: what, key: key.to_owned(), at: self.app.clock.now() });
        self.save().await?;
        match client.one(&wanted.create).await {
            Ok(made) => {
                self.record.pending_create = None;
                Ok(made)
            }
            Err(error) if error.may_be_there() => match client.find(&wanted.search).await? {
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

    fn may_come_late(&self, sent: &PendingTicketCreate) -> bool {
        self.app.clock.now().duration_since(sent.at) < CREATE_IN_FLIGHT_WINDOW
    }

    async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.turn.id).await?)
    }
}

fn not_answered() -> SyncError {
    SyncError::transient(
        "ConnectWise did not answer a create. What became of it is looked for until it can't come late any more.",
    )
}
