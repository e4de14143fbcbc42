//! What is due, MSP by MSP in turn; and what failed and shall be tried again.

use std::collections::VecDeque;

use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use indexmap::IndexMap;
use jiff::SignedDuration;

use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::http_client::Deadline;
use crate::store::{SyncKey, SHARDS, SyncState};
use crate::workers::redrive::Run;
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::sync::{SKIPPED_MESSAGE, next_attempt_after_skip};

/// How many additions, and how many tickets, of each of the index's shards a run looks at.
const LIMIT: i32 = 250;

/// How many MSPs' turns there are at once.
const AT_ONCE: usize = 8;

/// How many records are read or rescheduled at once.
const RECORDS_AT_ONCE: usize = 16;

/// How long after new settings something may still fail for the old ones: no turn takes longer.
const OLD_SETTINGS: SignedDuration = SignedDuration::from_mins(1);

const REQUEUED: &str = "The settings were saved anew. It is tried again by itself.";

/// What is due of an MSP.
struct Queue {
    msp: MspId,
    errands: VecDeque<SyncKey>,
}

impl Run<'_> {
    /// One turn for each errand that is due, as long as there is time until `until`; the MSPs take turns.
    pub(super) async fn process_due(&mut self, until: Deadline) -> Result<(), ServiceError> {
        let mut queues = self.due().await?;
        let (mut running, mut silent) = (FuturesUnordered::new(), Vec::new());
        loop {
            while running.len() < AT_ONCE && !until.remaining_for_calls().is_zero() {
                let Some(mut queue) = queues.pop_front() else { break };
                let Some(errand) = queue.errands.pop_front() else { continue };
                let turn = self.turn(errand);
                running.push(async { (turn.await, queue) });
            }
            let Some(((errand, outcome), queue)) = running.next().await else { break };
            self.count(errand, outcome);
            if self.breaker.is_open(queue.msp) {
                silent.push(queue);
            } else {
                queues.push_back(queue);
            }
        }
        for queue in silent {
            self.defer(queue).await?;
        }
        let left: usize = queues.iter().map(|queue| queue.errands.len()).sum();
        if left > 0 {
            self.report.pending.push(format!("{left} more: there is more than one run can do"));
        }
        Ok(())
    }

    async fn due(&self) -> Result<VecDeque<Queue>, ServiceError> {
        let before = self.app.clock.now().as_millisecond().saturating_add(1);
        let mut keys = Vec::new();
        for shard in 0..SHARDS {
            keys.extend(self.app.store.due_syncs(shard, before, LIMIT).await?);
        }
        // The index lags behind what this run has done.
        keys.retain(|key| !self.completed.contains_key(key));
        let app = self.app;
        let of_msps = stream::iter(keys)
            .map(|key| async {
                let record = SyncRecordKind::read(app, &key).await?;
                Ok::<_, ServiceError>(record.map(|record| (record.msp(), key)))
            })
            .buffered(RECORDS_AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let mut queues: IndexMap<MspId, VecDeque<SyncKey>> = IndexMap::new();
        for (msp, key) in of_msps.into_iter().flatten() {
            queues.entry(msp).or_default().push_back(key);
        }
        Ok(queues.into_iter().map(|(msp, errands)| Queue { msp, errands }).collect())
    }

    /// What waits for an MSP whose ConnectWise does not answer makes room for the others' in the next run.
    async fn defer(&mut self, queue: Queue) -> Result<(), ServiceError> {
        if queue.errands.is_empty() {
            return Ok(());
        }
        let (app, now) = (self.app, self.app.clock.now());
        let more = format!("{} more of the MSP {}: its ConnectWise did not answer", queue.errands.len(), queue.msp);
        self.report.pending.push(more);
        stream::iter(queue.errands)
            .map(Ok)
            .try_for_each_concurrent(RECORDS_AT_ONCE, |key| async move {
                let record = SyncRecordKind::read(app, &key).await?;
                if let Some(record) = record.filter(|record| record.status().state == SyncState::Pending) {
                    record.schedule(app, SKIPPED_MESSAGE, next_attempt_after_skip(now)).await?;
                }
                Ok(())
            })
            .await
    }

    /// Has all that failed of the MSPs whose settings were saved anew taken up.
    pub(super) async fn requeue_failed(&mut self) -> Result<(), ServiceError> {
        let (app, now) = (self.app, self.app.clock.now());
        for (msp, since) in app.store.pending_retry_requests().await? {
            let failed = app.store.failed_syncs(msp).await?;
            stream::iter(failed)
                .map(Ok)
                .try_for_each_concurrent(RECORDS_AT_ONCE, |key| async move {
                    let record = SyncRecordKind::read(app, &key).await?;
                    if let Some(record) = record.filter(|record| record.status().state == SyncState::Failed) {
                        record.schedule(app, REQUEUED, now.as_millisecond()).await?;
                    }
                    Ok::<_, ServiceError>(())
                })
                .await?;
            if now.as_millisecond().saturating_sub(since) > i64::try_from(OLD_SETTINGS.as_millis()).unwrap_or(i64::MAX)
            {
                app.store.clear_retry_request(msp, since).await?;
            }
        }
        Ok(())
    }
}
