//! A row of `portal/organizations/list`: an organization as Dropsuite shows it, with what is recorded of it here.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::str::FromStr;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::connectwise::api::addition::number;
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::msp::MspId;
use crate::endpoints::portal::TrialView;
use crate::store::{AgreementLink, PlanRecord};
use crate::vendor::{Customer, CustomerState};

/// State of an organization's subscription at Dropsuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CustomerState"))]
#[serde(rename_all = "camelCase")]
pub enum StateView {
    /// In force.
    Active,
    /// Log-ins are disabled. Backups and billing continue.
    Suspended,
    /// Ended.
    Unsubscribed,
}

impl From<CustomerState> for StateView {
    fn from(state: CustomerState) -> Self {
        match state {
            CustomerState::Active => Self::Active,
            CustomerState::Suspended => Self::Suspended,
            CustomerState::Unsubscribed => Self::Unsubscribed,
        }
    }
}

/// Seller of an organization's subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Seller {
    /// The MSP, in the portal.
    Portal,
    /// The distributor's shop: the BSS.
    Shop,
}

/// A row of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Customer"))]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    organization: ExternalId,
    name: String,
    email: String,
    state: StateView,
    /// Seats, plan and price in words.
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    seats_used: u32,
    auto_license: bool,
    /// `true` if the live subscription is a trial, which is not charged.
    trial: bool,
    /// The end of the trial; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_period: Option<TrialView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    amount: Option<Value>,
    /// Price of a unit by the link. It takes precedence over the price of any plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    unit_price: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    periodicity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    last_signed_in: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    deactivated_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_by: Option<Seller>,
}

/// Facts that are recorded here about an organization.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The link of its account with an agreement of the MSP.
    pub link: Option<AgreementLink>,
    /// `true` if its live subscription is a trial.
    pub is_trial: bool,
    /// The end of that trial.
    pub trial_period: Option<TrialView>,
}

impl CustomerRow {
    /// Returns the row of a customer. `plans` are those that the MSP offers.
    pub fn new(customer: Customer, recorded: &Recorded, plans: &HashMap<PlanId, PlanRecord>, msp: MspId) -> Self {
        let link = recorded.link.as_ref();
        let offered = customer.plan.as_ref().and_then(|plan| plans.get(plan));
        let listed = customer.listed_plan.as_ref();
        let by_seats = customer.by_seats();
        let seats = (by_seats != Some(false)).then_some(customer.seats);
        let own_price = link.and_then(|link| link.unit_price).or(offered.map(|plan| plan.price));
        let unit_price = own_price.or(listed.and_then(|plan| plan.price));
        let units = by_seats.map(|by_seats| if by_seats { customer.seats } else { 1 });
        let amount = unit_price.zip(units).and_then(|(price, units)| price.checked_mul(Decimal::from(units)));
        let currency = offered.map(|plan| plan.currency.clone()).or(listed.map(|plan| plan.currency.clone()));
        let plan_name = offered.map(|plan| plan.name.clone()).or(listed.map(|plan| plan.name.clone()));
        let mut words = Vec::new();
        words.extend(seats.map(|seats| if seats == 1 { "1 seat".to_owned() } else { format!("{seats} seats") }));
        words.extend(plan_name.clone());
        words.extend(match (recorded.is_trial, amount, &currency, listed) {
            (true, _, _, _) => {
                Some(recorded.trial_period.as_ref().map_or_else(|| "trial".to_owned(), TrialView::words))
            }
            (false, Some(amount), Some(currency), Some(plan)) => {
                Some(format!("{currency} {:.2} / {}", amount.round_dp(2), plan.period))
            }
            (false, _, _, _) => None,
        });
        Self {
            organization: customer.id,
            name: customer.name,
            email: customer.email,
            state: customer.state.into(),
            summary: words.join(", "),
            plan: customer.plan,
            plan_name,
            seats,
            seats_used: customer.seats_used,
            auto_license: customer.auto_license,
            trial: recorded.is_trial,
            trial_period: recorded.trial_period.clone(),
            periodicity: listed.map(|plan| plan.periodicity.clone()),
            amount: amount.map(number),
            unit_price: link.and_then(|link| link.unit_price).map(number),
            currency,
            created_at: customer.created_at,
            last_signed_in: customer.last_signed_in,
            deactivated_since: customer.deactivated_since,
            company: link.map(|link| link.company),
            agreement: link.map(|link| link.agreement),
            sold_by: link.map(|link| {
                if link.account.application == msp.as_application_id() { Seller::Portal } else { Seller::Shop }
            }),
        }
    }
}

/// Returns `true` if the customer's email address or name contains `searched`, in any letter case.
pub fn matches(customer: &Customer, searched: &str) -> bool {
    let searched = searched.to_lowercase();
    [&customer.email, &customer.name].iter().any(|text| text.to_lowercase().contains(&searched))
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    by: SortKey,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortKey {
    Name,
    Email,
    State,
    CreatedAt,
    LastSignedIn,
}

impl FromStr for Sort {
    /// The text names no order.
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (descending, key) = text.strip_prefix('-').map_or((false, text), |key| (true, key));
        let by = match key {
            "name" => SortKey::Name,
            "email" => SortKey::Email,
            "state" => SortKey::State,
            "createdAt" => SortKey::CreatedAt,
            "lastSignedIn" => SortKey::LastSignedIn,
            _ => return Err(()),
        };
        Ok(Self { by, descending })
    }
}

impl Sort {
    /// Sorts customers. Those without the value come last in either direction; equal ones keep their order.
    pub fn apply(self, customers: &mut [Customer]) {
        customers.sort_by(|one, other| match self.by {
            SortKey::Name => self.texts(&one.name, &other.name),
            SortKey::Email => self.texts(&one.email, &other.email),
            SortKey::State => self.directed(one.state.cmp(&other.state)),
            SortKey::CreatedAt => self.values(one.created_at, other.created_at),
            SortKey::LastSignedIn => self.values(one.last_signed_in, other.last_signed_in),
        });
    }

    fn texts(self, one: &str, other: &str) -> Ordering {
        let value = |text: &str| (!text.is_empty()).then(|| text.to_lowercase());
        self.values(value(one), value(other))
    }

    fn values<T: Ord>(self, one: Option<T>, other: Option<T>) -> Ordering {
        match (one, other) {
            (Some(one), Some(other)) => self.directed(one.cmp(&other)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }

    fn directed(self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::ListedPlan;

    fn customer(id: &str) -> Customer {
        Customer {
            id: ExternalId::parse(id).unwrap(),
            name: format!("Name {id}"),
            email: format!("it@{id}.example"),
            state: CustomerState::Active,
            login_disabled: false,
            plan: PlanId::parse("p"),
            listed_plan: Some(ListedPlan {
                name: "Archive Backup".to_owned(),
                by_seats: Some(true),
                price: Some(Decimal::new(5, 1)),
                currency: "USD".to_owned(),
                periodicity: "monthly".to_owned(),
                months: Some(1),
                period: "month".to_owned(),
            }),
            seats: 3,
            seats_used: 1,
            auto_license: false,
            billable_seats: None,
            active_seats: None,
            deactivated_seats: None,
            created_at: None,
            last_signed_in: None,
            deactivated_since: None,
            country: None,
            notification_emails: Vec::new(),
            reference: String::new(),
        }
    }

    fn row(customer: Customer, is_trial: bool) -> CustomerRow {
        let msp = "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap();
        CustomerRow::new(customer, &Recorded { is_trial, ..Recorded::default() }, &HashMap::new(), msp)
    }

    #[test]
    fn a_trial_is_told_with_its_end() {
        let summary = |over| {
            let ends_at = "2027-03-15T10:00:00Z".parse().unwrap();
            let recorded = Recorded {
                is_trial: true,
                trial_period: Some(TrialView { ends_at, over, at_end: None, refusal: None }),
                ..Recorded::default()
            };
            let msp = "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap();
            CustomerRow::new(customer("a"), &recorded, &HashMap::new(), msp).summary
        };
        assert_eq!(summary(false), "3 seats, Archive Backup, trial until 2027-03-15 10:00 UTC");
        assert_eq!(summary(true), "3 seats, Archive Backup, trial, ended on 2027-03-15 10:00 UTC");
    }

    #[test]
    fn a_subscription_is_told_in_words() {
        assert_eq!(row(customer("a"), false).summary, "3 seats, Archive Backup, USD 1.50 / month");
        assert_eq!(row(Customer { seats: 1, ..customer("a") }, true).summary, "1 seat, Archive Backup, trial");
        let of = |by_seats, price| {
            let plan =
                ListedPlan { by_seats, price, period: "3 weeks".to_owned(), ..customer("a").listed_plan.unwrap() };
            row(Customer { listed_plan: Some(plan), ..customer("a") }, false)
        };
        let by_storage = of(Some(false), Some(Decimal::ONE));
        assert_eq!((by_storage.summary.as_str(), by_storage.seats), ("Archive Backup, USD 1.00 / 3 weeks", None));
        assert_eq!(of(Some(true), None).summary, "3 seats, Archive Backup");
        // It is not known what the price is for.
        assert_eq!(of(None, Some(Decimal::ONE)).summary, "3 seats, Archive Backup");
        let none = row(Customer { plan: None, listed_plan: None, ..customer("a") }, false);
        assert_eq!((none.summary.as_str(), none.amount), ("3 seats", None));
        assert_eq!(of(Some(true), Some(Decimal::MAX)).amount, None);
    }

    #[test]
    fn a_search_finds_addresses_and_names_in_any_case() {
        for searched in ["NAME A", "it@a", "EXAMPLE", "@"] {
            assert!(matches(&customer("a"), searched), "{searched}");
        }
        assert!(!matches(&customer("a"), "b"));
    }

    #[test]
    fn what_lacks_the_value_comes_last() {
        let at = |seconds| Timestamp::from_second(seconds).ok();
        let mut all = vec![
            customer("none"),
            Customer { created_at: at(1), ..customer("first") },
            Customer { created_at: at(2), state: CustomerState::Suspended, ..customer("second") },
        ];
        let mut sorted = |sort: &str| {
            sort.parse::<Sort>().unwrap().apply(&mut all);
            all.iter().map(|customer| customer.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(sorted("createdAt"), ["first", "second", "none"]);
        assert_eq!(sorted("-createdAt"), ["second", "first", "none"]);
        assert_eq!(sorted("name"), ["first", "none", "second"]);
        assert_eq!(sorted("-email"), ["second", "none", "first"]);
        assert_eq!(sorted("-state"), ["second", "none", "first"]);
        for wrong in ["", "-", "Name", "--name", "seats", "created_at"] {
            assert_eq!(wrong.parse::<Sort>(), Err(()), "{wrong}");
        }
    }
}
