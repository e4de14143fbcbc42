//! Reads a page of the usage, as JSON or CSV.

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::header::LINK;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::error::ServiceError;
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

/// Number of organizations whose seats are read at once.
const CONCURRENCY: usize = 2;

/// The beginning of an answer: a position in the vendor's list, and how many of its rows were shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    position: ListPosition,
    shown: usize,
}

impl Cursor {
    fn is_valid(&self) -> bool {
        self.shown > 0 || self.position.is_within_list()
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
    let after = paging::after(&usage.query, |text| paging::parse_cursor(text).filter(Cursor::is_valid))?;
    let Cursor { position, shown } = after.unwrap_or(Cursor { position: ListPosition::START, shown: 0 });
    let context = usage.call.vendor_context();
    let list = usage.call.app.vendor.customers(&context, position.clone(), Extent::Page).await?;
    let limit = if with_seats { MAX_WITH_SEATS } else { MAX_ROWS };
    let next = if list.customers.len() > shown.saturating_add(limit) {
        Some(Cursor { position, shown: shown + limit })
    } else {
        list.next.map(|position| Cursor { position, shown: 0 })
    };
    let rows = list.customers.into_iter().skip(shown).take(limit);
    let reads: Vec<_> = rows.map(|customer| row(usage, customer, with_seats).boxed()).collect();
    Ok(UsagePage {
        organizations: stream::iter(reads).buffered(CONCURRENCY).try_collect().await?,
        next: next.as_ref().map(paging::cursor_text).transpose()?,
        other_resellers: list.other_resellers,
        unreadable: list.unreadable,
    })
}

async fn row(usage: &UsageRequest<'_>, customer: Customer, with_seats: bool) -> Result<UsageRow, ServiceError> {
    let (app, context) = (usage.call.app, usage.call.vendor_context());
    let object = app.vendor.identify(&context, customer.id.clone())?;
    let link = app.store.agreement_of(&object).await?.filter(|link| link.msp == usage.msp);
    let (addresses, is_whole) = if with_seats { addresses(usage, &customer.id).await? } else { (None, None) };
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
        addresses,
        is_whole,
    })
}

/// Returns the addresses of the seats of an organization, and if they are all.
async fn addresses(
    usage: &UsageRequest<'_>,
    id: &ExternalId,
) -> Result<(Option<Vec<String>>, Option<bool>), ServiceError> {
    let (vendor, context) = (&usage.call.app.vendor, usage.call.vendor_context());
    // The other organizations of the page are shown although one cannot be read.
    let Ok(Some(access)) = vendor.customer(&context, id).await else { return Ok((Some(Vec::new()), Some(false))) };
    let list = vendor.customer_mailboxes(&context, &access, usage.call.now()).await?;
    let mut addresses: Vec<_> = list
        .rows
        .into_iter()
        .filter(|mailbox| mailbox.backup != BackupStatus::Disabled)
        .map(|mailbox| mailbox.address)
        .collect();
    addresses.sort();
    addresses.dedup();
    Ok((Some(addresses), Some(list.incomplete.is_none())))
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
