//! The dead letters.

use crate::app::App;
use crate::app::dead_letters::{DeadLetters, Illegible, Letter};
use crate::domain::error::ServiceError;
use crate::store::ErrandKey;
use crate::store::Subject;
use crate::workers::redrive::record::Record;
use crate::workers::redrive::{Run, additions, tickets};

impl Run<'_> {
    /// Works off the letters, as long as there is time.
    pub(super) async fn answer(&mut self, letters: &DeadLetters) -> Result<(), ServiceError> {
        let mut expired = Vec::new();
        loop {
            let received = letters.receive().await?;
            if received.is_empty() {
                break;
            }
            for letter in received {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.leave(&letter, "there was no time for it");
                    continue;
                }
                match letters.subjects(&letter).await {
                    Ok(subjects) => self.answer_one(letters, &letter, &subjects).await?,
                    Err(Illegible::Gone) => expired.push(letter),
                    Err(Illegible::Unclear(why)) => self.leave(&letter, &why),
                }
            }
            if self.deadline.remaining_for_calls().is_zero() {
                break;
            }
        }
        if expired.is_empty() {
            return Ok(());
        }
        let whole = match self.report.swept {
            Some(_) => true,
            None => self.sweep().await?,
        };
        for letter in &expired {
            if whole {
                letters.delete(letter).await?;
                self.report.letters_done += 1;
            } else {
                self.leave(
                    letter,
                    "its records are not in the stream any more, and there was no time for a whole sweep",
                );
            }
        }
        self.take_up_what_is_due(self.deadline).await
    }

    async fn answer_one(
        &mut self,
        letters: &DeadLetters,
        letter: &Letter,
        subjects: &[Subject],
    ) -> Result<(), ServiceError> {
        let mut done = true;
        for subject in subjects {
            for errand in errands(self.app, subject).await? {
                if self.deadline.remaining_for_calls().is_zero() {
                    self.leave(letter, "there was no time for all of its records");
                    return Ok(());
                }
                done &= self.is_done(errand).await?;
            }
        }
        if done {
            letters.delete(letter).await?;
            self.report.letters_done += 1;
        } else {
            self.leave(letter, "not all of its records are done");
        }
        Ok(())
    }

    /// Has an errand done that is not on record as pending; whether it is done or on record.
    async fn is_done(&mut self, errand: ErrandKey) -> Result<bool, ServiceError> {
        if let Some(done) = self.done.get(&errand) {
            return Ok(*done);
        }
        let now = self.app.clock.now().as_millisecond();
        if Record::read(self.app, &errand).await?.is_some_and(|record| record.waits(now)) {
            return Ok(true);
        }
        let (errand, outcome) = self.turn(errand).await;
        Ok(self.count(errand, outcome))
    }

    fn leave(&mut self, letter: &Letter, why: &str) {
        self.report.letters_left.push(format!("{}: {why}", letter.name()));
    }
}

/// What is to be done in ConnectWise because of `subject`.
async fn errands(app: &App, subject: &Subject) -> Result<Vec<ErrandKey>, ServiceError> {
    let additions = additions::subscriptions(app, subject).await?.into_iter().map(ErrandKey::Addition);
    let tickets = tickets::tickets(app, subject).await?.into_iter().map(ErrandKey::Ticket);
    Ok(additions.chain(tickets).collect())
}
