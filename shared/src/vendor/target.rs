//! Desired state of an account or a subscription at the vendor.

use crate::domain::account::{AccountDetails, Email, Profile, Role};
use crate::domain::entitlements::Entitlements;
use crate::domain::ids::ExternalId;
use crate::domain::subscription::PlanChoice;
use crate::domain::subscription_record::{AddonRecord, SubscriptionRecord, SubscriptionState};
use crate::store::VendorTenant;

/// Desired state of an account at the vendor.
#[derive(Clone, Copy, Debug)]
pub struct AccountTarget<'a> {
    /// Customer or reseller.
    pub role: Role,
    /// Profile that the vendor shall have.
    pub profile: &'a Profile,
    /// Id in the vendor's partner portal: that of the account's reseller, or of the account itself if it is a reseller.
    pub reseller_id: Option<&'a str>,
    /// `true` if the vendor has this profile for certain, `false` if it may have another one; `None` if only its own object can
    /// tell.
    pub profile_in_sync: Option<bool>,
    /// Vendor id; `None` until the account exists.
    pub id: Option<&'a ExternalId>,
    /// Our own reference, which the vendor's object carries.
    pub reference: &'a str,
    /// Vendor id of the account's reseller.
    pub parent: Option<&'a ExternalId>,
}

/// The part that an order has in the return of a subscription that was suspended or has ended at the vendor itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reactivation {
    /// It is reactivated: the request is an order or an activation.
    Requested,
    /// The vendor's rules decide: the request changes a live subscription.
    Implied,
    /// It stays as it is: no person asked for the order, which also changes nothing that a person changed at the vendor.
    Never,
}

/// Desired state of a subscription at the vendor.
#[derive(Clone, Copy, Debug)]
pub struct SubscriptionTarget<'a> {
    /// Our own reference, which the vendor's object carries if we created it.
    pub reference: &'a str,
    /// Vendor id of the account.
    pub account: &'a ExternalId,
    /// Tenant that the vendor created for the account's subscriptions, if that is not the account itself.
    pub tenant: Option<&'a VendorTenant>,
    /// Details of the account that are sent with an order.
    pub account_details: &'a AccountDetails,
    /// `true` if we created the account at the vendor.
    pub account_created_by_us: bool,
    /// Desired state: live, suspended or cancelled.
    pub state: SubscriptionState,
    /// The part that the order has in the return of a subscription that is not in use at the vendor.
    pub reactivation: Reactivation,
    /// `true` if the subscription shall be, or stay, a trial.
    pub trial: bool,
    /// Plan that the request names.
    pub plan: &'a PlanChoice,
    /// Desired entitlements: the sum of the plan's and the add-ons'.
    pub entitlements: &'a Entitlements,
    /// Live add-ons. They are included in `entitlements`.
    pub addons: &'a [AddonRecord],
    /// Subscription on record; `None` for a new one.
    pub current: Option<&'a SubscriptionRecord>,
    /// Current time.
    pub now: jiff::Timestamp,
}

/// Criteria of a search for an account.
#[derive(Clone, Copy, Debug)]
pub struct SearchCriteria<'a> {
    /// Searches customers or resellers.
    pub role: Role,
    /// Login to match; `None` to ignore logins.
    pub email: Option<&'a Email>,
    /// Name to match; empty to ignore names.
    pub name: &'a str,
    /// Our own reference to match.
    pub reference: &'a str,
    /// Id to match: that of an object which the vendor denied, if the search has to show that it is gone.
    pub denied: Option<&'a ExternalId>,
}
