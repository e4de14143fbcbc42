//! The enum of vendors: every capability, answered by every vendor. A vendor that lacks one does not compile.

use crate::bss::responses::{CustomFieldCollection, FieldCollection, ProductTypeCollection};
use crate::bss::{AccountDefinition, TextMap, requests};
use crate::domain::account::{Profile, Role, DesiredAccount};
use crate::domain::entitlements::AttributeNames;
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::domain::order::OrderTerms;
use crate::store::{AccountRecord, PendingTenantCreate};

use crate::vendor::dropbox::{self, Dropbox};
use crate::vendor::dropsuite::{self, Dropsuite};
use crate::vendor::{
    AccountTarget, MailboxBackup, VendorName, NextStep, OfferedPlan, Organization, AccountPresence, Progress, Provisioned, SearchPage, VendorContext,
    Step, SubscriptionTarget, VendorError, SearchCriteria,
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
    /// Its name.
    pub fn name(&self) -> VendorName {
        match self {
            Self::Dropsuite(_) => VendorName::Dropsuite,
            Self::Dropbox(_) => VendorName::Dropbox,
        }
    }

    /// The settings fields that the operator fills in.
    pub fn fields(&self) -> FieldCollection {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.fields(),
            Self::Dropbox(_) => dropbox::fields(),
        }
    }

    /// What is wrong with filled fields, in the operator's words; empty when all is well.
    pub async fn validate(&self, session: &VendorContext<'_>, filled: &requests::FieldCollection) -> Vec<String> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.validate(session, filled).await,
            Self::Dropbox(dropbox) => dropbox.validate(session, filled).await,
        }
    }

    /// What the partner can sell.
    pub async fn definitions(&self, session: &VendorContext<'_>) -> Result<ProductTypeCollection, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.definitions(session).await,
            Self::Dropbox(dropbox) => Ok(dropbox.definitions()),
        }
    }

    /// What an account is asked before its first synchronization.
    pub fn sync_options(&self) -> CustomFieldCollection {
        match self {
            Self::Dropsuite(_) => dropsuite::sync_options(),
            Self::Dropbox(_) => dropbox::sync_options(),
        }
    }

    /// The sync option that holds the login.
    pub fn login_option(&self) -> &'static str {
        match self {
            Self::Dropsuite(_) => dropsuite::LOGIN_OPTION,
            Self::Dropbox(_) => dropbox::LOGIN_OPTION,
        }
    }

    /// An account of a request, checked.
    pub fn desired_account(&self, account: &AccountDefinition) -> Result<DesiredAccount, ServiceError> {
        match self {
            Self::Dropsuite(_) => DesiredAccount::parse(account, dropsuite::LOGIN_OPTION),
            Self::Dropbox(_) => dropbox::account_wish(account),
        }
    }

    /// What the attributes and add-ons of its definitions are called.
    pub fn attribute_names(&self) -> &AttributeNames {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.vocabulary(),
            Self::Dropbox(dropbox) => dropbox.vocabulary(),
        }
    }

    /// Whether it hears of an account with an order only.
    pub fn creates_account_on_first_order(&self) -> bool {
        match self {
            Self::Dropsuite(_) => false,
            Self::Dropbox(_) => true,
        }
    }

    /// The vendor's part in reading an order.
    pub fn order_terms(&self) -> OrderTerms<'_> {
        OrderTerms {
            attribute_names: self.attribute_names(),
            login_option: self.login_option(),
            creates_account_on_first_order: self.creates_account_on_first_order(),
        }
    }

    /// What the BSS keeps with the account and can use in the welcome mail.
    pub fn extra_info(&self, session: &VendorContext<'_>, profile: &Profile) -> Result<TextMap, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.extra_info(session, profile),
            Self::Dropbox(_) => Ok(dropbox::extra_info(profile)),
        }
    }

    /// The account of that id, if it is there: one keyed read, or, where the vendor knows no accounts, what our record says.
    pub async fn get_account(
        &self,
        session: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
        record: Option<&AccountRecord>,
    ) -> Result<Option<AccountPresence>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.look(session, role, id).await,
            Self::Dropbox(_) => Ok(dropbox::look(id, record)),
        }
    }

    /// Accounts that may be the wanted one, from page `from` on.
    pub async fn search(&self, session: &VendorContext<'_>, wanted: &SearchCriteria<'_>, from: u32) -> Result<SearchPage, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.search(session, wanted, from).await,
            Self::Dropbox(_) => Ok(SearchPage::default()),
        }
    }

    /// What to do next so that the account is as wished.
    pub async fn next_for_account(
        &self,
        session: &VendorContext<'_>,
        goal: &AccountTarget<'_>,
        progress: &Progress,
    ) -> Result<NextStep<ExternalId>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_account(session, goal, progress).await,
            Self::Dropbox(_) => dropbox::next(goal),
        }
    }

    /// What to do next so that the account, which we made and which has no live subscription, is not billed any more.
    pub async fn next_for_removal(
        &self,
        session: &VendorContext<'_>,
        role: Role,
        id: &ExternalId,
    ) -> Result<NextStep<()>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_removal(session, role, id).await,
            Self::Dropbox(_) => Ok(NextStep::Converged(())),
        }
    }

    /// What to do next so that the subscription is as wished; what it is then.
    pub async fn next_for_subscription(
        &self,
        session: &VendorContext<'_>,
        goal: &SubscriptionTarget<'_>,
    ) -> Result<NextStep<Option<Provisioned>>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.next_for_subscription(session, goal).await,
            Self::Dropbox(dropbox) => dropbox.next_for_subscription(session, goal).await,
        }
    }

    /// Tenants that may be what an unanswered create has made.
    pub async fn find_created_tenants(&self, session: &VendorContext<'_>, making: &PendingTenantCreate) -> Result<Vec<ExternalId>, ServiceError> {
        match self {
            Self::Dropsuite(_) => Ok(Vec::new()),
            Self::Dropbox(dropbox) => dropbox.made(session, making).await,
        }
    }

    /// The MSP that the partner of the session is, whose credentials are proved.
    pub async fn msp(&self, session: &VendorContext<'_>) -> Result<MspId, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.msp(session).await,
            Self::Dropbox(_) => Err(dropbox::no_msps()),
        }
    }

    /// Where an MSP works with its customers.
    pub fn reseller_portal(&self, session: &VendorContext<'_>) -> Result<String, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.reseller_portal_of(session),
            Self::Dropbox(_) => Err(dropbox::no_msps()),
        }
    }

    /// The region, as it begins what MSPs' products and configurations are called.
    pub fn region(&self) -> &str {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.region(),
            Self::Dropbox(_) => "",
        }
    }

    /// The plans that an MSP can sell.
    pub async fn offered_plans(&self, session: &VendorContext<'_>) -> Result<Vec<OfferedPlan>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.offered_plans(session).await,
            Self::Dropbox(_) => Err(dropbox::no_msps()),
        }
    }

    /// One of an MSP's customers; none if there is no such one, or it is not the MSP's.
    pub async fn organization(&self, session: &VendorContext<'_>, id: &ExternalId) -> Result<Option<Organization>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.organization(session, id).await,
            Self::Dropbox(_) => Err(dropbox::no_msps()),
        }
    }

    /// The mailboxes of one of an MSP's customers, and how their backups are; none if there is no such customer.
    pub async fn mailboxes(&self, session: &VendorContext<'_>, id: &ExternalId) -> Result<Option<Vec<MailboxBackup>>, ServiceError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.mailboxes(session, id).await,
            Self::Dropbox(_) => Err(dropbox::no_msps()),
        }
    }

    /// Makes the change. The id of what was created, if it says.
    pub async fn perform(&self, session: &VendorContext<'_>, step: &Step) -> Result<Option<ExternalId>, VendorError> {
        match self {
            Self::Dropsuite(dropsuite) => dropsuite.perform(session, step).await,
            Self::Dropbox(dropbox) => dropbox.perform(session, step).await,
        }
    }

    /// What to tell a person when the change failed.
    pub fn user_error(&self, step: &Step, error: VendorError) -> ServiceError {
        match self {
            Self::Dropsuite(_) => dropsuite::explain(step, error),
            Self::Dropbox(_) => dropbox::explain_step(step, error),
        }
    }
}
