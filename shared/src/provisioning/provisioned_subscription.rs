//! The result of an order.

use crate::domain::ids::ExternalId;
use crate::domain::subscription_record::SubscriptionRecord;

/// A subscription after an order.
#[derive(Debug)]
pub struct ProvisionedSubscription {
    /// External id for the BSS.
    pub external_id: ExternalId,
    /// Record after the order; with `CheckOnly`, as it would be, as far as that is known. `None` if there is none.
    pub record: Option<SubscriptionRecord>,
    /// `true` if this order wrote the record; `false` if there was nothing to do, another call did it, or it was only checked.
    pub is_applied: bool,
}

impl ProvisionedSubscription {
    /// Returns the result of an order that wrote nothing.
    pub(super) const fn unwritten(external_id: ExternalId, record: Option<SubscriptionRecord>) -> Self {
        Self { external_id, record, is_applied: false }
    }
}
