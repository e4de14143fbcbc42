//! Links of BSS accounts with ConnectWise companies and agreements. A linked account is billed by its agreement.
//!
//! This file has the logic of `portal/links/…`: creating, deleting and listing links.
//!
//! For an organization that the service manager created, the account is read from the organization's `external_id`. For an
//! organization that existed before, the MSP must send the account. In both cases the vendor must show the organization to
//! the MSP, so that an MSP cannot bill another MSP's customer.

pub mod create;
pub mod delete;
pub mod list;

use std::collections::{HashMap, HashSet};

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::connectwise::api::addition::number;
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::channel::{checks_owners, is_of_another_channel};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId};
use crate::domain::vendor_id::VendorId;
use crate::endpoints::portal::billing_check::check_billing_target;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, paging, plans};
use crate::store::{AccountKey, AgreementLink, READ_CONCURRENCY, UsedSeats};
use crate::vendor::other_channel_error;

/// Body of `portal/links/create`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLink {
    /// The vendor's id of the organization.
    pub organization: String,
    /// Company in ConnectWise.
    pub company: CompanyId,
    /// Agreement that bills the account.
    pub agreement: AgreementId,
    /// Price of a unit; default: the catalog's price.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    pub unit_price: Option<Decimal>,
    /// Seats that are billed; default: as sold.
    #[serde(default)]
    pub billed_seats: BilledSeats,
    /// Fewest seats that are billed if the seats in use are.
    #[serde(default)]
    pub minimum_seats: Option<u32>,
    /// Most seats that are billed if the seats in use are.
    #[serde(default)]
    pub maximum_seats: Option<u32>,
    /// Installation of the BSS. Required if the organization was not created through the BSS.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub application: Option<Uuid>,
    /// The BSS's id of the account. Required if the organization was not created through the BSS.
    #[serde(default)]
    pub account: Option<String>,
}

/// Seats that a linked account is billed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum BilledSeats {
    /// The seats that were sold.
    #[default]
    Sold,
    /// The vendor's billable seats, which the audit counts.
    Used,
}

impl CreateLink {
    /// Returns how the billed seats follow the seats in use. `before` is the link that this one replaces: what was counted
    /// stays.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`] for bounds that are of no use.
    fn used_seats(&self, before: Option<&AgreementLink>) -> Result<Option<UsedSeats>, ServiceError> {
        let (minimum, maximum) = (self.minimum_seats, self.maximum_seats);
        if self.billed_seats == BilledSeats::Sold {
            let bound = minimum.map(|_| "minimumSeats").or(maximum.map(|_| "maximumSeats"));
            return bound.map_or(Ok(None), |field| {
                Err(FieldErrors::single(field, "It is only for billedSeats: used. Leave it out, or send that."))
            });
        }
        if maximum == Some(0) || minimum.zip(maximum).is_some_and(|(minimum, maximum)| minimum > maximum) {
            return Err(FieldErrors::single("maximumSeats", "It must be at least 1, and not below minimumSeats."));
        }
        let counted = before.and_then(|before| before.used_seats.as_ref()?.counted);
        Ok(Some(UsedSeats { minimum, maximum, counted }))
    }

    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 3] = [
        ("organization", "It is required: the id of the organization in Dropsuite's portal, such as 440032-6."),
        ("company", "It is required: the number of a company of portal/companies/list."),
        ("agreement", "It is required: the number of an agreement of portal/agreements/list."),
    ];
}

/// Body of `portal/links/delete`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteLink {
    /// Installation of the BSS.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "uuid")))]
    pub application: Uuid,
    /// The BSS's id of the account.
    pub account: String,
}

impl DeleteLink {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 2] = [
        ("application", "It is required: the application of the link in portal/links/list."),
        ("account", "It is required: the account of the link in portal/links/list."),
    ];
}

/// A link in a response.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Link {
    application: ApplicationId,
    account: AccountId,
    organization: Option<ExternalId>,
    company: CompanyId,
    agreement: AgreementId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<serde_json::Number>"))]
    unit_price: Option<Value>,
    billed_seats: BilledSeats,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_seats: Option<u32>,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    linked_at: Timestamp,
    /// Text about the billing, if the agreement delays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    notice: Option<String>,
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LinkPage"))]
pub struct Page {
    links: Vec<Link>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

impl From<AgreementLink> for Link {
    fn from(link: AgreementLink) -> Self {
        Self {
            application: link.account.application,
            account: link.account.account,
            organization: link.organization.map(|organization| organization.id),
            company: link.company,
            agreement: link.agreement,
            unit_price: link.unit_price.map(number),
            billed_seats: if link.used_seats.is_some() { BilledSeats::Used } else { BilledSeats::Sold },
            minimum_seats: link.used_seats.as_ref().and_then(|used| used.minimum),
            maximum_seats: link.used_seats.as_ref().and_then(|used| used.maximum),
            linked_at: link.linked_at,
            notice: None,
        }
    }
}

/// Links an account with a company and an agreement, or replaces the link's company, agreement and price.
///
/// # Errors
/// - [`ErrorCode::FieldsInvalid`]: invalid members; the vendor does not show the organization; no account is linked with it;
///   or the agreement cannot bill the company.
/// - [`ErrorCode::ExternalIdTaken`]: another MSP has linked the account; or organization and company belong to different
///   channels.
pub async fn create(portal: &PortalRequest<'_>, new: &CreateLink) -> Result<Link, ServiceError> {
    let absent = || {
        FieldErrors::single(
            "organization",
            "Dropsuite shows you no such organization. Copy its id from Dropsuite's portal, such as 440032-6.",
        )
    };
    portal.call.ids.record(|ids| ids.company = Some(new.company.get()));
    let id = ExternalId::parse(&new.organization).ok_or_else(absent)?;
    portal.call.ids.record(|ids| ids.organization = Some(id.to_string()));
    let organization =
        portal.call.app.vendor.organization(&portal.call.vendor_context(), &id).await?.ok_or_else(absent)?;
    let object = portal.call.app.vendor.identify(&portal.call.vendor_context(), id.clone())?;
    let key = resolve_account(new, &organization.reference)?;
    portal.call.ids.record(|ids| ids.account = Some(key.account.to_string()));
    if let Some(price) = new.unit_price {
        let mut errors = FieldErrors::new();
        plans::check_price(&mut errors, "unitPrice", price);
        errors.into_result()?;
    }
    let store = &portal.call.app.store;
    let before = store.agreement(&key).await?;
    let used_seats = new.used_seats(before.as_ref())?;
    let has_organization = store.account(&key).await?.is_some_and(|account| {
        let at_host = account.instance.is_none_or(|instance| instance == object.instance);
        at_host && account.external_id.as_ref() == Some(&id)
    });
    if !has_organization {
        return Err(FieldErrors::single(
            "organization",
            "No account of the distributor's shop is connected with this organization. Order a subscription for it there first.",
        ));
    }
    if is_of_another_channel(&organization.reference, &key.reference()) {
        return Err(other_channel_error(&id));
    }
    ensure_single_channel(portal, &key, new.company).await?;
    let target = check_billing_target(portal, new.company, new.agreement).await?;
    let link = AgreementLink {
        msp: portal.msp,
        account: key,
        organization: Some(object),
        company: new.company,
        agreement: new.agreement,
        unit_price: new.unit_price,
        used_seats,
        linked_at: linked_since(before.as_ref(), new.company, new.agreement, portal.now()),
    };
    save(portal, &link, before.as_ref()).await?;
    let begins = before.is_none_or(|before| before.agreement != new.agreement);
    let notice = target.filter(|_| begins).and_then(|target| target.delay_note(portal.now()));
    Ok(Link { notice, ..link.into() })
}

/// Writes `link` in place of `before`, as it was read.
///
/// # Errors
/// [`ErrorCode::InProgress`] if the seats in use were counted meanwhile, and [`linked_elsewhere_error`].
pub async fn save(
    portal: &PortalRequest<'_>,
    link: &AgreementLink,
    before: Option<&AgreementLink>,
) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    if store.link_agreement(link, before).await? {
        return Ok(());
    }
    let now = store.agreement(&link.account).await?.filter(|now| now.msp == link.msp);
    let was_counted = |now: AgreementLink| before.is_some_and(|before| before.used_seats != now.used_seats);
    if now.is_some_and(was_counted) {
        return Err(ServiceError::new(
            ErrorCode::InProgress,
            "The audit counted the seats in use meanwhile. Send the request again.",
        ));
    }
    Err(linked_elsewhere_error())
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
    let key = AccountKey { application: ApplicationId::new(ended.application), account };
    if portal.call.app.store.unlink_agreement(portal.msp, &key).await? { Ok(()) } else { Err(linked_elsewhere_error()) }
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
    ServiceError::new(
        ErrorCode::ExternalIdTaken,
        "Another MSP has linked this account with its agreement, or the organization is linked for another account. That link must be deleted first, at portal/links/delete.",
    )
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
