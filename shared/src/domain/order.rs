//! Orders of the BSS, parsed from `subscriptions/*` and `addons/*` requests.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bss::ServiceDefinition;
use crate::domain::account::{AccountDetails, account_id, external_id};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ExternalId};
use crate::domain::requester::Requester;
use crate::domain::subscription::{DesiredSubscription, PlanChoice, SubscriptionRef};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};

/// The operation of an order on a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Provisions the subscription.
    Create,
    /// Changes the plan, seats or add-ons.
    Update,
    /// Reverts a suspension or a cancellation.
    Activate,
    /// Disables sign-in.
    Suspend,
    /// Ends the subscription.
    Cancel,
}

impl OrderKind {
    /// Returns the state of the subscription after the order.
    pub fn state(self) -> SubscriptionState {
        match self {
            Self::Create | Self::Update | Self::Activate => SubscriptionState::Live,
            Self::Suspend => SubscriptionState::Suspended,
            Self::Cancel => SubscriptionState::Cancelled,
        }
    }

    /// Returns the path of the endpoint.
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

/// An order: an operation and the complete desired state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The operation.
    pub kind: OrderKind,
    /// The subscription.
    pub target: SubscriptionRef,
    /// The desired state.
    pub desired: DesiredSubscription,
    /// The account that owns the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The account's id at the vendor, as the BSS sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_external_id: Option<ExternalId>,
    /// The details of the account, if the order creates the account at the vendor.
    #[serde(default, skip_serializing_if = "AccountDetails::is_empty")]
    pub account_details: AccountDetails,
    /// `true` to check the order without executing it.
    pub check_only: bool,
    /// Of the cancellation that no request asks for: the end for which the subscription was cancelled. The order does nothing if
    /// the subscription was activated since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Of an order at the end of a trial, which no request asks for: the version of the subscription's record that it follows. The
    /// order does nothing if the subscription was written since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_version: Option<u64>,
    /// Who ordered, for the MSP's history. `None` in an order of an earlier release, and of the cancellation at the end of a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<Box<Requester>>,
}

/// The vendor's rules for parsing an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderTerms<'a> {
    /// The names of the vendor's attributes and add-ons.
    pub attribute_names: &'a AttributeNames,
    /// The Sync Option with the login.
    pub login_option: &'a str,
    /// `true` if the vendor creates an account with its first order.
    pub creates_account_on_first_order: bool,
}

impl Order {
    /// Parses a request.
    ///
    /// # Errors
    /// The code of the first invalid member.
    pub fn parse(service: &ServiceDefinition, kind: OrderKind, terms: &OrderTerms<'_>) -> Result<Self, ServiceError> {
        let desired = match kind.state() {
            SubscriptionState::Live => {
                DesiredSubscription::parse(service, SubscriptionState::Live, terms.attribute_names)?
            }
            // These orders request neither a plan nor seats, so the other members are ignored.
            state @ (SubscriptionState::Suspended | SubscriptionState::Cancelled) => {
                DesiredSubscription::with_state(state)
            }
        };
        let creates_account = terms.creates_account_on_first_order && kind == OrderKind::Create;
        Ok(Self {
            kind,
            target: SubscriptionRef::parse(service),
            desired,
            account: account_id(&service.account).ok(),
            claimed_external_id: external_id(&service.account.external_id)?,
            account_details: if creates_account {
                AccountDetails::from_order(&service.account, terms.login_option)?
            } else {
                AccountDetails::default()
            },
            check_only: service.check_only,
            ends_at: None,
            of_version: None,
            requester: None,
        })
    }

    /// Returns the cancellation, which no request asks for, of a subscription that was cancelled for the end of its term.
    pub fn cancellation(record: &SubscriptionRecord) -> Self {
        let desired = DesiredSubscription::with_state(SubscriptionState::Cancelled);
        Self { ends_at: record.ends_at, ..Self::without_request(OrderKind::Cancel, desired, record) }
    }

    /// Returns the cancellation, which no request asks for, of a trial at its end.
    pub fn cancellation_of_trial(record: &SubscriptionRecord) -> Self {
        let desired = DesiredSubscription::with_state(SubscriptionState::Cancelled);
        Self::at_trial_end(OrderKind::Cancel, "organizations/unsubscribe", desired, record)
    }

    /// Returns the order, which no request asks for, that makes a trial paid at its end and leaves the rest of it as it is. It is
    /// refused if the vendor shows other seats than the record, which a person changed there.
    pub fn conversion(record: &SubscriptionRecord) -> Self {
        let desired = DesiredSubscription {
            plan: PlanChoice { code: Some(record.plan.clone()), candidates: Vec::new() },
            base: record.contribution.clone(),
            trial: Some(false),
            ..DesiredSubscription::with_state(SubscriptionState::Live)
        };
        Self::at_trial_end(OrderKind::Update, "organizations/update", desired, record)
    }

    /// Returns an order at the end of a trial. `action` is the portal's endpoint that has the same effect.
    fn at_trial_end(kind: OrderKind, action: &str, desired: DesiredSubscription, record: &SubscriptionRecord) -> Self {
        Self {
            requester: Some(Box::new(Requester::trial_end(action))),
            of_version: Some(record.version),
            ..Self::without_request(kind, desired, record)
        }
    }

    fn without_request(kind: OrderKind, desired: DesiredSubscription, record: &SubscriptionRecord) -> Self {
        Self {
            kind,
            target: SubscriptionRef {
                id: Some(record.id.clone()),
                external_id: Some(record.external_id.clone()),
                original_id: None,
            },
            desired,
            account: Some(record.account.clone()),
            claimed_external_id: None,
            account_details: AccountDetails::default(),
            check_only: false,
            ends_at: None,
            of_version: None,
            requester: None,
        }
    }

    /// Returns the path of the endpoint.
    pub fn operation(&self) -> &'static str {
        self.kind.operation()
    }

    /// Returns `true` if the order ends a subscription or an add-on, which may have ended already.
    pub fn is_termination(&self) -> bool {
        self.kind == OrderKind::Cancel || self.desired.removed_addon.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trial() -> SubscriptionRecord {
        let end = "2027-03-15T10:00:00Z";
        let record = json!({
            "application": uuid::Uuid::nil(), "id": "20-1", "account": "20", "external_id": "1.20-1", "plan": "p",
            "seats": 3, "addons": [], "state": "live", "trial": true, "live_since": "2027-03-01T10:00:00Z",
            "cancelled_at": null, "version": 7, "created_at": "2027-02-01T10:00:00Z", "updated_at": end,
            "trial_period": {"ends_at": end, "at_end": "convert", "noticed": {"days": 0, "ends_at": end}},
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn an_order_at_the_end_changes_one_thing_and_follows_one_version() {
        let trial = trial();
        let conversion = Order::conversion(&trial);
        assert_eq!((conversion.kind, conversion.of_version), (OrderKind::Update, Some(7)));
        assert_eq!(conversion.desired.trial, Some(false));
        assert_eq!(conversion.desired.contribution(Some(&trial)), trial.contribution);
        assert_eq!((conversion.desired.plan.code, conversion.desired.addons), (Some(trial.plan.clone()), None));
        let cancellation = Order::cancellation_of_trial(&trial);
        assert_eq!((cancellation.kind, cancellation.of_version), (OrderKind::Cancel, Some(7)));
        assert_eq!((Order::cancellation(&trial).of_version, Order::cancellation(&trial).ends_at), (None, None));
    }
}
