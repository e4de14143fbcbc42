//! Applies the desired state of an addition in ConnectWise.

use jiff::tz::TimeZone;

use crate::app::App;
use crate::connectwise::api::addition::{self, Addition, Changes};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::catalog::{self, CatalogItem};
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, Client, ConnectWiseError};
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, SubscriptionKey, TrackedAddition};
use crate::workers::additions::dates::{self, End, Start};
use crate::workers::additions::desired::{self, ActiveAddition};
use crate::workers::sync::{SyncAttempt, SyncError};

/// A session with the MSP's ConnectWise.
pub struct ConnectWiseSession<'a> {
    /// The client with the MSP's keys.
    pub client: Client<'a>,
    /// Time zone of the MSP's business days.
    pub zone: &'a TimeZone,
}

/// The synchronization of one addition, whose lease is held.
pub struct AdditionSync<'a> {
    /// The function's clients and settings.
    pub app: &'a App,
    /// The sync attempt.
    pub attempt: &'a SyncAttempt<'a>,
    /// The addition's record. It is saved before and after each create.
    pub record: AdditionRecord,
}

/// The agreement and product of an addition, read and validated.
pub(super) struct AdditionContext {
    pub agreement: Agreement,
    pub product: CatalogItemId,
    /// The agreement's additions.
    pub existing: Vec<Addition>,
}

impl AdditionContext {
    /// Returns the context without the addition that ends.
    pub(super) fn excluding(mut self, tracked: &TrackedAddition) -> Self {
        if tracked.agreement == self.agreement.id {
            self.existing.retain(|addition| addition.id != tracked.addition);
        }
        self
    }
}

/// A subscription and the link that bills it.
#[derive(Clone, Copy, Debug)]
pub struct Billed<'a> {
    /// The subscription, whose times the dates follow from.
    pub subscription: &'a SubscriptionRecord,
    /// The link, which has the rule of the dates.
    pub link: &'a AgreementLink,
}

impl AdditionSync<'_> {
    /// Ensures that the addition is open and matches `active`. Its effective date follows from `billed`. Returns a note for the
    /// MSP, if any.
    pub async fn ensure_active(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        billed: Billed<'_>,
    ) -> Result<Option<String>, SyncError> {
        let agreement = self.agreement(session, active).await?;
        let product = self.resolve_product(session, &active.plan).await?;
        let additions = session.client.list_all(&addition::list(active.agreement)).await?;
        let context = AdditionContext { agreement, product, existing: additions };
        let sale = Start::of_sale(billed.subscription, billed.link);
        let Some(tracked) = self.record.tracked.clone().filter(|tracked| !tracked.ended) else {
            return self.add(session, active, &context, (&sale, billed.link)).await;
        };
        let moved = End::of_move(&sale, session.zone);
        if tracked.agreement != active.agreement {
            return self.replace(session, active, context, tracked, (&sale, &moved), billed.link).await;
        }
        let current = self.fetch_ours(session, &tracked, &context.existing).await?;
        if current.as_ref().is_some_and(|current| self.is_ended_by_us(current)) {
            return self.replace(session, active, context, tracked, (&sale, &moved), billed.link).await;
        }
        if self.attempt.retry_mode.replaces_addition()
            && current.as_ref().is_none_or(|current| current.cancelled_date.is_some())
        {
            return self.recreate(session, active, context, tracked, current.as_ref(), billed.link).await;
        }
        let current = ensure_not_ended_manually(&tracked, current)?;
        let terms = context.agreement.terms();
        let paid = Start::of_conversion(billed.subscription, billed.link);
        let first = dates::first_day(paid.requested_day(session.zone, None), None, &terms);
        let days = (paid.day(session.zone), first);
        if desired::converts_from_trial(active, &tracked, &current, days) {
            let end = paid.end_of_trial(session.zone);
            return self.replace(session, active, context, tracked, (&paid, &end), billed.link).await;
        }
        self.change(session, active, &context, &tracked, &current).await?;
        Ok(None)
    }

    /// Returns the agreement.
    ///
    /// # Errors
    /// [`SyncError::NeedsAction`] if it was deleted, belongs to another company, or is not active.
    async fn agreement(
        &self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
    ) -> Result<Agreement, SyncError> {
        let id = active.agreement;
        let link_elsewhere = "Link the account with another agreement at portal/links/create.";
        let agreement = match session.client.send(&agreement::get(id)).await {
            Err(ConnectWiseError::NotFound { .. }) => {
                return Err(SyncError::needs_action(
                    format!("The agreement {id} no longer exists in ConnectWise."),
                    link_elsewhere,
                ));
            }
            agreement => agreement?,
        };
        if agreement.company.as_ref().map(|company| company.id) != Some(active.company) {
            return Err(SyncError::needs_action(
                format!("The agreement {} ({id}) does not belong to the company {}.", agreement.name, active.company),
                link_elsewhere,
            ));
        }
        if agreement.is_active() {
            return Ok(agreement);
        }
        let status = agreement.status();
        Err(SyncError::needs_action(
            format!("The agreement {} ({id}) is {status}, so its additions can't be changed.", agreement.name),
            &format!(
                "Renew the agreement in ConnectWise, then try again at portal/additions/retry. Or: {link_elsewhere}"
            ),
        ))
    }

    /// Returns the plan's product: the recorded one, else the one with the plan's identifier.
    async fn resolve_product(
        &self,
        session: &ConnectWiseSession<'_>,
        plan: &PlanId,
    ) -> Result<CatalogItemId, SyncError> {
        if let Some(record) = self.app.store.plan(self.record.msp, plan).await? {
            return Ok(record.catalog_item);
        }
        let SubscriptionKey { application, .. } = self.record.subscription;
        let account = AccountKey { application, account: self.record.account.clone() };
        let organization = self.app.store.agreement(&account).await?.and_then(|link| link.organization);
        let instance = organization.map(|organization| organization.instance).unwrap_or_default();
        let identifier = catalog::identifier(instance.region(self.app.vendor.region()), plan);
        let found = session.client.find(&catalog::find(&identifier)).await?;
        found.map(|item| item.id).ok_or_else(|| {
            SyncError::product_missing(format!("The plan {plan} has no product {identifier} in ConnectWise."))
        })
    }

    pub(super) async fn change(
        &mut self,
        session: &ConnectWiseSession<'_>,
        active: &ActiveAddition,
        context: &AdditionContext,
        tracked: &TrackedAddition,
        current: &Addition,
    ) -> Result<(), SyncError> {
        let others = context.existing.iter().filter(|addition| addition.id != tracked.addition);
        let others = self.unowned(tracked.agreement, context.product, others).await?;
        if !others.is_empty() {
            let ids = std::iter::once(tracked.addition).chain(others.iter().map(|addition| addition.id));
            return Err(ambiguous(tracked.agreement, ids));
        }
        let current_product = current.product.as_ref().map(|current_product| current_product.id);
        if current_product != Some(tracked.product) && current_product != Some(context.product) {
            return Err(SyncError::needs_action(
                format!("The product of the addition {} was changed in ConnectWise.", tracked.addition),
                "Set the plan's product again in ConnectWise, then try again at portal/additions/retry. Or cancel the addition in ConnectWise, then send \"recreate\": true to portal/additions/retry for a new one.",
            ));
        }
        let item = if desired::needs_product(active, tracked, context.product) {
            Some(item(session, context.product).await?)
        } else {
            None
        };
        let desired::Change { changes, tracked } = desired::change(active, tracked, current, item.as_ref());
        if changes != Changes::default() {
            session.client.send(&addition::patch(tracked.agreement, tracked.addition, &changes)).await?;
        }
        self.record.tracked = Some(tracked);
        self.record.pending_end = None;
        Ok(())
    }

    /// Returns `true` if an attempt of ours ended the addition, and what follows it was not created: the end was recorded before
    /// it was sent.
    fn is_ended_by_us(&self, current: &Addition) -> bool {
        let chosen = self.record.pending_end.as_ref().map(|end| end.cancelled_date);
        chosen.is_some() && current.cancelled_date == chosen
    }

    /// Returns our addition as it is now, or `None` if it was deleted. A list may be stale, so an addition that it lacks is
    /// read by its id.
    async fn fetch_ours(
        &self,
        session: &ConnectWiseSession<'_>,
        tracked: &TrackedAddition,
        additions: &[Addition],
    ) -> Result<Option<Addition>, SyncError> {
        if let Some(addition) = additions.iter().find(|addition| addition.id == tracked.addition) {
            return Ok(Some(addition.clone()));
        }
        Ok(session.client.send_optional(&addition::get(tracked.agreement, tracked.addition)).await?)
    }

    /// Returns the open additions of `product` that no other subscription owns.
    pub(super) async fn unowned<'r>(
        &self,
        agreement: AgreementId,
        product: CatalogItemId,
        additions: impl Iterator<Item = &'r Addition>,
    ) -> Result<Vec<&'r Addition>, SyncError> {
        let mut unowned = Vec::new();
        for addition in additions.filter(|addition| desired::is_open_for(addition, product)) {
            let owner = self.app.store.owner_of(self.record.msp, agreement, addition.id).await?;
            if owner.is_none_or(|owner| owner == self.record.subscription) {
                unowned.push(addition);
            }
        }
        Ok(unowned)
    }

    pub(super) async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.attempt.id).await?)
    }
}

/// Returns the addition.
///
/// # Errors
/// [`SyncError::NeedsAction`] if a person deleted or cancelled it.
fn ensure_not_ended_manually(tracked: &TrackedAddition, current: Option<Addition>) -> Result<Addition, SyncError> {
    let Some(current) = current else {
        return Err(SyncError::needs_action(
            format!(
                "The addition {} of agreement {} was deleted in ConnectWise and is not created again automatically.",
                tracked.addition, tracked.agreement
            ),
            "To bill the subscription again, send \"recreate\": true to portal/additions/retry.",
        ));
    };
    match current.cancelled_date {
        None => Ok(current),
        Some(day) => Err(SyncError::needs_action(
            format!("The addition {} was cancelled in ConnectWise as of {day}.", tracked.addition),
            "Remove the cancelled date in ConnectWise, then try again at portal/additions/retry. Or send \"recreate\": true to portal/additions/retry for a new addition.",
        )),
    }
}

/// Returns a product of the catalog.
pub(super) async fn item(session: &ConnectWiseSession<'_>, id: CatalogItemId) -> Result<CatalogItem, SyncError> {
    match session.client.send(&catalog::get(id)).await {
        Err(ConnectWiseError::NotFound { .. }) => {
            Err(SyncError::product_missing(format!("The plan's product {id} no longer exists in ConnectWise.")))
        }
        item => Ok(item?),
    }
}

pub(super) fn ambiguous(agreement: AgreementId, additions: impl Iterator<Item = AdditionId>) -> SyncError {
    let ids: Vec<_> = additions.map(|id| id.to_string()).collect();
    SyncError::needs_action(
        format!("The agreement {agreement} has more than one open addition for the product: {}.", ids.join(" and ")),
        "Cancel or delete all but one in ConnectWise, then try again at portal/additions/retry.",
    )
}
