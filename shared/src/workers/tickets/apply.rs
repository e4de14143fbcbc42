//! Applies the desired state of a ticket in ConnectWise.

use crate::connectwise::api::board;
use crate::connectwise::api::configuration::{self, NewConfiguration};
use crate::connectwise::api::note::{self, NoteVisibility};
use crate::connectwise::api::ticket::{self, NewTicket, Ticket};
use crate::connectwise::{Client, ConfigurationId, ConnectWiseError, StatusId};
use crate::store::{CreateKind, MspRecord, TrackedTicket};
use crate::workers::sync::SyncError;
use crate::workers::tickets::create::{Interrupted, TicketSync, create_unconfirmed, end_of, over};
use crate::workers::tickets::desired::TicketContent;
use crate::workers::tickets::fields::{self, Contact};
use crate::workers::tickets::refusal;

impl TicketSync<'_> {
    /// Ensures that a ticket with `content` is open, with its configuration attached and a note on its progress. Returns a
    /// note for the MSP, if any.
    pub async fn ensure_open(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        content: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if self.record.pending_create.as_ref().is_some_and(|pending| {
            pending.kind == CreateKind::Ticket && !self.is_pending(pending, CreateKind::Ticket, &content.reference)
        }) {
            // The reference changed, because an earlier failure arrived late or there was a terminal event, or the
            // organization was linked to another company. The ticket that was sent before, if it exists, is the one for
            // these failures.
            self.resolve(client, Some(content)).await?;
        }
        if let Some(tracked) =
            self.record.ticket.clone().filter(|tracked| !tracked.closed || tracked.previous_end == content.previous_end)
        {
            let note = note_if_ended(self.append_progress(client, tracked, content).await)?;
            let superseded = self
                .record
                .ticket
                .as_ref()
                .is_some_and(|tracked| tracked.closed && tracked.previous_end != content.previous_end);
            if !superseded {
                return Ok(note);
            }
        }
        let configuration = self.configuration(client, settings, content).await?;
        let company = self.link.company;
        let own = self.app.store.company_ticket_fields(self.record.msp, company).await?;
        let contact = fields::contact(client, &settings.mapping, own.as_ref(), company).await?;
        let new = NewTicket {
            summary: content.summary.clone(),
            description: content.description.clone(),
            company,
            board: settings.mapping.board,
            status: settings.mapping.new_status,
            fields: fields::of_ticket(&settings.mapping, own.as_ref()),
            contact: contact.map(Contact::id),
            custom_fields: settings.mapping.custom_fields.clone(),
            agreement: Some(self.link.agreement),
            external_reference: content.reference.clone(),
            notify: true,
        };
        let (created, note) = self.create_ticket(client, new, contact).await?;
        // An attempt before may have created it, and a person may have ended it since.
        let end = end_of(&created);
        let tracked = TrackedTicket {
            id: created.id,
            previous_end: content.previous_end,
            noted_count: content.failure_count,
            closed: end.is_some(),
        };
        self.record.ticket = Some(tracked.clone());
        self.save().await?;
        if let Some(end) = end {
            return Ok(Some(over(created.id, end)));
        }
        match self.attach(client, &tracked, configuration).await {
            Ok(()) => Ok(note),
            Err(Interrupted::Ended(text)) => Ok(Some(text)),
            Err(Interrupted::Failed(error)) => Err(error),
        }
    }

    /// Ensures that a ticket that is open has a note on its progress. Looks for one that may have been created, and opens none.
    pub async fn keep_open(
        &mut self,
        client: &Client<'_>,
        content: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        self.resolve(client, Some(content)).await?;
        let Some(tracked) = self.record.ticket.clone().filter(|tracked| !tracked.closed) else { return Ok(None) };
        note_if_ended(self.append_progress(client, tracked, content).await)
    }

    /// Creates the ticket. If ConnectWise refuses its agreement or the company's main contact, creates it without them and returns
    /// a note that says so.
    async fn create_ticket(
        &mut self,
        client: &Client<'_>,
        mut new: NewTicket,
        contact: Option<Contact>,
    ) -> Result<(Ticket, Option<String>), SyncError> {
        let (key, board, company) = (new.external_reference.clone(), new.board, new.company);
        let refused = |error| refusal::sync_error(error, board, company, refusal::OF_FAILURE);
        let mut notes = Vec::new();
        loop {
            let rejection =
                match self.try_create(client, CreateKind::Ticket, &key, &ticket::find_or_create(&new)).await? {
                    Err(ConnectWiseError::Rejected(rejection)) => rejection,
                    created => {
                        let note = (!notes.is_empty()).then(|| notes.join(" "));
                        return Ok((created.map_err(refused)?, note));
                    }
                };
            let (field, name) = if rejection.concerns_only("agreement") && new.agreement.take().is_some() {
                ("agreement", format!("the agreement {}", self.link.agreement))
            } else if let Some(Contact::Main(id)) = contact
                && rejection.concerns_only("contact")
                && new.contact.take().is_some()
            {
                ("contact", format!("the company's main contact {id}"))
            } else {
                return Err(refused(ConnectWiseError::Rejected(rejection)));
            };
            let messages: Vec<_> = rejection.field_errors.iter().map(|error| error.message.as_str()).collect();
            notes.push(format!(
                "ConnectWise rejected {name} for this ticket ({}). The ticket was created without the {field}.",
                messages.join(" ")
            ));
        }
    }

    /// Adds a progress note to an existing ticket.
    ///
    /// # Errors
    /// [`Interrupted::Ended`] if a person ended it.
    async fn append_progress(
        &mut self,
        client: &Client<'_>,
        tracked: TrackedTicket,
        content: &TicketContent,
    ) -> Result<(), Interrupted> {
        if tracked.closed {
            return Err(Interrupted::Ended(format!(
                "The ticket {} was ended by hand. A failure after a recovery opens another one.",
                tracked.id
            )));
        }
        self.fetch_if_open(client, &tracked).await?;
        if let Some(configuration) = self.record.configuration {
            self.attach(client, &tracked, configuration).await?;
        }
        // The noted count is reset for each run of failures.
        let noted = if tracked.previous_end == content.previous_end { tracked.noted_count } else { 0 };
        if content.failure_count > noted {
            self.note(client, &tracked, &content.progress_note, NoteVisibility::Internal).await?;
        }
        self.record.ticket = Some(TrackedTicket {
            noted_count: content.failure_count.max(noted),
            previous_end: content.previous_end,
            ..tracked
        });
        Ok(())
    }

    /// Closes the ticket, if there is one, with the resolution note `text`. Returns a note for the MSP, if any.
    pub async fn close(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        text: &str,
        status: StatusId,
    ) -> Result<Option<String>, SyncError> {
        self.resolve(client, None).await?;
        let Some(tracked) = self.record.ticket.clone().filter(|tracked| !tracked.closed) else { return Ok(None) };
        match self.close_tracked(client, settings, &tracked, text, status).await {
            Ok(note) => Ok(note),
            Err(Interrupted::Failed(error)) => Err(error),
            Err(Interrupted::Ended(ended)) => {
                // Or by an earlier attempt of ours that could not record it.
                let note = note::find_or_create(tracked.id, text, NoteVisibility::Resolution);
                let by_us = client.find(&note.lookup).await.is_ok_and(|note| note.is_some());
                Ok((!by_us).then_some(ended))
            }
        }
    }

    /// Writes the resolution note, then sets the status. The ticket is open immediately before each of them.
    async fn close_tracked(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        tracked: &TrackedTicket,
        text: &str,
        status: StatusId,
    ) -> Result<Option<String>, Interrupted> {
        let ticket = self.fetch_if_open(client, tracked).await?;
        let (status, note) = self.closing_status(client, settings, &ticket, status).await?;
        self.note(client, tracked, text, NoteVisibility::Resolution).await?;
        // An attempt that was frozen here has lost the lease, and must not close a ticket that fails again. Saving verifies
        // that the lease is held.
        self.save().await?;
        // A status that does not close a ticket would reopen one.
        self.fetch_if_open(client, tracked).await?;
        client.send(&ticket::set_status(tracked.id, status)).await?;
        self.record.ticket = Some(TrackedTicket { closed: true, ..tracked.clone() });
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
        let other_board = ticket.board.as_ref().filter(|board| board.id != settings.mapping.board);
        let Some(other_board) = other_board else { return Ok((mapped, None)) };
        let name = other_board.name.clone().unwrap_or_else(|| other_board.id.to_string());
        let statuses = client.list_all(&board::statuses(other_board.id)).await?;
        let closing: Vec<_> = statuses.iter().filter(|status| status.closed_status).collect();
        let is_named_closed =
            |name: &str| name.trim_matches(|letter: char| !letter.is_alphanumeric()).eq_ignore_ascii_case("closed");
        let chosen = closing.iter().find(|status| is_named_closed(&status.name)).or(closing.first());
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

    async fn configuration(
        &mut self,
        client: &Client<'_>,
        settings: &MspRecord,
        content: &TicketContent,
    ) -> Result<ConfigurationId, SyncError> {
        if let Some(id) = self.record.configuration_of(self.link.company) {
            return Ok(id);
        }
        let new = NewConfiguration {
            name: content.configuration.clone(),
            device_identifier: content.configuration.clone(),
            configuration_type: settings.configuration_type,
            company: self.link.company,
            status: None,
            notes: None,
        };
        let entity = configuration::find_or_create(&new);
        let created = self.create_once(client, CreateKind::Configuration, &content.configuration, &entity).await?;
        self.record.configuration = Some(created.id);
        self.record.configuration_company = Some(self.link.company);
        self.save().await?;
        Ok(created.id)
    }

    async fn attach(
        &mut self,
        client: &Client<'_>,
        tracked: &TrackedTicket,
        configuration: ConfigurationId,
    ) -> Result<(), Interrupted> {
        let key = format!("{}/{configuration}", tracked.id);
        let entity = ticket::find_or_create_configuration(tracked.id, configuration);
        self.create_on_ticket(client, tracked, CreateKind::Attachment, &key, &entity).await
    }

    async fn note(
        &mut self,
        client: &Client<'_>,
        tracked: &TrackedTicket,
        text: &str,
        visibility: NoteVisibility,
    ) -> Result<(), Interrupted> {
        let entity = note::find_or_create(tracked.id, text, visibility);
        self.create_on_ticket(client, tracked, CreateKind::Note, text, &entity).await
    }

    /// Resolves an unconfirmed create of a ticket: records the ticket if it exists, or clears the pending create after its
    /// window. `content` is that of the failures that last.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while the create may still complete.
    pub async fn resolve(&mut self, client: &Client<'_>, content: Option<&TicketContent>) -> Result<(), SyncError> {
        let Some(pending) = self.record.pending_create.clone().filter(|pending| pending.kind == CreateKind::Ticket)
        else {
            return Ok(());
        };
        let company = pending.company.unwrap_or(self.link.company);
        match client.find_widely(&ticket::find(company, &pending.key)).await? {
            Some(created) => {
                let of_content = content.filter(|content| content.reference == pending.key);
                self.record.ticket = Some(TrackedTicket {
                    id: created.id,
                    previous_end: of_content.and_then(|content| content.previous_end),
                    noted_count: of_content.map_or(0, |content| content.failure_count),
                    closed: false,
                });
                self.record.pending_create = None;
                self.save().await
            }
            None if self.may_still_arrive(&pending) => Err(create_unconfirmed()),
            None => {
                self.record.pending_create = None;
                Ok(())
            }
        }
    }
}

/// Returns the text that says how a person ended the ticket. `None` if it is open.
fn note_if_ended(outcome: Result<(), Interrupted>) -> Result<Option<String>, SyncError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Interrupted::Ended(text)) => Ok(Some(text)),
        Err(Interrupted::Failed(error)) => Err(error),
    }
}
