//! The history of an MSP: who changed what, where and when, and what it was before.
//!
//! This file has the logic of `portal/history/…`: the paged list and its export. The entries are written where the changes are
//! made.

pub mod csv;
pub mod list;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::domain::requester::RequestChannel;
use crate::endpoints::portal::{FieldErrors, PortalRequest, csv as table, paging};
use crate::endpoints::{EndpointResponse, QueryParameter, QueryType};
use crate::store::{HistoryEntry, HistoryRange};

const ACTION: QueryParameter = QueryParameter { name: "action", value: QueryType::Text, required: false };
const SINCE: QueryParameter = QueryParameter { name: "since", value: QueryType::Text, required: false };
const UNTIL: QueryParameter = QueryParameter { name: "until", value: QueryType::Text, required: false };

/// Query parameters of the list.
pub const LIST_QUERY: &[QueryParameter] = &[paging::LIMIT, paging::AFTER, ACTION, SINCE, UNTIL];

/// Query parameters of the export.
pub const CSV_QUERY: &[QueryParameter] = &[ACTION, SINCE, UNTIL];

/// Most entries that the export has.
const MAX_ROWS: usize = 5000;

/// Most bytes of the entries of a response. Lambda refuses one of more than 6 MB ("Lambda quotas").
const MAX_BYTES: usize = 4_000_000;

/// Number of entries that one call for a page reads at most, if the filter keeps few of them.
const MAX_READ: usize = 2000;

/// Number of entries that are read at once at most; with a filter, always as many.
const READ_AT_ONCE: usize = 100;

/// A page of the history, the latest first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "HistoryPage"))]
pub struct Page {
    history: Vec<HistoryEntry>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

/// Entries that a caller asks for.
struct Filter<'q> {
    range: HistoryRange,
    action: Option<&'q str>,
}

impl<'q> Filter<'q> {
    fn of(portal: &'q PortalRequest<'_>) -> Result<Self, ServiceError> {
        let time = |name: &'static str| -> Result<Option<Timestamp>, ServiceError> {
            let parsed = portal.query.get(name).map(str::parse).transpose();
            parsed.map_err(|_| FieldErrors::single(name, "It must be a time such as 2026-10-01T00:00:00Z."))
        };
        let range = HistoryRange { since: time(SINCE.name)?, until: time(UNTIL.name)? };
        if let (Some(since), Some(until)) = (range.since, range.until)
            && since >= until
        {
            return Err(FieldErrors::single(UNTIL.name, "It must be later than since."));
        }
        Ok(Self { range, action: portal.query.get(ACTION.name) })
    }

    /// An action is an endpoint, or the folder of several.
    fn keeps(&self, entry: &HistoryEntry) -> bool {
        let Some(action) = self.action else { return true };
        entry.action.strip_prefix(action).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns at most `limit` entries before the position `before`, and the position at which the next page continues. With a
    /// filter, with long entries, and near the deadline, a page can have fewer entries although there are more.
    async fn page(
        &self,
        portal: &PortalRequest<'_>,
        before: Option<String>,
        limit: usize,
    ) -> Result<(Vec<HistoryEntry>, Option<String>), ServiceError> {
        let store = &portal.call.app.store;
        let (mut kept, mut before, mut read, mut bytes) = (Vec::new(), before, 0, 0);
        while read == 0 || (read < MAX_READ && has_time(portal)) {
            // Without a filter, all that is read is kept.
            let missing = if self.action.is_none() { limit - kept.len() } else { READ_AT_ONCE };
            let size = missing.min(READ_AT_ONCE);
            let entries = store.history(portal.msp, self.range, before.as_deref(), size).await?;
            let is_last = entries.len() < size;
            read += entries.len();
            for (position, entry) in entries {
                if self.keeps(&entry) {
                    bytes += bytes_of(&entry);
                    if bytes > MAX_BYTES && !kept.is_empty() {
                        return Ok((kept, before));
                    }
                    kept.push(entry);
                }
                before = Some(position);
                if kept.len() == limit {
                    return Ok((kept, before));
                }
            }
            if is_last {
                return Ok((kept, None));
            }
        }
        Ok((kept, before))
    }
}

/// Returns `true` while there is time to read more.
fn has_time(portal: &PortalRequest<'_>) -> bool {
    !portal.call.deadline.remaining_for_calls().is_zero()
}

/// Returns the size of an entry, or of its row, in the answer of a function: a text of JSON in JSON. A row of the CSV is not
/// larger.
fn bytes_of(entry: &impl Serialize) -> usize {
    let text = serde_json::to_string(entry).and_then(|text| serde_json::to_string(&text));
    text.map_or(MAX_BYTES, |text| text.len())
}

/// Returns a page of the history.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let (limit, filter) = (paging::limit(&portal.query)?, Filter::of(portal)?);
    let before = paging::after(&portal.query, |text| {
        paging::parse_cursor::<String>(text).filter(|position| filter.range.has(position))
    })?;
    let (history, next) = filter.page(portal, before, limit).await?;
    Ok(Page { history, next: next.as_ref().map(paging::cursor_text).transpose()? })
}

/// Returns the history as CSV (RFC 4180), with a line of names, the latest first.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters, and for more
/// entries than a response can have.
pub async fn export(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let filter = Filter::of(portal)?;
    let (mut rows, mut bytes, mut before) = (Vec::new(), 0, None);
    loop {
        let (page, next) = filter.page(portal, before, paging::MAX_PAGE_SIZE).await?;
        for entry in &page {
            let row = row(entry);
            bytes += bytes_of(&row);
            rows.push(row);
        }
        if rows.len() > MAX_ROWS || bytes > MAX_BYTES || (next.is_some() && !has_time(portal)) {
            let text = format!(
                "There are more entries than an export can have: at most {MAX_ROWS}, and fewer if they are long. Export a shorter time: send since and until."
            );
            return Err(FieldErrors::single(SINCE.name, text));
        }
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    table::response("attachment; filename=\"history.csv\"", COLUMNS, rows)
}

/// Names of the export's columns.
const COLUMNS: [&str; 11] =
    ["at", "by", "channel", "action", "object", "organization", "company", "finding", "from", "to", "reason"];

fn row(entry: &HistoryEntry) -> [String; 11] {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    [
        entry.at.to_string(),
        entry.by.clone(),
        entry.channel.map(RequestChannel::name).unwrap_or_default().to_owned(),
        entry.action.clone(),
        text(entry.object.as_deref()),
        entry.organization.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.company.map(|id| id.to_string()).unwrap_or_default(),
        text(entry.finding.as_deref()),
        text(entry.from.as_deref()),
        text(entry.to.as_deref()),
        text(entry.reason.as_deref()),
    ]
}
