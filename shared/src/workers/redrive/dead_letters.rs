//! The dead letters.

use crate::app::App;
use crate::app::dead_letters::{DeadLetters, UnreadableBatch, DeadLetter};
use crate::domain::error::ServiceError;
use crate::store::SyncKey;
use crate::store::ChangedItem;
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::redrive::{Run, additions, tickets};

impl Run<'_> {
    /// Works off the letters, as long as there is time.
    pub(super) async fn drain_dead_letters(&mut self, letters: &DeadLetters) -> Result<(), ServiceError> {
        let mut expired = Vec::new();
        loop {
            let received = letters.receive().await?;
            if received.is_empty() {
                break;
            }
            for letter in received {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(&letter, "there was no time for it");
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
                self.keep(
                    letter,
                    "its records are not in the stream any more, and there was no time for a whole sweep",
                );
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
            for errand in errands(self.app, subject).await? {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.keep(letter, "there was no time for all of its records");
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

    /// Has an errand done that is not on record as pending; whether it is done or on record.
    async fn ensure_done(&mut self, errand: SyncKey) -> Result<bool, ServiceError> {
        if let Some(done) = self.completed.get(&errand) {
            return Ok(*done);
        }
        let now = self.app.clock.now().as_millisecond();
        if SyncRecordKind::read(self.app, &errand).await?.is_some_and(|record| record.waits(now)) {
            return Ok(true);
        }
        let (errand, outcome) = self.turn(errand).await;
        Ok(self.count(errand, outcome))
    }

    fn keep(&mut self, letter: &DeadLetter, why: &str) {
        self.report.dead_letters_kept.push(format!("{}: {why}", letter.name()));
    }
}

/// What is to be done in ConnectWise because of `subject`.
async fn errands(app: &App, subject: &ChangedItem) -> Result<Vec<SyncKey>, ServiceError> {
    let additions = additions::subscriptions(app, subject).await?.into_iter().map(SyncKey::Addition);
    let tickets = tickets::tickets(app, subject).await?.into_iter().map(SyncKey::Ticket);
    Ok(additions.chain(tickets).collect())
}
