//! What Dropbox sells, as configuration: plans with their SKUs for each commitment, and add-ons. The shipped default is
//! `catalogue.json`; its SKU ids are examples seen or made after their pattern (`reference/dropbox.md`, "SKU naming"), and
//! a deployment replaces it by its distributor's price list (`DROPBOX_CATALOGUE_FILE`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{PLAN, SEATS};
use crate::domain::subscription::PlanChoice;

/// The SKUs of a team, with how many of each.
pub type Skus = BTreeMap<String, u32>;

/// For how long a plan is committed to, and how it is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commitment {
    /// By the month.
    Monthly,
    /// By the year, billed by the year.
    Annual,
    /// By the year, billed by the month.
    AnnualBilledMonthly,
}

impl Commitment {
    /// The length of a term, in months.
    pub const fn months(self) -> i64 {
        match self {
            Self::Monthly => 1,
            Self::Annual | Self::AnnualBilledMonthly => 12,
        }
    }

    /// Whether it can be tried.
    pub const fn has_trial(self) -> bool {
        match self {
            Self::Monthly | Self::Annual => true,
            Self::AnnualBilledMonthly => false,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Annual => "annual",
            Self::AnnualBilledMonthly => "annual commitment billed monthly",
        }
    }
}

/// A plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What add-ons name it by.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its place among the plans of its line: a change to a higher one is an upgrade.
    pub rank: u32,
    /// Plans of different lines can't be changed into each other.
    #[serde(default)]
    pub line: String,
    /// Licences that the base SKU contains.
    pub included: u32,
    /// The fewest licences that are sold.
    pub minimum: u32,
    /// Whether a change of the commitment alone takes place at once rather than at the renewal.
    #[serde(default)]
    pub moves_at_once: bool,
    /// Its SKUs.
    pub skus: BTreeMap<Commitment, PlanSkus>,
}

/// The SKUs of a plan for one commitment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSkus {
    /// Ordered once.
    pub base: String,
    /// Ordered for each licence beyond those of the base.
    pub licence: String,
}

/// An add-on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addon {
    /// What the BSS knows it by.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// A storage pack: ordered once, and a team has one at most. Others are ordered for every licence.
    #[serde(default)]
    pub storage: bool,
    /// Add-ons that a team can't have beside it.
    #[serde(default)]
    pub excludes: BTreeSet<String>,
    /// Its SKUs by plan and commitment; it is not sold with others.
    pub skus: BTreeMap<String, BTreeMap<Commitment, String>>,
}

impl Addon {
    /// Its SKU for a plan and commitment, if it is sold with them.
    pub fn sku(&self, offer: Offer<'_>) -> Option<&str> {
        self.skus.get(&offer.plan.id)?.get(&offer.commitment).map(String::as_str)
    }

    /// Whether a team can't have both.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.id != other.id
            && (self.storage && other.storage || self.excludes.contains(&other.id) || other.excludes.contains(&self.id))
    }
}

/// A plan with a commitment: what is ordered. The BSS knows it by its base SKU.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'c> {
    /// The plan.
    pub plan: &'c Plan,
    /// The commitment.
    pub commitment: Commitment,
    /// The SKUs.
    pub skus: &'c PlanSkus,
}

impl Offer<'_> {
    /// What people call it.
    pub fn name(&self) -> String {
        format!("{}, {}", self.plan.name, self.commitment.words())
    }

    /// Whether it is the same.
    pub fn is(&self, other: &Offer<'_>) -> bool {
        self.skus.base == other.skus.base
    }
}

/// What is sold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The plans.
    pub plans: Vec<Plan>,
    /// The add-ons.
    pub addons: Vec<Addon>,
}

impl Catalogue {
    /// The shipped default.
    pub fn shipped() -> Result<Self, String> {
        Self::parse(include_str!("catalogue.json"))
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    /// Says what is wrong with it: not of the form, a SKU that stands for two things, or a name that leads nowhere.
    pub fn parse(json: &str) -> Result<Self, String> {
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        let catalogue: Self = serde_path_to_error::deserialize(deserializer).map_err(|error| error.to_string())?;
        catalogue.sound().map(|()| catalogue)
    }

    fn sound(&self) -> Result<(), String> {
        let plans: BTreeSet<_> = self.plans.iter().map(|plan| &plan.id).collect();
        let addons: BTreeSet<_> = self.addons.iter().map(|addon| &addon.id).collect();
        let folded: BTreeSet<_> = self.addons.iter().map(|addon| addon.id.to_lowercase()).collect();
        let of_plans = self.offers().flat_map(|offer| [&offer.skus.base, &offer.skus.licence]);
        let of_addons = self.addons.iter().flat_map(|addon| addon.skus.values().flat_map(BTreeMap::values));
        let reserved = self.addons.iter().find(|addon| [PLAN, SEATS].contains(&addon.id.to_lowercase().as_str()));
        if let Some(addon) = reserved {
            return Err(format!("the add-on {} has the name of an attribute", addon.id));
        }
        let mut skus = BTreeSet::new();
        if let Some(sku) = of_plans.chain(of_addons).find(|sku| sku.trim().is_empty() || !skus.insert(*sku)) {
            return Err(format!("the SKU {sku:?} is empty or stands for two things"));
        }
        if plans.len() != self.plans.len() || folded.len() != self.addons.len() {
            return Err("two plans or two add-ons have the same id".to_owned());
        }
        if let Some(plan) = self.plans.iter().find(|plan| plan.minimum == 0 || plan.minimum < plan.included) {
            return Err(format!("the plan {} has a minimum below what it includes", plan.id));
        }
        let named = self.addons.iter().flat_map(|addon| addon.skus.keys()).find(|plan| !plans.contains(plan));
        let excluded = self.addons.iter().flat_map(|addon| &addon.excludes).find(|addon| !addons.contains(addon));
        match named.or(excluded) {
            Some(unknown) => Err(format!("an add-on names {unknown}, which is not in the catalogue")),
            None => Ok(()),
        }
    }

    /// Every plan with every commitment.
    pub fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        self.plans.iter().flat_map(|plan| {
            plan.skus.iter().map(move |(commitment, skus)| Offer { plan, commitment: *commitment, skus })
        })
    }

    /// The offer with that base SKU.
    pub fn offer(&self, base: &str) -> Option<Offer<'_>> {
        self.offers().find(|offer| offer.skus.base == base)
    }

    /// The offer that a request names: by its base SKU, else by its name.
    pub fn choose(&self, choice: &PlanChoice) -> Option<Offer<'_>> {
        match &choice.code {
            Some(code) => self.offer(code.as_str()),
            None => choice.candidates.iter().find_map(|hint| {
                let named = |offer: &Offer<'_>| offer.name().eq_ignore_ascii_case(hint.as_str());
                self.offer(hint.as_str()).or_else(|| self.offers().find(named))
            }),
        }
    }

    /// The add-on with that id.
    pub fn addon(&self, id: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PlanId;

    #[test]
    fn the_shipped_catalogue_is_sound() {
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!(catalogue.offers().count(), 13);
        assert_eq!(catalogue.offer("EDU-300L1Y").unwrap().plan.minimum, 300);
    }

    #[test]
    fn an_unsound_catalogue_is_named() {
        let plan = |id: &str, base: &str, minimum: u32| {
            serde_json::json!({
                "id": id, "name": id, "rank": 1, "included": 3, "minimum": minimum,
                "skus": {"monthly": {"base": base, "licence": format!("{base}-L")}},
            })
        };
        let refused = |plans: serde_json::Value, addons: serde_json::Value| {
            Catalogue::parse(&serde_json::json!({"plans": plans, "addons": addons}).to_string()).unwrap_err()
        };
        let none = serde_json::json!([]);
        let all = |plans: &[serde_json::Value]| serde_json::json!(plans);
        assert!(refused(all(&[plan("a", "A", 3), plan("b", "A", 3)]), none.clone()).contains(r#"the SKU "A""#));
        assert!(refused(all(&[plan("a", "A", 3), plan("a", "B", 3)]), none.clone()).contains("the same id"));
        assert!(refused(all(&[plan("a", "A", 2)]), none).contains("minimum"));
        let addon = serde_json::json!([{"id": "x", "name": "X", "skus": {"b": {"monthly": "X"}}}]);
        assert!(refused(all(&[plan("a", "A", 3)]), addon).contains("names b"));
        assert!(Catalogue::parse("{}").unwrap_err().contains("plans"));
    }

    #[test]
    fn a_plan_is_chosen_by_sku_before_its_name() {
        let catalogue = Catalogue::shipped().unwrap();
        let plan = |text: &str| PlanId::parse(text).unwrap();
        let choice = |code: Option<&str>, hints: &[&str]| PlanChoice {
            code: code.map(plan),
            candidates: hints.iter().copied().map(plan).collect(),
        };
        let chosen = |choice: &PlanChoice| catalogue.choose(choice).map(|offer| offer.skus.base.clone());
        assert_eq!(chosen(&choice(Some("TEAM-BIZ3L1Y"), &["TEAM-AD3LVE1Y"])).as_deref(), Some("TEAM-BIZ3L1Y"));
        assert_eq!(chosen(&choice(None, &["77", "dropbox standard, annual"])).as_deref(), Some("TEAM-ST3L5TVD1Y"));
        assert_eq!(chosen(&choice(Some("gone"), &["TEAM-AD3LVE1Y"])), None);
    }
}
