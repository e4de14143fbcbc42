//! The summary of the failing actions of an organization, which is the state of its group ticket.

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::vendor_id::VendorId;
use crate::store::{FailingAction, FailureClass, FailuresRecord, MAX_SAMPLE, StoreError};

/// Maximum number of items that are read or written concurrently.
pub const CONCURRENCY: usize = 16;

/// Maximum number of attempts if other writers change the same items.
pub const MAX_CONFLICT_RETRIES: u32 = 6;

/// A count of grouped failures.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    /// There are so many more, or fewer, than before.
    Changed(isize),
    /// All entries were counted.
    Exact(usize),
    /// Writes were not confirmed. The entries are counted.
    Unknown,
}

/// Returns the record of an organization. Entries that an earlier release wrote into it become items of their own first.
pub async fn load(app: &App, organization: &VendorId) -> Result<Option<FailuresRecord>, ServiceError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let Some(mut record) = app.store.failures(organization).await? else { return Ok(None) };
        let entries = record.mapped();
        if record.failing.is_empty() {
            return Ok(Some(record));
        }
        put_all(app, organization, &entries).await?;
        record.failing.clear();
        record.version += 1;
        record.updated_at = app.clock.now();
        if app.store.save_failures(&record).await? {
            return Ok(Some(record));
        }
    }
    Err(conflict())
}

/// Writes entries.
pub async fn put_all(app: &App, organization: &VendorId, entries: &[FailingAction]) -> Result<(), ServiceError> {
    for_each(entries, |entry| app.store.put_failing_action(organization, entry)).await
}

/// Writes or deletes entries with `write`, several at once.
pub async fn for_each<'e, W: Future<Output = Result<(), StoreError>> + Send>(
    entries: &'e [FailingAction],
    write: impl Fn(&'e FailingAction) -> W + Send,
) -> Result<(), ServiceError> {
    Ok(stream::iter(entries).map(Ok).try_for_each_concurrent(CONCURRENCY, write).await?)
}

/// Returns the number of failing actions, up to the number that makes a group.
pub async fn count_failing(app: &App, organization: &VendorId) -> Result<usize, ServiceError> {
    let limit = app.ticket_policy.group_threshold;
    let mut count = 0;
    for class in [FailureClass::Single, FailureClass::Grouped] {
        if count < limit {
            count += app.store.failing_actions(organization, class, limit).await?.len();
        }
    }
    Ok(count)
}

/// Brings the record up to date with the entries: if there are grouped ones, how many, and some of them. Writes nothing if
/// it is.
///
/// # Errors
/// [`ErrorCode::InProgress`] if other writers changed it in each attempt.
pub async fn update(app: &App, organization: &VendorId, count: Count) -> Result<(), ServiceError> {
    for _ in 0..MAX_CONFLICT_RETRIES {
        let now = app.clock.now();
        let before = app.store.failures(organization).await?;
        let mut record = before.clone().unwrap_or_else(|| FailuresRecord::none(organization.clone(), now));
        let sample = app.store.failing_actions(organization, FailureClass::Grouped, MAX_SAMPLE).await?;
        let count = match count {
            // The list shows all of them.
            _ if sample.len() < MAX_SAMPLE => sample.len(),
            Count::Changed(by) => record.grouped_count.saturating_add_signed(by).max(MAX_SAMPLE),
            Count::Exact(count) => count.max(MAX_SAMPLE),
            Count::Unknown => {
                let entries = app.store.known_failures(organization).await?.entries;
                entries.iter().filter(|entry| entry.class == FailureClass::Grouped).count().max(MAX_SAMPLE)
            }
        };
        record.set_grouped(count, &sample, now);
        if before.as_ref().map_or(record.grouped_count == 0, |before| *before == record) {
            return Ok(());
        }
        let record = FailuresRecord { version: record.version + 1, updated_at: now, ..record };
        if app.store.save_failures(&record).await? {
            return Ok(());
        }
    }
    Err(conflict())
}

/// Returns the error for items that other writers changed in each attempt.
pub fn conflict() -> ServiceError {
    ServiceError::new(
        ErrorCode::InProgress,
        "Other reports on the same organization are being processed. Sign this one again and send it in a few seconds; events that were accepted already change nothing.",
    )
}
