//! The sides that are compared.

use jiff::civil::Date;

use crate::app::fair_use::FairUse;
use crate::domain::msp::MspId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, FoundAddition};
use crate::vendor::Customer;
use crate::workers::audit::catalog::Catalog;

/// The values that are the same for all organizations of a run.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The MSP.
    pub msp: MspId,
    /// The MSP's products.
    pub catalog: &'a Catalog,
    /// The vendor's terms of fair use.
    pub fair_use: FairUse,
    /// The MSP's business day.
    pub day: Date,
}

/// A subscription, with the record of its addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The subscription.
    pub subscription: SubscriptionRecord,
    /// The record of its addition.
    pub addition: Option<AdditionRecord>,
}

impl Sale {
    /// Returns the account.
    pub fn account(&self) -> AccountKey {
        AccountKey { application: self.subscription.application, account: self.subscription.account.clone() }
    }
}

/// The sides of one organization.
#[derive(Clone, Debug, Default)]
pub struct Sides<'a> {
    /// The organization at the vendor. `None` if the vendor shows none.
    pub customer: Option<&'a Customer>,
    /// Its account's link.
    pub link: Option<&'a AgreementLink>,
    /// The account's live subscription, else one that has ended.
    pub sale: Option<&'a Sale>,
    /// The additions that its subscriptions own and that are open, or have not ended yet.
    pub own: Vec<&'a FoundAddition>,
    /// Open additions of its product that no subscription owns, in agreements of the linked company.
    pub strays: Vec<&'a FoundAddition>,
    /// Status of the linked agreement if it bills nothing.
    pub inactive: Option<&'a str>,
}
