//! The MSP's organizations at Dropsuite, also those that were not sold here: the list, and one organization.

use std::collections::HashMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer_row::{self, CustomerRow, Recorded, Sort};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::list_position::ListPosition;
use crate::domain::vendor_id::VendorId;
use crate::endpoints::portal::additions::{self, AdditionView};
use crate::endpoints::portal::msp_message::msp_message;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, TrialView, links, paging};
use crate::endpoints::{QueryParameter, QueryType};
use crate::store::{AgreementLink, PlanRecord, READ_CONCURRENCY};
use crate::vendor::{
    BackupStatus, Customer, CustomerAccess, Extent, LoginAccount, MailboxBackup, PartialList, Tenant, TenantState,
};

/// Most rows of an answer. A search reads more rows than that, and only those that are shown are looked up in the table.
pub const MAX_ROWS: usize = 200;

/// Longest text to search for, in characters.
const MAX_SEARCH: usize = 100;

/// Text that the email address or the name of the organizations contains.
const SEARCH: QueryParameter = QueryParameter { name: "search", value: QueryType::Text, required: false };
/// Order of the rows.
const SORT: QueryParameter = QueryParameter { name: "sort", value: QueryType::Text, required: false };
/// The query parameters of the list.
pub const QUERY: &[QueryParameter] = &[SEARCH, SORT, paging::AFTER];

/// The organization that is shown.
pub const ORGANIZATION: QueryParameter =
    QueryParameter { name: "organization", value: QueryType::Text, required: true };

/// Body of `portal/organizations/impersonate` and `portal/organizations/invite`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerRef {
    /// The vendor's id of the organization.
    pub organization: String,
}

impl CustomerRef {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] =
        [("organization", "It is required: the id of an organization of portal/organizations/list, such as 440032-6.")];
}

/// The beginning of an answer: the position in the vendor's list from which rows are searched and sorted, and how many of
/// those were shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    position: ListPosition,
    shown: usize,
}

impl Cursor {
    const START: Self = Self { position: ListPosition::START, shown: 0 };

    fn is_valid(&self) -> bool {
        self.shown > 0 || self.position.is_within_list()
    }
}

/// A part of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CustomerPage"))]
#[serde(rename_all = "camelCase")]
pub struct CustomerPage {
    organizations: Vec<CustomerRow>,
    /// Value of the parameter `after` for the organizations that were not read yet; `None` if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(
            description = "Value of the parameter `after` for the organizations that were not read yet; absent if there are none."
        )
    )]
    next: Option<String>,
    /// Number of rows left out because they carry another reseller token, or none.
    other_resellers: u32,
    /// Number of rows left out because they could not be read.
    unreadable: u32,
}

/// Returns a part of the MSP's organizations, at most [`MAX_ROWS`]. Without a search or an order, one page of the vendor's list
/// is read.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid parameters, and the errors of the vendor.
pub async fn list(portal: &PortalRequest<'_>) -> Result<CustomerPage, ServiceError> {
    let mut errors = FieldErrors::new();
    let search = portal.query.get(SEARCH.name);
    if search.is_some_and(|text| text.chars().count() > MAX_SEARCH) {
        errors.add(SEARCH.name, format!("It has more than {MAX_SEARCH} characters. Search for a shorter text."));
    }
    let sort = portal.query.get(SORT.name).and_then(|text| {
        let text_of_error = "It is no order. Send name, email, state, createdAt or lastSignedIn, with a hyphen before it for the reverse.";
        errors.collect(SORT.name, text.parse::<Sort>().map_err(|()| text_of_error))
    });
    errors.into_result()?;
    let Cursor { position, shown } =
        paging::after(&portal.query, |text| paging::parse_cursor(text).filter(Cursor::is_valid))?
            .unwrap_or(Cursor::START);
    let extent = if search.is_some() || sort.is_some() { Extent::Search } else { Extent::Page };
    let context = portal.call.vendor_context();
    let mut list = portal.call.app.vendor.customers(&context, position.clone(), extent).await?;
    if let Some(search) = search {
        list.customers.retain(|customer| customer_row::matches(customer, search));
    }
    if let Some(sort) = sort {
        sort.apply(&mut list.customers);
    }
    let next = if list.customers.len() > shown.saturating_add(MAX_ROWS) {
        Some(Cursor { position, shown: shown + MAX_ROWS })
    } else {
        list.next.map(|position| Cursor { position, shown: 0 })
    };
    list.customers = list.customers.into_iter().skip(shown).take(MAX_ROWS).collect();
    let organizations = list.customers.iter().map(|customer| identify(portal, &customer.id));
    let organizations: Vec<_> = organizations.collect::<Result<_, _>>()?;
    let (plans, links) =
        futures::try_join!(additions::plans_by_id(portal), links::of_organizations(portal, organizations))?;
    let row = async |customer: Customer| {
        let link = links.get(&identify(portal, &customer.id)?).cloned();
        let recorded = recorded(portal, link, &plans).await?;
        Ok::<_, ServiceError>(CustomerRow::new(customer, &recorded, &plans, portal.msp))
    };
    let reads: Vec<_> = list.customers.into_iter().map(|customer| row(customer).boxed()).collect();
    Ok(CustomerPage {
        organizations: stream::iter(reads).buffered(READ_CONCURRENCY).try_collect::<Vec<_>>().await?,
        next: next.as_ref().map(paging::cursor_text).transpose()?,
        other_resellers: list.other_resellers,
        unreadable: list.unreadable,
    })
}

fn identify(portal: &PortalRequest<'_>, id: &ExternalId) -> Result<VendorId, ServiceError> {
    portal.call.app.vendor.identify(&portal.call.vendor_context(), id.clone())
}

async fn recorded(
    portal: &PortalRequest<'_>,
    link: Option<AgreementLink>,
    plans: &HashMap<PlanId, PlanRecord>,
) -> Result<Recorded, ServiceError> {
    let store = &portal.call.app.store;
    let live = match &link {
        Some(link) => store.live_subscription(&link.account).await?,
        None => None,
    };
    let subscription = match &live {
        Some(key) => store.subscription(key).await?,
        None => None,
    };
    let trial_period = subscription
        .as_ref()
        .and_then(|subscription| TrialView::of(portal, subscription, plans.get(&subscription.plan), link.as_ref()));
    Ok(Recorded { link, is_trial: subscription.is_some_and(|subscription| subscription.trial), trial_period })
}

/// Returns the MSP's organization with this id.
///
/// # Errors
/// [`ErrorCode::MissingAtVendor`] if the vendor does not show it, or shows it as another reseller's; the errors of the vendor.
pub(super) async fn find(portal: &PortalRequest<'_>, id: &str) -> Result<CustomerAccess, ServiceError> {
    let missing = || {
        ServiceError::new(
            ErrorCode::MissingAtVendor,
            "Dropsuite does not show you this organization. Nothing was changed. Copy its id from portal/organizations/list. For a customer of a sub-reseller, sign in with the sub-reseller's tokens.",
        )
    };
    let id = ExternalId::parse(id).ok_or_else(missing)?;
    portal.call.ids.record(|ids| ids.organization = Some(id.to_string()));
    portal.call.app.vendor.customer(&portal.call.vendor_context(), &id).await?.ok_or_else(missing)
}

/// One organization.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerDetails {
    #[serde(flatten)]
    row: CustomerRow,
    /// ISO 3166 two-letter code.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    notification_emails: Vec<String>,
    /// `true` if the owner cannot sign in.
    login_disabled: bool,
    tenants: List<TenantView>,
    logins: List<LoginView>,
    mailboxes: List<MailboxView>,
    additions: Vec<AdditionView>,
}

/// A list that may lack rows.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ListOf{T}"))]
pub struct List<T> {
    rows: Vec<T>,
    /// `true` if the list was read to its end.
    complete: bool,
    /// The reason that the list may lack rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl<T> List<T> {
    fn of<R>(list: PartialList<R>, view: impl Fn(R) -> T) -> Self {
        let PartialList { rows, incomplete } = list;
        Self {
            rows: rows.into_iter().map(view).collect(),
            complete: incomplete.is_none(),
            reason: incomplete.map(|error| msp_message(&error).into_owned()),
        }
    }
}

/// A connected tenant.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Tenant"))]
#[serde(rename_all = "camelCase")]
pub struct TenantView {
    domain: String,
    /// The vendor's word for its kind, such as `m365`.
    #[serde(rename = "type")]
    kind: String,
    state: TenantStateView,
    users: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    created_at: Option<Timestamp>,
}

/// State of the connection to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TenantState"))]
#[serde(rename_all = "camelCase")]
pub enum TenantStateView {
    /// Waits to be processed.
    Queued,
    /// Is processed.
    Processing,
    /// Is connected.
    Completed,
    /// The vendor's application in the tenant must be created again.
    Broken,
    /// The vendor's number has no known meaning.
    Unknown,
}

/// A login account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LoginAccount"))]
#[serde(rename_all = "camelCase")]
pub struct LoginView {
    email: String,
    /// The vendor's word for its rights.
    role: String,
    login_enabled: bool,
    activated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    created_at: Option<Timestamp>,
}

/// A mailbox and the state of its backup.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Mailbox"))]
#[serde(rename_all = "camelCase")]
pub struct MailboxView {
    /// Its address.
    mailbox: String,
    state: BackupState,
    /// The vendor's words, if the backup fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    last_backup: Option<Timestamp>,
}

/// State of a mailbox's backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum BackupState {
    /// The last backup completed.
    Healthy,
    /// The backup fails.
    Failing,
    /// The mailbox is no longer backed up.
    Disabled,
    /// A backup is in progress, or the vendor's status has no known meaning.
    Unknown,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        let Tenant { domain, kind, state, users, created_at } = tenant;
        let state = match state {
            TenantState::Queued => TenantStateView::Queued,
            TenantState::Processing => TenantStateView::Processing,
            TenantState::Completed => TenantStateView::Completed,
            TenantState::Broken => TenantStateView::Broken,
            TenantState::Unknown => TenantStateView::Unknown,
        };
        Self { domain, kind, state, users, created_at }
    }
}

impl From<LoginAccount> for LoginView {
    fn from(login: LoginAccount) -> Self {
        let LoginAccount { email, role, login_enabled, activated, created_at } = login;
        Self { email, role, login_enabled, activated, created_at }
    }
}

impl From<MailboxBackup> for MailboxView {
    fn from(mailbox: MailboxBackup) -> Self {
        let (state, reason) = match mailbox.backup {
            BackupStatus::Healthy => (BackupState::Healthy, None),
            BackupStatus::Failing(failure) => (BackupState::Failing, Some(failure.error)),
            BackupStatus::Disabled => (BackupState::Disabled, None),
            BackupStatus::Unknown => (BackupState::Unknown, None),
        };
        Self { mailbox: mailbox.address, state, reason, last_backup: mailbox.last_backup }
    }
}

/// Returns one of the MSP's organizations, with its lists and its additions.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] without an id, and the errors of finding the organization. A list that cannot be read says so itself.
pub async fn get(portal: &PortalRequest<'_>) -> Result<CustomerDetails, ServiceError> {
    let id = portal.query.get(ORGANIZATION.name).ok_or_else(|| {
        FieldErrors::single(
            ORGANIZATION.name,
            "It is required: the id of an organization, such as ?organization=440032-6.",
        )
    })?;
    let access = find(portal, id).await?;
    let context = portal.call.vendor_context();
    let object = portal.call.app.vendor.identify(&context, access.customer.id.clone())?;
    let link = portal.call.app.store.agreement_of(&object).await?.filter(|link| link.msp == portal.msp);
    let plans = additions::plans_by_id(portal).await?;
    let additions = match link.clone() {
        Some(link) => additions::of_account(portal, link).await?,
        None => Vec::new(),
    };
    let recorded = recorded(portal, link, &plans).await?;
    let (tenants, logins, mailboxes) = portal.call.app.vendor.customer_lists(&context, &access, portal.now()).await?;
    let customer = access.customer;
    Ok(CustomerDetails {
        country: customer.country.as_ref().map(|country| country.as_str().to_owned()),
        notification_emails: customer.notification_emails.clone(),
        login_disabled: customer.login_disabled,
        row: CustomerRow::new(customer, &recorded, &plans, portal.msp),
        tenants: List::of(tenants, TenantView::from),
        logins: List::of(logins, LoginView::from),
        mailboxes: List::of(mailboxes, MailboxView::from),
        additions,
    })
}
