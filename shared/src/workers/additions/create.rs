//! A new addition, once.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::connectwise::ConnectWiseError;
use crate::connectwise::api::addition::{self, Addition, Billing, NewAddition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::store::{AdditionRecord, PendingAdditionCreate, TrackedAddition};
use crate::workers::additions::apply::{ConnectWiseSession, AdditionContext, AdditionSync, ambiguous, item};
use crate::workers::additions::desired::{self, ActiveAddition, is_open_for};
use crate::workers::sync::{RetryMode, CREATE_IN_FLIGHT_WINDOW, SyncError};

const EFFECTIVE_DATE: &str = "effectiveDate";

impl AdditionSync<'_> {
    /// Finds out what became of a create that was not answered.
    pub async fn resolve_pending_create(&mut self, desk: &ConnectWiseSession<'_>) -> Result<(), SyncError> {
        let Some(creating) = self.record.pending_create.clone() else { return Ok(()) };
        let rows = match desk.client.all(&addition::of_agreement(creating.agreement)).await {
            Err(ConnectWiseError::Absent { .. }) => Vec::new(),
            rows => rows?,
        };
        let appeared = rows.iter().filter(|row| !creating.pre_existing.contains(&row.id));
        let found = self.unowned(creating.agreement, creating.product, appeared).await?;
        match found.as_slice() {
            [] if self.app.clock.now().duration_since(creating.at) < CREATE_IN_FLIGHT_WINDOW => Err(SyncError::transient(
                "ConnectWise did not answer when the addition was created. It is looked for until it can't appear any more, then created again.",
            )),
            [] => {
                self.record.pending_create = None;
                Ok(())
            }
            [one] => self.record_ownership(tracked(&creating, one)).await,
            several => Err(ambiguous(creating.agreement, several.iter().map(|row| row.id))),
        }
    }

    /// Has an addition where there is none of ours.
    pub(super) async fn add(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: &AdditionContext,
        from: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let there = self.adoptable(place).await?;
        self.adopt_or_create(desk, open, place, there, from).await
    }

    /// Has the addition that is [there](Self::to_be_taken_over), else a new one.
    pub(super) async fn adopt_or_create(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: &AdditionContext,
        there: Option<&Addition>,
        from: Timestamp,
    ) -> Result<Option<String>, SyncError> {
        let Some(one) = there else {
            return self.create(desk, open, place, from).await.map(|()| None);
        };
        let line = TrackedAddition {
            agreement: place.agreement.id,
            addition: one.id,
            product: place.product,
            billing: one.bill_customer.clone().unwrap_or(Billing::Billable),
            unit_price: None,
            defaults: desired::defaults_of(&item(desk, place.product).await?),
            ended: false,
            last_billed_day: None,
        };
        self.record_ownership(line.clone()).await?;
        self.change(desk, open, place, &line, one).await?;
        Ok(Some(format!("The addition {} was there already and was taken over.", one.id)))
    }

    /// An open addition of the product that is in the way of a new one, and may be taken over: it is ours, or somebody says
    /// so.
    ///
    /// # Errors
    /// Who else's it is, is not guessed.
    pub(super) async fn adoptable<'r>(&self, place: &'r AdditionContext) -> Result<Option<&'r Addition>, SyncError> {
        let agreement = place.agreement.id;
        let one = match self.unowned(agreement, place.product, place.existing.iter()).await?.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            several => return Err(ambiguous(agreement, several.iter().map(|row| row.id))),
        };
        let is_ours = self.app.store.owner_of(self.record.msp, agreement, one.id).await?.is_some();
        if is_ours || self.turn.retry_mode == RetryMode::Adopt(one.id) {
            return Ok(Some(one));
        }
        Err(SyncError::needs_action(
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
    async fn create(&mut self, desk: &ConnectWiseSession<'_>, open: &ActiveAddition, place: &AdditionContext, from: Timestamp) -> Result<(), SyncError> {
        let last = self.record.tracked.as_ref().and_then(|line| line.last_billed_day);
        let first_day = |agreement: &Agreement| desired::first_day(from, desk.zone, last, &agreement.terms());
        let first = first_day(&place.agreement);
        let Some(refused) = self.send(desk, open, place, first).await? else { return Ok(()) };
        // It may have been invoiced since it was read.
        if refused.is_about(EFFECTIVE_DATE) {
            let later = first_day(&desk.client.one(&agreement::get(place.agreement.id)).await?);
            if later != first {
                return self.send(desk, open, place, later).await?.map_or(Ok(()), |refused| Err(product_error(refused)));
            }
        }
        Err(product_error(refused))
    }

    /// Sends a create once. The error with which ConnectWise refused it, if it did.
    async fn send(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: &AdditionContext,
        first: Date,
    ) -> Result<Option<ConnectWiseError>, SyncError> {
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
        let others = place.existing.iter().filter(|row| is_open_for(row, place.product)).map(|row| row.id).collect();
        let creating = PendingAdditionCreate {
            agreement,
            product: place.product,
            unit_price: open.unit_price,
            pre_existing: others,
            at: self.app.clock.now(),
        };
        self.record.pending_create = Some(creating.clone());
        self.save().await?;
        match desk.client.one(&addition::create(agreement, &new)).await {
            Ok(made) => self.record_ownership(tracked(&creating, &made)).await?,
            Err(ConnectWiseError::Unknown { .. } | ConnectWiseError::Unreadable { .. }) => self.resolve_pending_create(desk).await?,
            Err(error) => {
                self.record.pending_create = None;
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Writes down that `line` is the subscription's.
    async fn record_ownership(&mut self, line: TrackedAddition) -> Result<(), SyncError> {
        let record = AdditionRecord { pending_create: None, tracked: Some(line.clone()), ..self.record.clone() };
        if self.app.store.claim_addition(&record, &line, &self.turn.id).await? {
            self.record = record;
            return Ok(());
        }
        Err(SyncError::transient(format!("The addition {} was taken over for another subscription.", line.addition)))
    }
}

/// The line that a create came to.
fn tracked(creating: &PendingAdditionCreate, made: &Addition) -> TrackedAddition {
    TrackedAddition {
        agreement: creating.agreement,
        addition: made.id,
        product: creating.product,
        billing: made.bill_customer.clone().unwrap_or(Billing::Billable),
        unit_price: creating.unit_price,
        defaults: desired::snapshot_of(made),
        ended: false,
        last_billed_day: None,
    }
}

/// A refusal of what an addition is of.
fn product_error(error: ConnectWiseError) -> SyncError {
    if error.is_about("product") { SyncError::product_missing(error.explain()) } else { error.into() }
}
