//! Organizations without a link, and the companies that they may belong to.

use std::collections::HashMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use futures::{FutureExt, TryFutureExt};
use serde::Serialize;

use super::company_match::{self, Basis, Candidate, Companies, Names};
use super::many::whole;
use super::{LINKED_ELSEWHERE, NOT_CONNECTED, has_organization};
use crate::connectwise::api::{agreement, company};
use crate::connectwise::{AgreementId, Client, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId};
use crate::domain::list_position::ListPosition;
use crate::endpoints::portal::{PortalRequest, paging};
use crate::store::{AccountKey, READ_CONCURRENCY};
use crate::vendor::{Customer, CustomerList, CustomerState, Extent};

/// Most agreements of a company that are listed.
const MAX_AGREEMENTS: usize = 50;

/// Number of organizations from which on a response ends. ConnectWise's lists are read once for a response.
const ORGANIZATIONS: usize = 500;

/// A company that an organization may belong to.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SuggestedCompany"))]
#[serde(rename_all = "camelCase")]
pub struct CandidateView {
    company: CompanyId,
    identifier: String,
    name: String,
    /// The reason for which it is suggested.
    because: Basis,
    /// `true` if the company is a lead or a prospect.
    prospect: bool,
    /// `true` if the company is in ConnectWise's recycle bin. It must be restored before it can be linked.
    recycled: bool,
    /// The company's active agreements, ordered by number; at most 50.
    agreements: Vec<CandidateAgreement>,
    /// `true` if the company has more than 50 active agreements.
    has_more_agreements: bool,
}

/// An active agreement of a company that is suggested.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CandidateAgreement {
    id: AgreementId,
    name: String,
}

/// The active agreements of the companies.
type Agreements = HashMap<CompanyId, Vec<CandidateAgreement>>;

impl CandidateView {
    fn new(candidate: &Candidate<'_>, agreements: &Agreements) -> Self {
        let company = candidate.company;
        let all = agreements.get(&company.id).map(Vec::as_slice).unwrap_or_default();
        Self {
            company: company.id,
            identifier: company.identifier.clone(),
            name: company.name.clone(),
            because: candidate.basis,
            prospect: company.is_prospect(),
            recycled: company.deleted_flag,
            agreements: all.iter().take(MAX_AGREEMENTS).cloned().collect(),
            has_more_agreements: all.len() > MAX_AGREEMENTS,
        }
    }
}

/// An organization without a link.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuggestionRow {
    organization: ExternalId,
    name: String,
    email: String,
    /// Installation of the BSS of the account that is connected with the organization. Absent if none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<ApplicationId>,
    /// The BSS's id of that account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    /// The companies that it may belong to, the most likely first; at most 5.
    candidates: Vec<CandidateView>,
    /// The company to choose without asking: the only one with an exact reason. Absent if a person must choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    /// The reason why it cannot be linked; absent if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// A page of the organizations without a link: those of some pages of the vendor's list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuggestionPage {
    organizations: Vec<SuggestionRow>,
    /// Number of organizations left out because they are another reseller's.
    other_resellers: u32,
    /// Number of organizations left out because they cannot be read.
    unreadable: u32,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

/// Returns a page of the MSP's organizations that are billed by the vendor and have no link, with the companies that they may
/// belong to.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters; the errors of the
/// vendor and of ConnectWise.
pub async fn suggest(portal: &PortalRequest<'_>) -> Result<SuggestionPage, ServiceError> {
    let after = paging::after(&portal.query, |text| {
        paging::parse_cursor::<ListPosition>(text).filter(ListPosition::is_within_list)
    })?;
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let profiles = company::profiles();
    let (list, companies, agreements) = futures::try_join!(
        customers(portal, after.unwrap_or(ListPosition::START)).boxed(),
        whole(&client, &profiles).map_err(ServiceError::from).boxed(),
        agreements(&client).boxed(),
    )?;
    let all: Vec<Names> = list.customers.iter().map(|customer| names(portal, customer)).collect();
    let (known, shared) = (Companies::new(&companies), company_match::shared_domains(all.iter()));
    let live =
        list.customers.into_iter().zip(all).filter(|(customer, _)| customer.state != CustomerState::Unsubscribed);
    let rows = live.map(|(customer, names)| {
        let (candidates, agreements) = (known.candidates(&names, &shared), &agreements);
        async move {
            let (account, reason) = match connection_of(portal, &customer).await? {
                Connected::Linked => return Ok(None),
                Connected::Account(account) => (Some(account), None),
                Connected::Elsewhere => (None, Some(LINKED_ELSEWHERE)),
                Connected::None => (None, Some(NOT_CONNECTED)),
            };
            Ok::<_, ServiceError>(Some(SuggestionRow {
                organization: customer.id,
                name: customer.name,
                email: customer.email,
                application: account.as_ref().map(|account| account.application),
                account: account.map(|account| account.account),
                company: company_match::chosen(&candidates).filter(|_| reason.is_none()),
                candidates: candidates.iter().map(|one| CandidateView::new(one, agreements)).collect(),
                reason,
            }))
        }
        .boxed()
    });
    let rows: Vec<_> = rows.collect();
    let rows: Vec<_> = stream::iter(rows).buffered(READ_CONCURRENCY).try_collect().await?;
    Ok(SuggestionPage {
        organizations: rows.into_iter().flatten().collect(),
        other_resellers: list.other_resellers,
        unreadable: list.unreadable,
        next: list.next.as_ref().map(paging::cursor_text).transpose()?,
    })
}

/// Reads pages of the vendor's list, until a response has enough organizations or half of the request's time is over.
async fn customers(portal: &PortalRequest<'_>, from: ListPosition) -> Result<CustomerList, ServiceError> {
    let (context, vendor) = (portal.call.vendor_context(), &portal.call.app.vendor);
    let half = portal.call.deadline.remaining() / 2;
    let mut list = vendor.customers(&context, from, Extent::Page).await?;
    while list.customers.len() < ORGANIZATIONS && portal.call.deadline.remaining() > half {
        let Some(next) = list.next.take() else { break };
        let page = vendor.customers(&context, next, Extent::Page).await?;
        list.customers.extend(page.customers);
        list.other_resellers += page.other_resellers;
        list.unreadable += page.unreadable;
        list.next = page.next;
    }
    Ok(list)
}

/// The connection of an organization with the MSP, as the table has it.
enum Connected {
    /// The MSP has linked it.
    Linked,
    /// Another MSP has linked it.
    Elsewhere,
    /// An account is connected with it, and not linked.
    Account(AccountKey),
    /// No account is connected with it.
    None,
}

async fn connection_of(portal: &PortalRequest<'_>, customer: &Customer) -> Result<Connected, ServiceError> {
    let object = portal.call.app.vendor.identify(&portal.call.vendor_context(), customer.id.clone())?;
    let store = &portal.call.app.store;
    if let Some(link) = store.agreement_of(&object).await? {
        return Ok(if link.msp == portal.msp { Connected::Linked } else { Connected::Elsewhere });
    }
    if let Some(key) = AccountKey::from_reference(&customer.reference)
        && has_organization(portal, &key, &object).await?
    {
        return Ok(Connected::Account(key));
    }
    // An organization that an account has taken over carries no reference of ours.
    let holder = store.holder(portal.msp.as_application_id(), &object).await?;
    Ok(match holder {
        Some(key) if has_organization(portal, &key, &object).await? => Connected::Account(key),
        _ => Connected::None,
    })
}

async fn agreements(client: &Client<'_>) -> Result<Agreements, ServiceError> {
    let mut of_companies = Agreements::new();
    for agreement in whole(client, &agreement::list_above(0)).await? {
        if let Some(company) = agreement.company.as_ref().filter(|_| agreement.is_active()) {
            let one = CandidateAgreement { id: agreement.id, name: agreement.name.clone() };
            of_companies.entry(company.id).or_default().push(one);
        }
    }
    Ok(of_companies)
}

/// Returns the names of an organization. One that was sold in the portal names its company.
fn names(portal: &PortalRequest<'_>, customer: &Customer) -> Names {
    let company = AccountKey::from_reference(&customer.reference).and_then(|key| key.company(portal.msp));
    Names { name: customer.name.clone(), email: customer.email.clone(), company }
}
