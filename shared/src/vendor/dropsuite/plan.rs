//! The partner's plans, and which one a wish means.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::contract::product_type;
use super::decode;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::PlanId;
use crate::domain::plan::ProductType;
use crate::domain::subscription::PlanChoice;
use crate::vendor::OfferedPlan;

/// What a plan sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Backup, by seats.
    Backup,
    /// Backup and archive, by seats.
    Archiver,
    /// Personal or basic backup, by storage.
    Personal,
}

/// A plan of `GET /plans`. Unknown product types have no family and are not sold: nobody knows what they are billed by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Plan {
    /// The vendor's id, `16921-6-3378-14`.
    #[serde(deserialize_with = "decode::text")]
    pub id: String,
    /// Shown to people.
    #[serde(default, deserialize_with = "decode::text")]
    pub name: String,
    /// ISO 4217, in the vendor's letter case.
    #[serde(default, deserialize_with = "decode::text")]
    pub currency: String,
    /// The storage allowance, as text.
    #[serde(default, deserialize_with = "decode::text")]
    pub data_storage: String,
    /// The billing period, as text.
    #[serde(default, deserialize_with = "decode::text")]
    pub periodicity: String,
    /// The price of a seat or of the storage, for a period.
    #[serde(default, deserialize_with = "decode::text")]
    amount: String,
    /// What it sells, in the vendor's words.
    #[serde(default, deserialize_with = "decode::text")]
    product_type: String,
}

impl Plan {
    /// What it sells.
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

    /// The price of a seat or of the storage, for a period; none if the vendor's text is no number.
    pub fn price(&self) -> Option<Decimal> {
        Decimal::from_str(self.amount.trim()).ok()
    }

    /// As an MSP sells it; none for a plan that is not sold.
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

    /// Cheapest first; a plan without a price last.
    fn sort_key(&self) -> (Decimal, &str) {
        (self.price().unwrap_or(Decimal::MAX), &self.id)
    }

    /// Whether both are billed in the same currency and period.
    pub fn bills_like(&self, other: &Self) -> bool {
        self.currency.eq_ignore_ascii_case(&other.currency) && self.periodicity.eq_ignore_ascii_case(&other.periodicity)
    }
}

/// A partner's plans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plans(Vec<Plan>);

impl Plans {
    /// Takes the vendor's list.
    pub fn new(plans: Vec<Plan>) -> Self {
        Self(plans)
    }

    /// All of them, in the vendor's order.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter()
    }

    /// The plan of that id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.id == id)
    }

    /// The plan that a request means: the code of its plan attribute if it has one, else the first hint that is a
    /// plan's id.
    pub fn choose(&self, choice: &PlanChoice) -> Option<&Plan> {
        match &choice.code {
            Some(code) => self.get(code.as_str()),
            None => choice.candidates.iter().find_map(|hint| self.get(hint.as_str())),
        }
        .filter(|plan| plan.family().is_some())
    }

    /// The one archiver plan of the same currency and period as a backup plan.
    ///
    /// # Errors
    /// [`Code::PlansLacking`] if there is none, or more than one: which price to charge is not ours to guess.
    pub fn with_archiving(&self, backup: &Plan) -> Result<&Plan, ServiceError> {
        let mut counterparts =
            self.0.iter().filter(|plan| plan.family() == Some(Family::Archiver) && plan.bills_like(backup));
        match (counterparts.next(), counterparts.next()) {
            (Some(plan), None) => Ok(plan),
            (None, _) => Err(ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!(
                    "There is no archiver plan in {} billed {} to switch archiving on for the plan {}. Create one in the Dropsuite portal.",
                    backup.currency, backup.periodicity, backup.name
                ),
            )),
            (Some(one), Some(other)) => Err(ServiceError::new(
                ErrorCode::NoSuitablePlan,
                format!(
                    "Archiving for the plan {} could mean the plan {} or {}. Order one of them instead of the add-on.",
                    backup.name, one.name, other.name
                ),
            )),
        }
    }

    /// The plan on which an organization starts before its first order: the cheapest backup plan.
    ///
    /// # Errors
    /// [`Code::PlansLacking`] if the partner has none.
    pub fn to_start_with(&self) -> Result<&Plan, ServiceError> {
        self.0.iter().filter(|plan| plan.family() == Some(Family::Backup)).min_by_key(|plan| plan.sort_key()).ok_or_else(
            || {
                ServiceError::new(
                    ErrorCode::NoSuitablePlan,
                    "Dropsuite needs a backup plan to create an organization, and the partner has none. Create one in the Dropsuite portal.",
                )
            },
        )
    }

    /// The refusal of a choice that names no plan on sale.
    pub fn unknown(choice: &PlanChoice) -> ServiceError {
        let named = choice.code.as_ref().or(choice.candidates.first()).map_or("", PlanId::as_str);
        let what = if named.is_empty() {
            "The request names no plan.".to_owned()
        } else {
            format!("Dropsuite offers no plan {named} to this partner.")
        };
        ServiceError::new(ErrorCode::PlanUnknown, format!("{what} Choose another plan, or refresh the service definitions."))
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
    fn archiving_needs_exactly_one_counterpart() {
        let plans = plans();
        assert_eq!(plans.with_archiving(plans.get("b1").unwrap()).unwrap().id, "a1");
        let refused = plans.with_archiving(plans.get("b2").unwrap()).unwrap_err();
        assert!(refused.message().contains("a2") && refused.message().contains("a3"), "{}", refused.message());
    }

    #[test]
    fn an_unknown_kind_of_plan_is_not_sold() {
        let choice = PlanChoice { code: PlanId::parse("x"), candidates: Vec::new() };
        assert_eq!(plans().choose(&choice), None);
    }

    #[test]
    fn a_wrong_code_is_not_mended_by_a_hint() {
        let choice = PlanChoice { code: PlanId::parse("gone"), candidates: vec![PlanId::parse("b1").unwrap()] };
        assert_eq!(plans().choose(&choice), None);
        let choice =
            PlanChoice { code: None, candidates: vec![PlanId::parse("1234").unwrap(), PlanId::parse("b1").unwrap()] };
        assert_eq!(plans().choose(&choice).unwrap().id, "b1");
    }

    #[test]
    fn the_start_is_the_cheapest_backup_plan() {
        assert_eq!(plans().to_start_with().unwrap().id, "b2");
        assert_eq!(Plans::default().to_start_with().unwrap_err().code(), ErrorCode::NoSuitablePlan);
    }
}
