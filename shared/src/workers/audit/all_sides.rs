//! Loads the sides that a run compares.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::connectwise::{AdditionId, AgreementId};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::domain::list_position::ListPosition;
use crate::domain::msp::MspId;
use crate::store::{AccountKey, AgreementLink, FoundAddition, READ_CONCURRENCY, SubscriptionKey};
use crate::vendor::{Customer, CustomerState, Extent, VendorContext};
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::audit::catalog::Catalog;
use crate::workers::audit::sides::{Sale, Sides};
use crate::workers::sync::{RetryMode, is_up_to_date};

/// Time for which a difference is left to our own pending work.
const PENDING: SignedDuration = SignedDuration::from_hours(24);

/// All that a run compares.
#[derive(Debug, Default)]
pub struct AllSides {
    /// The organizations that the vendor lists, by id.
    pub customers: BTreeMap<ExternalId, Customer>,
    /// The links with an organization, by its id.
    pub links: BTreeMap<ExternalId, AgreementLink>,
    /// The subscriptions of linked accounts: the live one, else one that has ended and whose addition is open.
    pub sales: HashMap<AccountKey, Sale>,
    /// The additions that the subscriptions of linked accounts own.
    pub own: HashMap<AccountKey, Vec<FoundAddition>>,
    /// The open additions that no subscription owns, and that are of the product and the company of a live organization.
    pub matching: HashMap<ExternalId, Vec<FoundAddition>>,
    /// All other open additions.
    pub strays: Vec<FoundAddition>,
    /// Number of additions.
    pub additions: usize,
    /// Number of rows of the vendor's list that could not be read.
    pub unreadable: u32,
}

impl AllSides {
    /// Loads the sides. `additions` are those that bill.
    ///
    /// # Errors
    /// The vendor could not be read to the end, or the table did not answer.
    pub async fn load(
        app: &App,
        msp: MspId,
        vendor: &VendorContext<'_>,
        catalog: &Catalog,
        additions: Vec<FoundAddition>,
    ) -> Result<Self, ServiceError> {
        let (customers, unreadable) = customers(app, vendor).await?;
        let mut all_links = app.store.agreements(msp).await?;
        all_links.retain(|link| link.left_at.is_none());
        let live = all(all_links.iter().map(|link| live_sale(app, link).boxed())).await?;
        let linked: HashSet<_> = all_links.iter().map(|link| link.account.clone()).collect();
        let links = all_links.iter().filter_map(|link| Some((link.organization.as_ref()?.id.clone(), link.clone())));
        let sales = all_links.iter().zip(live).filter_map(|(link, sale)| Some((link.account.clone(), sale?)));
        let mut sides = Self {
            customers,
            links: links.collect(),
            sales: sales.collect(),
            additions: additions.len(),
            unreadable,
            ..Self::default()
        };
        let owners = all(additions.iter().map(|found| owner(app, msp, found).boxed())).await?;
        let mut unowned = Vec::new();
        for (found, sale) in additions.into_iter().zip(owners) {
            let account = sale.as_ref().map(Sale::account).filter(|account| linked.contains(account));
            if let (Some(sale), Some(account)) = (sale, account) {
                sides.sales.entry(account.clone()).or_insert(sale);
                sides.own.entry(account).or_default().push(found);
            } else if found.is_open() {
                unowned.push(found);
            }
        }
        sides.assign(unowned, catalog);
        Ok(sides)
    }

    /// Assigns additions that no subscription owns to the organizations that they may bill.
    fn assign(&mut self, unowned: Vec<FoundAddition>, catalog: &Catalog) {
        let mut candidates = HashMap::new();
        let live = self.customers.values().filter(|customer| customer.state != CustomerState::Unsubscribed);
        for customer in live {
            let Some(link) = self.links.get(&customer.id) else { continue };
            let Some(product) = customer.plan.as_ref().and_then(|plan| catalog.of_plan(plan)) else { continue };
            let is_billed = self.own.contains_key(&link.account);
            let best = candidates.entry((link.company, product.item)).or_insert((is_billed, customer.id.clone()));
            // The first organization without an addition of its own.
            if !is_billed && best.0 {
                *best = (is_billed, customer.id.clone());
            }
        }
        for found in unowned {
            let candidate = found.company.and_then(|company| candidates.get(&(company, found.product)));
            match candidate {
                Some((_, id)) => self.matching.entry(id.clone()).or_default().push(found),
                None => self.strays.push(found),
            }
        }
    }

    /// Returns `true` if an addition belongs to an organization.
    pub fn is_assigned(&self, agreement: AgreementId, addition: AdditionId) -> bool {
        let mut assigned = self.own.values().chain(self.matching.values()).flatten();
        assigned.any(|found| (found.agreement, found.addition) == (agreement, addition))
    }

    /// Returns the sides of one organization.
    pub fn of(&self, id: &ExternalId) -> Sides<'_> {
        let link = self.links.get(id);
        Sides {
            customer: self.customers.get(id),
            link,
            sale: link.and_then(|link| self.sales.get(&link.account)),
            own: link.and_then(|link| self.own.get(&link.account)).into_iter().flatten().collect(),
            strays: self.matching.get(id).into_iter().flatten().collect(),
            inactive: None,
        }
    }
}

/// Returns `true` if work of ours that is under way may end a difference of this sale by itself.
pub fn is_pending(sale: Option<&Sale>, link: &AgreementLink, now: Timestamp) -> bool {
    let Some(sale) = sale else { return false };
    let recent = |since: Timestamp| now.duration_since(since) < PENDING;
    let changed = sale.subscription.updated_at.max(link.linked_at);
    let Some(record) = &sale.addition else { return recent(changed) };
    let desired = DesiredAddition::of(&sale.subscription, Some(link)).map(|desired| desired.fingerprint());
    let status = &record.sync;
    !is_up_to_date(status, desired.as_ref(), RetryMode::None)
        && recent(status.pending_since.unwrap_or(status.updated_at).max(changed))
}

/// Returns the subscription that owns an addition.
async fn owner(app: &App, msp: MspId, found: &FoundAddition) -> Result<Option<Sale>, ServiceError> {
    match app.store.owner_of(msp, found.agreement, found.addition).await? {
        Some(key) => read_sale(app, msp, key).await,
        None => Ok(None),
    }
}

/// Returns all organizations that the vendor lists, and the number of rows that could not be read.
async fn customers(
    app: &App,
    context: &VendorContext<'_>,
) -> Result<(BTreeMap<ExternalId, Customer>, u32), ServiceError> {
    let (mut customers, mut unreadable, mut from) = (BTreeMap::new(), 0, ListPosition::START);
    loop {
        let list = app.vendor.customers(context, from, Extent::Search).await?;
        customers.extend(list.customers.into_iter().map(|customer| (customer.id.clone(), customer)));
        unreadable += list.unreadable;
        match list.next {
            Some(next) => from = next,
            None => return Ok((customers, unreadable)),
        }
    }
}

/// Returns the live subscription of a linked account.
pub async fn live_sale(app: &App, link: &AgreementLink) -> Result<Option<Sale>, ServiceError> {
    match app.store.live_subscription(&link.account).await? {
        Some(key) => read_sale(app, link.msp, key).await,
        None => Ok(None),
    }
}

/// Returns a subscription with the record of its addition.
pub async fn read_sale(app: &App, msp: MspId, key: SubscriptionKey) -> Result<Option<Sale>, ServiceError> {
    let Some(subscription) = app.store.subscription(&key).await? else { return Ok(None) };
    // The record of another MSP is none of this one's.
    let addition = app.store.addition(&key).await?.filter(|record| record.msp == msp);
    Ok(Some(Sale { subscription, addition }))
}

async fn all<'a, T>(
    reads: impl Iterator<Item = BoxFuture<'a, Result<T, ServiceError>>>,
) -> Result<Vec<T>, ServiceError> {
    stream::iter(reads.collect::<Vec<_>>()).buffered(READ_CONCURRENCY).try_collect().await
}
