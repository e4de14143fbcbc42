//! Links of BSS accounts with ConnectWise companies and agreements. A linked account is billed by its agreement.
//!
//! This file has the logic of `portal/links/…`: creating, deleting and listing links. `many.rs` makes many at once, and
//! `suggested.rs` finds the companies that organizations without a link may belong to.
//!
//! For an organization that the service manager created, the account is read from the organization's `external_id`. For an
//! organization that existed before, the MSP must send the account. In both cases the vendor must show the organization to
//! the MSP, so that an MSP cannot bill another MSP's customer.

pub mod bulk;
mod company_match;
pub mod create;
pub mod delete;
pub mod list;
mod many;
mod requests;
mod suggested;
pub mod suggestions;
mod view;

use std::collections::{HashMap, HashSet};

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::billing_dates::{BillingDates, ChosenDates};
use crate::domain::channel::{checks_owners, is_of_another_channel};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId};
use crate::domain::vendor_id::VendorId;
use crate::endpoints::portal::billing_check::{BillingTarget, check_billing_target};
use crate::endpoints::portal::billing_outlook::{self, Outlook};
use crate::endpoints::portal::{FieldErrors, PortalRequest, billing_words, paging, plans};
use crate::store::{AccountKey, AgreementLink, NewHistoryEntry, READ_CONCURRENCY};
use crate::vendor::other_channel_error;
use crate::workers::additions::dates::{self, Start};

pub use many::{BulkLinks, BulkResults, link_many};
pub use requests::{BilledSeats, CreateLink, DatesChoice, DeleteLink};
pub use suggested::{SuggestionPage, suggest};
pub use view::{Link, Page};

/// Links an account with a company and an agreement, or replaces the link's company, agreement and price.
///
/// # Errors
/// - [`ErrorCode::FieldsInvalid`]: invalid members; the vendor does not show the organization; no account is linked with it;
///   or the agreement cannot bill the company.
/// - [`ErrorCode::ExternalIdTaken`]: another MSP has linked the account; or organization and company belong to different
///   channels.
pub async fn create(portal: &PortalRequest<'_>, new: &CreateLink) -> Result<Link, ServiceError> {
    portal.call.ids.record(|ids| ids.company = Some(new.company.get()));
    let id = ExternalId::parse(&new.organization).ok_or_else(no_organization)?;
    portal.call.ids.record(|ids| ids.organization = Some(id.to_string()));
    let PreparedLink { link, before, is_other_rule } = prepare(portal, new, id).await?;
    portal.call.ids.record(|ids| ids.account = Some(link.account.account.to_string()));
    let target = check_billing_target(portal, new.company, new.agreement).await?;
    let link = save(portal, link, before.as_ref()).await?;
    let begins = before.as_ref().is_none_or(|before| before.agreement != new.agreement);
    let outlook = outlook(portal, &link, &target).await?;
    let change = before.filter(|_| is_other_rule).map(|_| billing_words::RULE_CHANGED);
    Ok(Link::from(link).with_outlook(&outlook.words, change, outlook.delay_note.filter(|_| begins)))
}

/// A link that can be made as far as the vendor and the table know.
struct PreparedLink {
    link: AgreementLink,
    /// The link that it replaces.
    before: Option<AgreementLink>,
    /// `true` if its billing dates are other ones than before.
    is_other_rule: bool,
}

/// Returns the error for an organization that the vendor does not show to the MSP.
fn no_organization() -> ServiceError {
    FieldErrors::single(
        "organization",
        "Dropsuite shows you no such organization. Copy its id from Dropsuite's portal, such as 440032-6.",
    )
}

/// Prepares the link of an organization. What ConnectWise has of its company and agreement is checked elsewhere.
async fn prepare(portal: &PortalRequest<'_>, new: &CreateLink, id: ExternalId) -> Result<PreparedLink, ServiceError> {
    let (vendor, context) = (&portal.call.app.vendor, portal.call.vendor_context());
    let reference = vendor.organization(&context, &id).await?.ok_or_else(no_organization)?.reference;
    let object = vendor.identify(&context, id.clone())?;
    let key = resolve_account(new, &reference)?;
    if let Some(price) = new.unit_price {
        let mut errors = FieldErrors::new();
        plans::check_price(&mut errors, "unitPrice", price);
        errors.into_result()?;
    }
    let store = &portal.call.app.store;
    let before = store.agreement(&key).await?;
    if let Some(before) = before.as_ref().filter(|before| before.msp == portal.msp) {
        ensure_not_left(before)?;
    }
    let used_seats = new.used_seats(before.as_ref())?;
    if !has_organization(portal, &key, &object).await? {
        return Err(FieldErrors::single("organization", NOT_CONNECTED));
    }
    if is_of_another_channel(&reference, &key.reference()) {
        return Err(other_channel_error(&id));
    }
    ensure_single_channel(portal, &key, new.company).await?;
    let (current, now) =
        (ChosenDates::last(before.as_ref().and_then(|link| link.billing_dates.as_ref())), portal.now());
    let dates = new.dates_choice().dates(BillingDates::default(), current, now)?;
    let chosen = before.as_ref().and_then(|link| link.billing_dates.as_ref());
    let link = AgreementLink {
        msp: portal.msp,
        account: key,
        organization: Some(object),
        company: new.company,
        agreement: new.agreement,
        unit_price: new.unit_price,
        used_seats,
        billing_dates: ChosenDates::following(chosen, dates, now),
        linked_at: linked_since(before.as_ref(), new.company, new.agreement, now),
        left_at: None,
    };
    Ok(PreparedLink { link, before, is_other_rule: dates != current })
}

/// Text for an organization that no account is connected with.
const NOT_CONNECTED: &str = "No account of the distributor's shop is connected with this organization. Order a subscription for it there first.";

/// Refuses to change a link whose customer has left the MSP: its addition is being ended.
fn ensure_not_left(link: &AgreementLink) -> Result<(), ServiceError> {
    match link.left_at {
        None => Ok(()),
        Some(_) => Err(ServiceError::new(ErrorCode::ExternalIdTaken, HAS_LEFT)),
    }
}

/// Text for a link whose customer has left.
const HAS_LEFT: &str = "The customer has gone to another reseller, and its addition is being ended. If that is a mistake, delete the link at portal/links/delete, then link the customer again.";

/// Text for an account or an organization that is linked already, by another MSP or for another account.
const LINKED_ELSEWHERE: &str = "Another MSP has linked this account with its agreement, or the organization is linked for another account. That link must be deleted first, at portal/links/delete.";

/// Returns `true` if the account is connected with the organization.
async fn has_organization(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    object: &VendorId,
) -> Result<bool, ServiceError> {
    Ok(portal.call.app.store.account(key).await?.is_some_and(|account| {
        let at_host = account.instance.is_none_or(|instance| instance == object.instance);
        at_host && account.external_id.as_ref() == Some(&object.id)
    }))
}

/// Returns what will be invoiced by a link. Without a subscription, the delay is that of one that would be sold now.
async fn outlook(
    portal: &PortalRequest<'_>,
    link: &AgreementLink,
    target: &BillingTarget,
) -> Result<Outlook, ServiceError> {
    if let Some(live) = portal.call.app.store.live_subscription(&link.account).await? {
        return billing_outlook::of_subscription(portal, link, &live, target).await;
    }
    let start = Start::at(portal.now(), link);
    let requested = start.requested_day(&target.zone, None);
    let delay_note =
        dates::delay_note(requested, dates::first_day(requested, None, &target.terms().unwrap_or_default()));
    Ok(Outlook { words: billing_words::NOTHING_YET.to_owned(), delay_note })
}

/// Writes `link` in place of `before`, as it was read, and returns the link that is in force: `link`, or the same one of a call
/// that was made at once.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another link of the MSP was made or its seats in use were counted meanwhile, and
/// [`linked_elsewhere_error`].
pub async fn save(
    portal: &PortalRequest<'_>,
    link: AgreementLink,
    before: Option<&AgreementLink>,
) -> Result<AgreementLink, ServiceError> {
    let store = &portal.call.app.store;
    if store.link_agreement(&link, before, entry_of(portal, &link, before).as_ref()).await? {
        return Ok(link);
    }
    let now = store.agreement(&link.account).await?.filter(|now| now.msp == link.msp);
    if let (None, Some(now)) = (before, &now)
        && now.bills_like(&link)
    {
        return Ok(now.clone());
    }
    let has_changed = |now: AgreementLink| {
        before.is_none_or(|before| (&before.used_seats, before.left_at) != (&now.used_seats, now.left_at))
    };
    if now.is_some_and(has_changed) {
        return Err(ServiceError::new(
            ErrorCode::InProgress,
            "The account was linked, or the audit counted its seats in use, meanwhile. Send the request again.",
        ));
    }
    Err(linked_elsewhere_error())
}

/// Returns the entry of a change of a link. A sale writes its link before the vendor gave the organization its id; that the id
/// follows is no change.
fn entry_of(
    portal: &PortalRequest<'_>,
    link: &AgreementLink,
    before: Option<&AgreementLink>,
) -> Option<NewHistoryEntry> {
    let before = before.map(|before| {
        let organization = before.organization.clone().or_else(|| link.organization.clone());
        Link::from(AgreementLink { organization, ..before.clone() })
    });
    let entry = portal.change(object_of(&link.account), before.as_ref(), Some(&Link::from(link.clone())))?;
    Some(entry.with_link(link))
}

/// Returns the name of a link in the history.
fn object_of(account: &AccountKey) -> String {
    format!("link of {}", account.reference())
}

/// Deletes a link of the MSP, with the entry about it. A link that does not exist is none.
///
/// # Errors
/// [`linked_elsewhere_error`] if it is another MSP's.
pub async fn remove(portal: &PortalRequest<'_>, key: &AccountKey) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    let before = store.agreement(key).await?.filter(|link| link.msp == portal.msp);
    let entry = before.and_then(|link| {
        let entry = portal.change(object_of(key), Some(&Link::from(link.clone())), None)?;
        Some(entry.with_link(&link))
    });
    let removed = store.unlink_agreement(portal.msp, key, entry.as_ref()).await?;
    if removed { Ok(()) } else { Err(linked_elsewhere_error()) }
}

/// Refuses a link by which a company would have two subscriptions: one that was sold in the portal, and the account's.
async fn ensure_single_channel(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    company: CompanyId,
) -> Result<(), ServiceError> {
    let taken = |message: String| Err(ServiceError::new(ErrorCode::ExternalIdTaken, message));
    let sold = AccountKey::of_company(portal.msp, company);
    let Some(sold) = sold.filter(|sold| sold != key && checks_owners()) else { return Ok(()) };
    if key.application == sold.application {
        return taken(format!(
            "The organization was sold in the portal to the company {}, not to {company}. Send that company.",
            key.account
        ));
    }
    let store = &portal.call.app.store;
    if store.live_subscription(&sold).await?.is_some() && store.live_subscription(key).await?.is_some() {
        return taken(format!(
            "You have sold the company {company} a subscription in the portal, and the account has another one. A company has one subscription: end one of them first, or choose the account's own company."
        ));
    }
    Ok(())
}

/// Returns the time since when an account is billed by `agreement`: the time of the existing link if it has the same company
/// and agreement, otherwise `now`.
pub fn linked_since(
    before: Option<&AgreementLink>,
    company: CompanyId,
    agreement: AgreementId,
    now: Timestamp,
) -> Timestamp {
    let same = before.filter(|before| before.agreement == agreement && before.company == company);
    same.map_or(now, |before| before.linked_at)
}

/// Returns a page of the MSP's links, ordered by application and account: at most `limit`, after the cursor `after`.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let (limit, after) = (paging::limit(&portal.query)?, paging::after(&portal.query, AccountKey::from_reference)?);
    let links = portal.call.app.store.listed_agreements(portal.msp, after.as_ref(), limit).await?;
    let next = links.last().filter(|_| links.len() == limit).map(|last| last.account.reference());
    Ok(Page { links: links.into_iter().map(Link::from).collect(), next })
}

/// Deletes a link. Existing additions stay unchanged.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] if `account` is not an id, [`ErrorCode::ExternalIdTaken`] if the link is another MSP's.
pub async fn delete(portal: &PortalRequest<'_>, ended: &DeleteLink) -> Result<(), ServiceError> {
    let account = AccountId::parse(&ended.account).ok_or_else(|| {
        FieldErrors::single("account", "It is not an account id. Copy application and account from portal/links/list.")
    })?;
    remove(portal, &AccountKey { application: ApplicationId::new(ended.application), account }).await
}

fn resolve_account(named: &CreateLink, reference: &str) -> Result<AccountKey, ServiceError> {
    let referred = AccountKey::from_reference(reference);
    let named = match (named.application, named.account.as_deref()) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(FieldErrors::single(
                "application",
                "It is required with account: the application id of the BSS installation.",
            ));
        }
        (Some(_), None) => {
            return Err(FieldErrors::single(
                "account",
                "It is required with application: the account's id in the BSS.",
            ));
        }
        (Some(application), Some(account)) => {
            let account = AccountId::parse(account).ok_or_else(|| {
                FieldErrors::single("account", "It is not an account id. Enter the account's id as the BSS shows it.")
            })?;
            Some(AccountKey { application: ApplicationId::new(application), account })
        }
    };
    named.or(referred).ok_or_else(|| {
        FieldErrors::single(
            "account",
            "The organization was not created through the BSS. Send application and account, as the BSS shows them; your distributor knows them.",
        )
    })
}

/// Returns the error for an account or an organization that is linked already, by another MSP or for another account.
pub fn linked_elsewhere_error() -> ServiceError {
    ServiceError::new(ErrorCode::ExternalIdTaken, LINKED_ELSEWHERE)
}

/// Returns the links of `organizations` that are the MSP's.
pub async fn of_organizations(
    portal: &PortalRequest<'_>,
    organizations: impl IntoIterator<Item = VendorId>,
) -> Result<HashMap<VendorId, AgreementLink>, ServiceError> {
    let distinct: HashSet<_> = organizations.into_iter().collect();
    let reads = distinct.into_iter().map(|organization| {
        async move {
            let link = portal.call.app.store.agreement_of(&organization).await?;
            Ok::<_, ServiceError>(link.filter(|link| link.msp == portal.msp).map(|link| (organization, link)))
        }
        .boxed()
    });
    let reads: Vec<_> = reads.collect();
    let links: Vec<_> = stream::iter(reads).buffered(READ_CONCURRENCY).try_collect().await?;
    Ok(links.into_iter().flatten().collect())
}
