//! Retries of pending records that are due, round-robin by MSP, and of failed records after the settings changed.

use std::collections::VecDeque;

use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use indexmap::IndexMap;
use jiff::SignedDuration;

use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::http_client::Deadline;
use crate::store::{SHARDS, SyncKey, SyncState};
use crate::workers::redrive::Run;
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::sync::key_refusal::are_keys_accepted;
use crate::workers::sync::{SKIPPED_MESSAGE, next_attempt_after_skip};

/// Maximum number of additions, and of tickets, that a run reads from each of the index's shards.
const LIMIT: i32 = 250;

/// Maximum number of MSPs that are processed concurrently.
const CONCURRENCY: usize = 8;

/// Maximum number of records that are read or rescheduled concurrently.
const RECORD_CONCURRENCY: usize = 16;

/// Time after new settings in which an attempt may still fail because of the old ones. No attempt takes longer.
const OLD_SETTINGS_WINDOW: SignedDuration = SignedDuration::from_mins(1);

const RELEASED: &str = "The rules for tickets were changed. It is looked at again automatically.";

const REQUEUED: &str = "The settings were changed, or ConnectWise accepts the keys again. It is retried automatically.";

/// The records of an MSP that are due.
struct MspQueue {
    msp: MspId,
    keys: VecDeque<SyncKey>,
}

impl Run<'_> {
    /// Makes one attempt for each record that is due, until `until`. MSPs are processed round-robin.
    pub(super) async fn process_due(&mut self, until: Deadline) -> Result<(), ServiceError> {
        let mut queues = self.due().await?;
        let (mut running, mut unresponsive) = (FuturesUnordered::new(), Vec::new());
        loop {
            while running.len() < CONCURRENCY && !until.remaining_for_calls().is_zero() {
                let Some(mut queue) = queues.pop_front() else { break };
                let Some(key) = queue.keys.pop_front() else { continue };
                let attempt = self.attempt(key);
                running.push(async { (attempt.await, queue) });
            }
            let Some(((key, outcome), queue)) = running.next().await else { break };
            self.count(key, outcome);
            if self.breaker.is_open(queue.msp) {
                unresponsive.push(queue);
            } else {
                queues.push_back(queue);
            }
        }
        for queue in unresponsive {
            self.defer(queue).await?;
        }
        let left: usize = queues.iter().map(|queue| queue.keys.len()).sum();
        if left > 0 {
            self.report.pending.push(format!("{left} more: this run had no time for them"));
        }
        Ok(())
    }

    async fn due(&self) -> Result<VecDeque<MspQueue>, ServiceError> {
        let before = self.app.clock.now().as_millisecond().saturating_add(1);
        let mut keys = Vec::new();
        for shard in 0..SHARDS {
            keys.extend(self.app.store.due_syncs(shard, before, LIMIT).await?);
        }
        // The index is eventually consistent: it may still have records that this run processed.
        keys.retain(|key| !self.completed.contains_key(key));
        let app = self.app;
        let of_msps = stream::iter(keys)
            .map(|key| async {
                let record = SyncRecordKind::read(app, &key).await?;
                Ok::<_, ServiceError>(record.map(|record| (record.msp(), key)))
            })
            .buffered(RECORD_CONCURRENCY)
            .try_collect::<Vec<_>>()
            .await?;
        let mut queues: IndexMap<MspId, VecDeque<SyncKey>> = IndexMap::new();
        for (msp, key) in of_msps.into_iter().flatten() {
            queues.entry(msp).or_default().push_back(key);
        }
        Ok(queues.into_iter().map(|(msp, keys)| MspQueue { msp, keys }).collect())
    }

    /// Postpones the records of an MSP whose ConnectWise does not answer, so that the next run begins with the others'.
    async fn defer(&mut self, queue: MspQueue) -> Result<(), ServiceError> {
        if queue.keys.is_empty() {
            return Ok(());
        }
        let (app, now) = (self.app, self.app.clock.now());
        let more = format!("{} more of the MSP {}: its ConnectWise did not answer", queue.keys.len(), queue.msp);
        self.report.pending.push(more);
        stream::iter(queue.keys)
            .map(Ok)
            .try_for_each_concurrent(RECORD_CONCURRENCY, |key| async move {
                let record = SyncRecordKind::read(app, &key).await?;
                let is_due = |state| matches!(state, SyncState::Pending | SyncState::Held);
                if let Some(record) = record.filter(|record| is_due(record.status().state)) {
                    record.schedule(app, SKIPPED_MESSAGE, next_attempt_after_skip(now)).await?;
                }
                Ok(())
            })
            .await
    }

    /// Requeues the failed records of MSPs that changed their settings, or whose keys ConnectWise accepts again.
    pub(super) async fn requeue_failed(&mut self) -> Result<(), ServiceError> {
        let (app, now) = (self.app, self.app.clock.now());
        for (msp, since) in app.store.pending_retry_requests().await? {
            if since > now.as_millisecond() {
                continue;
            }
            match are_keys_accepted(app, msp, self.deadline).await {
                Ok(true) => {}
                Ok(false) => continue,
                // One MSP's trouble is its own.
                Err(failure) => {
                    tracing::error!(%msp, error = failure.log_message(), "failed to try the MSP's keys");
                    continue;
                }
            }
            let failed = app.store.failed_syncs(msp).await?;
            stream::iter(failed)
                .map(Ok)
                .try_for_each_concurrent(RECORD_CONCURRENCY, |key| async move {
                    let record = SyncRecordKind::read(app, &key).await?;
                    if let Some(record) = record.filter(|record| record.status().state == SyncState::Failed) {
                        record.schedule(app, REQUEUED, now.as_millisecond()).await?;
                    }
                    Ok::<_, ServiceError>(())
                })
                .await?;
            self.requeue_held(msp).await?;
            if now.as_millisecond().saturating_sub(since)
                > i64::try_from(OLD_SETTINGS_WINDOW.as_millis()).unwrap_or(i64::MAX)
            {
                app.store.clear_retry_request(msp, since).await?;
            }
        }
        Ok(())
    }

    /// Requeues the tickets of an MSP that are not opened at present, because the reason may be gone. Removes those from the list
    /// that were opened, or whose failures are over.
    async fn requeue_held(&mut self, msp: MspId) -> Result<(), ServiceError> {
        let (app, now) = (self.app, self.app.clock.now());
        let held = app.store.held_tickets(msp).await?;
        stream::iter(held)
            .map(Ok)
            .try_for_each_concurrent(RECORD_CONCURRENCY, |subject| async move {
                let record = app.store.ticket(&subject).await?.filter(|record| record.msp == msp);
                match record {
                    Some(record) if record.sync.state == SyncState::Held => {
                        app.store.schedule_sync(&record, RELEASED, now.as_millisecond(), now).await?;
                    }
                    // An attempt may be about to hold it.
                    Some(record) if record.held_since.is_some() || record.sync.lease_owner.is_some() => {}
                    Some(_) | None => app.store.remove_held_ticket(msp, &subject).await?,
                }
                Ok(())
            })
            .await
    }
}
