//! Reads a page of the usage, as JSON or CSV.

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::header::LINK;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, PlanId};
use crate::domain::list_position::ListPosition;
use crate::endpoints::portal::organizations::StateView;
use crate::endpoints::portal::usage::UsageRequest;
use crate::endpoints::portal::{csv, paging};
use crate::endpoints::{EndpointResponse, QueryParameter, QueryType};
use crate::vendor::{BackupStatus, Customer, Extent};

/// `true`: each organization has the addresses of its seats.
const SEATS: QueryParameter = QueryParameter { name: "seats", value: QueryType::Text, required: false };

/// Query parameters of the usage.
pub const QUERY: &[QueryParameter] = &[SEATS, paging::AFTER];

/// Most organizations in a page with the addresses of seats, because each costs requests of its own.
const MAX_WITH_SEATS: usize = 5;

/// Most organizations in any page: as many as a page of the vendor's list.
const MAX_ROWS: usize = 100;

/// Number of links that are read at once.
const CONCURRENCY: usize = 4;

/// The beginning of an answer: a position in the vendor's list, and the last organization of its page that was shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    position: ListPosition,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<ExternalId>,
}

impl Cursor {
    fn is_valid(&self) -> bool {
        self.after.is_some() || self.position.is_within_list()
    }
}

/// A part of the usage.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsagePage {
    organizations: Vec<UsageRow>,
    /// Value of the parameter `after` for the next part; absent in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Number of rows left out because they carry another reseller token, or none.
    other_resellers: u32,
    /// Number of rows left out because they could not be read.
    unreadable: u32,
}

/// The usage of an organization.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Usage"))]
#[serde(rename_all = "camelCase")]
pub struct UsageRow {
    organization: ExternalId,
    name: String,
    state: StateView,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanId>,
    /// Company in ConnectWise; absent without a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<AgreementId>,
    /// Licensed seats.
    seats: u32,
    seats_used: u32,
    /// Seats that Dropsuite bills; absent if it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    billable_seats: Option<u32>,
    /// Seats that are no longer backed up; absent if Dropsuite does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_seats: Option<u32>,
    auto_license: bool,
    /// Addresses of the seats that are backed up, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<String>>,
    /// `false` if addresses may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_whole: Option<bool>,
}

/// Returns a page of the usage.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters, and the errors of
/// the vendor.
pub async fn list(usage: &UsageRequest<'_>) -> Result<UsagePage, ServiceError> {
    let with_seats = usage.query.flag(SEATS.name)?;
    let begin = paging::after(&usage.query, |text| paging::parse_cursor(text).filter(Cursor::is_valid))?;
    let Cursor { position, after } = begin.unwrap_or(Cursor { position: ListPosition::START, after: None });
    let context = usage.call.vendor_context();
    let mut list = usage.call.app.vendor.customers(&context, position.clone(), Extent::Page).await?;
    // The page may have other rows when its next part is read.
    list.customers.sort_by(|one, next| one.id.as_str().cmp(next.id.as_str()));
    list.customers.retain(|row| after.as_ref().is_none_or(|after| row.id.as_str() > after.as_str()));
    let whole = list.customers.len();
    let organizations =
        if with_seats { rows_with_seats(usage, list.customers).await? } else { rows(usage, list.customers).await? };
    let next = match organizations.last().filter(|_| organizations.len() < whole) {
        Some(shown) => Some(Cursor { position, after: Some(shown.organization.clone()) }),
        None => list.next.map(|position| Cursor { position, after: None }),
    };
    Ok(UsagePage {
        organizations,
        next: next.as_ref().map(paging::cursor_text).transpose()?,
        other_resellers: list.other_resellers,
        unreadable: list.unreadable,
    })
}

async fn rows(usage: &UsageRequest<'_>, customers: Vec<Customer>) -> Result<Vec<UsageRow>, ServiceError> {
    let reads: Vec<_> = customers.into_iter().take(MAX_ROWS).map(|customer| row(usage, customer).boxed()).collect();
    stream::iter(reads).buffered(CONCURRENCY).try_collect().await
}

/// Returns at least one row with the addresses of its seats, and more while there is time for them.
async fn rows_with_seats(usage: &UsageRequest<'_>, customers: Vec<Customer>) -> Result<Vec<UsageRow>, ServiceError> {
    let mut rows: Vec<UsageRow> = Vec::new();
    for customer in customers.into_iter().take(MAX_WITH_SEATS) {
        let (addresses, is_whole) = addresses(usage, &customer.id).await?;
        let is_late = usage.call.deadline.remaining_for_calls().is_zero();
        if is_late && !is_whole && !rows.is_empty() {
            break;
        }
        rows.push(UsageRow { addresses: Some(addresses), is_whole: Some(is_whole), ..row(usage, customer).await? });
        if is_late {
            break;
        }
    }
    Ok(rows)
}

async fn row(usage: &UsageRequest<'_>, customer: Customer) -> Result<UsageRow, ServiceError> {
    let (app, context) = (usage.call.app, usage.call.vendor_context());
    let object = app.vendor.identify(&context, customer.id.clone())?;
    let link = app.store.agreement_of(&object).await?.filter(|link| link.msp == usage.msp);
    Ok(UsageRow {
        organization: customer.id,
        name: customer.name,
        state: customer.state.into(),
        plan: customer.plan,
        company: link.as_ref().map(|link| link.company),
        agreement: link.as_ref().map(|link| link.agreement),
        seats: customer.seats,
        seats_used: customer.seats_used,
        billable_seats: customer.billable_seats,
        deactivated_seats: customer.deactivated_seats,
        auto_license: customer.auto_license,
        addresses: None,
        is_whole: None,
    })
}

/// Returns the addresses of the seats of an organization, and if they are all. One organization that cannot be read does not
/// hold up the others.
///
/// # Errors
/// [`ErrorCode::CredentialsRefused`], which concerns all of them.
async fn addresses(usage: &UsageRequest<'_>, id: &ExternalId) -> Result<(Vec<String>, bool), ServiceError> {
    let (vendor, context) = (&usage.call.app.vendor, usage.call.vendor_context());
    let access = match vendor.customer(&context, id).await {
        Ok(Some(access)) => access,
        Err(error) if error.code() == ErrorCode::CredentialsRefused => return Err(error),
        Ok(None) | Err(_) => return Ok((Vec::new(), false)),
    };
    let list = vendor.customer_mailboxes(&context, &access, usage.call.now()).await?;
    let mut addresses: Vec<_> = list
        .rows
        .into_iter()
        .filter(|mailbox| mailbox.backup != BackupStatus::Disabled)
        .map(|mailbox| mailbox.address)
        .collect();
    addresses.sort();
    addresses.dedup();
    Ok((addresses, list.incomplete.is_none()))
}

/// Number of rows of the page that could not be read; absent if all could be.
const UNREADABLE: HeaderName = HeaderName::from_static("x-unreadable");

/// Returns a page of the usage as CSV; with seats, a line for each. The header `Link` has the next page.
///
/// # Errors
/// As of [`list`].
pub async fn export(usage: &UsageRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let UsagePage { organizations, next, unreadable, .. } = list(usage).await?;
    let lines = organizations.iter().flat_map(lines);
    let mut response = csv::response("attachment; filename=\"usage.csv\"", COLUMNS, lines)?;
    if let Some(next) = next {
        let seats = if usage.query.flag(SEATS.name)? { "seats=true&" } else { "" };
        let link =
            HeaderValue::from_str(&format!("<?{seats}after={next}>; rel=\"next\"")).map_err(ServiceError::internal)?;
        response.headers.insert(LINK, link);
    }
    if unreadable > 0 {
        response.headers.insert(UNREADABLE, HeaderValue::from(unreadable));
    }
    Ok(response)
}

/// Names of the columns.
const COLUMNS: [&str; 13] = [
    "organization",
    "name",
    "state",
    "plan",
    "company",
    "agreement",
    "seats",
    "seats_used",
    "billable_seats",
    "deactivated_seats",
    "auto_license",
    "address",
    "is_whole",
];

fn lines(row: &UsageRow) -> Vec<[String; 13]> {
    let text = |value: Option<String>| value.unwrap_or_default();
    let state = serde_json::to_value(row.state).ok();
    let line = |address: String| {
        [
            row.organization.to_string(),
            row.name.clone(),
            text(state.as_ref().and_then(|state| state.as_str().map(str::to_owned))),
            text(row.plan.as_ref().map(ToString::to_string)),
            text(row.company.map(|id| id.to_string())),
            text(row.agreement.map(|id| id.to_string())),
            row.seats.to_string(),
            row.seats_used.to_string(),
            text(row.billable_seats.map(|seats| seats.to_string())),
            text(row.deactivated_seats.map(|seats| seats.to_string())),
            row.auto_license.to_string(),
            address,
            text(row.is_whole.map(|is_whole| is_whole.to_string())),
        ]
    };
    match row.addresses.as_deref() {
        None | Some([]) => vec![line(String::new())],
        Some(addresses) => addresses.iter().map(|address| line(address.clone())).collect(),
    }
}
