//! Makes many links at once.

use std::collections::{HashMap, HashSet};

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::{CreateLink, PreparedLink, ensure_not_left, no_organization, prepare, save};
use crate::connectwise::api::agreement::{self, Agreement};
use crate::connectwise::api::company::{self, Company};
use crate::connectwise::{AgreementId, Client, CompanyId, ConnectWiseError, Entity, ListRequest};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::endpoints::portal::billing_check::{agreement_of, billable_company};
use crate::endpoints::portal::msp_message::msp_message;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember};
use crate::store::{AgreementLink, READ_CONCURRENCY};

/// Most links of a request.
const MAX_LINKS: usize = 300;

/// Body of `portal/links/bulk`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkLinks {
    /// The links, as for `links/create`; at most 300.
    pub links: Vec<CreateLink>,
}

impl BulkLinks {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [("links", "It is required: the links to make.")];
}

/// The outcome of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum BulkOutcome {
    /// It was made, or was there already.
    Linked,
    /// It was not made, and is not if it is sent again.
    Refused,
    /// There was no time left, or a system did not answer. Send it again.
    Left,
}

/// The result of one link.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct BulkResult {
    organization: String,
    outcome: BulkOutcome,
    /// The reason; empty if the link was made.
    message: String,
}

/// Response of `portal/links/bulk`, in the order of the request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct BulkResults {
    results: Vec<BulkResult>,
}

/// Makes links of organizations that have none, as many as there is time for. A link that is there already is not written again,
/// so a request that was cut off is sent again as it is.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for a number of links that is not from 1 to 300; the errors of ConnectWise's lists and of the table.
/// The errors of one link are in its result.
pub async fn link_many(portal: &PortalRequest<'_>, request: &BulkLinks) -> Result<BulkResults, ServiceError> {
    if request.links.is_empty() || request.links.len() > MAX_LINKS {
        return Err(FieldErrors::single("links", format!("Send 1 to {MAX_LINKS} links.")));
    }
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let sides = Sides::read(&client).await?;
    let mut seen = HashSet::new();
    let works = request.links.iter().map(|new| {
        let is_repeated = !seen.insert(new.organization.trim());
        let sides = &sides;
        async move {
            let result = |outcome, message| BulkResult { organization: new.organization.clone(), outcome, message };
            if portal.call.deadline.remaining_for_calls().is_zero() {
                return Ok(result(BulkOutcome::Left, "There was no time left. Send it again.".to_owned()));
            }
            let outcome = if is_repeated {
                Err(FieldErrors::single("organization", "It is in the request twice."))
            } else {
                link_one(portal, new, sides).await
            };
            match outcome {
                Ok(()) => Ok(result(BulkOutcome::Linked, String::new())),
                Err(failure) => match failure.code() {
                    ErrorCode::StoreUnavailable => Err(failure),
                    ErrorCode::VendorUnavailable | ErrorCode::ConnectWiseUnavailable | ErrorCode::InProgress => {
                        Ok(result(BulkOutcome::Left, reason(&failure)))
                    }
                    _ => Ok(result(BulkOutcome::Refused, reason(&failure))),
                },
            }
        }
        .boxed()
    });
    let works: Vec<_> = works.collect();
    Ok(BulkResults { results: stream::iter(works).buffered(READ_CONCURRENCY).try_collect().await? })
}

/// Returns the reason of a failure in words: the error of each field, or the message.
fn reason(failure: &ServiceError) -> String {
    let fields: Vec<_> = failure.fields().iter().map(|(field, text)| format!("{field}: {text}")).collect();
    if fields.is_empty() { msp_message(failure).into_owned() } else { fields.join(" ") }
}

async fn link_one(portal: &PortalRequest<'_>, new: &CreateLink, sides: &Sides<'_>) -> Result<(), ServiceError> {
    let id = ExternalId::parse(&new.organization).ok_or_else(no_organization)?;
    let object = portal.call.app.vendor.identify(&portal.call.vendor_context(), id.clone())?;
    let recorded = portal.call.app.store.agreement_of(&object).await?;
    if let Some(link) = recorded.filter(|link| link.msp == portal.msp) {
        return ensure_same(&link, new);
    }
    let PreparedLink { link, before, .. } = prepare(portal, new, id).await?;
    if let Some(before) = before.filter(|before| before.msp == portal.msp) {
        return ensure_same(&before, new);
    }
    let company = billable_company(sides.company(new.company).await?)?;
    agreement_of(&company, sides.agreement(new.agreement).await?)?;
    let link = save(portal, link, None).await?;
    let (msp, application, account) = (portal.msp, link.account.application, &link.account.account);
    let (organization, company, agreement) = (&object.id, link.company, link.agreement);
    tracing::info!(%msp, %application, %account, %organization, %company, %agreement, "linked");
    Ok(())
}

/// Refuses another link than the one that is there, which may have been made by a person.
fn ensure_same(link: &AgreementLink, new: &CreateLink) -> Result<(), ServiceError> {
    ensure_not_left(link)?;
    if (link.company, link.agreement) == (new.company, new.agreement) {
        return Ok(());
    }
    let text = format!(
        "It is linked already: to the company {} and its agreement {}. Change that link at portal/links/create.",
        link.company, link.agreement
    );
    Err(FieldErrors::single("organization", text))
}

/// The companies and agreements of the MSP's ConnectWise. A list does not prove that there is no other one.
struct Sides<'a> {
    client: &'a Client<'a>,
    companies: HashMap<CompanyId, Company>,
    agreements: HashMap<AgreementId, Agreement>,
}

impl<'a> Sides<'a> {
    async fn read(client: &'a Client<'a>) -> Result<Self, ServiceError> {
        let (companies, agreements) = (company::all(), agreement::list_above(0));
        let (companies, agreements) = futures::try_join!(whole(client, &companies), whole(client, &agreements))?;
        Ok(Self {
            client,
            companies: companies.into_iter().map(|company| (company.id, company)).collect(),
            agreements: agreements.into_iter().map(|agreement| (agreement.id, agreement)).collect(),
        })
    }

    async fn company(&self, id: CompanyId) -> Result<Option<Company>, ConnectWiseError> {
        match self.companies.get(&id) {
            Some(company) => Ok(Some(company.clone())),
            None => self.client.send_optional(&company::get(id)).await,
        }
    }

    async fn agreement(&self, id: AgreementId) -> Result<Option<Agreement>, ConnectWiseError> {
        match self.agreements.get(&id) {
            Some(agreement) => Ok(Some(agreement.clone())),
            None => self.client.send_optional(&agreement::get(id)).await,
        }
    }
}

/// Returns all records of a list. An empty answer is read again, because one does not prove that there are none.
pub(super) async fn whole<T: Entity>(client: &Client<'_>, list: &ListRequest<T>) -> Result<Vec<T>, ConnectWiseError> {
    let found = client.list_all(list).await?;
    if found.is_empty() { client.list_all(list).await } else { Ok(found) }
}
