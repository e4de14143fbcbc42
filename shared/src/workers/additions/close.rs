//! Ends an addition, or replaces it by a new one.

use jiff::civil::Date;

use crate::connectwise::ConnectWiseError;
use crate::connectwise::api::addition::{self, Addition, Billing};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::date::BillingTerms;
use crate::store::{AgreementLink, PendingAdditionEnd, TrackedAddition};
use crate::workers::additions::apply::{AdditionContext, AdditionSync, ConnectWiseSession};
use crate::workers::additions::dates::{self, End, GoneAddition, Start};
use crate::workers::additions::desired::{self, ActiveAddition};
use crate::workers::sync::SyncError;

/// Result of ending an addition.
#[derive(Default)]
struct AdditionEnd {
    /// The last billed day; `None` if the addition is never billed.
    last_billed_day: Option<Date>,
    /// The terms of its agreement, as far as they are known.
    terms: BillingTerms,
    /// A note for the MSP.
    note: Option<String>,
    /// The reason if ConnectWise does not allow the end.
    rejection: Option<String>,
}

impl AdditionSync<'_> {
    /// Ends the addition, if there is one, because its subscription ended. Returns a note for the MSP, if any.
    pub async fn close(&mut self, session: &ConnectWiseSession<'_>, end: &End) -> Result<Option<String>, SyncError> {
        let Some(tracked) = self.record.tracked.clone().filter(|tracked| !tracked.ended) else { return Ok(None) };
        let ending = self.end_addition(session, &tracked, end, |day, _| day).await?;
        let ended = ending.record(tracked.clone());
        let AdditionEnd { last_billed_day, note, rejection, .. } = ending;
        if let Some(rejection) = rejection {
            let day = last_billed_day.map_or_else(|| "its first day".to_owned(), |day| day.to_string());
            return Err(SyncError::needs_action(
                rejection,
                &format!(
                    "In ConnectWise, set the cancelled date of the addition {} to {day}, or renew the agreement. Then try again at portal/additions/retry.",
                    tracked.addition
                ),
            ));
        }
        self.record_end(ended).await?;
        Ok(note)
    }

    /// Replaces the addition `tracked` by a new one, which begins with `start`. The last day of the old one follows from `end`. It
    /// is the day before the first day of the new one, so that no day is billed twice, and none is missing.
    pub(super) async fn replace(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: AdditionContext,
        tracked: TrackedAddition,
        (start, end): (&Start, &End),
        link: &AgreementLink,
    ) -> Result<Option<String>, SyncError> {
        let context = context.excluding(&tracked);
        // Checked first, so that nothing is ended if no addition can follow.
        let adoptable = self.adoptable_or_none_wanted(&context).await?;
        let until = |last: Date, old: &BillingTerms| {
            let (requested, terms) = (start.requested_day(session.zone, Some(last)), context.agreement.terms());
            let first = match tracked.billing {
                Billing::Billable => dates::first_day_of_successor(requested, old, &terms),
                Billing::NoCharge | Billing::DoNotBill | Billing::Other(_) => dates::first_day(requested, None, &terms),
            };
            first.yesterday().unwrap_or(last)
        };
        let ending = self.end_addition(session, &tracked, end, until).await?;
        self.record_end(ending.record(tracked)).await?;
        let new = self.adopt_or_create(session, active, &context, adoptable, (start, link)).await?;
        let notes: Vec<_> = [ending.note, ending.rejection, new].into_iter().flatten().collect();
        Ok((!notes.is_empty()).then(|| notes.join(" ")))
    }

    /// Creates or adopts an addition in place of `tracked`, which a person deleted or cancelled. A new one begins as if it were
    /// sold now, and after the last billed day of the one that is gone.
    pub(super) async fn recreate(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: AdditionContext,
        tracked: TrackedAddition,
        current: Option<&Addition>,
        link: &AgreementLink,
    ) -> Result<Option<String>, SyncError> {
        let context = context.excluding(&tracked);
        // Checked first, so that the record stays as it is if nothing can follow.
        let adoptable = self.adoptable_or_none_wanted(&context).await?;
        let start = Start::at(self.app.clock.now(), link);
        let gone = GoneAddition {
            is_deleted: current.is_none(),
            was_billable: tracked.billing == Billing::Billable,
            effective_date: tracked.effective_date,
            last_billed_day: current.and_then(desired::last_billed),
        };
        let terms = context.agreement.terms();
        let last = start.day_before_recreation(session.zone, &gone, &terms);
        // One that was deleted charges nothing, but for a period that was invoiced, which ends with a month.
        let charged_until = gone.last_billed_day.map(|last| dates::charged_until(last, &terms));
        self.record_end(tracked.ended_on(Some(last), charged_until)).await?;
        self.adopt_or_create(session, active, &context, adoptable, (&start, link)).await
    }

    /// Ends an addition. `until` maps the last day that follows from `end` to the actual one. A day that was chosen before for
    /// the same end stays, but for a period that was invoiced since.
    async fn end_addition(
        &mut self,
        session: &ConnectWiseSession<'_>,
        tracked: &TrackedAddition,
        end: &End,
        until: impl Fn(Date, &BillingTerms) -> Date,
    ) -> Result<AdditionEnd, SyncError> {
        let TrackedAddition { agreement: id, addition, .. } = tracked;
        let current = session.client.send_optional(&addition::get(*id, *addition)).await?;
        let Some(agreement) = session.client.send_optional(&agreement::get(*id)).await? else {
            return Ok(AdditionEnd::with(format!("The agreement {id} was deleted in ConnectWise.")));
        };
        let Some(current) = current else {
            return Ok(AdditionEnd::with(format!(
                "The addition {addition} of agreement {id} was deleted in ConnectWise."
            )));
        };
        let terms = agreement.terms();
        if current.cancelled_date.is_some() {
            return Ok(AdditionEnd {
                last_billed_day: desired::last_billed(&current),
                terms,
                ..AdditionEnd::default()
            });
        }
        let chosen = self.record.pending_end.as_ref().filter(|chosen| chosen.at == end.at);
        let counts_until = end.billed_until(tracked, &terms);
        let last_billed_day = (!desired::was_never_billed(&current, counts_until)).then(|| {
            let last = chosen.map_or_else(
                || end.last_day(current.billing() == Billing::Billable, current.effective_date, &terms),
                |chosen| end.chosen_day(chosen.cancelled_date, &terms),
            );
            until(last, &terms)
        });
        let changes = desired::end_changes(&current, last_billed_day);
        let pending = changes.cancelled_date.map(|cancelled_date| PendingAdditionEnd { at: end.at, cancelled_date });
        if self.record.pending_end != pending {
            self.record.pending_end = pending;
            self.save().await?;
        }
        match session.client.send(&addition::patch(*id, *addition, &changes)).await {
            Ok(_) => Ok(AdditionEnd { last_billed_day, terms, ..AdditionEnd::default() }),
            // A rejection that names one of the changed fields, or a conflict, is not because of the agreement.
            Err(ConnectWiseError::Rejected(rejection))
                if !agreement.is_active() && !rejection.is_transient() && !rejection.names_a_sent_field() =>
            {
                Ok(AdditionEnd {
                    last_billed_day,
                    terms,
                    rejection: Some(cannot_end_message(&agreement, tracked)),
                    ..AdditionEnd::default()
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn record_end(&mut self, ended: TrackedAddition) -> Result<(), SyncError> {
        self.record.tracked = Some(ended);
        self.record.pending_end = None;
        self.save().await
    }
}

impl AdditionEnd {
    /// Returns the addition as ended.
    fn record(&self, tracked: TrackedAddition) -> TrackedAddition {
        let charged_until = self.last_billed_day.map(|last| dates::charged_until(last, &self.terms));
        tracked.ended_on(self.last_billed_day, charged_until)
    }

    fn with(note: String) -> Self {
        Self { note: Some(note), ..Self::default() }
    }
}

fn cannot_end_message(agreement: &Agreement, tracked: &TrackedAddition) -> String {
    format!(
        "The agreement {} is {}, so ConnectWise does not allow its addition {} to be ended. The addition would be billed again if the agreement were renewed.",
        agreement.name,
        agreement.status(),
        tracked.addition
    )
}
