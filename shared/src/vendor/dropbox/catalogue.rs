//! The catalogue, as configuration: plans with their SKUs for each commitment, and add-ons. `catalogue.json` is built in.
//! Its SKU ids are examples that were seen, or that follow the pattern of those (`docs/vendors/dropbox.md`, "SKU naming"). A
//! deployment replaces it with its distributor's price list (`DROPBOX_CATALOGUE_FILE`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::domain::subscription::PlanChoice;

/// Attribute of the definitions with the plan.
pub(super) const PLAN: &str = "plan";

/// Attribute of the definitions with the number of licences.
pub(super) const SEATS: &str = "seats";

/// The SKUs of a team with their quantities.
pub type Skus = BTreeMap<String, u32>;

/// Length of the commitment to a plan, and how often it is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commitment {
    /// Committed and billed monthly.
    Monthly,
    /// Committed and billed annually.
    Annual,
    /// Committed annually, billed monthly.
    AnnualBilledMonthly,
}

impl Commitment {
    /// Returns the length of a term, in months.
    pub const fn months(self) -> u8 {
        match self {
            Self::Monthly => 1,
            Self::Annual | Self::AnnualBilledMonthly => 12,
        }
    }

    /// Returns the length of a billing period, in months.
    pub const fn billed_months(self) -> u8 {
        match self {
            Self::Monthly | Self::AnnualBilledMonthly => 1,
            Self::Annual => 12,
        }
    }

    /// Returns `true` if trials exist for the commitment.
    pub const fn has_trial(self) -> bool {
        match self {
            Self::Monthly | Self::Annual => true,
            Self::AnnualBilledMonthly => false,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Annual => "annual",
            Self::AnnualBilledMonthly => "annual commitment billed monthly",
        }
    }
}

/// A plan of the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Id, which add-ons refer to.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Position within the plan's line. A change to a higher rank is an upgrade; a change to a lower one is rejected.
    pub rank: u32,
    /// Line of the plan. A plan cannot change into a plan of another line.
    #[serde(default)]
    pub line: String,
    /// Number of licences in the base SKU.
    pub included: u32,
    /// Smallest number of licences that can be ordered.
    pub minimum: u32,
    /// `true` if a change of the commitment alone takes effect at once; `false` if it takes effect at the renewal.
    #[serde(default)]
    pub moves_at_once: bool,
    /// SKUs by commitment. A commitment without SKUs is not sold.
    pub skus: BTreeMap<Commitment, PlanSkus>,
}

/// The SKUs of a plan for one commitment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSkus {
    /// SKU that is ordered once.
    pub base: String,
    /// SKU that is ordered for each licence beyond those in the base SKU.
    pub licence: String,
}

/// An add-on of the catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addon {
    /// Id in the BSS.
    pub id: String,
    /// Display name.
    pub name: String,
    /// `true` for a storage pack, which is ordered once, and of which a team has at most one. Other add-ons are ordered for
    /// every licence.
    #[serde(default)]
    pub storage: bool,
    /// Ids of add-ons that a team cannot have at the same time.
    #[serde(default)]
    pub excludes: BTreeSet<String>,
    /// SKUs by plan and commitment. The add-on is not sold with other plans or commitments.
    pub skus: BTreeMap<String, BTreeMap<Commitment, String>>,
}

impl Addon {
    /// Returns the SKU for a plan and commitment; `None` if the add-on is not sold with them.
    pub fn sku(&self, offer: Offer<'_>) -> Option<&str> {
        self.skus.get(&offer.plan.id)?.get(&offer.commitment).map(String::as_str)
    }

    /// Returns `true` if a team cannot have both add-ons.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.id != other.id
            && (self.storage && other.storage || self.excludes.contains(&other.id) || other.excludes.contains(&self.id))
    }
}

/// A plan with a commitment, which is a product in the BSS. Its id there is the base SKU.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'c> {
    /// Plan.
    pub plan: &'c Plan,
    /// Commitment.
    pub commitment: Commitment,
    /// SKUs of the plan for the commitment.
    pub skus: &'c PlanSkus,
}

impl Offer<'_> {
    /// Returns the display name.
    pub fn name(&self) -> String {
        format!("{}, {}", self.plan.name, self.commitment.label())
    }

    /// Returns `true` if both are the same plan with the same commitment.
    pub fn is_same(&self, other: &Offer<'_>) -> bool {
        self.skus.base == other.skus.base
    }
}

/// The plans and add-ons that are sold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Plans.
    pub plans: Vec<Plan>,
    /// Add-ons.
    pub addons: Vec<Addon>,
}

impl Catalogue {
    /// Returns the built-in catalogue.
    pub fn built_in() -> Result<Self, String> {
        Self::parse(include_str!("catalogue.json"))
    }

    /// Parses and validates a catalogue.
    ///
    /// # Errors
    /// Describes the fault: an unknown or missing member, an id or SKU that is used twice, a minimum below the included
    /// licences, or a reference to an unknown plan or add-on.
    pub fn parse(json: &str) -> Result<Self, String> {
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        let catalogue: Self = serde_path_to_error::deserialize(deserializer).map_err(|error| error.to_string())?;
        catalogue.validate().map(|()| catalogue)
    }

    fn validate(&self) -> Result<(), String> {
        let plans: BTreeSet<_> = self.plans.iter().map(|plan| &plan.id).collect();
        let addons: BTreeSet<_> = self.addons.iter().map(|addon| &addon.id).collect();
        let folded_ids: BTreeSet<_> = self.addons.iter().map(|addon| addon.id.to_lowercase()).collect();
        let plan_skus = self.offers().flat_map(|offer| [&offer.skus.base, &offer.skus.licence]);
        let addon_skus = self.addons.iter().flat_map(|addon| addon.skus.values().flat_map(BTreeMap::values));
        let reserved = self.addons.iter().find(|addon| [PLAN, SEATS].contains(&addon.id.to_lowercase().as_str()));
        if let Some(addon) = reserved {
            return Err(format!("the id of the add-on {} is reserved for an attribute", addon.id));
        }
        let mut skus = BTreeSet::new();
        if let Some(sku) = plan_skus.chain(addon_skus).find(|sku| sku.trim().is_empty() || !skus.insert(*sku)) {
            return Err(format!("the SKU {sku:?} is empty or used twice"));
        }
        if plans.len() != self.plans.len() || folded_ids.len() != self.addons.len() {
            return Err("two plans or two add-ons have the same id".to_owned());
        }
        if let Some(plan) = self.plans.iter().find(|plan| plan.minimum == 0 || plan.minimum < plan.included) {
            return Err(format!("the plan {} has a minimum below its included licences", plan.id));
        }
        let named = self.addons.iter().flat_map(|addon| addon.skus.keys()).find(|plan| !plans.contains(plan));
        let excluded = self.addons.iter().flat_map(|addon| &addon.excludes).find(|addon| !addons.contains(addon));
        match named.or(excluded) {
            Some(unknown) => Err(format!("an add-on names {unknown}, which is not in the catalogue")),
            None => Ok(()),
        }
    }

    /// Returns every plan with each of its commitments.
    pub fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        self.plans.iter().flat_map(|plan| {
            plan.skus.iter().map(move |(commitment, skus)| Offer { plan, commitment: *commitment, skus })
        })
    }

    /// Returns the offer with that base SKU.
    pub fn offer(&self, base: &str) -> Option<Offer<'_>> {
        self.offers().find(|offer| offer.skus.base == base)
    }

    /// Returns the offer that a request names: by the code of its plan attribute, or, without a code, by the first candidate
    /// that is a base SKU or a display name.
    pub fn choose(&self, choice: &PlanChoice) -> Option<Offer<'_>> {
        match &choice.code {
            Some(code) => self.offer(code.as_str()),
            None => choice.candidates.iter().find_map(|candidate| {
                let named = |offer: &Offer<'_>| offer.name().eq_ignore_ascii_case(candidate.as_str());
                self.offer(candidate.as_str()).or_else(|| self.offers().find(named))
            }),
        }
    }

    /// Returns the add-on with that id.
    pub fn addon(&self, id: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PlanId;

    #[test]
    fn the_built_in_catalogue_is_valid() {
        let catalogue = Catalogue::built_in().unwrap();
        assert_eq!(catalogue.offers().count(), 13);
        assert_eq!(catalogue.offer("EDU-300L1Y").unwrap().plan.minimum, 300);
    }

    #[test]
    fn the_fault_of_an_invalid_catalogue_is_named() {
        let plan = |id: &str, base: &str, minimum: u32| {
            serde_json::json!({
                "id": id, "name": id, "rank": 1, "included": 3, "minimum": minimum,
                "skus": {"monthly": {"base": base, "licence": format!("{base}-L")}},
            })
        };
        let fault = |plans: serde_json::Value, addons: serde_json::Value| {
            Catalogue::parse(&serde_json::json!({"plans": plans, "addons": addons}).to_string()).unwrap_err()
        };
        let none = serde_json::json!([]);
        let all = |plans: &[serde_json::Value]| serde_json::json!(plans);
        assert!(fault(all(&[plan("a", "A", 3), plan("b", "A", 3)]), none.clone()).contains(r#"the SKU "A""#));
        assert!(fault(all(&[plan("a", "A", 3), plan("a", "B", 3)]), none.clone()).contains("the same id"));
        assert!(fault(all(&[plan("a", "A", 2)]), none).contains("minimum"));
        let addon = serde_json::json!([{"id": "x", "name": "X", "skus": {"b": {"monthly": "X"}}}]);
        assert!(fault(all(&[plan("a", "A", 3)]), addon).contains("names b"));
        assert!(Catalogue::parse("{}").unwrap_err().contains("plans"));
    }

    #[test]
    fn a_plan_is_chosen_by_sku_before_its_name() {
        let catalogue = Catalogue::built_in().unwrap();
        let plan = |text: &str| PlanId::parse(text).unwrap();
        let choice = |code: Option<&str>, candidates: &[&str]| PlanChoice {
            code: code.map(plan),
            candidates: candidates.iter().copied().map(plan).collect(),
        };
        let chosen = |choice: &PlanChoice| catalogue.choose(choice).map(|offer| offer.skus.base.clone());
        assert_eq!(chosen(&choice(Some("TEAM-BIZ3L1Y"), &["TEAM-AD3LVE1Y"])).as_deref(), Some("TEAM-BIZ3L1Y"));
        assert_eq!(chosen(&choice(None, &["77", "dropbox standard, annual"])).as_deref(), Some("TEAM-ST3L5TVD1Y"));
        assert_eq!(chosen(&choice(Some("gone"), &["TEAM-AD3LVE1Y"])), None);
    }
}
