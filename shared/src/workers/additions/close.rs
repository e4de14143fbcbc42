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
    last: Option<Date>,
    /// A note for the MSP.
    note: Option<String>,
    /// The reason if ConnectWise does not allow the end.
    refused: Option<String>,
}

impl AdditionSync<'_> {
    /// Ends the addition as of `ended`, if there is one. Returns a note for the MSP, if any.
    pub async fn close(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        ended: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let Some(line) = self.record.tracked.clone().filter(|line| !line.ended) else { return Ok(None) };
        let AdditionEnd { last, note, refused } = self.end_line(desk, &line, ended, |last| last).await?;
        if let Some(refused) = refused {
            let day = last.map_or_else(|| "its first day".to_owned(), |last| last.to_string());
            return Err(SyncError::needs_action(
                refused,
                &format!(
                    "In ConnectWise, set the cancelled date of the addition {} to {day}, or renew the agreement. Then try again at portal/additions/retry.",
                    line.addition
                ),
            ));
        }
        self.record.tracked = Some(line.ended_on(last));
        self.save().await?;
        Ok(note)
    }

    /// Replaces the addition `line` by a new one. The last day of the old one is the day before the first day of the new
    /// one.
    pub(super) async fn replace(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: AdditionContext,
        line: TrackedAddition,
        from: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let place = place.excluding(&line);
        // Checked first, so that nothing is ended if no addition can follow.
        let there = self.adoptable(&place).await?;
        let until = |last: Date| {
            let first = desired::first_day(from, desk.zone, Some(last), &place.agreement.terms());
            first.yesterday().unwrap_or(last)
        };
        let AdditionEnd { last, note, refused } = self.end_line(desk, &line, from, until).await?;
        self.record.tracked = Some(line.ended_on(last));
        self.save().await?;
        let new = self.adopt_or_create(desk, open, &place, there, from).await?;
        let told: Vec<_> = [note, refused, new].into_iter().flatten().collect();
        Ok((!told.is_empty()).then(|| told.join(" ")))
    }

    /// Creates an addition in place of `line`, which a person deleted or cancelled. It begins next month, or after the last
    /// billed day of the cancelled one if that is later.
    pub(super) async fn recreate(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: AdditionContext,
        line: TrackedAddition,
        held: Option<&Addition>,
    ) -> Result<Option<String>, SyncError> {
        let place = place.excluding(&line);
        let now = self.app.clock.now();
        let month = date::business_day(now, desk.zone).last_of_month();
        let cancelled = held.and_then(desired::last_billed);
        self.record.tracked = Some(line.ended_on(Some(cancelled.map_or(month, |day| day.max(month)))));
        self.save().await?;
        self.add(desk, open, &place, now).await
    }

    /// Ends an addition as of `ended`. `until` maps the default last day, the end of that month or of the invoiced period, to
    /// the actual one.
    async fn end_line(
        &self,
        desk: &ConnectWiseSession<'_>,
        line: &TrackedAddition,
        ended: Timestamp,
        until: impl Fn(Date) -> Date,
    ) -> Result<AdditionEnd, SyncError> {
        let TrackedAddition { agreement: id, addition, .. } = line;
        let held = match desk.client.send(&addition::get(*id, *addition)).await {
            Err(ConnectWiseError::NotFound { .. }) => None,
            held => Some(held?),
        };
        let agreement = match desk.client.send(&agreement::get(*id)).await {
            Err(ConnectWiseError::NotFound { .. }) => {
                return Ok(AdditionEnd::with(format!("The agreement {id} was deleted in ConnectWise.")));
            }
            agreement => agreement?,
        };
        let Some(held) = held else {
            return Ok(AdditionEnd::with(format!(
                "The addition {addition} of agreement {id} was deleted in ConnectWise."
            )));
        };
        if held.cancelled_date.is_some() {
            return Ok(AdditionEnd { last: desired::last_billed(&held), ..AdditionEnd::default() });
        }
        let never = desired::was_never_billed(&held, date::business_day(ended, desk.zone));
        let last = (!never).then(|| until(date::last_billed_day(ended, desk.zone, &agreement.terms())));
        match desk.client.send(&addition::patch(*id, *addition, &desired::end_changes(&held, last))).await {
            Ok(_) => Ok(AdditionEnd { last, ..AdditionEnd::default() }),
            Err(ConnectWiseError::Rejected(_)) if !agreement.is_active() => {
                Ok(AdditionEnd { last, refused: Some(cannot_end_message(&agreement, line)), ..AdditionEnd::default() })
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

fn cannot_end_message(agreement: &Agreement, line: &TrackedAddition) -> String {
    format!(
        "The agreement {} is {}, so ConnectWise does not allow its addition {} to be ended. The addition would be billed again if the agreement were renewed.",
        agreement.name,
        agreement.status(),
        line.addition
    )
}
