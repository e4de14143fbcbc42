//! An order of the BSS, parsed from `subscriptions/*` and `addons/*` requests.

use serde::{Deserialize, Serialize};

use crate::bss::ServiceDefinition;
use crate::domain::account::{Particulars, account_id};
use crate::domain::entitlements::Vocabulary;
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::subscription::{Named, Wish};
use crate::domain::subscription_record::SubscriptionState;

/// What a call does to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Provisions it.
    Create,
    /// Changes plan, seats or add-ons.
    Update,
    /// Takes back a suspension or a cancellation.
    Activate,
    /// Switches log-ins off.
    Suspend,
    /// Ends it.
    Cancel,
}

impl Verb {
    /// Where it leaves the subscription.
    pub fn state(self) -> SubscriptionState {
        match self {
            Self::Create | Self::Update | Self::Activate => SubscriptionState::Live,
            Self::Suspend => SubscriptionState::Suspended,
            Self::Cancel => SubscriptionState::Cancelled,
        }
    }

    /// The endpoint that does it.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Create => "subscriptions/create",
            Self::Update => "subscriptions/update",
            Self::Activate => "subscriptions/activate",
            Self::Suspend => "subscriptions/suspend",
            Self::Cancel => "subscriptions/cancel",
        }
    }
}

/// An order: a verb, and the whole state that is wished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it does.
    pub verb: Verb,
    /// Which subscription.
    pub named: Named,
    /// What is wished.
    pub wish: Wish,
    /// Whose.
    pub account: Option<AccountId>,
    /// The account's id at the vendor, by the BSS's word.
    pub linked_as: Option<ExternalId>,
    /// What a new one says of its account, for a vendor that hears of it so.
    #[serde(default)]
    pub particulars: Particulars,
    /// Whether it only asks if it could be.
    pub check_only: bool,
}

/// The vendor's part in reading an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderTerms<'a> {
    /// The names of its attributes and add-ons.
    pub vocabulary: &'a Vocabulary,
    /// The sync option that holds the login.
    pub login_option: &'a str,
    /// `true` if the vendor first hears of an account with an order.
    pub told_with_orders: bool,
}

impl Order {
    /// Reads a request.
    pub fn parse(service: &ServiceDefinition, verb: Verb, vendor: &OrderTerms<'_>) -> Result<Self, ServiceError> {
        let wish = match verb.state() {
            SubscriptionState::Live => Wish::parse(service, SubscriptionState::Live, vendor.vocabulary)?,
            // What is wished is no plan and no number: whatever else stands in the request does not matter.
            state @ (SubscriptionState::Suspended | SubscriptionState::Cancelled) => Wish::to_be(state),
        };
        let told = vendor.told_with_orders && verb == Verb::Create;
        Ok(Self {
            verb,
            named: Named::parse(service),
            wish,
            account: account_id(&service.account).ok(),
            linked_as: ExternalId::parse(&service.account.external_id),
            particulars: if told {
                Particulars::of_order(&service.account, vendor.login_option)?
            } else {
                Particulars::default()
            },
            check_only: service.check_only,
        })
    }

    /// What it is called.
    pub fn operation(&self) -> &'static str {
        self.verb.operation()
    }

    /// Whether it ends something, which may have ended already.
    pub fn ends(&self) -> bool {
        self.verb == Verb::Cancel || self.wish.without.is_some()
    }
}
