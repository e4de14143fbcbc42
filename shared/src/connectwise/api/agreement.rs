//! Agreements: what a company is billed for.

use jiff::civil::Date;
use serde::Deserialize;

use crate::connectwise::date::{Terms, day};
use crate::connectwise::query::Conditions;
use crate::connectwise::{AgreementId, CompanyId, List, One, Record, Reference};

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Its number.
    pub id: AgreementId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Whose it is.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// Whether it is in force.
    #[serde(default)]
    pub agreement_status: Option<Status>,
    /// Whether it was cancelled.
    #[serde(default)]
    pub cancelled_flag: bool,
    /// When it starts.
    #[serde(default, deserialize_with = "day")]
    pub start_date: Option<Date>,
    /// When it ends.
    #[serde(default, deserialize_with = "day")]
    pub end_date: Option<Date>,
    /// From when on it is billed.
    #[serde(default, deserialize_with = "day")]
    pub bill_start_date: Option<Date>,
    /// The first day of the period that is not invoiced yet.
    #[serde(default, deserialize_with = "day")]
    pub next_invoice_date: Option<Date>,
    /// Whether parts of a period are billed.
    #[serde(default)]
    pub prorate_flag: bool,
}

/// Whether an agreement is in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// It is.
    Active,
    /// It was cancelled.
    Cancelled,
    /// It is over.
    Expired,
    /// It is not.
    Inactive,
    /// A status that is not known, and so none to add to.
    #[serde(untagged)]
    Other(String),
}

impl Agreement {
    /// Whether additions can be made and changed.
    pub fn is_active(&self) -> bool {
        self.agreement_status == Some(Status::Active) && !self.cancelled_flag
    }

    /// Whether it is in force, in words.
    pub fn status(&self) -> &str {
        match &self.agreement_status {
            Some(Status::Cancelled) => "cancelled",
            Some(Status::Expired) => "expired",
            Some(Status::Inactive) => "inactive",
            Some(Status::Other(status)) => status,
            Some(Status::Active) if self.cancelled_flag => "cancelled",
            Some(Status::Active) => "active",
            None => "of no status",
        }
    }

    /// From when on an addition can be in effect.
    pub fn terms(&self) -> Terms {
        Terms {
            start: self.start_date,
            bill_start: self.bill_start_date,
            next_invoice: self.next_invoice_date,
            prorated: self.prorate_flag,
        }
    }
}

impl Record for Agreement {
    const FIELDS: &'static str =
        "id,name,company,agreementStatus,cancelledFlag,startDate,endDate,billStartDate,nextInvoiceDate,prorateFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// All agreements of a company, by name. Which of them are active is for the caller to see: on one instance that was met,
/// further conditions on this list gave nothing.
pub fn of_company(company: CompanyId) -> List<Agreement> {
    let conditions = Conditions::new().number("company/id", company.get());
    List::all("agreements", "/finance/agreements").only(conditions).by("name")
}

/// One agreement.
pub fn get(id: AgreementId) -> One<Agreement> {
    One::get("agreement", format!("/finance/agreements/{id}"))
}
