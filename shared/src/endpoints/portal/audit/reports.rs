//! The list of findings, and its export.

use serde::Serialize;

use crate::connectwise::CompanyId;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::audit::view::{AuditView, FindingView, RunView, SettingsView};
use crate::endpoints::portal::{FieldErrors, PortalRequest, csv, paging};
use crate::endpoints::{EndpointResponse, QueryParameter, QueryType};
use crate::store::{Finding, FindingKind};

const KIND: QueryParameter = QueryParameter { name: "kind", value: QueryType::Text, required: false };
const COMPANY: QueryParameter = QueryParameter { name: "company", value: QueryType::Number, required: false };
const DISMISSED: QueryParameter = QueryParameter { name: "dismissed", value: QueryType::Text, required: false };

/// Query parameters of the list: those of a page, the kind and the company of the findings, and `dismissed=true` for those
/// that were dismissed.
pub const LIST_QUERY: &[QueryParameter] = &[paging::LIMIT, paging::AFTER, KIND, COMPANY, DISMISSED];
/// Query parameters of the export.
pub const CSV_QUERY: &[QueryParameter] = &[KIND, COMPANY];
/// Most findings that the export has. More would exceed the size of a response.
const MAX_ROWS: usize = 5000;

/// Number of findings that one call for a page reads at most, if the filter keeps few of them.
const MAX_READ: usize = 2000;

/// Number of findings that are read at once at least.
const MIN_READ: usize = 100;

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

/// Findings that a caller asks for.
struct Filter {
    kind: Option<FindingKind>,
    company: Option<CompanyId>,
    dismissed: bool,
}

impl Filter {
    fn of(portal: &PortalRequest<'_>) -> Result<Self, ServiceError> {
        let kind = portal.query.get(KIND.name).map(|name| {
            let names = FindingKind::ALL.map(FindingKind::name).join(", ");
            FindingKind::parse(name)
                .ok_or_else(|| FieldErrors::single(KIND.name, format!("It must be one of {names}.")))
        });
        let dismissed = portal.query.flag(DISMISSED.name)?;
        let company = portal.query.number(COMPANY.name)?.map(CompanyId::new);
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
    let limit = paging::limit(&portal.query)?;
    let after = paging::after(&portal.query, |text| {
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
pub async fn export(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
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
    csv::response("attachment; filename=\"billing-audit.csv\"", COLUMNS, findings.iter().map(row))
}

/// Names of the export's columns.
const COLUMNS: [&str; 14] = [
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
];

fn row(finding: &Finding) -> [String; 14] {
    let money = finding.per_month.as_ref();
    let direction = money.and_then(|money| serde_json::to_value(money.direction).ok());
    [
        finding.kind.name().to_owned(),
        finding.organization.as_ref().map(ToString::to_string).unwrap_or_default(),
        finding.name.clone(),
        finding.company.map(|id| id.to_string()).unwrap_or_default(),
        finding.agreement.map(|id| id.to_string()).unwrap_or_default(),
        finding.addition.map(|id| id.to_string()).unwrap_or_default(),
        finding.billed.map(|billed| billed.normalize().to_string()).unwrap_or_default(),
        finding.due.map(|due| due.to_string()).unwrap_or_default(),
        money.map(|money| money.currency.clone()).unwrap_or_default(),
        money.map(|money| money.amount.normalize().to_string()).unwrap_or_default(),
        direction.and_then(|direction| direction.as_str().map(str::to_owned)).unwrap_or_default(),
        finding.since.to_string(),
        finding.text.clone(),
        finding.advice.clone(),
    ]
}
