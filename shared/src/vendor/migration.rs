//! Moving a tenant to another reseller of the partner.

use jiff::Timestamp;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::vendor::{ShownTenant, Step, Vendor, VendorContext};

impl Vendor {
    /// Refuses to move tenants if the vendor has none, or no resellers.
    ///
    /// # Errors
    /// [`ErrorCode::NotSupportedByVendor`].
    pub fn ensure_moves_tenants(&self) -> Result<(), ServiceError> {
        match self {
            Self::Dropsuite(_) => Err(not_supported()),
            Self::Dropbox(dropbox) => dropbox.ensure_has_resellers(),
        }
    }

    /// Returns a tenant, if the vendor shows it as one of `reseller`, by its id in the vendor's partner portal.
    pub async fn tenant_of(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        reseller: &str,
        now: Timestamp,
    ) -> Result<Option<ShownTenant>, ServiceError> {
        match self {
            Self::Dropsuite(_) => Err(not_supported()),
            Self::Dropbox(dropbox) => dropbox.team_of(context, id, reseller, now).await,
        }
    }

    /// Returns the step that moves a tenant of the reseller `from` to the reseller `to`.
    ///
    /// # Errors
    /// The vendor has no such call; the settings are incomplete.
    pub fn migration(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        from: &str,
        to: &str,
    ) -> Result<Step, ServiceError> {
        match self {
            Self::Dropsuite(_) => Err(not_supported()),
            Self::Dropbox(dropbox) => dropbox.migration(context, id, from, to),
        }
    }
}

fn not_supported() -> ServiceError {
    ServiceError::new(
        ErrorCode::NotSupportedByVendor,
        "This deployment sells Dropsuite, which has no call that moves a customer to another reseller. Have Dropsuite move it, then run customers-move.",
    )
}
