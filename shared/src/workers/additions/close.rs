//! Ends an addition, or replaces it by a new one.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::connectwise::api::addition::{self, Addition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::{ConnectWiseError, date};
use crate::store::TrackedAddition;
use crate::workers::additions::apply::{AdditionContext, AdditionSync, ConnectWiseSession};
use crate::workers::additions::desired::{self, ActiveAddition};
use crate::workers::sync::SyncError;

/// Result of ending an addition.
#[derive(Default)]
struct AdditionEnd {
    /// The last billed day; `None` if the addition is never billed.
    last_billed_day: Option<Date>,
    /// A note for the MSP.
    note: Option<String>,
    /// The reason if ConnectWise does not allow the end.
    rejection: Option<String>,
}

impl AdditionSync<'_> {
    /// Ends the addition as of `ended`, if there is one. Returns a note for the MSP, if any.
    pub async fn close(
        &mut self,
        session: &ConnectWiseSession<'_>,
        ended: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let Some(tracked) = self.record.tracked.clone().filter(|tracked| !tracked.ended) else { return Ok(None) };
        let AdditionEnd { last_billed_day, note, rejection } =
            self.end_addition(session, &tracked, ended, |day| day).await?;
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
        self.record.tracked = Some(tracked.ended_on(last_billed_day));
        self.save().await?;
        Ok(note)
    }

    /// Replaces the addition `tracked` by a new one. The last day of the old one is the day before the first day of the new
    /// one.
    pub(super) async fn replace(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: AdditionContext,
        tracked: TrackedAddition,
        from: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let context = context.excluding(&tracked);
        // Checked first, so that nothing is ended if no addition can follow.
        let adoptable = self.adoptable_or_none_wanted(&context).await?;
        let until = |last_billed_day: Date| {
            let first = desired::first_day(from, session.zone, Some(last_billed_day), &context.agreement.terms());
            first.yesterday().unwrap_or(last_billed_day)
        };
        let AdditionEnd { last_billed_day, note, rejection } =
            self.end_addition(session, &tracked, from, until).await?;
        self.record.tracked = Some(tracked.ended_on(last_billed_day));
        self.save().await?;
        let new = self.adopt_or_create(session, active, &context, adoptable, from).await?;
        let notes: Vec<_> = [note, rejection, new].into_iter().flatten().collect();
        Ok((!notes.is_empty()).then(|| notes.join(" ")))
    }

    /// Creates or adopts an addition in place of `tracked`, which a person deleted or cancelled. A new one begins next month, or
    /// after the last billed day of the cancelled one if that is later.
    pub(super) async fn recreate(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: AdditionContext,
        tracked: TrackedAddition,
        current: Option<&Addition>,
    ) -> Result<Option<String>, SyncError> {
        let context = context.excluding(&tracked);
        // Checked first, so that the record stays as it is if nothing can follow.
        let adoptable = self.adoptable_or_none_wanted(&context).await?;
        let now = self.app.clock.now();
        let month = date::business_day(now, session.zone).last_of_month();
        let cancelled = current.and_then(desired::last_billed);
        self.record.tracked = Some(tracked.ended_on(Some(cancelled.map_or(month, |day| day.max(month)))));
        self.save().await?;
        self.adopt_or_create(session, active, &context, adoptable, now).await
    }

    /// Ends an addition as of `ended`. `until` maps the default last day, the end of that month or of the invoiced period, to
    /// the actual one.
    async fn end_addition(
        &self,
        session: &ConnectWiseSession<'_>,
        tracked: &TrackedAddition,
        ended: Timestamp,
        until: impl Fn(Date) -> Date,
    ) -> Result<AdditionEnd, SyncError> {
        let TrackedAddition { agreement: id, addition, .. } = tracked;
        let current = match session.client.send(&addition::get(*id, *addition)).await {
            Err(ConnectWiseError::NotFound { .. }) => None,
            current => Some(current?),
        };
        let agreement = match session.client.send(&agreement::get(*id)).await {
            Err(ConnectWiseError::NotFound { .. }) => {
                return Ok(AdditionEnd::with(format!("The agreement {id} was deleted in ConnectWise.")));
            }
            agreement => agreement?,
        };
        let Some(current) = current else {
            return Ok(AdditionEnd::with(format!(
                "The addition {addition} of agreement {id} was deleted in ConnectWise."
            )));
        };
        if current.cancelled_date.is_some() {
            return Ok(AdditionEnd { last_billed_day: desired::last_billed(&current), ..AdditionEnd::default() });
        }
        let never = desired::was_never_billed(&current, date::business_day(ended, session.zone));
        let last_billed_day = (!never).then(|| until(date::last_billed_day(ended, session.zone, &agreement.terms())));
        match session
            .client
            .send(&addition::patch(*id, *addition, &desired::end_changes(&current, last_billed_day)))
            .await
        {
            Ok(_) => Ok(AdditionEnd { last_billed_day, ..AdditionEnd::default() }),
            // A rejection that names one of the changed fields, or a conflict, is not because of the agreement.
            Err(ConnectWiseError::Rejected(rejection))
                if !agreement.is_active() && !rejection.is_transient() && !rejection.names_a_sent_field() =>
            {
                Ok(AdditionEnd {
                    last_billed_day,
                    rejection: Some(cannot_end_message(&agreement, tracked)),
                    ..AdditionEnd::default()
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl AdditionEnd {
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
