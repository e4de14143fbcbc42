//! Whether a company's agreement can be billed by, as far as ConnectWise says so in time: it must not hold up a sale.

use std::time::Duration;

use crate::connectwise::api::{agreement, company};
use crate::connectwise::{AgreementId, Client, CompanyId, ConnectWiseError};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::http_client::{Deadline, RESPONSE_RESERVE};

/// How long ConnectWise is waited for.
const PATIENCE: Duration = Duration::from_secs(4);

/// The company, if it and its agreement are ones that can be billed by. None if ConnectWise does not answer within four
/// seconds, or is too busy: whoever makes the addition checks them again, and reports what is wrong.
///
/// # Errors
/// [`Code::FieldsInvalid`] if ConnectWise says that they are not; [`Code::ConnectWiseUnset`] and
/// [`Code::ConnectWiseRefused`] if it can't be asked.
pub async fn billable(
    portal: &PortalRequest<'_>,
    company: CompanyId,
    agreement: AgreementId,
) -> Result<Option<company::Company>, ServiceError> {
    let connection = portal.connection().await?;
    let deadline = Deadline::after(portal.call.deadline.remaining().min(PATIENCE + RESPONSE_RESERVE));
    let client = connection.client(portal.connectwise()?, deadline, &portal.call.outbound_calls);
    match checked(&client, company, agreement).await {
        Err(failure) if failure.code() == ErrorCode::ConnectWiseUnavailable => {
            tracing::warn!(%company, %agreement, error = failure.log_message(), "not checked: ConnectWise does not answer");
            Ok(None)
        }
        checked => checked.map(Some),
    }
}

/// The same, with as much time as `client` has.
async fn checked(client: &Client<'_>, company: CompanyId, agreement: AgreementId) -> Result<company::Company, ServiceError> {
    let held = match client.one(&company::get(company)).await {
        Err(ConnectWiseError::Absent { .. }) => {
            return Err(Faults::of("company", "ConnectWise has no such company. Choose one of portal/companies/list."));
        }
        held => held?,
    };
    let of = match client.one(&agreement::get(agreement)).await {
        Err(ConnectWiseError::Absent { .. }) => {
            return Err(Faults::of(
                "agreement",
                "ConnectWise has no such agreement. Choose one of portal/agreements/list.",
            ));
        }
        of => of?,
    };
    if of.company.as_ref().map(|of| of.id) != Some(company) {
        return Err(Faults::of(
            "agreement",
            format!("The agreement {} is not one of {}. Choose one of its own.", of.name, held.name),
        ));
    }
    if !of.is_active() {
        return Err(Faults::of(
            "agreement",
            format!(
                "The agreement {} is {}. Choose one that is active, or renew it in ConnectWise.",
                of.name,
                of.status()
            ),
        ));
    }
    Ok(held)
}
