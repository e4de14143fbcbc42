//! An order of the BSS, parsed from `subscriptions/*` and `addons/*` requests.

use serde::{Deserialize, Serialize};

use crate::bss::ServiceDefinition;
use crate::domain::account::{AccountDetails, account_id};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::subscription::{SubscriptionRef, Wish};
use crate::domain::subscription_record::SubscriptionState;

/// What a call does to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
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

impl OrderKind {
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
    pub kind: OrderKind,
    /// Which subscription.
    pub target: SubscriptionRef,
    /// What is wished.
    pub desired: Wish,
    /// Whose.
    pub account: Option<AccountId>,
    /// The account's id at the vendor, by the BSS's word.
    pub claimed_external_id: Option<ExternalId>,
    /// What a new one says of its account, for a vendor that hears of it so.
    #[serde(default)]
    pub account_details: AccountDetails,
    /// Whether it only asks if it could be.
    pub check_only: bool,
}

/// The vendor's part in reading an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderTerms<'a> {
    /// The names of its attributes and add-ons.
    pub attribute_names: &'a AttributeNames,
    /// The sync option that holds the login.
    pub login_option: &'a str,
    /// `true` if the vendor first hears of an account with an order.
    pub creates_account_on_first_order: bool,
}

impl Order {
    /// Reads a request.
    pub fn parse(service: &ServiceDefinition, verb: OrderKind, vendor: &OrderTerms<'_>) -> Result<Self, ServiceError> {
        let wish = match verb.state() {
            SubscriptionState::Live => Wish::parse(service, SubscriptionState::Live, vendor.attribute_names)?,
            // What is wished is no plan and no number: whatever else stands in the request does not matter.
            state @ (SubscriptionState::Suspended | SubscriptionState::Cancelled) => Wish::to_be(state),
        };
        let told = vendor.creates_account_on_first_order && verb == OrderKind::Create;
        Ok(Self {
            kind: verb,
            target: SubscriptionRef::parse(service),
            desired: wish,
            account: account_id(&service.account).ok(),
            claimed_external_id: ExternalId::parse(&service.account.external_id),
            account_details: if told {
                AccountDetails::from_order(&service.account, vendor.login_option)?
            } else {
                AccountDetails::default()
            },
            check_only: service.check_only,
        })
    }

    /// What it is called.
    pub fn operation(&self) -> &'static str {
        self.kind.operation()
    }

    /// Whether it ends something, which may have ended already.
    pub fn is_termination(&self) -> bool {
        self.kind == OrderKind::Cancel || self.desired.without.is_some()
    }
}
