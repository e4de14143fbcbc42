//! The partner's plans, and the choice of one for an order.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::contract::{periodicity, product_type};
use super::decode;
use crate::bss::responses::UnitBillingCycle;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::domain::subscription::PlanChoice;
use crate::http_client::other_system_message;
use crate::vendor::{ListedPlan, OfferedPlan};

/// Kind of product that a plan contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Backup, billed per seat.
    Backup,
    /// Backup and archive, billed per seat.
    Archiver,
    /// Personal or basic backup, billed by storage.
    Personal,
}

/// A plan of `GET /plans`. A plan of an unknown product type has no family and is not sold, because its unit of billing is
/// unknown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Plan {
    /// Vendor id, such as `16921-6-3378-14`.
    #[serde(deserialize_with = "decode::id")]
    pub id: String,
    /// Display name.
    #[serde(default, deserialize_with = "decode::text")]
    pub name: String,
    /// ISO 4217 currency code, in the vendor's letter case.
    #[serde(default, deserialize_with = "decode::text")]
    pub currency: String,
    /// Storage allowance, as text.
    #[serde(default, deserialize_with = "decode::text")]
    pub data_storage: String,
    /// Billing period, as text.
    #[serde(default, deserialize_with = "decode::text")]
    pub periodicity: String,
    /// Price of a seat or of the storage, for a billing period, as text.
    #[serde(default, deserialize_with = "decode::text")]
    amount: String,
    /// Kind of product, in the vendor's words.
    #[serde(default, deserialize_with = "decode::text")]
    product_type: String,
}

impl Plan {
    /// Returns the kind of product; `None` if the vendor's word for it is unknown.
    pub fn family(&self) -> Option<Family> {
        let is = |types: &[&str]| types.iter().any(|name| name.eq_ignore_ascii_case(&self.product_type));
        [
            (product_type::BACKUP, Family::Backup),
            (product_type::ARCHIVER, Family::Archiver),
            (product_type::PERSONAL, Family::Personal),
        ]
        .into_iter()
        .find_map(|(types, family)| is(types).then_some(family))
    }

    /// Returns the price of a seat or of the storage, for a billing period; `None` if the vendor's text is not a number.
    pub fn price(&self) -> Option<Decimal> {
        Decimal::from_str(self.amount.trim()).ok()
    }

    /// Returns the plan as MSPs see it; `None` if it cannot be sold.
    pub fn offered(&self) -> Option<OfferedPlan> {
        Some(OfferedPlan {
            id: PlanId::parse(&self.id)?,
            name: self.name.clone(),
            product_type: match self.family()? {
                Family::Backup => ProductType::Backup,
                Family::Archiver => ProductType::Archive,
                Family::Personal => ProductType::Personal,
            },
            price: self.price(),
            currency: self.currency.to_ascii_uppercase(),
            periodicity: self.periodicity.clone(),
        })
    }

    /// Returns the billing period; `None` if the vendor's word for it is unknown.
    pub fn billing_cycle(&self) -> Option<UnitBillingCycle> {
        match billing_months(&self.periodicity)? {
            1 => Some(UnitBillingCycle::Monthly),
            _ => Some(UnitBillingCycle::Annually),
        }
    }

    /// Returns the plan as the vendor lists it, whether or not it can be sold here.
    pub fn listed(&self) -> ListedPlan {
        let months = billing_months(&self.periodicity);
        let period = match months {
            Some(1) => "month".to_owned(),
            Some(_) => "year".to_owned(),
            None => other_system_message(&self.periodicity),
        };
        ListedPlan {
            name: other_system_message(&self.name),
            by_seats: self.family().map(|family| family != Family::Personal),
            price: self.price(),
            currency: other_system_message(&self.currency).to_ascii_uppercase(),
            periodicity: other_system_message(&self.periodicity),
            months,
            period,
        }
    }

    /// Sorts the cheapest plan first, and a plan without a price last.
    fn sort_key(&self) -> (Decimal, &str) {
        (self.price().unwrap_or(Decimal::MAX), &self.id)
    }

    /// Returns `true` if both plans have the same currency and billing period.
    pub fn same_billing(&self, other: &Self) -> bool {
        self.can_change_to(other) && self.periodicity.eq_ignore_ascii_case(&other.periodicity)
    }

    /// Returns `true` if a subscription of this plan can change to `other`: both have the same currency.
    pub fn can_change_to(&self, other: &Self) -> bool {
        self.currency.eq_ignore_ascii_case(&other.currency)
    }
}

/// Returns the number of months of a billing period: 1 or 12; `None` if the vendor's word for it is unknown.
pub fn billing_months(period: &str) -> Option<u32> {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(period.trim()));
    match (is(periodicity::MONTHLY), is(periodicity::YEARLY)) {
        (true, _) => Some(1),
        (false, true) => Some(12),
        (false, false) => None,
    }
}

/// A partner's plans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plans(Vec<Plan>);

impl Plans {
    /// Wraps the vendor's list.
    pub fn new(plans: Vec<Plan>) -> Self {
        Self(plans)
    }

    /// Returns all plans, in the vendor's order.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter()
    }

    /// Returns the plan with that id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.id == id)
    }

    /// Returns the plan that a request names: by the code of its plan attribute, or, without a code, by the first candidate
    /// that is the id of a plan. A plan without a family is never chosen.
    pub fn choose(&self, choice: &PlanChoice) -> Option<&Plan> {
        match &choice.code {
            Some(code) => self.get(code.as_str()),
            None => choice.candidates.iter().find_map(|candidate| self.get(candidate.as_str())),
        }
        .filter(|plan| plan.family().is_some())
    }

    /// Returns the archiver plan with the same currency and billing period as a backup plan.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuitablePlan`] if there is none, or more than one, since the price would be ambiguous.
    pub fn with_archiving(&self, backup: &Plan) -> Result<&Plan, ServiceError> {
        let mut archiver_plans =
            self.0.iter().filter(|plan| plan.family() == Some(Family::Archiver) && plan.same_billing(backup));
        match (archiver_plans.next(), archiver_plans.next()) {
            (Some(plan), None) => Ok(plan),
            (None, _) => Err(ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!(
                    "Archiving needs an archiver plan in {} billed {} that matches the plan {}, but the partner has none. Create one in the Dropsuite portal.",
                    backup.currency, backup.periodicity, backup.name
                ),
            )),
            (Some(one), Some(other)) => Err(ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!(
                    "Archiving for the plan {} is ambiguous, because the plans {} and {} both match. Order one of them instead of the add-on.",
                    backup.name, one.name, other.name
                ),
            )),
        }
    }

    /// Returns the plan of an organization before its first order: the cheapest backup plan.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuitablePlan`] if the partner has no backup plan.
    pub fn default_plan(&self) -> Result<&Plan, ServiceError> {
        self.0.iter().filter(|plan| plan.family() == Some(Family::Backup)).min_by_key(|plan| plan.sort_key()).ok_or_else(
            || {
                ServiceError::new(
                    ErrorCode::NoSuitablePlan,
                    "Dropsuite needs a backup plan to create an organization, and the partner has none. Create one in the Dropsuite portal.",
                )
            },
        )
    }

    /// Returns the error for a choice that names no available plan.
    pub fn unknown_plan_error(choice: &PlanChoice) -> ServiceError {
        let named = choice.code.as_ref().or(choice.candidates.first()).map_or("", PlanId::as_str);
        let problem = if named.is_empty() {
            "The order names no plan.".to_owned()
        } else {
            format!("The plan {named} is not available.")
        };
        ServiceError::new(
            ErrorCode::PlanUnknown,
            format!("{problem} Choose an available plan, or contact your provider."),
        )
        .with_internal(format!("{problem} The partner has no such plan: the definitions in the BSS may be outdated."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(id: &str, family: &str, currency: &str, periodicity: &str, amount: &str) -> Plan {
        Plan {
            id: id.to_owned(),
            name: id.to_owned(),
            currency: currency.to_owned(),
            data_storage: String::new(),
            periodicity: periodicity.to_owned(),
            amount: amount.to_owned(),
            product_type: family.to_owned(),
        }
    }

    fn plans() -> Plans {
        Plans::new(vec![
            plan("b1", "res_backup", "EUR", "monthly", "2.50"),
            plan("b2", "res_backup", "USD", "monthly", "2.40"),
            plan("a1", "res_archive", "eur", "Monthly", "4.00"),
            plan("a2", "res_archive", "USD", "monthly", "4.00"),
            plan("a3", "res_archive", "USD", "monthly", "5.00"),
            plan("x", "res_tomorrow", "EUR", "monthly", "0"),
        ])
    }

    #[test]
    fn archiving_needs_exactly_one_matching_plan() {
        let plans = plans();
        assert_eq!(plans.with_archiving(plans.get("b1").unwrap()).unwrap().id, "a1");
        let error = plans.with_archiving(plans.get("b2").unwrap()).unwrap_err();
        assert!(error.message().contains("a2") && error.message().contains("a3"), "{}", error.message());
    }

    #[test]
    fn a_plan_of_an_unknown_product_type_is_not_sold() {
        let choice = PlanChoice { code: PlanId::parse("x"), candidates: Vec::new() };
        assert_eq!(plans().choose(&choice), None);
    }

    #[test]
    fn a_wrong_code_does_not_fall_back_to_a_candidate() {
        let choice = PlanChoice { code: PlanId::parse("gone"), candidates: vec![PlanId::parse("b1").unwrap()] };
        assert_eq!(plans().choose(&choice), None);
        let choice =
            PlanChoice { code: None, candidates: vec![PlanId::parse("1234").unwrap(), PlanId::parse("b1").unwrap()] };
        assert_eq!(plans().choose(&choice).unwrap().id, "b1");
    }

    #[test]
    fn the_default_plan_is_the_cheapest_backup_plan() {
        assert_eq!(plans().default_plan().unwrap().id, "b2");
        assert_eq!(Plans::default().default_plan().unwrap_err().code(), ErrorCode::NoSuitablePlan);
    }
}
