//! Links in the responses of `portal/links/…`.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::connectwise::api::addition::number;
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::billing_dates::{ChosenDates, LastBilledMonth, StartsOn};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId};
use crate::endpoints::portal::billing_words;
use crate::endpoints::portal::links::BilledSeats;
use crate::store::AgreementLink;

/// A link in a response.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Link {
    application: ApplicationId,
    account: AccountId,
    organization: Option<ExternalId>,
    company: CompanyId,
    agreement: AgreementId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    unit_price: Option<Value>,
    billed_seats: BilledSeats,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_seats: Option<u32>,
    /// First billed day: `nextMonth`, `today`, or a day.
    #[cfg_attr(feature = "openapi", schemars(with = "String"))]
    starts_on: StartsOn,
    last_billed_month: LastBilledMonth,
    credits_unused: bool,
    /// Text about what is invoiced, from when and until when.
    billing: String,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    linked_at: Timestamp,
    /// Text about the billing, if the agreement delays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    notice: Option<String>,
}

impl Link {
    /// Adds what is invoiced: `outlook` is put before the rule, `change` after it.
    pub(super) fn with_outlook(self, outlook: &str, change: Option<&str>, notice: Option<String>) -> Self {
        let billing = [Some(outlook), Some(&self.billing), change].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Self { billing, notice, ..self }
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LinkPage"))]
pub struct Page {
    pub(super) links: Vec<Link>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    pub(super) next: Option<String>,
}

impl From<AgreementLink> for Link {
    fn from(link: AgreementLink) -> Self {
        let dates = ChosenDates::last(link.billing_dates.as_ref());
        Self {
            application: link.account.application,
            account: link.account.account,
            organization: link.organization.map(|organization| organization.id),
            company: link.company,
            agreement: link.agreement,
            unit_price: link.unit_price.map(number),
            billed_seats: if link.used_seats.is_some() { BilledSeats::Used } else { BilledSeats::Sold },
            minimum_seats: link.used_seats.as_ref().and_then(|used| used.minimum),
            maximum_seats: link.used_seats.as_ref().and_then(|used| used.maximum),
            starts_on: dates.starts_on,
            last_billed_month: dates.last_billed_month,
            credits_unused: dates.credits_unused,
            billing: billing_words::of_rule(dates),
            linked_at: link.linked_at,
            notice: None,
        }
    }
}
