//! Creates an addition exactly once, or adopts an existing one.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::connectwise::api::addition::{self, Addition, NewAddition};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::company;
use crate::connectwise::{CompanyId, ConnectWiseError};
use crate::store::{AdditionRecord, AgreementLink, PendingAdditionCreate, TrackedAddition};
use crate::workers::additions::apply::{AdditionContext, AdditionSync, ConnectWiseSession, ambiguous, item};
use crate::workers::additions::dates::{self, Start};
use crate::workers::additions::desired::{self, ActiveAddition, is_open_for};
use crate::workers::additions::former;
use crate::workers::sync::{CONNECTWISE_CREATE_WINDOW, RetryMode, SyncError};

const EFFECTIVE_DATE: &str = "effectiveDate";

impl AdditionSync<'_> {
    /// Resolves an unconfirmed create: records the addition if it exists, or clears the pending create after its window.
    ///
    /// # Errors
    /// [`SyncError::Transient`] while the create may still complete; [`SyncError::NeedsAction`] if several additions may be
    /// its result.
    pub async fn resolve_pending_create(&mut self, session: &ConnectWiseSession<'_>) -> Result<(), SyncError> {
        let Some(pending) = self.record.pending_create.clone() else { return Ok(()) };
        let may_still_appear = self.app.clock.now().duration_since(pending.at) < CONNECTWISE_CREATE_WINDOW;
        let mut appeared = self.appeared(session, &pending).await?;
        // One list without it proves nothing.
        if appeared.is_empty() && !may_still_appear && !cfg!(feature = "trust-first-answer") {
            appeared = self.appeared(session, &pending).await?;
        }
        match appeared.as_slice() {
            [] if may_still_appear => Err(SyncError::transient(
                "ConnectWise did not confirm that the addition was created. It is searched for while it may still appear, then created again automatically.",
            )),
            [] => {
                self.record.pending_create = None;
                Ok(())
            }
            [one] => self.record_ownership(tracked(&pending, one)).await,
            several => Err(ambiguous(pending.agreement, several.iter().map(|addition| addition.id))),
        }
    }

    /// Returns the additions that may be the result of a create.
    async fn appeared(
        &self,
        session: &ConnectWiseSession<'_>,
        pending: &PendingAdditionCreate,
    ) -> Result<Vec<Addition>, SyncError> {
        let additions = match session.client.list_all(&addition::list(pending.agreement)).await {
            Err(ConnectWiseError::NotFound { .. }) => Vec::new(),
            additions => additions?,
        };
        let new = additions.iter().filter(|addition| !pending.pre_existing.contains(&addition.id));
        Ok(self.unowned(pending.agreement, pending.product, new).await?.into_iter().cloned().collect())
    }

    /// Adds an addition to an agreement that has none of ours.
    pub(super) async fn add(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: &AdditionContext,
        begin: (&Start, &AgreementLink),
    ) -> Result<Option<String>, SyncError> {
        let adoptable = self.adoptable_or_none_wanted(context).await?;
        self.adopt_or_create(session, active, context, adoptable, begin).await
    }

    /// Adopts the addition that is [adoptable](Self::adoptable), or creates one.
    pub(super) async fn adopt_or_create(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: &AdditionContext,
        adoptable: Option<&Addition>,
        begin: (&Start, &AgreementLink),
    ) -> Result<Option<String>, SyncError> {
        let Some(one) = adoptable else {
            return self.create(session, active, context, begin).await.map(|()| None);
        };
        let tracked = TrackedAddition {
            agreement: context.agreement.id,
            addition: one.id,
            product: context.product,
            billing: one.billing(),
            unit_price: None,
            defaults: desired::defaults_of(&item(session, context.product).await?),
            effective_date: one.effective_date,
            delayed_since: None,
            charged_until: self.record.tracked.as_ref().and_then(|former| former.charged_until),
            ended: false,
            last_billed_day: None,
        };
        self.record_ownership(tracked.clone()).await?;
        self.change(session, active, context, &tracked, one).await?;
        Ok(Some(format!("The addition {} already existed and was taken over.", one.id)))
    }

    /// Returns the addition that is [adoptable](Self::adoptable).
    ///
    /// # Errors
    /// [`SyncError::NeedsAction`] also if the MSP chose an addition that is none.
    pub(super) async fn adoptable_or_none_wanted<'r>(
        &self,
        context: &'r AdditionContext,
    ) -> Result<Option<&'r Addition>, SyncError> {
        let adoptable = self.adoptable(context).await?;
        match (adoptable, self.attempt.retry_mode) {
            (None, RetryMode::Adopt(id)) => Err(SyncError::needs_action(
                format!("The agreement {} has no open addition {id} of the product.", context.agreement.id),
                "Send the number of an open addition with \"adopt\" to portal/additions/retry, or \"recreate\": true for a new one.",
            )),
            _ => Ok(adoptable),
        }
    }

    /// Returns an existing open addition of the product that may be adopted: it is ours, or the MSP chose it.
    ///
    /// # Errors
    /// [`SyncError::NeedsAction`] if the agreement has another open addition of the product, or several.
    pub(super) async fn adoptable<'r>(&self, context: &'r AdditionContext) -> Result<Option<&'r Addition>, SyncError> {
        let agreement = context.agreement.id;
        let one = match self.unowned(agreement, context.product, context.existing.iter()).await?.as_slice() {
            [] => return Ok(None),
            [one] => *one,
            several => return Err(ambiguous(agreement, several.iter().map(|addition| addition.id))),
        };
        let is_ours = self.app.store.owner_of(self.record.msp, agreement, one.id).await?.is_some();
        if is_ours || self.attempt.retry_mode == RetryMode::Adopt(one.id) {
            return Ok(Some(one));
        }
        Err(SyncError::needs_action(
            format!(
                "The agreement {agreement} already has an open addition of the product, {}, which was not created here.",
                one.id
            ),
            &format!(
                "If it is this subscription's, send \"adopt\": {} to portal/additions/retry. Otherwise cancel or delete it in ConnectWise, then try again at portal/additions/retry.",
                one.id
            ),
        ))
    }

    /// Creates an addition. No create may be pending. An addition that follows one of ours begins after the last billed day
    /// of that one.
    async fn create(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: &AdditionContext,
        (start, link): (&Start, &AgreementLink),
    ) -> Result<(), SyncError> {
        ensure_company(session, active.company).await?;
        let own = self.record.tracked.as_ref();
        let other = self.last_billed_day_of_former(session, &context.agreement, link).await?;
        let requested = start.requested_day(session.zone, own.and_then(TrackedAddition::billed_until).max(other));
        let charged_until = own.and_then(|own| own.charged_until).max(other);
        let first_day = |agreement: &Agreement| dates::first_day(requested, charged_until, &agreement.terms());
        let first = first_day(&context.agreement);
        let Some(rejection) = self.send(session, active, context, (requested, first)).await? else { return Ok(()) };
        // The period may have been invoiced since the agreement was read.
        if rejection.concerns_field(EFFECTIVE_DATE) {
            let later = first_day(&session.client.send(&agreement::get(context.agreement.id)).await?);
            if later != first {
                return self
                    .send(session, active, context, (requested, later))
                    .await?
                    .map_or(Ok(()), |rejection| Err(product_error(rejection)));
            }
        }
        Err(product_error(rejection))
    }

    /// Returns the last day that former subscriptions of the account are billed. One in another agreement may be invoiced further
    /// than one of `agreement`, so that its terms are read.
    async fn last_billed_day_of_former(
        &self,
        session: &ConnectWiseSession<'_>,
        agreement: &Agreement,
        link: &AgreementLink,
    ) -> Result<Option<Date>, SyncError> {
        let mut last = None;
        for former in former::all(self.app, link, &self.record.subscription).await? {
            let terms = match former.agreement() {
                Some(other) if other != agreement.id => {
                    let other = session.client.send_optional(&agreement::get(other)).await?;
                    other.map(|other| other.terms()).unwrap_or_default()
                }
                _ => agreement.terms(),
            };
            last = last.max(former.last_billed_day(link, &terms, session.zone));
        }
        Ok(last)
    }

    /// Sends a create once, with the requested day and the first day. Returns the error if ConnectWise rejected it.
    async fn send(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: &AdditionContext,
        (requested, first): (Date, Date),
    ) -> Result<Option<ConnectWiseError>, SyncError> {
        let agreement = context.agreement.id;
        let new = NewAddition {
            product: context.product,
            quantity: Decimal::from(active.quantity),
            bill_customer: active.billing.clone(),
            effective_date: first,
            unit_price: active.unit_price,
            unit_cost: None,
            invoice_description: None,
        };
        let pre_existing = context
            .existing
            .iter()
            .filter(|addition| is_open_for(addition, context.product))
            .map(|addition| addition.id)
            .collect();
        let pending = PendingAdditionCreate {
            agreement,
            product: context.product,
            unit_price: active.unit_price,
            pre_existing,
            requested_day: Some(requested),
            charged_until: self.record.tracked.as_ref().and_then(|former| former.charged_until),
            at: self.app.clock.now(),
        };
        self.record.pending_create = Some(pending.clone());
        self.save().await?;
        match session.client.send(&addition::create(agreement, &new)).await {
            Ok(created) => self.record_ownership(tracked(&pending, &created)).await?,
            // An addition has no key that ConnectWise could report as existing.
            Err(error) if error.may_have_created() && !matches!(error, ConnectWiseError::Rejected(_)) => {
                self.resolve_pending_create(session).await?;
            }
            Err(error) => {
                self.record.pending_create = None;
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Records that the subscription owns the addition.
    async fn record_ownership(&mut self, tracked: TrackedAddition) -> Result<(), SyncError> {
        let record = AdditionRecord { pending_create: None, tracked: Some(tracked.clone()), ..self.record.clone() };
        if self.app.store.claim_addition(&record, &tracked, &self.attempt.id).await? {
            self.record = record;
            return Ok(());
        }
        Err(SyncError::transient(format!("The addition {} was taken over for another subscription.", tracked.addition)))
    }
}

/// Checks that the company can be billed.
///
/// # Errors
/// [`SyncError::NeedsAction`] if it was deleted in ConnectWise.
async fn ensure_company(session: &ConnectWiseSession<'_>, id: CompanyId) -> Result<(), SyncError> {
    let company = session.client.send_optional(&company::get(id)).await?;
    let is_there = company.is_some_and(|company| !company.deleted_flag);
    if is_there {
        return Ok(());
    }
    Err(SyncError::needs_action(
        format!("The company {id} was deleted in ConnectWise, so nothing is billed to it."),
        "Restore the company in ConnectWise, then try again at portal/additions/retry. Or link the account with another company at portal/links/create.",
    ))
}

/// Returns the tracked addition that a create made.
fn tracked(pending: &PendingAdditionCreate, created: &Addition) -> TrackedAddition {
    TrackedAddition {
        agreement: pending.agreement,
        addition: created.id,
        product: pending.product,
        billing: created.billing(),
        unit_price: pending.unit_price,
        defaults: desired::snapshot_of(created),
        effective_date: created.effective_date,
        delayed_since: pending.requested_day.filter(|requested| created.effective_date > Some(*requested)),
        charged_until: pending.charged_until,
        ended: false,
        last_billed_day: None,
    }
}

/// Converts the rejection of a create. A rejected product leads to [`SyncError::product_missing`].
fn product_error(error: ConnectWiseError) -> SyncError {
    if error.concerns_field("product") { SyncError::product_missing(error.user_message()) } else { error.into() }
}
