//! The list of findings, its export, and the history.

use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::connectwise::CompanyId;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::audit::view::{AuditView, FindingView, RunView, SettingsView};
use crate::endpoints::portal::{FieldErrors, PortalRequest, paging};
use crate::endpoints::{EndpointResponse, QueryParameter, QueryType};
use crate::store::{Finding, FindingKind, HistoryEntry};

const KIND: QueryParameter = QueryParameter { name: "kind", value: QueryType::Text, required: false };
const COMPANY: QueryParameter = QueryParameter { name: "company", value: QueryType::Number, required: false };
const DISMISSED: QueryParameter = QueryParameter { name: "dismissed", value: QueryType::Text, required: false };

/// Query parameters of the list: those of a page, the kind and the company of the findings, and `dismissed=true` for those
/// that were dismissed.
pub const LIST_QUERY: &[QueryParameter] = &[paging::LIMIT, paging::AFTER, KIND, COMPANY, DISMISSED];
/// Query parameters of the export.
pub const CSV_QUERY: &[QueryParameter] = &[KIND, COMPANY];
/// Media type of the export.
pub const CSV: &str = "text/csv; charset=utf-8";

/// Most findings that the export has. More would exceed the size of a response.
const MAX_ROWS: usize = 5000;

/// Number of findings that one call for a page reads at most, if the filter keeps few of them.
const MAX_READ: usize = 2000;

/// Number of findings that are read at once at least.
const MIN_READ: usize = 100;

/// First characters by which spreadsheets recognize a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A page of the findings. The first one has the last runs and the MSP's choices as well.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AuditPage {
    audit: AuditView,
    /// The last runs, the oldest first; at most 13.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<Vec<RunView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<SettingsView>,
    findings: Vec<FindingView>,
    /// Value of the parameter `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of the history, the latest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct HistoryPage {
    entries: Vec<HistoryEntry>,
    /// Value of the parameter `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Findings that a caller asks for.
struct Filter {
    kind: Option<FindingKind>,
    company: Option<CompanyId>,
    dismissed: bool,
}

impl Filter {
    fn of(portal: &PortalRequest<'_>) -> Result<Self, ServiceError> {
        let kind = portal.query_param(KIND.name).map(|name| {
            let names = FindingKind::ALL.map(FindingKind::name).join(", ");
            FindingKind::parse(name)
                .ok_or_else(|| FieldErrors::single(KIND.name, format!("It must be one of {names}.")))
        });
        let dismissed = match portal.query_param(DISMISSED.name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(FieldErrors::single(DISMISSED.name, "It must be true or false.")),
        };
        let company = portal.query_param_u32(COMPANY.name)?.map(CompanyId::new);
        Ok(Self { kind: kind.transpose()?, company, dismissed })
    }

    fn keeps(&self, finding: &Finding) -> bool {
        self.company.is_none_or(|company| finding.company == Some(company))
            && finding.dismissed.is_some() == self.dismissed
    }

    /// Returns at most `limit` findings after the one with the id `after`, and the id at which the next page continues. With a
    /// filter, a page can have fewer findings although there are more.
    async fn page(
        &self,
        portal: &PortalRequest<'_>,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Finding>, Option<String>), ServiceError> {
        let (mut findings, mut after, mut read) = (Vec::new(), after, 0);
        let store = &portal.call.app.store;
        while read < MAX_READ {
            let size = limit.max(MIN_READ);
            let page = store.listed_findings(portal.msp, self.kind, after.as_deref(), size).await?;
            let is_last = page.len() < size;
            read += page.len();
            for finding in page {
                if findings.len() == limit {
                    return Ok((findings, after));
                }
                after = Some(finding.id());
                findings.extend(self.keeps(&finding).then_some(finding));
            }
            if is_last {
                return Ok((findings, None));
            }
            if findings.len() == limit {
                break;
            }
        }
        Ok((findings, after))
    }
}

/// Returns a page of the findings, ordered by kind and organization.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<AuditPage, ServiceError> {
    let (store, msp, filter) = (&portal.call.app.store, portal.msp, Filter::of(portal)?);
    let limit = paging::limit(portal)?;
    let after = paging::after(portal, |text| {
        let id = paging::parse_cursor::<String>(text)?;
        Finding::kind_of(&id).filter(|kind| filter.kind.is_none_or(|wanted| wanted == *kind)).map(|_| id)
    })?;
    let is_first = after.is_none();
    let (findings, next) = filter.page(portal, after, limit).await?;
    let (runs, settings) = if is_first {
        let runs = store.audit_summaries(msp).await?.into_iter().map(RunView::from).collect();
        (Some(runs), Some(store.audit_settings(msp).await?.into()))
    } else {
        (None, None)
    };
    Ok(AuditPage {
        audit: AuditView::new(store.audit_run(msp).await?),
        runs,
        settings,
        findings: findings.into_iter().map(FindingView::from).collect(),
        next: next.as_ref().map(paging::cursor_text).transpose()?,
    })
}

/// Returns the findings that are not dismissed as CSV (RFC 4180), with a line of names.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters, and for more
/// findings than a response can have.
pub async fn csv(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let filter = Filter::of(portal)?;
    let (mut findings, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = filter.page(portal, after, paging::MAX_PAGE_SIZE).await?;
        findings.extend(page);
        if findings.len() > MAX_ROWS {
            let text = format!("There are more than {MAX_ROWS} findings. Export one kind at a time.");
            return Err(FieldErrors::single(KIND.name, text));
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut response = EndpointResponse {
        code: 0,
        body: csv_of(&findings).map_err(ServiceError::internal)?,
        headers: http::HeaderMap::new(),
    };
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(CSV));
    let disposition = HeaderValue::from_static("attachment; filename=\"billing-audit.csv\"");
    response.headers.insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}

fn csv_of(findings: &[Finding]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record([
        "kind",
        "organization",
        "name",
        "company",
        "agreement",
        "addition",
        "billed",
        "due",
        "currency",
        "per_month",
        "direction",
        "since",
        "text",
        "advice",
    ])?;
    for finding in findings {
        let money = finding.per_month.as_ref();
        let direction = money.and_then(|money| serde_json::to_value(money.direction).ok());
        writer.write_record([
            finding.kind.name().to_owned(),
            text_cell(finding.organization.as_ref().map(ToString::to_string).unwrap_or_default()),
            text_cell(finding.name.clone()),
            finding.company.map(|id| id.to_string()).unwrap_or_default(),
            finding.agreement.map(|id| id.to_string()).unwrap_or_default(),
            finding.addition.map(|id| id.to_string()).unwrap_or_default(),
            finding.billed.map(amount_cell).unwrap_or_default(),
            finding.due.map(|due| due.to_string()).unwrap_or_default(),
            money.map(|money| text_cell(money.currency.clone())).unwrap_or_default(),
            money.map(|money| amount_cell(money.amount)).unwrap_or_default(),
            direction.and_then(|direction| direction.as_str().map(str::to_owned)).unwrap_or_default(),
            finding.since.to_string(),
            text_cell(finding.text.clone()),
            text_cell(finding.advice.clone()),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn amount_cell(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Returns a text that a spreadsheet takes for a text, with an apostrophe before what could be a formula.
fn text_cell(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

/// Returns a page of the history.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn history(portal: &PortalRequest<'_>) -> Result<HistoryPage, ServiceError> {
    let limit = paging::limit(portal)?;
    let before = paging::after(portal, paging::parse_cursor::<String>)?;
    let (entries, last) = portal.call.app.store.history(portal.msp, before.as_deref(), limit).await?;
    let next = last.filter(|_| entries.len() == limit);
    Ok(HistoryPage { entries, next: next.as_ref().map(paging::cursor_text).transpose()? })
}
