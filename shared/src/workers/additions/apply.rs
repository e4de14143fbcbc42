//! The steps in ConnectWise.

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
use crate::workers::sync::{RetryMode, SyncError, SyncAttempt};

/// The MSP's ConnectWise.
pub struct ConnectWiseSession<'a> {
    /// The way in.
    pub client: Client<'a>,
    /// The zone of its business days.
    pub zone: &'a TimeZone,
}

/// Work on one addition, whose lease is held.
pub struct AdditionSync<'a> {
    /// What the function holds.
    pub app: &'a App,
    /// Whose turn it is.
    pub turn: &'a SyncAttempt<'a>,
    /// The record, written at each step that must not be forgotten.
    pub record: AdditionRecord,
}

/// Where an addition is to be, all of which was read and found fit.
pub(super) struct AdditionContext {
    pub agreement: Agreement,
    pub product: CatalogItemId,
    /// The agreement's additions.
    pub existing: Vec<Addition>,
}

impl AdditionContext {
    /// The same, but for a line that ends.
    pub(super) fn excluding(mut self, line: &TrackedAddition) -> Self {
        if line.agreement == self.agreement.id {
            self.existing.retain(|row| row.id != line.addition);
        }
        self
    }
}

/// Since when what is wished is so.
#[derive(Clone, Copy, Debug)]
pub struct EffectiveFrom {
    /// Since when the subscription is billed by the agreement.
    pub billing: Timestamp,
    /// Since when the subscription is as it is.
    pub change: Timestamp,
}

impl AdditionSync<'_> {
    /// Has an open addition as wished, whose first day follows from `since`. What there is to know of it.
    pub async fn ensure_active(&mut self, desk: &ConnectWiseSession<'_>, open: &ActiveAddition, since: EffectiveFrom) -> Result<Option<String>, SyncError> {
        let agreement = self.agreement(desk, open).await?;
        let product = self.resolve_product(desk, &open.plan).await?;
        let rows = desk.client.all(&addition::of_agreement(open.agreement)).await?;
        let place = AdditionContext { agreement, product, existing: rows };
        let Some(line) = self.record.tracked.clone().filter(|line| !line.ended) else {
            return self.add(desk, open, &place, since.billing).await;
        };
        if line.agreement != open.agreement {
            return self.replace(desk, open, place, line, since.billing).await;
        }
        let held = self.fetch_ours(desk, &line, &place.existing).await?;
        if self.turn.retry_mode == RetryMode::Recreate && held.as_ref().is_none_or(|held| held.cancelled_date.is_some()) {
            return self.recreate(desk, open, place, line, held.as_ref()).await;
        }
        let held = ensure_not_ended_manually(&line, held)?;
        if desired::converts_from_trial(open, &line, &held, date::business_day(since.change, desk.zone)) {
            return self.replace(desk, open, place, line, since.change).await;
        }
        self.change(desk, open, &place, &line, &held).await?;
        Ok(None)
    }

    /// The agreement, which must be one that the company can be billed by.
    async fn agreement(&self, desk: &ConnectWiseSession<'_>, open: &ActiveAddition) -> Result<Agreement, SyncError> {
        let id = open.agreement;
        let another = "Link the account with another agreement at portal/links/create.";
        let agreement = match desk.client.one(&agreement::get(id)).await {
            Err(ConnectWiseError::Absent { .. }) => {
                return Err(SyncError::needs_action(format!("The agreement {id} is not in ConnectWise any more."), another));
            }
            agreement => agreement?,
        };
        if agreement.company.as_ref().map(|company| company.id) != Some(open.company) {
            return Err(SyncError::needs_action(
                format!("The agreement {} ({id}) is not one of the company {}.", agreement.name, open.company),
                another,
            ));
        }
        if agreement.is_active() {
            return Ok(agreement);
        }
        let status = agreement.status();
        Err(SyncError::needs_action(
            format!("The agreement {} ({id}) is {status}: nothing can be added to it or changed.", agreement.name),
            &format!("Renew it in ConnectWise, then try again at portal/additions/retry. {another}"),
        ))
    }

    /// The plan's product: the one on record, else the one that has its identifier.
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
                format!("The addition {} was given another product in ConnectWise.", line.addition),
                "Give it the plan's product again, or cancel it and say \"recreate\": true at portal/additions/retry for a new one.",
            ));
        }
        let item = if desired::needs_product(open, line, place.product) {
            Some(item(desk, place.product).await?)
        } else {
            None
        };
        let desired::Change { changes, line } = desired::change(open, line, held, item.as_ref());
        if changes != Changes::default() {
            desk.client.one(&addition::patch(line.agreement, line.addition, &changes)).await?;
        }
        self.record.tracked = Some(line);
        Ok(())
    }

    /// Our addition as it is now; none if it was deleted. A list may lag, so what it lacks is asked for by its number.
    async fn fetch_ours(&self, desk: &ConnectWiseSession<'_>, line: &TrackedAddition, rows: &[Addition]) -> Result<Option<Addition>, SyncError> {
        if let Some(row) = rows.iter().find(|row| row.id == line.addition) {
            return Ok(Some(row.clone()));
        }
        match desk.client.one(&addition::get(line.agreement, line.addition)).await {
            Ok(held) => Ok(Some(held)),
            Err(ConnectWiseError::Absent { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Those of `rows` that stand for a subscription on `product` and are nobody else's.
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

/// The addition, unless a person deleted or cancelled it.
fn ensure_not_ended_manually(line: &TrackedAddition, held: Option<Addition>) -> Result<Addition, SyncError> {
    let Some(held) = held else {
        return Err(SyncError::needs_action(
            format!(
                "The addition {} of agreement {} was deleted in ConnectWise, and is not made again by itself.",
                line.addition, line.agreement
            ),
            "If it shall be billed again, say so at portal/additions/retry with \"recreate\": true.",
        ));
    };
    match held.cancelled_date {
        None => Ok(held),
        Some(day) => Err(SyncError::needs_action(
            format!("The addition {} was cancelled in ConnectWise as of {day}.", line.addition),
            "Remove its cancelled date, then try again at portal/additions/retry; or say \"recreate\": true there for a new one.",
        )),
    }
}

/// A product of the catalog.
pub(super) async fn item(desk: &ConnectWiseSession<'_>, id: CatalogItemId) -> Result<CatalogItem, SyncError> {
    match desk.client.one(&catalog::get(id)).await {
        Err(ConnectWiseError::Absent { .. }) => {
            Err(SyncError::product_missing(format!("The product {id} of the plan is not in ConnectWise any more.")))
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
