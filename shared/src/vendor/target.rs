//! The state that an account or a subscription is to have at the vendor.

use crate::domain::account::{Email, AccountDetails, Profile, Role};
use crate::domain::entitlements::Entitlements;
use crate::domain::ids::ExternalId;
use crate::domain::subscription::PlanChoice;
use crate::domain::subscription_record::{AddonRecord, SubscriptionRecord, SubscriptionState};
use crate::store::VendorTenant;

/// What an account shall be at the vendor.
#[derive(Clone, Copy, Debug)]
pub struct AccountTarget<'a> {
    /// A customer or a reseller.
    pub role: Role,
    /// What the vendor is told.
    pub profile: &'a Profile,
    /// The id that its reseller, or it as a reseller, has in the vendor's partner portal.
    pub reseller_id: Option<&'a str>,
    /// Whether it was told that already; none if we have never told it anything.
    pub profile_in_sync: Option<bool>,
    /// The vendor's id, once there is one.
    pub id: Option<&'a ExternalId>,
    /// Our own reference, for the vendor's object to carry.
    pub reference: &'a str,
    /// The vendor's id of the reseller that it belongs to.
    pub parent: Option<&'a ExternalId>,
}

/// What a subscription shall be at the vendor.
#[derive(Clone, Copy, Debug)]
pub struct SubscriptionTarget<'a> {
    /// The account, by the vendor's id.
    pub account: &'a ExternalId,
    /// What the vendor made for its subscriptions, where that is not the account itself.
    pub tenant: Option<&'a VendorTenant>,
    /// What the vendor is told with an order.
    pub account_details: &'a AccountDetails,
    /// Whether we made the account there.
    pub account_created_by_us: bool,
    /// Where the subscription shall stand.
    pub state: SubscriptionState,
    /// Whether what has ended at the vendor may be taken up again.
    pub may_reactivate: bool,
    /// Whether it shall be, or stay, a trial.
    pub trial: bool,
    /// The plan that the request names.
    pub plan: &'a PlanChoice,
    /// What shall be there.
    pub entitlements: &'a Entitlements,
    /// The live add-ons, which the resources are computed from.
    pub addons: &'a [AddonRecord],
    /// What is on record; none for a new one.
    pub current: Option<&'a SubscriptionRecord>,
    /// The present moment.
    pub now: jiff::Timestamp,
}

/// What a search looks for.
#[derive(Clone, Copy, Debug)]
pub struct SearchCriteria<'a> {
    /// Among customers or among resellers.
    pub role: Role,
    /// The login; none if it does not matter.
    pub email: Option<&'a Email>,
    /// The name; empty if it does not matter.
    pub name: &'a str,
    /// Our own reference.
    pub reference: &'a str,
}
