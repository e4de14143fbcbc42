//! A company of the MSP's ConnectWise is sold a plan: its organization and subscription at the vendor, once each, and what
//! they are billed by.
//!
//! One company has one subscription. To the vendor it is ordered like any sale, as an account of the MSP's own installation
//! whose id is the company's number; the addition follows from the stream. The first link with an agreement is made before
//! the order, so that whatever is sold is billed, even if the answer to this call is lost; another agreement takes its place
//! when the order is carried out.

pub mod activate;
pub mod create;
pub mod suspend;
pub mod unsubscribe;
pub mod update;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::account::{Country, Email, MAX_NAME, AccountDetails, Profile, Role, DesiredAccount as AccountWish};
use crate::domain::entitlements::{EntitlementPart, MAX_SEATS};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ExternalId, PlanId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::plan::ProductType;
use crate::domain::subscription::{SubscriptionRef, PlanChoice, Wish};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::endpoints::portal::billing_check::billable;
use crate::endpoints::portal::{Faults, PortalRequest, links, plans};
use crate::provisioning::accounts::synchronize;
use crate::provisioning::subscriptions::carry_out;
use crate::store::{AccountKey, AgreementLink, PlanRecord, SubscriptionKey};

/// The most subscriptions that one company had, one after the other.
const MAX_GENERATIONS: u32 = 1000;

/// A company to be sold a plan.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTenant {
    /// The administrator's address.
    pub email: String,
    /// The administrator.
    pub first_name: String,
    /// The administrator.
    pub last_name: String,
    /// The company.
    pub company: CompanyId,
    /// The plan.
    pub plan: String,
    /// ISO 3166 two-letter code.
    #[serde(default)]
    pub country: Option<String>,
    /// How many seats; not for plans by storage.
    #[serde(default)]
    pub seats: Option<u32>,
    /// What the organization is called; by default like the company. Not for plans by storage.
    #[serde(default)]
    pub business_name: Option<String>,
    /// The agreement.
    pub agreement: AgreementId,
    /// Whether the administrator is mailed how to sign in.
    #[serde(default)]
    pub send_sign_in_details: bool,
    /// What a unit is billed at; by default what the catalog says.
    #[serde(default)]
    pub unit_price: Option<Decimal>,
}

/// What is changed of a company's subscription.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantChange {
    /// The company.
    pub company: CompanyId,
    /// Another plan.
    #[serde(default)]
    pub plan: Option<String>,
    /// Another number of seats.
    #[serde(default)]
    pub seats: Option<u32>,
    /// What a unit is billed at from now on.
    #[serde(default)]
    pub unit_price: PriceChange,
}

/// What becomes of the price of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceChange {
    /// It stays: nothing is said of it.
    #[default]
    Stays,
    /// It becomes this one; a null is what the catalog says.
    Becomes(Option<Decimal>),
}

impl<'de> Deserialize<'de> for PriceChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Becomes)
    }
}

/// Which company.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhichTenant {
    /// The company.
    pub company: CompanyId,
}

/// A company's subscription as it is now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    company: CompanyId,
    organization: Option<ExternalId>,
    subscription: SubscriptionId,
    plan: PlanId,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    trial: bool,
    state: SubscriptionState,
    updated_at: Timestamp,
}

/// Sells a company a plan. The same again changes nothing; other seats or another plan change the subscription.
pub async fn create(portal: &PortalRequest<'_>, new: NewTenant) -> Result<Tenant, ServiceError> {
    let plan = sold(portal, &new.plan).await?;
    let wish = account_wish(portal, &new, &plan).await?;
    let seats = seats(&plan, new.seats)?;
    let key = key(portal, new.company)?;
    let latest = latest(portal, new.company).await?;
    let id = match &latest {
        Latest::None => generation(new.company, 1)?,
        Latest::Live(subscription) => subscription.id.clone(),
        Latest::Cancelled(subscription, number) => match portal.call.app.store.account(&key).await? {
            // Its order began and is not known to have ended.
            Some(account) if account.live_subscription.as_ref() == Some(&subscription.id) => subscription.id.clone(),
            _ => generation(new.company, number + 1)?,
        },
    };
    let store = &portal.call.app.store;
    let before = store.agreement(&key).await?;
    if before.is_none() {
        link(portal, &key, &new, None).await?;
    }
    let ordered = Box::pin(provision(portal, &key, id, &wish, &plan, seats)).await;
    let account = store.account(&key).await?;
    match &ordered {
        Ok(_) => link(portal, &key, &new, account.and_then(|account| account.external_id)).await?,
        // Nothing was sold that could be billed.
        Err(_) if before.is_none() && account.is_none_or(|account| account.live_subscription.is_none()) => {
            store.unlink_agreement(portal.msp, &key).await?;
        }
        Err(_) => {}
    }
    ordered
}

async fn provision(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    id: SubscriptionId,
    wish: &AccountWish,
    plan: &PlanRecord,
    seats: Option<u32>,
) -> Result<Tenant, ServiceError> {
    synchronize(&portal.call, wish).await?;
    let wish = Wish {
        plan: PlanChoice { code: Some(plan.plan.clone()), candidates: Vec::new() },
        own: EntitlementPart { seats, ..EntitlementPart::default() },
        addons: Some(Vec::new()),
        trial: Some(plan.trial),
        ..Wish::to_be(SubscriptionState::Live)
    };
    order(portal, key, id, OrderKind::Create, wish).await
}

/// Changes plan, seats or price of a company's subscription.
pub async fn update(portal: &PortalRequest<'_>, change: &TenantChange) -> Result<Tenant, ServiceError> {
    let held = held(portal, change.company).await?;
    let key = key(portal, change.company)?;
    let repriced = repriced(portal, &key, change).await?;
    let plan = match &change.plan {
        Some(plan) => sold(portal, plan).await?,
        None => plans::known(portal, held.plan.as_str()).await?,
    };
    let seats = seats(&plan, change.seats.or(held.contribution.seats))?;
    let wish = Wish {
        plan: PlanChoice { code: Some(plan.plan.clone()), candidates: Vec::new() },
        own: EntitlementPart { seats, ..held.contribution.clone() },
        trial: Some(plan.trial),
        ..Wish::to_be(SubscriptionState::Live)
    };
    let tenant = order(portal, &key, held.id, OrderKind::Update, wish).await?;
    if let Some(link) = repriced
        && !portal.call.app.store.link_agreement(&link).await?
    {
        return Err(ServiceError::internal("an account that is another MSP's"));
    }
    Ok(tenant)
}

/// The link with another price; none if the price stays.
async fn repriced(
    portal: &PortalRequest<'_>,
    key: &AccountKey,
    change: &TenantChange,
) -> Result<Option<AgreementLink>, ServiceError> {
    let PriceChange::Becomes(unit_price) = change.unit_price else { return Ok(None) };
    if let Some(price) = unit_price {
        let mut faults = Faults::none();
        plans::check_price(&mut faults, "unitPrice", price);
        faults.check()?;
    }
    let link = portal.call.app.store.agreement(key).await?.ok_or_else(|| {
        Faults::of(
            "unitPrice",
            "The company is not billed by an agreement any more. Say its agreement at portal/organizations/create.",
        )
    })?;
    Ok((link.unit_price != unit_price).then_some(AgreementLink { unit_price, ..link }))
}

/// Suspends, ends, or takes up again a company's subscription.
pub async fn turn(portal: &PortalRequest<'_>, which: &WhichTenant, verb: OrderKind) -> Result<Tenant, ServiceError> {
    let held = held(portal, which.company).await?;
    let key = key(portal, which.company)?;
    order(portal, &key, held.id, verb, Wish::to_be(verb.state())).await
}

async fn order(
    portal: &PortalRequest<'_>,
    account: &AccountKey,
    id: SubscriptionId,
    verb: OrderKind,
    wish: Wish,
) -> Result<Tenant, ServiceError> {
    let order = Order {
        kind: verb,
        target: SubscriptionRef { id: Some(id.clone()), external_id: None, original_id: None },
        desired: wish,
        account: Some(account.account.clone()),
        claimed_external_id: None,
        account_details: AccountDetails::default(),
        check_only: false,
    };
    carry_out(&portal.call, &order).await?;
    let store = &portal.call.app.store;
    let key = SubscriptionKey { application: account.application, subscription: id };
    let record = store.subscription(&key).await?.ok_or_else(|| ServiceError::internal("an order without a record"))?;
    let organization = store.account(account).await?.and_then(|account| account.external_id);
    tenant(&account.account, organization, record)
}

fn tenant(
    account: &AccountId,
    organization: Option<ExternalId>,
    record: SubscriptionRecord,
) -> Result<Tenant, ServiceError> {
    let company = account.as_str().parse().map_err(ServiceError::internal)?;
    Ok(Tenant {
        company: CompanyId::new(company),
        organization,
        subscription: record.id,
        plan: record.plan,
        seats: record.contribution.seats,
        trial: record.trial,
        state: record.state,
        updated_at: record.updated_at,
    })
}

async fn link(
    portal: &PortalRequest<'_>,
    account: &AccountKey,
    new: &NewTenant,
    organization: Option<ExternalId>,
) -> Result<(), ServiceError> {
    let before = portal.call.app.store.agreement(account).await?;
    let link = AgreementLink {
        msp: portal.msp,
        account: account.clone(),
        organization: organization.or_else(|| before.as_ref().and_then(|before| before.organization.clone())),
        company: new.company,
        agreement: new.agreement,
        unit_price: new.unit_price,
        linked_at: links::since(before.as_ref(), new.company, new.agreement, portal.now()),
    };
    if before.as_ref() != Some(&link) {
        let linked = portal.call.app.store.link_agreement(&link).await?;
        return if linked { Ok(()) } else { Err(ServiceError::internal("an account that is another MSP's")) };
    }
    Ok(())
}

async fn account_wish(portal: &PortalRequest<'_>, new: &NewTenant, plan: &PlanRecord) -> Result<AccountWish, ServiceError> {
    let mut faults = Faults::none();
    let email = faults.take("email", Email::parse(&new.email).map_err(|_| "It is missing or not an email address."));
    let mut name = |field, text: &str| {
        let text = text.trim().to_owned();
        if text.is_empty() || text.chars().count() > MAX_NAME {
            faults.add(field, format!("It must have 1 to {MAX_NAME} characters."));
        }
        text
    };
    let (first_name, last_name) = (name("firstName", &new.first_name), name("lastName", &new.last_name));
    let business = new.business_name.as_deref().map(|text| name("businessName", text));
    if let Some(price) = new.unit_price {
        plans::check_price(&mut faults, "unitPrice", price);
    }
    let country = new.country.as_deref().map(str::trim).filter(|code| !code.is_empty()).map(Country::parse);
    let country = country
        .and_then(|country| faults.take("country", country.map_err(|_| "It is no ISO 3166 two-letter code, like DE.")));
    faults.check()?;
    let company = billable(portal, new.company, new.agreement).await?;
    let name = if plan.product_type == ProductType::Personal {
        format!("{first_name} {last_name}")
    } else {
        business.or(company.map(|company| company.name)).ok_or_else(|| {
            ServiceError::new(
                ErrorCode::ConnectWiseUnavailable,
                "ConnectWise does not say what the company is called: it could not be reached or is too busy. Give businessName, or try again in a few minutes.",
            )
        })?
    };
    Ok(AccountWish {
        account: key(portal, new.company)?.account,
        external_id: None,
        role: Role::User,
        profile: Profile {
            email: email.ok_or_else(|| ServiceError::internal("an email without faults"))?,
            name: name.chars().take(MAX_NAME).collect(),
            first_name,
            last_name,
            country,
            send_email: Some(new.send_sign_in_details),
        },
        reseller: None,
        reseller_id: None,
    })
}

async fn sold(portal: &PortalRequest<'_>, plan: &str) -> Result<PlanRecord, ServiceError> {
    let plan = plans::known(portal, plan).await?;
    if plan.active {
        return Ok(plan);
    }
    Err(Faults::of("plan", format!("{} is not sold any more. Choose another plan, or create it anew.", plan.name)))
}

fn seats(plan: &PlanRecord, seats: Option<u32>) -> Result<Option<u32>, ServiceError> {
    match (plan.product_type, seats) {
        (ProductType::Personal, _) => Ok(None),
        (ProductType::Backup | ProductType::Archive, Some(seats)) if (1..=MAX_SEATS).contains(&seats) => {
            Ok(Some(seats))
        }
        (ProductType::Backup | ProductType::Archive, _) => {
            Err(Faults::of("seats", format!("The plan is sold by seats: from 1 to {MAX_SEATS}.")))
        }
    }
}

/// The account that stands for a company.
fn key(portal: &PortalRequest<'_>, company: CompanyId) -> Result<AccountKey, ServiceError> {
    let account = AccountId::parse(&company.to_string()).ok_or_else(|| ServiceError::internal("a company's number"))?;
    Ok(AccountKey { application: portal.msp.as_application_id(), account })
}

fn generation(company: CompanyId, number: u32) -> Result<SubscriptionId, ServiceError> {
    SubscriptionId::parse(&format!("{company}-{number}")).ok_or_else(|| ServiceError::internal("a subscription's number"))
}

/// The latest subscription of a company.
enum Latest {
    None,
    Live(SubscriptionRecord),
    Cancelled(SubscriptionRecord, u32),
}

async fn latest(portal: &PortalRequest<'_>, company: CompanyId) -> Result<Latest, ServiceError> {
    let mut latest = Latest::None;
    for number in 1..MAX_GENERATIONS {
        let subscription = generation(company, number)?;
        let key = SubscriptionKey { application: portal.msp.as_application_id(), subscription };
        latest = match portal.call.app.store.subscription(&key).await? {
            None => return Ok(latest),
            Some(record) if record.state == SubscriptionState::Cancelled => Latest::Cancelled(record, number),
            Some(record) => return Ok(Latest::Live(record)),
        };
    }
    Ok(latest)
}

async fn held(portal: &PortalRequest<'_>, company: CompanyId) -> Result<SubscriptionRecord, ServiceError> {
    match latest(portal, company).await? {
        Latest::Live(record) | Latest::Cancelled(record, _) => Ok(record),
        Latest::None => Err(ServiceError::new(
            ErrorCode::SubscriptionUnknown,
            "The company has no subscription that was made here. Create it at portal/organizations/create; one that came through the BSS is changed there.",
        )),
    }
}
