//! The end of an addition, and what follows it.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::connectwise::api::addition::{self, Addition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::{ConnectWiseError, date};
use crate::store::Line;
use crate::workers::additions::apply::{Desk, Place, Work};
use crate::workers::additions::desired::{self, Open};
use crate::workers::sync::Stop;

/// How an addition ended.
#[derive(Default)]
struct End {
    /// The last day that it is billed; none if it never is.
    last: Option<Date>,
    /// What there is to know of it.
    note: Option<String>,
    /// ConnectWise does not let it be ended, for this.
    refused: Option<String>,
}

impl Work<'_> {
    /// Ends the addition, if there is one, as of `ended`. What there is to know of it.
    pub async fn end(&mut self, desk: &Desk<'_>, ended: Timestamp) -> Result<Option<String>, Stop> {
        let Some(line) = self.record.line.clone().filter(|line| !line.ended) else { return Ok(None) };
        let End { last, note, refused } = self.end_line(desk, &line, ended, |last| last).await?;
        if let Some(refused) = refused {
            let day = last.map_or_else(|| "its first day".to_owned(), |last| last.to_string());
            return Err(Stop::mend(
                refused,
                &format!(
                    "Set the cancelled date of the addition {} to {day} in ConnectWise, or renew the agreement; then try again at portal/additions/retry.",
                    line.addition
                ),
            ));
        }
        self.record.line = Some(line.over(last));
        self.save().await?;
        Ok(note)
    }

    /// Has a new addition in the place of `line`, whose last day is the one before the new one's first.
    pub(super) async fn succeed(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        place: Place,
        line: Line,
        from: Timestamp,
    ) -> Result<Option<String>, Stop> {
        let place = place.without(&line);
        // Nothing is ended before it is clear that something can follow.
        let there = self.to_be_taken_over(&place).await?;
        let until = |last: Date| {
            let first = desired::first_day(from, desk.zone, Some(last), &place.agreement.terms());
            first.yesterday().unwrap_or(last)
        };
        let End { last, note, refused } = self.end_line(desk, &line, from, until).await?;
        self.record.line = Some(line.over(last));
        self.save().await?;
        let new = self.take_over_or_create(desk, open, &place, there, from).await?;
        let told: Vec<_> = [note, refused, new].into_iter().flatten().collect();
        Ok((!told.is_empty()).then(|| told.join(" ")))
    }

    /// Has a new addition in the place of `line`, which a person deleted or cancelled: from next month on, and not before what
    /// was cancelled is over.
    pub(super) async fn recreate(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        place: Place,
        line: Line,
        held: Option<&Addition>,
    ) -> Result<Option<String>, Stop> {
        let place = place.without(&line);
        let now = self.app.clock.now();
        let month = date::business_day(now, desk.zone).last_of_month();
        let cancelled = held.and_then(desired::last_billed);
        self.record.line = Some(line.over(Some(cancelled.map_or(month, |day| day.max(month)))));
        self.save().await?;
        self.add(desk, open, &place, now).await
    }

    /// Ends a line as of `ended`: on the last day of its month or of what is invoiced, or on what `until` makes of that.
    async fn end_line(
        &self,
        desk: &Desk<'_>,
        line: &Line,
        ended: Timestamp,
        until: impl Fn(Date) -> Date,
    ) -> Result<End, Stop> {
        let Line { agreement: id, addition, .. } = line;
        let held = match desk.client.one(&addition::get(*id, *addition)).await {
            Err(ConnectWiseError::Absent { .. }) => None,
            held => Some(held?),
        };
        let agreement = match desk.client.one(&agreement::get(*id)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Ok(End::with(format!("The agreement {id} was deleted in ConnectWise.")));
            }
            agreement => agreement?,
        };
        let Some(held) = held else {
            return Ok(End::with(format!("The addition {addition} of agreement {id} was deleted in ConnectWise.")));
        };
        if held.cancelled_date.is_some() {
            return Ok(End { last: desired::last_billed(&held), ..End::default() });
        }
        let never = desired::never_billed(&held, date::business_day(ended, desk.zone));
        let last = (!never).then(|| until(date::last_billed(ended, desk.zone, &agreement.terms())));
        match desk.client.one(&addition::patch(*id, *addition, &desired::ending(&held, last))).await {
            Ok(_) => Ok(End { last, ..End::default() }),
            Err(ConnectWiseError::Refused(_)) if !agreement.is_active() => {
                Ok(End { last, refused: Some(left(&agreement, line)), ..End::default() })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl End {
    fn with(note: String) -> Self {
        Self { note: Some(note), ..Self::default() }
    }
}

fn left(agreement: &Agreement, line: &Line) -> String {
    format!(
        "The agreement {} is {}, and ConnectWise does not let its addition {} be ended: it would be billed again if the agreement were renewed.",
        agreement.name,
        agreement.status(),
        line.addition
    )
}
