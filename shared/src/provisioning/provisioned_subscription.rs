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
}
