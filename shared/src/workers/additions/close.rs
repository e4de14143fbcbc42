//! The end of an addition, and what follows it.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::connectwise::api::addition::{self, Addition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::{ConnectWiseError, date};
use crate::store::TrackedAddition;
use crate::workers::additions::apply::{ConnectWiseSession, AdditionContext, AdditionSync};
use crate::workers::additions::desired::{self, ActiveAddition};
use crate::workers::sync::SyncError;

/// How an addition ended.
#[derive(Default)]
struct AdditionEnd {
    /// The last day that it is billed; none if it never is.
    last: Option<Date>,
    /// What there is to know of it.
    note: Option<String>,
    /// ConnectWise does not let it be ended, for this.
    refused: Option<String>,
}

impl AdditionSync<'_> {
    /// Ends the addition, if there is one, as of `ended`. What there is to know of it.
    pub async fn close(&mut self, desk: &ConnectWiseSession<'_>, ended: Timestamp) -> Result<Option<String>, SyncError> {
        let Some(line) = self.record.tracked.clone().filter(|line| !line.ended) else { return Ok(None) };
        let AdditionEnd { last, note, refused } = self.end_line(desk, &line, ended, |last| last).await?;
        if let Some(refused) = refused {
            let day = last.map_or_else(|| "its first day".to_owned(), |last| last.to_string());
            return Err(SyncError::needs_action(
                refused,
                &format!(
                    "Set the cancelled date of the addition {} to {day} in ConnectWise, or renew the agreement; then try again at portal/additions/retry.",
                    line.addition
                ),
            ));
        }
        self.record.tracked = Some(line.ended_on(last));
        self.save().await?;
        Ok(note)
    }

    /// Has a new addition in the place of `line`, whose last day is the one before the new one's first.
    pub(super) async fn replace(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: AdditionContext,
        line: TrackedAddition,
        from: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let place = place.excluding(&line);
        // Nothing is ended before it is clear that something can follow.
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

    /// Has a new addition in the place of `line`, which a person deleted or cancelled: from next month on, and not before what
    /// was cancelled is over.
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

    /// Ends a line as of `ended`: on the last day of its month or of what is invoiced, or on what `until` makes of that.
    async fn end_line(
        &self,
        desk: &ConnectWiseSession<'_>,
        line: &TrackedAddition,
        ended: Timestamp,
        until: impl Fn(Date) -> Date,
    ) -> Result<AdditionEnd, SyncError> {
        let TrackedAddition { agreement: id, addition, .. } = line;
        let held = match desk.client.one(&addition::get(*id, *addition)).await {
            Err(ConnectWiseError::Absent { .. }) => None,
            held => Some(held?),
        };
        let agreement = match desk.client.one(&agreement::get(*id)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Ok(AdditionEnd::with(format!("The agreement {id} was deleted in ConnectWise.")));
            }
            agreement => agreement?,
        };
        let Some(held) = held else {
            return Ok(AdditionEnd::with(format!("The addition {addition} of agreement {id} was deleted in ConnectWise.")));
        };
        if held.cancelled_date.is_some() {
            return Ok(AdditionEnd { last: desired::last_billed(&held), ..AdditionEnd::default() });
        }
        let never = desired::was_never_billed(&held, date::business_day(ended, desk.zone));
        let last = (!never).then(|| until(date::last_billed(ended, desk.zone, &agreement.terms())));
        match desk.client.one(&addition::patch(*id, *addition, &desired::end_changes(&held, last))).await {
            Ok(_) => Ok(AdditionEnd { last, ..AdditionEnd::default() }),
            Err(ConnectWiseError::Refused(_)) if !agreement.is_active() => {
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
        "The agreement {} is {}, and ConnectWise does not let its addition {} be ended: it would be billed again if the agreement were renewed.",
        agreement.name,
        agreement.status(),
        line.addition
    )
}
