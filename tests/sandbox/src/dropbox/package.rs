//! The SKUs of a team and the rules for combining them.

use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, Tag};
use super::sku::{self, AddOn, Commitment, Kind, Plan, Sku};

const TB: u64 = 1 << 40;

/// A SKU with its quantity.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// [`Sku::id`].
    pub sku_id: String,
    /// At least 1.
    pub quantity: u32,
}

/// A valid combination of SKUs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Vec<Item>", into = "Vec<Item>")]
pub struct Package {
    /// The SKUs in the order of the request.
    pub items: Vec<Item>,
    /// The base SKU.
    pub base: &'static Sku,
    /// Total number of licences.
    pub users: u32,
    add_ons: Vec<AddOn>,
}

impl TryFrom<Vec<Item>> for Package {
    type Error = &'static str;

    fn try_from(items: Vec<Item>) -> Result<Self, Self::Error> {
        let find = |item: &Item| sku::find(&item.sku_id).map(|sku| (sku, item.quantity));
        let lines: Vec<_> = items.iter().map(find).collect::<Option<_>>().ok_or("A SKU does not exist.")?;
        let of_kind = |kind: Kind| lines.iter().filter(move |(sku, _)| sku.kind == kind).collect::<Vec<_>>();
        let base = match of_kind(Kind::Base).as_slice() {
            [(base, 1)] => *base,
            _ => return Err("There must be one base SKU, once."),
        };
        if lines.iter().any(|(sku, _)| (sku.plan, sku.commitment) != (base.plan, base.commitment)) {
            return Err("All SKUs must have the plan and the commitment of the base.");
        }
        let more = match of_kind(Kind::Licences).as_slice() {
            [] => 0,
            [(_, more @ 1..)] => *more,
            _ => return Err("There may be one licence SKU, from 1."),
        };
        let users = base.plan.included().checked_add(more).ok_or("Too many licences.")?;
        let mut add_ons: Vec<AddOn> = Vec::new();
        for (sku, quantity) in lines {
            let Kind::Extra(add_on) = sku.kind else { continue };
            let needed = if add_on.space_tb().is_some() { 1 } else { users };
            if quantity != needed {
                return Err("An add-on must be for all users, a storage pack once.");
            }
            if add_ons.iter().any(|other| *other == add_on || other.excludes(add_on)) {
                return Err("Two add-ons exclude each other.");
            }
            add_ons.push(add_on);
        }
        Ok(Self { items, base, users, add_ons })
    }
}

impl From<Package> for Vec<Item> {
    fn from(package: Package) -> Self {
        package.items
    }
}

impl Package {
    /// Validates the SKUs of a call.
    pub fn of(items: &[Item]) -> Result<Self, Refusal> {
        Self::try_from(items.to_vec()).map_err(|text| Tag::SkusInvalid.because(text))
    }

    /// Returns `true` if these are its SKUs, in any order.
    pub fn consists_of(&self, items: &[Item]) -> bool {
        let (mut own, mut others) = (self.items.clone(), items.to_vec());
        own.sort_unstable();
        others.sort_unstable();
        own == others
    }

    /// Returns the plan.
    pub fn plan(&self) -> Plan {
        self.base.plan
    }

    /// Returns the commitment.
    pub fn commitment(&self) -> Commitment {
        self.base.commitment
    }

    /// Returns `true` if a trial may have this package.
    pub fn can_be_tried(&self) -> bool {
        self.items.len() == 1 && self.commitment() != Commitment::AnnualBilledMonthly
    }

    /// Returns the space of the whole team, in bytes.
    pub fn space_quota(&self) -> u64 {
        let packs: u64 = self.add_ons.iter().filter_map(|add_on| add_on.space_tb()).sum();
        (self.plan().space_tb() + packs) * TB
    }

    /// Returns `true` if the change to `new` is possible before the renewal: a higher plan, or the same plan with
    /// nothing removed.
    pub fn grows_to(&self, new: &Self) -> bool {
        let same_plan =
            self.plan() == new.plan() && (self.commitment() == new.commitment() || self.plan() == Plan::Business);
        (same_plan || self.plan().is_below(new.plan()))
            && self.users <= new.users
            && self.add_ons.iter().all(|add_on| new.add_ons.contains(add_on))
    }
}
