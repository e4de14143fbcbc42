//! One subscription's turn: read, claim, make it so, record.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, State, SubscriptionKey};
use crate::workers::additions::apply::{Desk, Since, Work};
use crate::workers::additions::desired::{Wish, billed_from};
use crate::workers::sync::{self, Anew, Settled, Stop, Turn};

/// Has the subscription's addition as it shall be, as far as that can be had now.
///
/// # Errors
/// A failure if nothing could be recorded: the table did not answer, or the lease was lost.
pub async fn settle(app: &App, key: &SubscriptionKey, turn: &Turn<'_>) -> Result<Settled, ServiceError> {
    let Some(seen) = Seen::read(app, key).await? else { return Ok(Settled::Nothing) };
    let Some(msp) = seen.is_open(turn.anew) else { return Ok(Settled::Nothing) };
    let fresh = AdditionRecord::new(key.clone(), seen.subscription.account.clone(), msp, app.clock.now());
    app.store.list_addition(&fresh).await?;
    let Some(claimed) = sync::claim(app, &fresh, turn).await? else { return Ok(Settled::Busy) };
    // What was read before the claim may be old by now.
    let Some(seen) = Seen::read(app, key).await? else { return Ok(Settled::Nothing) };
    // Linked by another MSP meanwhile: its numbers mean nothing in this one's ConnectWise. The lease runs out by itself.
    if seen.is_open(turn.anew).is_some_and(|now| now != msp) {
        return Ok(Settled::Busy);
    }
    let record = if claimed.msp == msp {
        claimed
    } else {
        // It was in another MSP's ConnectWise, which is not ours to change any more.
        AdditionRecord { errand: claimed.errand, ..fresh }
    };
    let mut work = Work { app, turn, record };
    let (wish, outcome) = match seen.wish() {
        Ok(wish) => {
            let outcome = sync::ask(turn, msp, carry_out(&mut work, &wish, &seen).boxed()).await;
            (Some(wish), outcome)
        }
        Err(stop) => (None, Err(stop)),
    };
    let done = if wish == Some(Wish::LetGo) { State::Unlinked } else { State::Applied };
    let wish = wish.as_ref().map(Wish::fingerprint);
    let (settled, _) = sync::finish(app, turn, work.record, wish, done, outcome).await?;
    Ok(settled)
}

/// The record of an addition that is not as it shall be, as it is or as it has to be made; none if the addition is, or if it is
/// pending already.
///
/// # Errors
/// The table did not answer.
pub async fn missed(app: &App, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, ServiceError> {
    let Some(seen) = Seen::read(app, key).await? else { return Ok(None) };
    let Some(msp) = seen.is_open(Anew::No) else { return Ok(None) };
    Ok(match seen.addition {
        Some(record) => (record.errand.state != State::Pending).then_some(record),
        None => Some(AdditionRecord::new(key.clone(), seen.subscription.account, msp, app.clock.now())),
    })
}

/// What is on record.
struct Seen {
    subscription: SubscriptionRecord,
    link: Option<AgreementLink>,
    addition: Option<AdditionRecord>,
}

impl Seen {
    async fn read(app: &App, key: &SubscriptionKey) -> Result<Option<Self>, ServiceError> {
        let Some(subscription) = app.store.subscription(key).await? else { return Ok(None) };
        let account = AccountKey { application: key.application, account: subscription.account.clone() };
        let link = app.store.agreement(&account).await?;
        let addition = app.store.addition(key).await?;
        Ok(Some(Self { subscription, link, addition }))
    }

    fn wish(&self) -> Result<Wish, Stop> {
        Wish::of(&self.subscription, self.link.as_ref()).ok_or_else(|| {
            Stop::mend(
                "The subscription was last changed before its plan and seats were kept for this.",
                "Change its seats: in the BSS, or at portal/organizations/update if it was sold there.",
            )
        })
    }

    /// In whose ConnectWise there is something to do; none if there is nothing.
    fn is_open(&self, anew: Anew) -> Option<MspId> {
        let msp = self.link.as_ref().map(|link| link.msp).or(self.addition.as_ref().map(|addition| addition.msp))?;
        let Some(addition) = self.addition.as_ref().filter(|addition| addition.msp == msp) else {
            // Nothing was ever made of a subscription that has ended.
            let ended = matches!(self.wish(), Ok(Wish::Ended | Wish::LetGo));
            return (!ended).then_some(msp);
        };
        let wish = self.wish().ok().map(|wish| wish.fingerprint());
        (!sync::rests(&addition.errand, wish.as_ref(), anew)).then_some(msp)
    }
}

async fn carry_out(work: &mut Work<'_>, wish: &Wish, seen: &Seen) -> Result<Option<String>, Stop> {
    let Some(link) = &seen.link else { return Ok(None) };
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::unset)?;
    let connectwise = work.app.connectwise()?;
    let desk =
        Desk { client: connection.client(connectwise, work.turn.deadline, work.turn.log), zone: &connection.zone };
    work.resolve(&desk).await?;
    match wish {
        Wish::LetGo => Ok(None),
        Wish::Ended => {
            let ended = seen.subscription.cancelled_at.unwrap_or(seen.subscription.updated_at);
            work.end(&desk, ended).await
        }
        Wish::Open(open) => {
            let since = Since { billed: billed_from(&seen.subscription, link), changed: seen.subscription.updated_at };
            work.open(&desk, open, since).await
        }
    }
}
