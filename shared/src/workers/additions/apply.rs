//! Applies the desired state of an addition in ConnectWise.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::connectwise::api::addition::{self, Addition, Changes};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::catalog::{self, CatalogItem};
use crate::connectwise::{AdditionId, AgreementId, CatalogItemId, Client, ConnectWiseError, date};
use crate::domain::ids::PlanId;
use crate::store::{AdditionRecord, TrackedAddition};
use crate::workers::additions::desired::{self, ActiveAddition};
use crate::workers::sync::{RetryMode, SyncAttempt, SyncError};

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
    pub turn: &'a SyncAttempt<'a>,
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
    pub(super) fn excluding(mut self, line: &TrackedAddition) -> Self {
        if line.agreement == self.agreement.id {
            self.existing.retain(|row| row.id != line.addition);
        }
        self
    }
}

/// Times from which the desired state applies.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveFrom {
    /// Time from which the agreement bills the subscription.
    pub billing: Timestamp,
    /// Time of the subscription's last change.
    pub change: Timestamp,
}

impl AdditionSync<'_> {
    /// Ensures that the addition is active and matches `open`. Its effective date is derived from `since`. Returns a note for
    /// the MSP, if any.
    pub async fn ensure_active(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        since: EffectiveFrom,
    ) -> Result<Option<String>, SyncError> {
        let agreement = self.agreement(desk, open).await?;
        let product = self.resolve_product(desk, &open.plan).await?;
        let rows = desk.client.list_all(&addition::of_agreement(open.agreement)).await?;
        let place = AdditionContext { agreement, product, existing: rows };
        let Some(line) = self.record.tracked.clone().filter(|line| !line.ended) else {
            return self.add(desk, open, &place, since.billing).await;
        };
        if line.agreement != open.agreement {
            return self.replace(desk, open, place, line, since.billing).await;
        }
        let held = self.fetch_ours(desk, &line, &place.existing).await?;
        if self.turn.retry_mode == RetryMode::Recreate && held.as_ref().is_none_or(|held| held.cancelled_date.is_some())
        {
            return self.recreate(desk, open, place, line, held.as_ref()).await;
        }
        let held = ensure_not_ended_manually(&line, held)?;
        if desired::converts_from_trial(open, &line, &held, date::business_day(since.change, desk.zone)) {
            return self.replace(desk, open, place, line, since.change).await;
        }
        self.change(desk, open, &place, &line, &held).await?;
        Ok(None)
    }

    /// Returns the agreement.
    ///
    /// # Errors
    /// [`SyncError::NeedsAction`] if it was deleted, belongs to another company, or is not active.
    async fn agreement(&self, desk: &ConnectWiseSession<'_>, open: &ActiveAddition) -> Result<Agreement, SyncError> {
        let id = open.agreement;
        let another = "Link the account with another agreement at portal/links/create.";
        let agreement = match desk.client.send(&agreement::get(id)).await {
            Err(ConnectWiseError::NotFound { .. }) => {
                return Err(SyncError::needs_action(
                    format!("The agreement {id} no longer exists in ConnectWise."),
                    another,
                ));
            }
            agreement => agreement?,
        };
        if agreement.company.as_ref().map(|company| company.id) != Some(open.company) {
            return Err(SyncError::needs_action(
                format!("The agreement {} ({id}) does not belong to the company {}.", agreement.name, open.company),
                another,
            ));
        }
        if agreement.is_active() {
            return Ok(agreement);
        }
        let status = agreement.status();
        Err(SyncError::needs_action(
            format!("The agreement {} ({id}) is {status}, so its additions can't be changed.", agreement.name),
            &format!("Renew the agreement in ConnectWise, then try again at portal/additions/retry. Or: {another}"),
        ))
    }

    /// Returns the plan's product: the recorded one, else the one with the plan's identifier.
    async fn resolve_product(&self, desk: &ConnectWiseSession<'_>, plan: &PlanId) -> Result<CatalogItemId, SyncError> {
        if let Some(record) = self.app.store.plan(self.record.msp, plan).await? {
            return Ok(record.catalog_item);
        }
        let identifier = catalog::identifier(self.app.vendor.region(), plan);
        let found = desk.client.find(&catalog::find(&identifier)).await?;
        found.map(|item| item.id).ok_or_else(|| {
            SyncError::product_missing(format!("The plan {plan} has no product {identifier} in ConnectWise."))
        })
    }

    pub(super) async fn change(
        &mut self,
        desk: &ConnectWiseSession<'_>,
        open: &ActiveAddition,
        place: &AdditionContext,
        line: &TrackedAddition,
        held: &Addition,
    ) -> Result<(), SyncError> {
        let others = place.existing.iter().filter(|row| row.id != line.addition);
        let others = self.unowned(line.agreement, place.product, others).await?;
        if !others.is_empty() {
            let ids = std::iter::once(line.addition).chain(others.iter().map(|row| row.id));
            return Err(ambiguous(line.agreement, ids));
        }
        let of = held.product.as_ref().map(|of| of.id);
        if of != Some(line.product) && of != Some(place.product) {
            return Err(SyncError::needs_action(
                format!("The product of the addition {} was changed in ConnectWise.", line.addition),
                "Set the plan's product again in ConnectWise, then try again at portal/additions/retry. Or cancel the addition in ConnectWise, then send \"recreate\": true to portal/additions/retry for a new one.",
            ));
        }
        let item = if desired::needs_product(open, line, place.product) {
            Some(item(desk, place.product).await?)
        } else {
            None
        };
        let desired::Change { changes, line } = desired::change(open, line, held, item.as_ref());
        if changes != Changes::default() {
            desk.client.send(&addition::patch(line.agreement, line.addition, &changes)).await?;
        }
        self.record.tracked = Some(line);
        Ok(())
    }

    /// Returns our addition as it is now, or `None` if it was deleted. A list may be stale, so an addition that it lacks is
    /// read by its id.
    async fn fetch_ours(
        &self,
        desk: &ConnectWiseSession<'_>,
        line: &TrackedAddition,
        rows: &[Addition],
    ) -> Result<Option<Addition>, SyncError> {
        if let Some(row) = rows.iter().find(|row| row.id == line.addition) {
            return Ok(Some(row.clone()));
        }
        match desk.client.send(&addition::get(line.agreement, line.addition)).await {
            Ok(held) => Ok(Some(held)),
            Err(ConnectWiseError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the open additions of `product` that no other subscription owns.
    pub(super) async fn unowned<'r>(
        &self,
        agreement: AgreementId,
        product: CatalogItemId,
        rows: impl Iterator<Item = &'r Addition>,
    ) -> Result<Vec<&'r Addition>, SyncError> {
        let mut free = Vec::new();
        for row in rows.filter(|row| desired::is_open_for(row, product)) {
            let owner = self.app.store.owner_of(self.record.msp, agreement, row.id).await?;
            if owner.is_none_or(|owner| owner == self.record.subscription) {
                free.push(row);
            }
        }
        Ok(free)
    }

    pub(super) async fn save(&self) -> Result<(), SyncError> {
        Ok(self.app.store.save_sync(&self.record, &self.turn.id).await?)
    }
}

/// Returns the addition.
///
/// # Errors
/// [`SyncError::NeedsAction`] if a person deleted or cancelled it.
fn ensure_not_ended_manually(line: &TrackedAddition, held: Option<Addition>) -> Result<Addition, SyncError> {
    let Some(held) = held else {
        return Err(SyncError::needs_action(
            format!(
                "The addition {} of agreement {} was deleted in ConnectWise and is not created again automatically.",
                line.addition, line.agreement
            ),
            "To bill the subscription again, send \"recreate\": true to portal/additions/retry.",
        ));
    };
    match held.cancelled_date {
        None => Ok(held),
        Some(day) => Err(SyncError::needs_action(
            format!("The addition {} was cancelled in ConnectWise as of {day}.", line.addition),
            "Remove the cancelled date in ConnectWise, then try again at portal/additions/retry. Or send \"recreate\": true to portal/additions/retry for a new addition.",
        )),
    }
}

/// Returns a product of the catalog.
pub(super) async fn item(desk: &ConnectWiseSession<'_>, id: CatalogItemId) -> Result<CatalogItem, SyncError> {
    match desk.client.send(&catalog::get(id)).await {
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
