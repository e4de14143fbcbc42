//! Endpoint for companies in ConnectWise: the MSP's customers.

pub mod list;

use crate::connectwise::api::company;
use crate::connectwise::{Client, CompanyId};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{FieldErrors, RequiredMember};

/// Text that is reported if the company is missing in a request.
pub const REQUIRED: RequiredMember = ("company", "It is required: the number of a company of portal/companies/list.");

/// Text for a company that ConnectWise does not have.
pub const UNKNOWN: &str = "ConnectWise has no such company. Choose one of portal/companies/list.";

/// Adds an error of `field` if ConnectWise does not have the company, or has it in the recycle bin.
///
/// # Errors
/// The errors of ConnectWise.
pub async fn check(
    client: &Client<'_>,
    id: CompanyId,
    field: &'static str,
    errors: &mut FieldErrors,
) -> Result<(), ServiceError> {
    let company = client.send_optional(&company::get(id)).await?;
    if company.is_none_or(|company| company.deleted_flag) {
        errors.add(field, UNKNOWN);
    }
    Ok(())
}
