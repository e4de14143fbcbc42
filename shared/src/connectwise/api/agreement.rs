//! Agreements: contracts that bill a company.

use jiff::civil::Date;
use serde::Deserialize;

use crate::connectwise::date::{BillingTerms, day};
use crate::connectwise::query::Condition;
use crate::connectwise::{AgreementId, CompanyId, Entity, ListRequest, Reference, SingleRequest};

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// The agreement's id.
    pub id: AgreementId,
    /// The agreement's name.
    #[serde(default)]
    pub name: String,
    /// The company that it bills.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    /// The status.
    #[serde(default)]
    pub agreement_status: Option<Status>,
    /// `true` if the agreement was cancelled.
    #[serde(default)]
    pub cancelled_flag: bool,
    /// The first day.
    #[serde(default, deserialize_with = "day")]
    pub start_date: Option<Date>,
    /// The last day.
    #[serde(default, deserialize_with = "day")]
    pub end_date: Option<Date>,
    /// The first billed day.
    #[serde(default, deserialize_with = "day")]
    pub bill_start_date: Option<Date>,
    /// The first day of the period that is not invoiced yet.
    #[serde(default, deserialize_with = "day")]
    pub next_invoice_date: Option<Date>,
    /// `true` if parts of a period are billed.
    #[serde(default)]
    pub prorate_flag: bool,
}

/// Status of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// In force.
    Active,
    /// Cancelled.
    Cancelled,
    /// Expired.
    Expired,
    /// Not in force.
    Inactive,
    /// A status that this version does not know. No additions are made to such an agreement.
    #[serde(untagged)]
    Other(String),
}

impl Agreement {
    /// Returns `true` if additions can be created and changed.
    pub fn is_active(&self) -> bool {
        self.agreement_status == Some(Status::Active) && !self.cancelled_flag
    }

    /// Returns the status in words.
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

    /// Returns the terms that limit the effective date of an addition.
    pub fn terms(&self) -> BillingTerms {
        BillingTerms {
            start: self.start_date,
            bill_start: self.bill_start_date,
            next_invoice: self.next_invoice_date,
            prorated: self.prorate_flag,
        }
    }
}

impl Entity for Agreement {
    const FIELDS: &'static str =
        "id,name,company,agreementStatus,cancelledFlag,startDate,endDate,billStartDate,nextInvoiceDate,prorateFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists all agreements of a company, ordered by name, including those that are not active.
pub fn list(company: CompanyId) -> ListRequest<Agreement> {
    let condition = Condition::number("company/id", company.get());
    ListRequest::all("agreements", "/finance/agreements").with_condition(condition).ordered_by("name")
}

/// Lists the agreements of all companies with ids above `last`, ordered by id, including those that are not active.
pub fn list_above(last: u32) -> ListRequest<Agreement> {
    ListRequest::all("all-agreements", "/finance/agreements").with_condition(Condition::above("id", last))
}

/// Gets an agreement.
pub fn get(id: AgreementId) -> SingleRequest<Agreement> {
    SingleRequest::get("agreement", format!("/finance/agreements/{id}"))
}
