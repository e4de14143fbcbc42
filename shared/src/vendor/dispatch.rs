//! The enum of vendors. Every capability is a `match` over all vendors, so a vendor that lacks one does not compile.

use jiff::Timestamp;

use crate::bss::responses::{CustomFieldCollection, FieldCollection, ProductTypeCollection};
use crate::bss::{AccountDefinition, TextMap, requests};
use crate::domain::account::{DesiredAccount, Profile, Role};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::{ExternalId, PartnerId};
use crate::domain::list_position::ListPosition;
use crate::domain::msp::MspId;
use crate::domain::order::OrderTerms;
use crate::domain::term::Term;
use crate::domain::vendor_id::VendorId;
use crate::store::{AccountRecord, PendingTenantCreate, VendorTenant};

use crate::vendor::dropbox::{self, Dropbox};
use crate::vendor::dropsuite::{self, Dropsuite};
use crate::vendor::{
    AccountPresence, AccountTarget, MailboxList, NextStep, OfferedPlan, Organization, Progress, Provisioned,
    SearchCriteria, SearchPage, ShownTrial, Step, SubscriptionTarget, VendorContext, VendorError, VendorName,
};

/// The vendor that this stack sells.
#[derive(Debug)]
pub enum Vendor {
    /// Email backup and archiving.
    Dropsuite(Dropsuite),
    /// Teams with shared storage.
    Dropbox(Dropbox),
}

impl Vendor {
    /// Returns the vendor's name.
    pub fn name(&self) -> VendorName {
        match self {
            Self::Dropsuite(_) => VendorName::Dropsuite,
            Self::Dropbox(_) => VendorName::Dropbox,
        }
    }

    /// Returns the settings fields that the operator fills in.
    pub fn fields(&self) -> FieldCollection {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.fields(),
            Self::Dropbox(_) => dropbox::fields(),
        }
    }

    /// Validates settings fields. Returns one text per problem, for the operator; empty if all fields are valid.
    pub async fn validate(&self, context: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.validate(context, filled).await,
            Self::Dropbox(dropbox) => dropbox.validate(context, filled).await,
        }
    }

    /// Returns the products that the partner can sell.
    pub async fn definitions(&self, context: &VendorContext<'_>) -> Result<ProductTypeCollection, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.definitions(context).await,
            Self::Dropbox(dropbox) => Ok(dropbox.definitions()),
        }
    }

    /// Returns the sync options: the fields of an account that the BSS asks for before the first synchronization.
    pub fn sync_options(&self) -> CustomFieldCollection {
        match self {
            Self::Dropsuite(_) => dropsuite::sync_options(),
            Self::Dropbox(_) => dropbox::sync_options(),
        }
    }

    /// Returns the id of the sync option that holds the login.
    pub fn login_option(&self) -> &'static str {
        match self {
            Self::Dropsuite(_) => dropsuite::LOGIN_OPTION,
            Self::Dropbox(_) => dropbox::LOGIN_OPTION,
        }
    }

    /// Parses and validates the account of a request.
    pub fn desired_account(&self, account: &AccountDefinition) -> Result<DesiredAccount, ServiceError> {
        match self {
            Self::Dropsuite(_) => DesiredAccount::parse(account, dropsuite::LOGIN_OPTION),
            Self::Dropbox(_) => dropbox::desired_account(account),
        }
    }

    /// Returns the names of the attributes and add-ons in the vendor's definitions.
    pub fn attribute_names(&self) -> &AttributeNames {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.attribute_names(),
            Self::Dropbox(dropbox) => dropbox.attribute_names(),
        }
    }

    /// Returns `true` if an account is created at the vendor by its first order, not by a synchronization.
    pub fn creates_account_on_first_order(&self) -> bool {
        match self {
            Self::Dropsuite(_) => false,
            Self::Dropbox(_) => true,
        }
    }

    /// Returns the vendor's terms for parsing an order.
    pub fn order_terms(&self) -> OrderTerms<'_> {
        OrderTerms {
            attribute_names: self.attribute_names(),
            login_option: self.login_option(),
            creates_account_on_first_order: self.creates_account_on_first_order(),
        }
    }

    /// Returns values that the BSS stores with the account and can use in the welcome mail.
    pub fn extra_info(&self, context: &VendorContext<'_>, profile: &Profile) -> Result<TextMap, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.extra_info(context, profile),
            Self::Dropbox(_) => Ok(dropbox::extra_info(profile)),
        }
    }

    /// Returns the account with that id, or `None` if it does not exist. Reads the vendor by id, or, for a vendor without
    /// accounts, our record.
    pub async fn get_account(
        &self,
        context: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
        record: Option<&AccountRecord>,
    ) -> Result<Option<AccountPresence>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.get_account(context, role, id).await,
            Self::Dropbox(_) => Ok(dropbox::get_account(id, record)),
        }
    }

    /// Returns `true` if the reseller's tenant with an id that `is_meant` accepts is live. `None` if it has no such tenant, or
    /// the vendor's accounts are themselves what is subscribed.
    pub async fn is_tenant_live(
        &self,
        context: &VendorContext<'_>,
        reseller: &str,
        is_meant: impl Fn(&ExternalId) -> bool,
    ) -> Result<Option<bool>, ServiceError> {
        match self {
            Self::Dropsuite(_) => Ok(None),
            Self::Dropbox(dropbox) => dropbox.is_team_active(context, reseller, is_meant).await,
        }
    }

    /// Searches for accounts that may match, from a position on.
    pub async fn search(
        &self,
        context: &VendorContext<'_>,
        criteria: &SearchCriteria<'_>,
        from: ListPosition,
    ) -> Result<SearchPage, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.search(context, criteria, from).await,
            Self::Dropbox(dropbox) => dropbox.search(context, criteria).await,
        }
    }

    /// Returns the next change that brings the account to the desired state; its id once it has converged.
    pub async fn next_for_account(
        &self,
        context: &VendorContext<'_>,
        target: &AccountTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_account(context, target, progress).await,
            Self::Dropbox(_) => dropbox::next_for_account(target),
        }
    }

    /// Returns the next change that ends the billing of the account. We created the account, and it has no live
    /// subscription.
    pub async fn next_for_removal(
        &self,
        context: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
        reference: &str,
    ) -> Result<NextStep<()>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_removal(context, role, id, reference).await,
            Self::Dropbox(_) => Ok(NextStep::Converged(())),
        }
    }

    /// Returns the next change that brings the subscription to the desired state; its state at the vendor once it has
    /// converged, `None` if it is not live.
    pub async fn next_for_subscription(
        &self,
        context: &VendorContext<'_>,
        target: &SubscriptionTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_subscription(context, target, progress).await,
            Self::Dropbox(dropbox) => dropbox.next_for_subscription(context, target).await,
        }
    }

    /// Returns `true` if the vendor sells terms, which are renewed or end.
    pub fn has_terms(&self) -> bool {
        match self {
            Self::Dropsuite(_) => false,
            Self::Dropbox(_) => true,
        }
    }

    /// Returns `true` if a cancellation may leave the subscription live until the end of its term.
    pub fn may_not_renew(&self) -> bool {
        match self {
            Self::Dropsuite(_) => false,
            Self::Dropbox(dropbox) => dropbox.may_not_renew(),
        }
    }

    /// Returns the current term of a tenant's subscription; `None` if it is not live and paid.
    ///
    /// # Errors
    /// Those of a read; the vendor does not show the term in a form that is known.
    pub async fn term(&self, context: &VendorContext<'_>, tenant: &VendorTenant) -> Result<Option<Term>, ServiceError> {
        match self {
            Self::Dropsuite(_) => Ok(None),
            Self::Dropbox(dropbox) => dropbox.term(context, tenant).await,
        }
    }

    /// Returns the length in days of a trial whose end the vendor does not show.
    pub fn trial_days(&self) -> u32 {
        match self {
            Self::Dropsuite(_) => dropsuite::TRIAL_DAYS,
            Self::Dropbox(_) => dropbox::TRIAL_DAYS,
        }
    }

    /// Returns the trial of an account's subscription, as the vendor shows it. `tenant` is the account's, if the vendor has tenants.
    pub async fn trial(
        &self,
        context: &VendorContext<'_>,
        tenant: Option<&VendorTenant>,
    ) -> Result<ShownTrial, ServiceError> {
        match self {
            Self::Dropsuite(_) => Ok(ShownTrial::NotTold),
            Self::Dropbox(dropbox) => dropbox.trial(context, tenant).await,
        }
    }

    /// Returns the partner whose credentials the settings have.
    pub fn partner_id(&self, context: &VendorContext<'_>) -> Result<Option<PartnerId>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.partner_id(context),
            Self::Dropbox(dropbox) => dropbox.partner_id(context),
        }
    }

    /// Returns the partner that the credentials name, for the log. `None` if the vendor issues no such credentials: an id that
    /// is derived from a short word, or is a secret in the wrong field, must not reach the log.
    pub fn issued_partner_id(&self, context: &VendorContext<'_>) -> Option<PartnerId> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.issued_partner_id(context),
            Self::Dropbox(dropbox) => dropbox.issued_partner_id(context),
        }
    }

    /// Returns `true` if the credentials show what the partner has, so that its lists can prove an absence.
    pub async fn shows_partner(&self, context: &VendorContext<'_>) -> Result<bool, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.shows_partner(context).await,
            // One key and secret, which Dropbox accepts or refuses.
            Self::Dropbox(_) => Ok(true),
        }
    }

    /// Returns the tenants that an unconfirmed create may have created.
    pub async fn find_created_tenants(
        &self,
        context: &VendorContext<'_>,
        pending: &PendingTenantCreate,
    ) -> Result<Vec<ExternalId>, ServiceError> {
        match self {
            Self::Dropsuite(_) => Ok(Vec::new()),
            Self::Dropbox(dropbox) => dropbox.find_created_tenants(context, pending).await,
        }
    }

    /// Returns an id of the vendor with the instance that the partner's settings name.
    pub fn identify(&self, context: &VendorContext<'_>, id: ExternalId) -> Result<VendorId, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => Ok(VendorId { instance: dropsuite.instance(context)?, id }),
            // All settings lead to the stack's own instance.
            Self::Dropbox(_) => Ok(VendorId::own(id)),
        }
    }

    /// Returns the region of the partner's instance, the prefix of the names of its MSP's products and configurations.
    pub fn region_of(&self, context: &VendorContext<'_>) -> Result<String, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => Ok(dropsuite.instance(context)?.region(dropsuite.region()).to_owned()),
            Self::Dropbox(_) => Ok(String::new()),
        }
    }

    /// Returns the MSP that the partner's credentials name. Nothing proves it yet.
    pub fn claimed_msp(&self, context: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.claimed_msp(context),
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns the MSP that the partner's credentials identify, after the vendor has proved them.
    pub async fn msp(&self, context: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.msp(context).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns the region, the prefix of the names of MSPs' products and configurations.
    pub fn region(&self) -> &str {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.region(),
            Self::Dropbox(_) => "",
        }
    }

    /// Returns the number of months of a plan's billing period, in the vendor's words; `None` if they are unknown.
    pub fn billing_months(&self, periodicity: &str) -> Option<u32> {
        match self {
            Self::Dropsuite(_) => dropsuite::billing_months(periodicity),
            Self::Dropbox(_) => None,
        }
    }

    /// Returns the plans that an MSP can sell.
    pub async fn offered_plans(&self, context: &VendorContext<'_>) -> Result<Vec<OfferedPlan>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.offered_plans(context).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns one of an MSP's customers; `None` if it does not exist or belongs to another MSP.
    pub async fn organization(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
    ) -> Result<Option<Organization>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.organization(context, id).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Returns the mailboxes of one of an MSP's customers with the states of their backups at `now`. A customer that the
    /// vendor does not know has none.
    ///
    /// # Errors
    /// The vendor showed no mailbox, and this does not prove that there is none.
    pub async fn mailboxes(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        now: Timestamp,
    ) -> Result<MailboxList, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.mailboxes(context, id, now).await,
            Self::Dropbox(_) => Err(dropbox::msp_not_supported()),
        }
    }

    /// Sends the change. Returns the id of the created object, if the vendor returns one.
    ///
    /// # Errors
    /// The vendor's refusal. [`VendorError::OutcomeUnknown`] if it may have made the change, also for a response that cannot
    /// be read.
    pub async fn perform(&self, context: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        let outcome = match self {
            Self::Dropsuite(dropsuite) => dropsuite.perform(context, step).await,
            Self::Dropbox(dropbox) => dropbox.perform(context, step).await,
        };
        outcome.map_err(VendorError::of_change)
    }

    /// Converts the error of a failed change into one with a message for a person.
    pub fn user_error(&self, step: &Step, error: VendorError) -> ServiceError {
        match self {
            Self::Dropsuite(_) => dropsuite::user_error(step, error),
            Self::Dropbox(_) => dropbox::step_error(step, error),
        }
    }
}
