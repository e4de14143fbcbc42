//! Bodies of `portal/organizations/…`, and their checks.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};

use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::account::{Country, DesiredAccount, Email, MAX_NAME, Profile, Role};
use crate::domain::billing_dates::LastBilledMonth;
use crate::domain::entitlements::MAX_SEATS;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::plan::ProductType;
use crate::endpoints::portal::billing_check::{BillingTarget, check_billing_target};
use crate::endpoints::portal::links::DatesChoice;
use crate::endpoints::portal::organizations::order::account_key;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, companies, plans};
use crate::store::PlanRecord;

/// Body of `portal/organizations/create`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOrganization {
    /// Email address of the organization's administrator.
    pub email: String,
    /// First name of the administrator, 1 to 100 characters.
    pub first_name: String,
    /// Last name of the administrator, 1 to 100 characters.
    pub last_name: String,
    /// Company in ConnectWise.
    pub company: CompanyId,
    /// The vendor's id of the plan.
    pub plan: String,
    /// ISO 3166 two-letter code.
    #[serde(default)]
    pub country: Option<String>,
    /// Number of seats. Required for plans by seats, ignored for plans by storage.
    #[serde(default)]
    pub seats: Option<u32>,
    /// Name of the organization; default: the company's name. Ignored for plans by storage.
    #[serde(default)]
    pub business_name: Option<String>,
    /// Agreement that bills the company.
    pub agreement: AgreementId,
    /// `true` if the vendor mails the administrator how to sign in.
    #[serde(default)]
    pub send_sign_in_details: bool,
    /// Price of a unit; default: the catalog's price.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    pub unit_price: Option<Decimal>,
    /// `true` for a trial, `false` for a paid subscription; default: as the plan is sold.
    #[serde(default)]
    pub trial: Option<bool>,
    /// First billed day: `nextMonth`, `today`, or a day such as `2026-09-01`; default: as the company's link has it.
    #[serde(default)]
    pub starts_on: Option<String>,
    /// Last billed month of a customer who leaves; default: as the company's link has it.
    #[serde(default)]
    pub last_billed_month: Option<LastBilledMonth>,
    /// `true` if unused days are credited where the agreement prorates; default: as the company's link has it.
    #[serde(default)]
    pub credits_unused: Option<bool>,
    /// `true` if a company that has a subscription is refused, instead of changing it, unless the request repeats its sale.
    #[serde(default)]
    pub new_only: bool,
}

impl CreateOrganization {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 6] = [
        ("email", "It is required: the email address of the administrator."),
        ("firstName", "It is required: the first name of the administrator."),
        ("lastName", "It is required: the last name of the administrator."),
        companies::REQUIRED,
        ("agreement", "It is required: the number of an agreement of portal/agreements/list."),
        ("plan", "It is required: the id of a plan of portal/plans/list."),
    ];
}

/// Body of `portal/organizations/update`. An absent member is left unchanged.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateOrganization {
    /// Company in ConnectWise.
    pub company: CompanyId,
    /// The vendor's id of another plan.
    #[serde(default)]
    pub plan: Option<String>,
    /// Number of seats.
    #[serde(default)]
    pub seats: Option<u32>,
    /// Price of a unit.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    pub unit_price: PriceUpdate,
    /// `false` converts a trial to paid. A paid subscription cannot become a trial.
    #[serde(default)]
    pub trial: Option<bool>,
}

impl UpdateOrganization {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [companies::REQUIRED];
}

/// A change of the price of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceUpdate {
    /// The member is absent: the price is unchanged.
    #[default]
    Keep,
    /// The new price. `None`, a null, is the catalog's price.
    Set(Option<Decimal>),
}

impl<'de> Deserialize<'de> for PriceUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Set)
    }
}

/// Body of `portal/organizations/suspend`, `activate` and `unsubscribe`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationRef {
    /// Company in ConnectWise.
    pub company: CompanyId,
}

impl OrganizationRef {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [companies::REQUIRED];
}

impl CreateOrganization {
    /// Returns the members that choose billing dates.
    pub(super) fn dates_choice(&self) -> DatesChoice<'_> {
        DatesChoice {
            starts_on: self.starts_on.as_deref(),
            last_billed_month: self.last_billed_month,
            credits_unused: self.credits_unused,
        }
    }

    /// Checks the members and returns the desired account at the vendor, with the company and the agreement that bills it. The
    /// organization's name is `businessName`, else the company's name in ConnectWise; for a plan by storage, it is the
    /// administrator's name.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`], with one text per invalid member, and the errors of [`check_billing_target`].
    /// [`ErrorCode::ConnectWiseUnavailable`] if the name is needed and ConnectWise does not answer.
    pub(super) async fn desired_account(
        &self,
        portal: &PortalRequest<'_>,
        plan: &PlanRecord,
    ) -> Result<(DesiredAccount, BillingTarget), ServiceError> {
        let mut errors = FieldErrors::new();
        let email = Email::parse(&self.email).map_err(|_| "It is missing or not an email address.");
        let email = errors.collect("email", email);
        let mut name = |field, text: &str| {
            let text = text.trim().to_owned();
            if text.is_empty() || text.chars().count() > MAX_NAME {
                errors.add(field, format!("It must have 1 to {MAX_NAME} characters."));
            }
            text
        };
        let (first_name, last_name) = (name("firstName", &self.first_name), name("lastName", &self.last_name));
        let business = self.business_name.as_deref().map(|text| name("businessName", text));
        if let Some(price) = self.unit_price {
            plans::check_price(&mut errors, "unitPrice", price);
        }
        let country = self.country.as_deref().map(str::trim).filter(|code| !code.is_empty()).map(Country::parse);
        let country = country.and_then(|country| {
            errors.collect("country", country.map_err(|_| "It is not an ISO 3166 two-letter code, such as DE."))
        });
        errors.into_result()?;
        let target = check_billing_target(portal, self.company, self.agreement).await?;
        let name = if plan.product_type == ProductType::Personal {
            format!("{first_name} {last_name}")
        } else {
            business.or(target.company_name().map(str::to_owned)).ok_or_else(|| {
                ServiceError::new(
                    ErrorCode::ConnectWiseUnavailable,
                    "ConnectWise could not be reached or is too busy, so the company's name is unknown. Give businessName, or try again in a few minutes.",
                )
            })?
        };
        let account = DesiredAccount {
            account: account_key(portal, self.company)?.account,
            external_id: None,
            role: Role::User,
            profile: Profile {
                email: email.ok_or_else(|| ServiceError::internal("an unparsed email address without an error"))?,
                name: name.chars().take(MAX_NAME).collect(),
                first_name,
                last_name,
                country,
                send_email: Some(self.send_sign_in_details),
            },
            reseller: None,
            reseller_id: None,
        };
        Ok((account, target))
    }
}

/// Returns the MSP's plan, which must be active.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] if the MSP has no such plan, or the plan is not active.
pub(super) async fn sellable_plan(portal: &PortalRequest<'_>, plan: &str) -> Result<PlanRecord, ServiceError> {
    let plan = plans::known(portal, plan).await?;
    if plan.active {
        return Ok(plan);
    }
    Err(FieldErrors::single(
        "plan",
        format!(
            "The plan {} is off sale. Choose an active one of portal/plans/list, or offer it again at portal/plans/create.",
            plan.name
        ),
    ))
}

/// Returns `true` if a live subscription is a trial after a change. Without `requested`, a trial stays one if the `chosen`
/// plan, if any, is sold as a trial. A paid subscription stays paid, however its plan is sold now.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] if a paid subscription is requested as a trial.
pub(super) fn remains_trial(
    is_trial: bool,
    requested: Option<bool>,
    chosen: Option<&PlanRecord>,
) -> Result<bool, ServiceError> {
    match requested {
        Some(true) if !is_trial => Err(FieldErrors::single(
            "trial",
            "The subscription is paid and cannot become a trial. Send the request without trial.",
        )),
        Some(trial) => Ok(trial),
        None => Ok(is_trial && chosen.is_none_or(|plan| plan.trial)),
    }
}

/// Returns the number of seats to order; `None` for a plan by storage.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] if a plan by seats is ordered without a number from 1 to [`MAX_SEATS`].
pub(super) fn ordered_seats(plan: &PlanRecord, seats: Option<u32>) -> Result<Option<u32>, ServiceError> {
    match (plan.product_type, seats) {
        (ProductType::Personal, _) => Ok(None),
        (ProductType::Backup | ProductType::Archive, Some(seats)) if (1..=MAX_SEATS).contains(&seats) => {
            Ok(Some(seats))
        }
        (ProductType::Backup | ProductType::Archive, _) => {
            let text = format!("The plan is sold by seats. Send a number from 1 to {MAX_SEATS}.");
            Err(FieldErrors::single("seats", text))
        }
    }
}
