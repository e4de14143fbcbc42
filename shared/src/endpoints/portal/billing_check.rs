//! Checks that a company can be billed by an agreement. ConnectWise has a short time to answer, so that it cannot delay a
//! sale.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::company::{self, Company};
use crate::connectwise::date::BillingTerms;
use crate::connectwise::{AgreementId, Client, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::{FieldErrors, PortalRequest, companies};
use crate::http_client::{Deadline, RESPONSE_RESERVE};

/// Time limit of the check.
const CONNECTWISE_TIMEOUT: Duration = Duration::from_secs(4);

/// A company and the agreement that bills it, as far as ConnectWise answered.
pub struct BillingTarget {
    /// The time zone of the MSP's business days.
    pub zone: TimeZone,
    found: Option<(Company, Agreement)>,
}

impl BillingTarget {
    /// Returns the company's name. `None` if ConnectWise did not answer.
    pub fn company_name(&self) -> Option<&str> {
        self.found.as_ref().map(|(company, _)| company.name.as_str())
    }

    /// Returns the agreement's terms. `None` if ConnectWise did not answer.
    pub fn terms(&self) -> Option<BillingTerms> {
        self.found.as_ref().map(|(_, agreement)| agreement.terms())
    }
}

/// Returns the company and the agreement if the one can be billed by the other. They are unknown if ConnectWise does not answer
/// within four seconds or is too busy: the synchronization of the addition repeats the check and reports a fault.
///
/// # Errors
/// - [`ErrorCode::FieldsInvalid`]: company and agreement do not exist, do not belong together, the company was deleted, or the
///   agreement is not active.
/// - [`ErrorCode::ConnectWiseNotConfigured`]: the MSP or the deployment has no ConnectWise.
/// - [`ErrorCode::ConnectWiseRefused`]: ConnectWise rejected the request.
pub async fn check_billing_target(
    portal: &PortalRequest<'_>,
    company: CompanyId,
    agreement: AgreementId,
) -> Result<BillingTarget, ServiceError> {
    let connection = portal.connection().await?;
    let deadline = Deadline::after(portal.call.deadline.remaining().min(CONNECTWISE_TIMEOUT + RESPONSE_RESERVE));
    let client = connection.client(portal.connectwise()?, deadline, &portal.call.outbound_calls);
    let found = match check(&client, company, agreement).await {
        Err(error) if error.code() == ErrorCode::ConnectWiseUnavailable => {
            tracing::warn!(%company, %agreement, error = error.log_message(), "not checked: ConnectWise does not answer");
            None
        }
        result => Some(result?),
    };
    Ok(BillingTarget { zone: connection.zone, found })
}

/// Runs the check with the deadline of `client`.
async fn check(
    client: &Client<'_>,
    company: CompanyId,
    agreement: AgreementId,
) -> Result<(Company, Agreement), ServiceError> {
    let company = billable_company(client.send_optional(&company::get(company)).await?)?;
    let agreement = agreement_of(&company, client.send_optional(&agreement::get(agreement)).await?)?;
    Ok((company, agreement))
}

/// Returns the company as ConnectWise has it, if it can be billed.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`]: ConnectWise has no such company, or it was deleted.
pub fn billable_company(found: Option<Company>) -> Result<Company, ServiceError> {
    let Some(company) = found else {
        return Err(FieldErrors::single("company", companies::UNKNOWN));
    };
    if company.deleted_flag {
        return Err(FieldErrors::single(
            "company",
            format!(
                "The company {} was deleted in ConnectWise. Choose one of portal/companies/list, or restore it in ConnectWise.",
                company.name
            ),
        ));
    }
    Ok(company)
}

/// Returns the agreement as ConnectWise has it, if it can bill the company.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`]: ConnectWise has no such agreement; it is another company's; or it is not active.
pub fn agreement_of(company: &Company, found: Option<Agreement>) -> Result<Agreement, ServiceError> {
    let Some(agreement) = found else {
        let text = "ConnectWise has no such agreement. Choose one of portal/agreements/list.";
        return Err(FieldErrors::single("agreement", text));
    };
    if agreement.company.as_ref().map(|owner| owner.id) != Some(company.id) {
        return Err(FieldErrors::single(
            "agreement",
            format!(
                "The agreement {} is not an agreement of {}. Choose one of portal/agreements/list.",
                agreement.name, company.name
            ),
        ));
    }
    if !agreement.is_active() {
        return Err(FieldErrors::single(
            "agreement",
            format!(
                "The agreement {} is {}. Choose an active one, or renew it in ConnectWise.",
                agreement.name,
                agreement.status()
            ),
        ));
    }
    Ok(agreement)
}
