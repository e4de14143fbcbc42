//! The SKUs for sale. No call changes them. The ids have the style of section 2 of `docs/vendors/dropbox.md`.

use self::AddOn::{DataGovernance, Storage10Tb, Storage50Tb, VersionHistory};
use self::Commitment::{Annual, AnnualBilledMonthly, Monthly};
use self::Kind::{Base, Licences};
use self::Plan::{Advanced, Business, BusinessPlus, Education, Standard};

/// A SKU.
#[derive(Clone, Copy, Debug)]
pub struct Sku {
    /// Id in the API.
    pub id: &'static str,
    /// The plan that it is or belongs to.
    pub plan: Plan,
    /// Length of a term, and frequency of payment.
    pub commitment: Commitment,
    /// Kind of the SKU.
    pub kind: Kind,
}

/// The part of a package that a SKU provides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The plan with its first licences.
    Base,
    /// Additional licences.
    Licences,
    /// An add-on.
    Extra(AddOn),
}

/// A plan.
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
    /// Dropbox Education, a separate product line.
    Education,
}

/// Length of a term, and frequency of payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Commitment {
    /// A month.
    Monthly,
    /// A year.
    Annual,
    /// A year, paid monthly.
    AnnualBilledMonthly,
}

/// An add-on to a plan.
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
    /// Returns the number of licences that the base SKU contains.
    pub fn included(self) -> u32 {
        match self {
            Standard | Business | Advanced | BusinessPlus => 3,
            Education => 300,
        }
    }

    /// Returns the space of the whole team, in TB.
    pub fn space_tb(self) -> u64 {
        match self {
            Standard | Education => 5,
            Business => 9,
            Advanced | BusinessPlus => 15,
        }
    }

    /// Returns `true` if `other` is a higher plan of the same product line.
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
    /// Returns the length of a term, in months.
    pub fn months(self) -> i32 {
        match self {
            Monthly => 1,
            Annual | AnnualBilledMonthly => 12,
        }
    }
}

impl AddOn {
    /// Returns the additional space, in TB. `None` if the add-on is not a storage pack.
    pub fn space_tb(self) -> Option<u64> {
        match self {
            VersionHistory | DataGovernance => None,
            Storage10Tb => Some(10),
            Storage50Tb => Some(50),
        }
    }

    /// Returns `true` if a team may not have both.
    pub fn excludes(self, other: Self) -> bool {
        match self {
            VersionHistory => other == DataGovernance,
            DataGovernance => other == VersionHistory,
            Storage10Tb | Storage50Tb => other.space_tb().is_some(),
        }
    }
}

/// Returns the SKU with this id.
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
