//! Processing of the dead letters: the positions of stream batches that failed.

use crate::app::App;
use crate::app::dead_letters::{BatchRecords, DeadLetter, DeadLetters, UnreadableBatch};
use crate::domain::error::ServiceError;
use crate::store::ChangedItem;
use crate::store::SyncKey;
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::redrive::{Run, additions, tickets};

impl Run<'_> {
    /// Processes the dead letters until the queue is empty or the time is up.
    pub(super) async fn drain_dead_letters(&mut self, dead_letters: &DeadLetters) -> Result<(), ServiceError> {
        let mut expired = Vec::new();
        loop {
            let received = dead_letters.receive().await?;
            if received.is_empty() {
                break;
            }
            for dead_letter in received {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(&dead_letter, "this run had no time for it");
                    continue;
                }
                match dead_letters.records(&dead_letter, self.deadline).await {
                    Ok(records) => self.process_dead_letter(dead_letters, &dead_letter, &records).await?,
                    Err(UnreadableBatch::Expired) => expired.push(dead_letter),
                    Err(UnreadableBatch::Invalid(why)) => self.keep(&dead_letter, &why),
                }
            }
            if self.deadline.remaining_for_calls().is_zero() {
                break;
            }
        }
        if expired.is_empty() {
            return Ok(());
        }
        let complete = match self.report.out_of_sync {
            Some(_) => true,
            None => self.full_scan().await?,
        };
        for dead_letter in &expired {
            if complete {
                dead_letters.delete(dead_letter).await?;
                self.report.dead_letters_processed += 1;
            } else {
                self.keep(
                    dead_letter,
                    "its records have expired from the stream, and this run had no time for a full scan",
                );
            }
        }
        self.process_due(self.deadline).await
    }

    async fn process_dead_letter(
        &mut self,
        dead_letters: &DeadLetters,
        dead_letter: &DeadLetter,
        records: &BatchRecords,
    ) -> Result<(), ServiceError> {
        let mut all_done = true;
        for item in &records.items {
            for key in sync_keys(self.app, item).await? {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(dead_letter, "this run had no time for all of its records");
                    return Ok(());
                }
                all_done &= self.ensure_done(key).await?;
            }
        }
        match &records.rest {
            _ if !all_done => self.keep(dead_letter, "not all of its records are done"),
            // This run receives the rest as well, if it has the time.
            Some(rest) => dead_letters.replace_by_rest(dead_letter, rest).await?,
            None => {
                dead_letters.delete(dead_letter).await?;
                self.report.dead_letters_processed += 1;
            }
        }
        Ok(())
    }

    /// Makes an attempt, unless the record is pending already. Returns `true` if the record is done or recorded as pending.
    async fn ensure_done(&mut self, key: SyncKey) -> Result<bool, ServiceError> {
        if let Some(done) = self.completed.get(&key) {
            return Ok(*done);
        }
        let now = self.app.clock.now().as_millisecond();
        if SyncRecordKind::read(self.app, &key).await?.is_some_and(|record| record.is_scheduled_after(now)) {
            return Ok(true);
        }
        let (key, outcome) = self.attempt(key).await;
        Ok(self.count(key, outcome))
    }

    fn keep(&mut self, dead_letter: &DeadLetter, why: &str) {
        self.report.dead_letters_kept.push(format!("{}: {why}", dead_letter.name()));
    }
}

/// Returns the additions and tickets that a changed item affects.
async fn sync_keys(app: &App, item: &ChangedItem) -> Result<Vec<SyncKey>, ServiceError> {
    let additions = additions::subscriptions(app, item).await?.into_iter().map(SyncKey::Addition);
    let tickets = tickets::tickets(app, item).await?.into_iter().map(SyncKey::Ticket);
    Ok(additions.chain(tickets).collect())
}
