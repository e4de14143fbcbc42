//! The functions of an MSP's portal that concern a customer, besides orders.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::domain::list_position::ListPosition;
use crate::vendor::{
    CustomerAccess, CustomerList, Extent, LoginAccount, MailboxBackup, PartialList, Tenant, Vendor, VendorContext,
    dropbox, dropsuite,
};

impl Vendor {
    /// Returns a part of an MSP's own customers, from `from` on.
    pub async fn customers(
        &self,
        context: &VendorContext<'_>,
        from: ListPosition,
        extent: Extent,
    ) -> Result<CustomerList, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.customers(context, from, extent).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns one of an MSP's own customers; `None` if the vendor does not show it, or shows it as another reseller's.
    pub async fn customer(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
    ) -> Result<Option<CustomerAccess>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.customer(context, id).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns a customer's lists: its tenants, its login accounts, and its mailboxes with the states of their backups at
    /// `now`.
    ///
    /// # Errors
    /// The vendor has no MSPs. The error of a list is in the list.
    pub async fn customer_lists(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
        now: Timestamp,
    ) -> Result<(PartialList<Tenant>, PartialList<LoginAccount>, PartialList<MailboxBackup>), ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => Ok(futures::join!(
                dropsuite.tenants(context, access),
                dropsuite.login_accounts(context, access),
                dropsuite.customer_mailboxes(context, access, now),
            )),
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns a customer's mailboxes with the states of their backups at `now`.
    ///
    /// # Errors
    /// The vendor has no MSPs. The error of the list is in the list.
    pub async fn customer_mailboxes(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
        now: Timestamp,
    ) -> Result<PartialList<MailboxBackup>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => Ok(dropsuite.customer_mailboxes(context, access, now).await),
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns a link that signs in once as a customer's owner. It is a secret: it belongs into one response only.
    pub async fn sign_in_link(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
    ) -> Result<SecretString, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.sign_in_link(context, access).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Mails the sign-in details to a customer's owner.
    pub async fn send_sign_in_details(
        &self,
        context: &VendorContext<'_>,
        access: &CustomerAccess,
    ) -> Result<(), ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => {
                let step = dropsuite.sign_in_details_step(context, access)?;
                self.perform(context, &step).await.map(drop).map_err(dropsuite::sign_in_details_error)
            }
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }
}
