//! Checks that a company can be billed by an agreement. ConnectWise has a short time to answer, so that it cannot delay a
//! sale.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::company::{self, Company};
use crate::connectwise::{AgreementId, Client, CompanyId, ConnectWiseError};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::http_client::{Deadline, RESPONSE_RESERVE};
use crate::workers::additions::desired;

/// Time limit of the check.
const CONNECTWISE_TIMEOUT: Duration = Duration::from_secs(4);

/// A company and the agreement that bills it.
pub struct BillingTarget {
    /// The company.
    pub company: Company,
    agreement: Agreement,
    zone: TimeZone,
}

impl BillingTarget {
    /// Returns the text for the MSP if the agreement delays the billing of what is sold now.
    pub fn delay_note(&self, now: Timestamp) -> Option<String> {
        let terms = self.agreement.terms();
        let first = desired::first_day(now, &self.zone, None, &terms);
        desired::delay_note(desired::requested_day(now, &self.zone, None), first)
    }
}

/// Returns the company and the agreement if the one can be billed by the other. Returns `None` if ConnectWise does not answer within four
/// seconds or is too busy: the synchronization of the addition repeats the check and reports a fault.
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
) -> Result<Option<BillingTarget>, ServiceError> {
    let connection = portal.connection().await?;
    let deadline = Deadline::after(portal.call.deadline.remaining().min(CONNECTWISE_TIMEOUT + RESPONSE_RESERVE));
    let client = connection.client(portal.connectwise()?, deadline, &portal.call.outbound_calls);
    match check(&client, company, agreement).await {
        Err(error) if error.code() == ErrorCode::ConnectWiseUnavailable => {
            tracing::warn!(%company, %agreement, error = error.log_message(), "not checked: ConnectWise does not answer");
            Ok(None)
        }
        result => {
            result.map(|(company, agreement)| Some(BillingTarget { company, agreement, zone: connection.zone.clone() }))
        }
    }
}

/// Runs the check with the deadline of `client`.
async fn check(
    client: &Client<'_>,
    company: CompanyId,
    agreement: AgreementId,
) -> Result<(Company, Agreement), ServiceError> {
    let found_company = match client.send(&company::get(company)).await {
        Err(ConnectWiseError::NotFound { .. }) => {
            return Err(FieldErrors::single(
                "company",
                "ConnectWise has no such company. Choose one of portal/companies/list.",
            ));
        }
        found => found?,
    };
    if found_company.deleted_flag {
        return Err(FieldErrors::single(
            "company",
            format!(
                "The company {} was deleted in ConnectWise. Choose one of portal/companies/list, or restore it in ConnectWise.",
                found_company.name
            ),
        ));
    }
    let found_agreement = match client.send(&agreement::get(agreement)).await {
        Err(ConnectWiseError::NotFound { .. }) => {
            return Err(FieldErrors::single(
                "agreement",
                "ConnectWise has no such agreement. Choose one of portal/agreements/list.",
            ));
        }
        found => found?,
    };
    if found_agreement.company.as_ref().map(|owner| owner.id) != Some(company) {
        return Err(FieldErrors::single(
            "agreement",
            format!(
                "The agreement {} is not an agreement of {}. Choose one of portal/agreements/list.",
                found_agreement.name, found_company.name
            ),
        ));
    }
    if !found_agreement.is_active() {
        return Err(FieldErrors::single(
            "agreement",
            format!(
                "The agreement {} is {}. Choose an active one, or renew it in ConnectWise.",
                found_agreement.name,
                found_agreement.status()
            ),
        ));
    }
    Ok((found_company, found_agreement))
}
