//! The entry of an order in the history of the account's MSP.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::app::request::RequestContext;
use crate::bss::requests::RequestedBy;
use crate::domain::difference::Difference;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::PlanId;
use crate::domain::msp::MspId;
use crate::domain::order::Order;
use crate::domain::requester::Requester;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{AccountRecord, HistoryEntry, NewHistoryEntry, StoreError};

/// The members of a subscription that an order changes.
#[derive(Serialize)]
struct Ordered<'a> {
    plan: &'a PlanId,
    seats: Option<u32>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    features: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addons: Vec<&'a str>,
    trial: bool,
    state: SubscriptionState,
}

impl<'a> From<&'a SubscriptionRecord> for Ordered<'a> {
    fn from(record: &'a SubscriptionRecord) -> Self {
        Self {
            plan: &record.plan,
            seats: record.contribution.seats,
            features: &record.contribution.features,
            addons: record.addons.iter().map(|addon| addon.code.as_str()).collect(),
            trial: record.trial,
            state: record.state,
        }
    }
}

/// Returns the MSP in whose history an order of `call` is. `None` for a vendor without MSPs.
///
/// # Errors
/// A failure of the table.
pub(super) async fn msp(call: &RequestContext<'_>) -> Result<Option<MspId>, StoreError> {
    match call.app.vendor.claimed_msp(&call.vendor_context()) {
        Ok(token) => call.app.store.msp_of_token(token).await.map(Some),
        Err(_) => Ok(None),
    }
}

/// Returns the entry of `order` in the history of `msp`, which changed a subscription of `account` from `before` to `after`.
/// `None` if it changed nothing, and without an MSP.
pub(super) fn entry(
    call: &RequestContext<'_>,
    msp: Option<MspId>,
    order: &Order,
    account: &AccountRecord,
    before: Option<&SubscriptionRecord>,
    after: Option<&SubscriptionRecord>,
) -> Option<NewHistoryEntry> {
    let (msp, after) = (msp?, after?);
    let Difference { from, to } = Difference::between(before.map(Ordered::from).as_ref(), Some(&Ordered::from(after)))?;
    let unknown = || Requester::in_shop(&RequestedBy::default(), order.operation());
    let requester = order.requester.as_deref().cloned().unwrap_or_else(unknown);
    let object = format!("subscription {}", after.id);
    let id = Fingerprint::hash(&(&call.request_id, &object)).to_string();
    let entry = HistoryEntry { object: Some(object), from, to, ..HistoryEntry::new(call.now(), requester) };
    Some(NewHistoryEntry { msp, entry, id }.with_account(account.external_id.clone(), &account.key()))
}
