//! Accounts of the BSS are linked with companies and agreements, so that what is sold through the BSS is billed by them.
//!
//! Which account an organization of the vendor is, its own reference says, if we made it; of one that was there before, the
//! MSP has to say it. Either way the vendor must show the organization to the MSP: nobody bills what is another's.

pub mod create;
pub mod delete;
pub mod list;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::connectwise::api::addition::number;
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId};
use crate::endpoints::portal::billing_check::billable;
use crate::endpoints::portal::{Faults, PortalRequest, plans};
use crate::store::{AccountKey, AgreementLink};

/// An account to be linked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    /// The vendor's id of the organization.
    pub organization: String,
    /// The company that it is.
    pub company: CompanyId,
    /// The agreement that it is billed by.
    pub agreement: AgreementId,
    /// What a unit is billed at; by default what the catalog says.
    #[serde(default)]
    pub unit_price: Option<Decimal>,
    /// The installation of the BSS, for an organization that was not made through it.
    #[serde(default)]
    pub application: Option<Uuid>,
    /// The BSS's id of the account, for such an organization.
    #[serde(default)]
    pub account: Option<String>,
}

/// Which link ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndedLink {
    /// The installation.
    pub application: Uuid,
    /// The account.
    pub account: String,
}

/// A link.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    application: ApplicationId,
    account: AccountId,
    organization: Option<ExternalId>,
    company: CompanyId,
    agreement: AgreementId,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<Value>,
    linked_at: Timestamp,
}

impl From<AgreementLink> for Link {
    fn from(link: AgreementLink) -> Self {
        Self {
            application: link.account.application,
            account: link.account.account,
            organization: link.organization,
            company: link.company,
            agreement: link.agreement,
            unit_price: link.unit_price.map(number),
            linked_at: link.linked_at,
        }
    }
}

/// Links an account.
pub async fn create(portal: &PortalRequest<'_>, new: &NewLink) -> Result<Link, ServiceError> {
    let absent = || {
        Faults::of(
            "organization",
            "The vendor shows you no such organization. Copy its id from the vendor's portal, like 440032-6.",
        )
    };
    let id = ExternalId::parse(&new.organization).ok_or_else(absent)?;
    let organization = portal.call.app.vendor.organization(&portal.call.session(), &id).await?.ok_or_else(absent)?;
    let key = which(new, &organization.reference)?;
    if let Some(price) = new.unit_price {
        let mut faults = Faults::none();
        plans::check_price(&mut faults, "unitPrice", price);
        faults.check()?;
    }
    let store = &portal.call.app.store;
    if store.account(&key).await?.and_then(|account| account.external_id).as_ref() != Some(&id) {
        return Err(Faults::of(
            "organization",
            "No account of the BSS is linked with this organization. Order a subscription for it in the BSS first.",
        ));
    }
    billable(portal, new.company, new.agreement).await?;
    let before = store.agreement(&key).await?;
    let link = AgreementLink {
        msp: portal.msp,
        account: key,
        organization: Some(id),
        company: new.company,
        agreement: new.agreement,
        unit_price: new.unit_price,
        linked_at: since(before.as_ref(), new.company, new.agreement, portal.now()),
    };
    if store.link_agreement(&link).await? { Ok(link.into()) } else { Err(of_another()) }
}

/// Since when an account is billed by `agreement`, which it may have been `before`.
pub fn since(before: Option<&AgreementLink>, company: CompanyId, agreement: AgreementId, now: Timestamp) -> Timestamp {
    let same = before.filter(|before| before.agreement == agreement && before.company == company);
    same.map_or(now, |before| before.linked_at)
}

/// All links.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Vec<Link>, ServiceError> {
    let links = portal.call.app.store.agreements(portal.msp).await?;
    Ok(links.into_iter().map(Link::from).collect())
}

/// Ends a link. Whatever additions there are stay as they are.
pub async fn delete(portal: &PortalRequest<'_>, ended: &EndedLink) -> Result<(), ServiceError> {
    let account = AccountId::parse(&ended.account)
        .ok_or_else(|| Faults::of("account", "It is no id. Copy application and account from portal/links/list."))?;
    let key = AccountKey { application: ApplicationId::new(ended.application), account };
    if portal.call.app.store.unlink_agreement(portal.msp, &key).await? { Ok(()) } else { Err(of_another()) }
}

fn which(named: &NewLink, reference: &str) -> Result<AccountKey, ServiceError> {
    let referred = reference.split_once('/').and_then(|(application, account)| {
        Some(AccountKey {
            application: ApplicationId::new(application.parse().ok()?),
            account: AccountId::parse(account)?,
        })
    });
    let named = match (named.application, named.account.as_deref()) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Faults::of("application", "Say of which installation of the BSS the account is."));
        }
        (Some(_), None) => return Err(Faults::of("account", "Say which account of the installation it is.")),
        (Some(application), Some(account)) => {
            let account = AccountId::parse(account)
                .ok_or_else(|| Faults::of("account", "It is no id. Enter the account's id as the BSS shows it."))?;
            Some(AccountKey { application: ApplicationId::new(application), account })
        }
    };
    named.or(referred).ok_or_else(|| {
        Faults::of(
            "account",
            "The organization was not made through the BSS. Say which account it is: application and account, as the BSS shows them.",
        )
    })
}

fn of_another() -> ServiceError {
    ServiceError::new(
        ErrorCode::ExternalIdTaken,
        "The account is linked with an agreement of another MSP. That one has to end its link first.",
    )
}
