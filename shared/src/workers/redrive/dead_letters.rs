//! Processing of the dead letters: the positions of stream batches that failed.

use crate::app::App;
use crate::app::dead_letters::{DeadLetter, DeadLetters, UnreadableBatch};
use crate::domain::error::ServiceError;
use crate::store::ChangedItem;
use crate::store::SyncKey;
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::redrive::{Run, additions, tickets};

impl Run<'_> {
    /// Processes the dead letters until the queue is empty or the time is up.
    pub(super) async fn drain_dead_letters(&mut self, letters: &DeadLetters) -> Result<(), ServiceError> {
        let mut expired = Vec::new();
        loop {
            let received = letters.receive().await?;
            if received.is_empty() {
                break;
            }
            for letter in received {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(&letter, "this run had no time for it");
                    continue;
                }
                match letters.changed_items(&letter).await {
                    Ok(subjects) => self.process_dead_letter(letters, &letter, &subjects).await?,
                    Err(UnreadableBatch::Expired) => expired.push(letter),
                    Err(UnreadableBatch::Invalid(why)) => self.keep(&letter, &why),
                }
            }
            if self.deadline.remaining_for_calls().is_zero() {
                break;
            }
        }
        if expired.is_empty() {
            return Ok(());
        }
        let whole = match self.report.out_of_sync_found {
            Some(_) => true,
            None => self.sweep().await?,
        };
        for letter in &expired {
            if whole {
                letters.delete(letter).await?;
                self.report.dead_letters_processed += 1;
            } else {
                self.keep(letter, "its records have expired from the stream, and this run had no time for a full scan");
            }
        }
        self.process_due(self.deadline).await
    }

    async fn process_dead_letter(
        &mut self,
        letters: &DeadLetters,
        letter: &DeadLetter,
        subjects: &[ChangedItem],
    ) -> Result<(), ServiceError> {
        let mut done = true;
        for subject in subjects {
            for errand in sync_keys(self.app, subject).await? {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(letter, "this run had no time for all of its records");
                    return Ok(());
                }
                done &= self.ensure_done(errand).await?;
            }
        }
        if done {
            letters.delete(letter).await?;
            self.report.dead_letters_processed += 1;
        } else {
            self.keep(letter, "not all of its records are done");
        }
        Ok(())
    }

    /// Makes an attempt, unless the record is pending already. Returns `true` if the record is done or recorded as pending.
    async fn ensure_done(&mut self, errand: SyncKey) -> Result<bool, ServiceError> {
        if let Some(done) = self.completed.get(&errand) {
            return Ok(*done);
        }
        let now = self.app.clock.now().as_millisecond();
        if SyncRecordKind::read(self.app, &errand).await?.is_some_and(|record| record.waits(now)) {
            return Ok(true);
        }
        let (errand, outcome) = self.attempt(errand).await;
        Ok(self.count(errand, outcome))
    }

    fn keep(&mut self, letter: &DeadLetter, why: &str) {
        self.report.dead_letters_kept.push(format!("{}: {why}", letter.name()));
    }
}

/// Returns the additions and tickets that a changed item affects.
async fn sync_keys(app: &App, subject: &ChangedItem) -> Result<Vec<SyncKey>, ServiceError> {
    let additions = additions::subscriptions(app, subject).await?.into_iter().map(SyncKey::Addition);
    let tickets = tickets::tickets(app, subject).await?.into_iter().map(SyncKey::Ticket);
    Ok(additions.chain(tickets).collect())
}
