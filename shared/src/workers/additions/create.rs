//! A new addition, once.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::connectwise::ConnectWiseError;
use crate::connectwise::api::addition::{self, Addition, Billing, NewAddition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::store::{AdditionRecord, Creating, Line};
use crate::workers::additions::apply::{Desk, Place, Work, ambiguous, item};
use crate::workers::additions::desired::{self, Open, stands_for};
use crate::workers::sync::{Anew, ON_ITS_WAY, Stop};

const EFFECTIVE_DATE: &str = "effectiveDate";

impl Work<'_> {
    /// Finds out what became of a create that was not answered.
    pub async fn resolve(&mut self, desk: &Desk<'_>) -> Result<(), Stop> {
        let Some(creating) = self.record.creating.clone() else { return Ok(()) };
        let rows = match desk.client.all(&addition::of_agreement(creating.agreement)).await {
            Err(ConnectWiseError::Absent { .. }) => Vec::new(),
            rows => rows?,
        };
        let appeared = rows.iter().filter(|row| !creating.others.contains(&row.id));
        let found = self.free(creating.agreement, creating.product, appeared).await?;
        match found.as_slice() {
            [] if self.app.clock.now().duration_since(creating.at) < ON_ITS_WAY => Err(Stop::later(
                "ConnectWise did not answer when the addition was created. It is looked for until it can't appear any more, then created again.",
            )),
            [] => {
                self.record.creating = None;
                Ok(())
            }
            [one] => self.own(line(&creating, one)).await,
            several => Err(ambiguous(creating.agreement, several.iter().map(|row| row.id))),
        }
    }

    /// Has an addition where there is none of ours.
    pub(super) async fn add(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        place: &Place,
        from: Timestamp,
    ) -> Result<Option<String>, Stop> {
        let there = self.to_be_taken_over(place).await?;
        self.take_over_or_create(desk, open, place, there, from).await
    }

    /// Has the addition that is [there](Self::to_be_taken_over), else a new one.
    pub(super) async fn take_over_or_create(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        place: &Place,
        there: Option<&Addition>,
        from: Timestamp,
    ) -> Result<Option<String>, Stop> {
        let Some(one) = there else {
            return self.create(desk, open, place, from).await.map(|()| None);
        };
        let line = Line {
            agreement: place.agreement.id,
            addition: one.id,
            product: place.product,
            billing: one.bill_customer.clone().unwrap_or(Billing::Billable),
            unit_price: None,
            usual: desired::usual(&item(desk, place.product).await?),
            ended: false,
            last: None,
        };
        self.own(line.clone()).await?;
        self.change(desk, open, place, &line, one).await?;
        Ok(Some(format!("The addition {} was there already and was taken over.", one.id)))
    }

    /// An open addition of the product that is in the way of a new one, and may be taken over: it is ours, or somebody says
    /// so.
    ///
    /// # Errors
    /// Who else's it is, is not guessed.
    pub(super) async fn to_be_taken_over<'r>(&self, place: &'r Place) -> Result<Option<&'r Addition>, Stop> {
        let agreement = place.agreement.id;
        let one = match self.free(agreement, place.product, place.rows.iter()).await?.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            several => return Err(ambiguous(agreement, several.iter().map(|row| row.id))),
        };
        let is_ours = self.app.store.owner_of(self.record.msp, agreement, one.id).await?.is_some();
        if is_ours || self.turn.anew == Anew::Adopt(one.id) {
            return Ok(Some(one));
        }
        Err(Stop::mend(
            format!(
                "The agreement {agreement} has an open addition of the product already, {}, which was not made here.",
                one.id
            ),
            &format!(
                "If it is this subscription's, say \"adopt\": {} at portal/additions/retry. Else cancel or delete it in ConnectWise, then try again there.",
                one.id
            ),
        ))
    }

    /// Sends a create, which must not have been sent already. An addition that follows one of ours begins after that one's
    /// last day.
    async fn create(&mut self, desk: &Desk<'_>, open: &Open, place: &Place, from: Timestamp) -> Result<(), Stop> {
        let last = self.record.line.as_ref().and_then(|line| line.last);
        let first_day = |agreement: &Agreement| desired::first_day(from, desk.zone, last, &agreement.terms());
        let first = first_day(&place.agreement);
        let Some(refused) = self.send(desk, open, place, first).await? else { return Ok(()) };
        // It may have been invoiced since it was read.
        if refused.is_about(EFFECTIVE_DATE) {
            let later = first_day(&desk.client.one(&agreement::get(place.agreement.id)).await?);
            if later != first {
                return self.send(desk, open, place, later).await?.map_or(Ok(()), |refused| Err(of_product(refused)));
            }
        }
        Err(of_product(refused))
    }

    /// Sends a create once. The error with which ConnectWise refused it, if it did.
    async fn send(
        &mut self,
        desk: &Desk<'_>,
        open: &Open,
        place: &Place,
        first: Date,
    ) -> Result<Option<ConnectWiseError>, Stop> {
        let agreement = place.agreement.id;
        let new = NewAddition {
            product: place.product,
            quantity: Decimal::from(open.quantity),
            bill_customer: open.billing.clone(),
            effective_date: first,
            unit_price: open.unit_price,
            unit_cost: None,
            invoice_description: None,
        };
        let others = place.rows.iter().filter(|row| stands_for(row, place.product)).map(|row| row.id).collect();
        let creating = Creating {
            agreement,
            product: place.product,
            unit_price: open.unit_price,
            others,
            at: self.app.clock.now(),
        };
        self.record.creating = Some(creating.clone());
        self.save().await?;
        match desk.client.one(&addition::create(agreement, &new)).await {
            Ok(made) => self.own(line(&creating, &made)).await?,
            Err(ConnectWiseError::Unknown { .. } | ConnectWiseError::Unreadable { .. }) => self.resolve(desk).await?,
            Err(error) => {
                self.record.creating = None;
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Writes down that `line` is the subscription's.
    async fn own(&mut self, line: Line) -> Result<(), Stop> {
        let record = AdditionRecord { creating: None, line: Some(line.clone()), ..self.record.clone() };
        if self.app.store.own_addition(&record, &line, &self.turn.id).await? {
            self.record = record;
            return Ok(());
        }
        Err(Stop::later(format!("The addition {} was taken over for another subscription.", line.addition)))
    }
}

/// The line that a create came to.
fn line(creating: &Creating, made: &Addition) -> Line {
    Line {
        agreement: creating.agreement,
        addition: made.id,
        product: creating.product,
        billing: made.bill_customer.clone().unwrap_or(Billing::Billable),
        unit_price: creating.unit_price,
        usual: desired::made(made),
        ended: false,
        last: None,
    }
}

/// A refusal of what an addition is of.
fn of_product(error: ConnectWiseError) -> Stop {
    if error.is_about("product") { Stop::without_product(error.explain()) } else { error.into() }
}
