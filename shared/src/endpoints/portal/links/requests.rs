//! Bodies of `portal/links/…`, and their checks.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connectwise::{AgreementId, CompanyId, date};
use crate::domain::billing_dates::{BillingDates, LastBilledMonth, StartsOn};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{FieldErrors, RequiredMember, companies};
use crate::store::{AgreementLink, UsedSeats};

/// Body of `portal/links/create`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLink {
    /// The vendor's id of the organization.
    pub organization: String,
    /// Company in ConnectWise.
    pub company: CompanyId,
    /// Agreement that bills the account.
    pub agreement: AgreementId,
    /// Price of a unit; default: the catalog's price.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    pub unit_price: Option<Decimal>,
    /// Seats that are billed; default: as sold.
    #[serde(default)]
    pub billed_seats: BilledSeats,
    /// Fewest seats that are billed if the seats in use are.
    #[serde(default)]
    pub minimum_seats: Option<u32>,
    /// Most seats that are billed if the seats in use are.
    #[serde(default)]
    pub maximum_seats: Option<u32>,
    /// First billed day: `nextMonth` (default), `today`, or a day such as `2026-09-01`.
    #[serde(default)]
    pub starts_on: Option<String>,
    /// Last billed month of a customer who leaves; default: the month of leaving.
    #[serde(default)]
    pub last_billed_month: Option<LastBilledMonth>,
    /// `true` if unused days are credited where the agreement prorates; default: `false`.
    #[serde(default)]
    pub credits_unused: Option<bool>,
    /// Installation of the BSS. Required if the organization was not created through the BSS.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub application: Option<Uuid>,
    /// The BSS's id of the account. Required if the organization was not created through the BSS.
    #[serde(default)]
    pub account: Option<String>,
}

/// Seats that a linked account is billed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum BilledSeats {
    /// The seats that were sold.
    #[default]
    Sold,
    /// The vendor's billable seats, which the audit counts.
    Used,
}

impl CreateLink {
    /// Returns how the billed seats follow the seats in use. `before` is the link that this one replaces: what was counted
    /// stays.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`] for bounds that are of no use.
    pub(super) fn used_seats(&self, before: Option<&AgreementLink>) -> Result<Option<UsedSeats>, ServiceError> {
        let (minimum, maximum) = (self.minimum_seats, self.maximum_seats);
        if self.billed_seats == BilledSeats::Sold {
            let bound = minimum.map(|_| "minimumSeats").or(maximum.map(|_| "maximumSeats"));
            return bound.map_or(Ok(None), |field| {
                Err(FieldErrors::single(field, "It is only for billedSeats: used. Leave it out, or send that."))
            });
        }
        if maximum == Some(0) || minimum.zip(maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
            return Err(FieldErrors::single("maximumSeats", "It must be at least 1, and not below minimumSeats."));
        }
        let counted = before.and_then(|before| before.used_seats.as_ref()?.counted);
        Ok(Some(UsedSeats { minimum, maximum, counted }))
    }

    /// Returns the members that choose billing dates.
    pub(super) fn dates_choice(&self) -> DatesChoice<'_> {
        DatesChoice {
            starts_on: self.starts_on.as_deref(),
            last_billed_month: self.last_billed_month,
            credits_unused: self.credits_unused,
        }
    }

    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 3] = [
        ("organization", "It is required: the id of the organization in Dropsuite's portal, such as 440032-6."),
        companies::REQUIRED,
        ("agreement", "It is required: the number of an agreement of portal/agreements/list."),
    ];
}

/// Body of `portal/links/delete`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteLink {
    /// Installation of the BSS.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "uuid")))]
    pub application: Uuid,
    /// The BSS's id of the account.
    pub account: String,
}

impl DeleteLink {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 2] = [
        ("application", "It is required: the application of the link in portal/links/list."),
        ("account", "It is required: the account of the link in portal/links/list."),
    ];
}

/// The members of a body that choose billing dates.
#[derive(Clone, Copy, Debug)]
pub struct DatesChoice<'a> {
    /// The member `startsOn`.
    pub starts_on: Option<&'a str>,
    /// The member `lastBilledMonth`.
    pub last_billed_month: Option<LastBilledMonth>,
    /// The member `creditsUnused`.
    pub credits_unused: Option<bool>,
}

impl DatesChoice<'_> {
    /// Returns the chosen dates. An absent member is that of `absent`. `current` are the dates of the link as it is, which may have
    /// a day that has passed.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if `startsOn` is none of its values, or a
    /// day before last month, or more than a year ahead.
    pub fn dates(
        self,
        absent: BillingDates,
        current: BillingDates,
        now: Timestamp,
    ) -> Result<BillingDates, ServiceError> {
        let starts_on = match self.starts_on {
            None => absent.starts_on,
            Some(text) => text.trim().parse().map_err(|_| {
                FieldErrors::single("startsOn", "It must be nextMonth, today, or a day such as 2026-09-01.")
            })?,
        };
        if let StartsOn::Day(day) = starts_on
            && starts_on != current.starts_on
        {
            check_day(day, date::business_day(now, &TimeZone::UTC))?;
        }
        Ok(BillingDates {
            starts_on,
            last_billed_month: self.last_billed_month.unwrap_or(absent.last_billed_month),
            credits_unused: self.credits_unused.unwrap_or(absent.credits_unused),
        })
    }
}

/// Refuses a day that is probably mistyped.
fn check_day(day: Date, today: Date) -> Result<(), ServiceError> {
    let earliest = today.first_of_month().saturating_sub(1.month());
    let latest = today.saturating_add(1.year());
    if (earliest..=latest).contains(&day) {
        return Ok(());
    }
    Err(FieldErrors::single("startsOn", format!("It must be a day from {earliest} to {latest}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(starts_on: &str, current: BillingDates) -> Result<BillingDates, ServiceError> {
        let choice = DatesChoice { starts_on: Some(starts_on), last_billed_month: None, credits_unused: None };
        choice.dates(BillingDates::default(), current, "2026-03-31T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_day_is_near() {
        for day in ["2026-02-01", "2026-03-31", "2027-03-31", " 2026-04-01 "] {
            assert!(chosen(day, BillingDates::default()).is_ok(), "{day}");
        }
        for day in ["2026-01-31", "2027-04-01", "20260-04-01", "-2026-04-01", "2026-02-30", "tomorrow", ""] {
            assert!(chosen(day, BillingDates::default()).is_err(), "{day}");
        }
        let long_ago = BillingDates { starts_on: "2020-01-01".parse().unwrap(), ..BillingDates::default() };
        assert_eq!(chosen("2020-01-01", long_ago).unwrap(), long_ago, "as the link has it");
    }

    #[test]
    fn an_absent_member_is_the_given_one() {
        let kept =
            BillingDates { starts_on: StartsOn::Today, last_billed_month: LastBilledMonth::Next, credits_unused: true };
        let none = DatesChoice { starts_on: None, last_billed_month: None, credits_unused: None };
        assert_eq!(none.dates(kept, kept, Timestamp::UNIX_EPOCH).unwrap(), kept);
        let one = DatesChoice { credits_unused: Some(false), ..none };
        assert_eq!(
            one.dates(kept, kept, Timestamp::UNIX_EPOCH).unwrap(),
            BillingDates { credits_unused: false, ..kept }
        );
    }
}
