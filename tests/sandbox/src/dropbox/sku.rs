//! What is sold: the seed, which no call changes. Ids in the style of section 2 of `reference/dropbox.md`.

use self::AddOn::{DataGovernance, Storage10Tb, Storage50Tb, VersionHistory};
use self::Commitment::{Annual, AnnualBilledMonthly, Monthly};
use self::Kind::{Base, Licences};
use self::Plan::{Advanced, Business, BusinessPlus, Education, Standard};

/// Something with a price.
#[derive(Clone, Copy, Debug)]
pub struct Sku {
    /// What the API knows it by.
    pub id: &'static str,
    /// The plan that it is, or belongs to.
    pub plan: Plan,
    /// How long a term is, and how it is paid.
    pub commitment: Commitment,
    /// What it gives.
    pub kind: Kind,
}

/// What a SKU gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The plan with its first licences.
    Base,
    /// Licences beyond those.
    Licences,
    /// An extra.
    Extra(AddOn),
}

/// An edition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plan {
    /// Dropbox Standard.
    Standard,
    /// Dropbox Business.
    Business,
    /// Dropbox Advanced.
    Advanced,
    /// Dropbox Business Plus.
    BusinessPlus,
    /// Dropbox Education, a line of its own.
    Education,
}

/// How long a term is, and how it is paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Commitment {
    /// A month.
    Monthly,
    /// A year.
    Annual,
    /// A year, paid by the month.
    AnnualBilledMonthly,
}

/// An extra to a plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddOn {
    /// Extended Version History.
    VersionHistory,
    /// Data Governance.
    DataGovernance,
    /// Storage pack of 10 TB.
    Storage10Tb,
    /// Storage pack of 50 TB.
    Storage50Tb,
}

impl Plan {
    /// Licences that the base SKU contains.
    pub fn included(self) -> u32 {
        match self {
            Standard | Business | Advanced | BusinessPlus => 3,
            Education => 300,
        }
    }

    /// Space of the whole team, in TB.
    pub fn space_tb(self) -> u64 {
        match self {
            Standard | Education => 5,
            Business => 9,
            Advanced | BusinessPlus => 15,
        }
    }

    /// Whether the move to `other` is one up, within the line.
    pub fn is_below(self, other: Self) -> bool {
        self.rank().zip(other.rank()).is_some_and(|(own, other)| own < other)
    }

    fn rank(self) -> Option<u8> {
        match self {
            Standard => Some(1),
            Business => Some(2),
            Advanced => Some(3),
            BusinessPlus => Some(4),
            Education => None,
        }
    }
}

impl Commitment {
    /// How long a term is.
    pub fn months(self) -> i32 {
        match self {
            Monthly => 1,
            Annual | AnnualBilledMonthly => 12,
        }
    }
}

impl AddOn {
    /// Space that it adds, in TB; none if it is not about space.
    pub fn space_tb(self) -> Option<u64> {
        match self {
            VersionHistory | DataGovernance => None,
            Storage10Tb => Some(10),
            Storage50Tb => Some(50),
        }
    }

    /// Whether a team may not have both.
    pub fn excludes(self, other: Self) -> bool {
        match self {
            VersionHistory => other == DataGovernance,
            DataGovernance => other == VersionHistory,
            Storage10Tb | Storage50Tb => other.space_tb().is_some(),
        }
    }
}

/// A SKU by its id.
pub fn find(id: &str) -> Option<&'static Sku> {
    SKUS.iter().find(|sku| sku.id == id)
}

const fn sku(id: &'static str, plan: Plan, commitment: Commitment, kind: Kind) -> Sku {
    Sku { id, plan, commitment, kind }
}

const fn extra(id: &'static str, plan: Plan, commitment: Commitment, add_on: AddOn) -> Sku {
    sku(id, plan, commitment, Kind::Extra(add_on))
}

const SKUS: [Sku; 46] = [
    sku("TEAM-ST3L5TVD1M", Standard, Monthly, Base),
    sku("TEAM-ST3L5TVD1Y", Standard, Annual, Base),
    sku("TEAM-ST3L5TVDAC1M", Standard, AnnualBilledMonthly, Base),
    sku("TEAMLIC-ST5TVD1M", Standard, Monthly, Licences),
    sku("TEAMLIC-ST5TVD1Y", Standard, Annual, Licences),
    sku("TEAMLIC-ST5TVDAC1M", Standard, AnnualBilledMonthly, Licences),
    extra("TEAMADD-EVHST1M", Standard, Monthly, VersionHistory),
    extra("TEAMADD-EVHST1Y", Standard, Annual, VersionHistory),
    extra("TEAMADD-EVHSTAC1M", Standard, AnnualBilledMonthly, VersionHistory),
    extra("TEAMADD-DGST1M", Standard, Monthly, DataGovernance),
    extra("TEAMADD-DGST1Y", Standard, Annual, DataGovernance),
    extra("TEAMADD-DGSTAC1M", Standard, AnnualBilledMonthly, DataGovernance),
    sku("TEAM-BIZ3L1M", Business, Monthly, Base),
    sku("TEAM-BIZ3L1Y", Business, Annual, Base),
    sku("TEAM-BIZ3LAC1M", Business, AnnualBilledMonthly, Base),
    sku("TEAMLIC-BIZ1M", Business, Monthly, Licences),
    sku("TEAMLIC-BIZ1Y", Business, Annual, Licences),
    sku("TEAMLIC-BIZAC1M", Business, AnnualBilledMonthly, Licences),
    sku("TEAM-AD3LVE1M", Advanced, Monthly, Base),
    sku("TEAM-AD3LVE1Y", Advanced, Annual, Base),
    sku("TEAM-AD3LVEAC1M", Advanced, AnnualBilledMonthly, Base),
    sku("TEAMLIC-ADVE1M", Advanced, Monthly, Licences),
    sku("TEAMLIC-ADVE1Y", Advanced, Annual, Licences),
    sku("TEAMLIC-ADVEAC1M", Advanced, AnnualBilledMonthly, Licences),
    extra("TEAMADD-EVHAD1M", Advanced, Monthly, VersionHistory),
    extra("TEAMADD-EVHAD1Y", Advanced, Annual, VersionHistory),
    extra("TEAMADD-EVHADAC1M", Advanced, AnnualBilledMonthly, VersionHistory),
    extra("TEAMADD-DGAD1M", Advanced, Monthly, DataGovernance),
    extra("TEAMADD-DGAD1Y", Advanced, Annual, DataGovernance),
    extra("TEAMADD-DGADAC1M", Advanced, AnnualBilledMonthly, DataGovernance),
    extra("TEAMADD-10TBAD1M", Advanced, Monthly, Storage10Tb),
    extra("TEAMADD-10TBAD1Y", Advanced, Annual, Storage10Tb),
    extra("TEAMADD-10TBADAC1M", Advanced, AnnualBilledMonthly, Storage10Tb),
    extra("TEAMADD-50TBAD1M", Advanced, Monthly, Storage50Tb),
    extra("TEAMADD-50TBAD1Y", Advanced, Annual, Storage50Tb),
    extra("TEAMADD-50TBADAC1M", Advanced, AnnualBilledMonthly, Storage50Tb),
    sku("TEAM-BIZPL3L1M", BusinessPlus, Monthly, Base),
    sku("TEAM-BIZPL3L1Y", BusinessPlus, Annual, Base),
    sku("TEAM-BIZPL3LAC1M", BusinessPlus, AnnualBilledMonthly, Base),
    sku("TEAMLIC-BIZPL1M", BusinessPlus, Monthly, Licences),
    sku("TEAMLIC-BIZPL1Y", BusinessPlus, Annual, Licences),
    sku("TEAMLIC-BIZPLAC1M", BusinessPlus, AnnualBilledMonthly, Licences),
    sku("EDU-300L1Y", Education, Annual, Base),
    sku("EDULIC-1Y", Education, Annual, Licences),
    extra("EDUADD-EVH1Y", Education, Annual, VersionHistory),
    extra("EDUADD-DG1Y", Education, Annual, DataGovernance),
];
