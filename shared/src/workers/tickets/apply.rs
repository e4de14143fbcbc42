//! Applies the desired state of a ticket in ConnectWise.

use crate::app::App;
use crate::connectwise::api::board;
use crate::connectwise::api::configuration::{self, NewConfiguration};
use crate::connectwise::api::note::{self, NoteVisibility};
use crate::connectwise::api::ticket::{self, NewTicket, Ticket};
use crate::connectwise::{Client, ConfigurationId, ConnectWiseError, Entity, FindOrCreate, StatusId, TicketId};
use crate::store::{AgreementLink, CreateKind, MspRecord, PendingTicketCreate, TicketRecord, TrackedTicket};
use crate::workers::sync::{CONNECTWISE_CREATE_WINDOW, SyncAttempt, SyncError};
use crate::workers::tickets::desired::TicketContent;
use crate::workers::tickets::{completed, fields, refusal};

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
            self.resolve(client).await?;
        }
        if let Some(tracked) =
            self.record.ticket.clone().filter(|tracked| !tracked.closed || tracked.previous_end == content.previous_end)
        {
            let note = self.append_progress(client, tracked, content).await?;
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
        let new = NewTicket {
            summary: content.summary.clone(),
            description: content.description.clone(),
            company,
            board: settings.mapping.board,
            status: settings.mapping.new_status,
            fields: fields::of_ticket(&settings.mapping, own.as_ref()),
            contact: fields::contact(client, &settings.mapping, own.as_ref(), company).await?,
            custom_fields: settings.mapping.custom_fields.clone(),
            agreement: Some(self.link.agreement),
            external_reference: content.reference.clone(),
            notify: true,
        };
        let (created, note) = self.create_ticket(client, new).await?;
        self.record.ticket = Some(TrackedTicket {
            id: created.id,
            previous_end: content.previous_end,
            noted_count: content.failure_count,
            closed: false,
        });
        self.save().await?;
        self.attach(client, created.id, configuration).await?;
        Ok(note)
    }

    /// Creates the ticket. If ConnectWise refuses its agreement, creates it without one and returns a note that says so.
    async fn create_ticket(
        &mut self,
        client: &Client<'_>,
        new: NewTicket,
    ) -> Result<(Ticket, Option<String>), SyncError> {
        let (key, board, company) = (new.external_reference.clone(), new.board, new.company);
        let refused = |error| match &error {
            ConnectWiseError::Rejected(rejection) => match refusal::required_action(rejection, board, company) {
                Some(action) => SyncError::needs_action(error.user_message(), &action),
                None => error.into(),
            },
            _ => error.into(),
        };
        match self.try_create(client, CreateKind::Ticket, &key, &ticket::find_or_create(&new)).await? {
            Err(ConnectWiseError::Rejected(rejection)) if rejection.concerns_only("agreement") => {
                let without = ticket::find_or_create(&NewTicket { agreement: None, ..new });
                let created = self.try_create(client, CreateKind::Ticket, &key, &without).await?.map_err(refused)?;
                let messages: Vec<_> = rejection.field_errors.iter().map(|error| error.message.as_str()).collect();
                let note = format!(
                    "ConnectWise rejected the agreement {} for this ticket ({}). The ticket was created without the agreement.",
                    self.link.agreement,
                    messages.join(" ")
                );
                Ok((created, Some(note)))
            }
            created => Ok((created.map_err(refused)?, None)),
        }
    }

    /// Adds a progress note to an existing ticket, unless a person ended it.
    async fn append_progress(
        &mut self,
        client: &Client<'_>,
        tracked: TrackedTicket,
        content: &TicketContent,
    ) -> Result<Option<String>, SyncError> {
        if tracked.closed {
            return Ok(Some(format!(
                "The ticket {} was ended by hand. A failure after a recovery opens another one.",
                tracked.id
            )));
        }
        if let Err(ended) = self.fetch_if_open(client, &tracked).await? {
            return Ok(Some(ended));
        }
        if let Some(configuration) = self.record.configuration {
            self.attach(client, tracked.id, configuration).await?;
        }
        // The noted count is reset for each run of failures.
        let noted = if tracked.previous_end == content.previous_end { tracked.noted_count } else { 0 };
        if content.failure_count > noted {
            self.note(client, tracked.id, &content.progress_note, NoteVisibility::Internal).await?;
        }
        self.record.ticket = Some(TrackedTicket {
            noted_count: content.failure_count.max(noted),
            previous_end: content.previous_end,
            ..tracked
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
        let Some(tracked) = self.record.ticket.clone().filter(|tracked| !tracked.closed) else { return Ok(None) };
        let ticket = match self.fetch_if_open(client, &tracked).await? {
            Ok(ticket) => ticket,
            Err(ended) => {
                // Or by an earlier attempt of ours that could not record it.
                let note = note::find_or_create(tracked.id, text, NoteVisibility::Resolution);
                let by_us = client.find(&note.lookup).await.is_ok_and(|note| note.is_some());
                return Ok((!by_us).then_some(ended));
            }
        };
        let (status, note) = self.closing_status(client, settings, &ticket, status).await?;
        self.note(client, tracked.id, text, NoteVisibility::Resolution).await?;
        // An attempt that was frozen here has lost the lease, and must not close a ticket that fails again. Saving verifies
        // that the lease is held.
        self.save().await?;
        client.send(&ticket::set_status(tracked.id, status)).await?;
        self.record.ticket = Some(TrackedTicket { closed: true, ..tracked });
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

    /// Returns the ticket if it is open. If a person ended it, marks it as closed and returns a note.
    async fn fetch_if_open(
        &mut self,
        client: &Client<'_>,
        tracked: &TrackedTicket,
    ) -> Result<Result<Ticket, String>, SyncError> {
        let end = match client.send(&ticket::get(tracked.id)).await {
            Err(ConnectWiseError::NotFound { .. }) => "deleted",
            Err(error) => return Err(error.into()),
            Ok(ticket) if ticket.merged_parent_ticket.is_some() => "merged into another one",
            Ok(ticket) if ticket.is_closed() => "closed by hand",
            Ok(ticket) => return Ok(Ok(ticket)),
        };
        self.record.ticket = Some(TrackedTicket { closed: true, ..tracked.clone() });
        Ok(Err(format!("The ticket {} was {end} in ConnectWise and is not changed any more.", tracked.id)))
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
        ticket: TicketId,
        configuration: ConfigurationId,
    ) -> Result<(), SyncError> {
        let key = format!("{ticket}/{configuration}");
        let entity = ticket::find_or_create_configuration(ticket, configuration);
        self.create_once(client, CreateKind::Attachment, &key, &entity).await.map(drop)
    }

    async fn note(
        &mut self,
        client: &Client<'_>,
        ticket: TicketId,
        text: &str,
        visibility: NoteVisibility,
    ) -> Result<(), SyncError> {
        self.create_once(client, CreateKind::Note, text, &note::find_or_create(ticket, text, visibility))
            .await
            .map(drop)
    }

    /// Resolves an unconfirmed create of a ticket: records the ticket if it exists, or clears the pending create after its
    /// window.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while the create may still complete.
    async fn resolve(&mut self, client: &Client<'_>) -> Result<(), SyncError> {
        let Some(pending) = self.record.pending_create.clone().filter(|pending| pending.kind == CreateKind::Ticket)
        else {
            return Ok(());
        };
        let company = pending.company.unwrap_or(self.link.company);
        match client.find_widely(&ticket::find(company, &pending.key)).await? {
            Some(created) => {
                self.record.ticket =
                    Some(TrackedTicket { id: created.id, previous_end: None, noted_count: 0, closed: false });
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

    /// Finds an entity, or creates it if it does not exist and no create of it may still complete.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while an unconfirmed create may still complete; the errors of ConnectWise.
    async fn create_once<T: Entity>(
        &mut self,
        client: &Client<'_>,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<T, SyncError> {
        Ok(self.try_create(client, kind, key, entity).await??)
    }

    /// [`create_once`](Self::create_once), with the error of a create that had no effect as a value.
    async fn try_create<T: Entity>(
        &mut self,
        client: &Client<'_>,
        kind: CreateKind,
        key: &str,
        entity: &FindOrCreate<T>,
    ) -> Result<Result<T, ConnectWiseError>, SyncError> {
        let same = self.record.pending_create.as_ref().is_some_and(|pending| self.is_pending(pending, kind, key));
        let found = match kind {
            // An earlier create may have arrived, although a search does not find its result.
            _ if same => client.find_widely(&entity.lookup).await?,
            // It may have existed before this integration.
            CreateKind::Configuration => client.find_twice(&entity.lookup).await?,
            CreateKind::Ticket | CreateKind::Attachment | CreateKind::Note => client.find(&entity.lookup).await?,
        };
        if let Some(found) = found {
            if same {
                self.record.pending_create = None;
            }
            return Ok(Ok(found));
        }
        if same && self.record.pending_create.as_ref().is_some_and(|pending| self.may_still_arrive(pending)) {
            return Err(create_unconfirmed());
        }
        self.record.pending_create = Some(PendingTicketCreate {
            kind,
            key: key.to_owned(),
            at: self.app.clock.now(),
            company: Some(self.link.company),
        });
        self.save().await?;
        if kind == CreateKind::Configuration && completed::may_create(self.app, &self.record, self.link).await? {
            // Nothing was sent.
            self.record.pending_create = None;
            return Err(create_unconfirmed());
        }
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
    fn is_pending(&self, pending: &PendingTicketCreate, kind: CreateKind, key: &str) -> bool {
        let of_company = matches!(kind, CreateKind::Ticket | CreateKind::Configuration);
        let same_company = pending.company.is_none_or(|company| company == self.link.company);
        pending.kind == kind && pending.key == key && (same_company || !of_company)
    }

    fn may_still_arrive(&self, pending: &PendingTicketCreate) -> bool {
        self.app.clock.now().duration_since(pending.at) < CONNECTWISE_CREATE_WINDOW
    }

    async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.attempt.id).await?)
    }
}

fn create_unconfirmed() -> SyncError {
    SyncError::transient(
        "ConnectWise did not confirm a create. Its result is searched for while it may still appear, then it is sent again automatically.",
    )
}
