//! Looks at all that is linked for what no event told of, as when nothing could be delivered for longer than the stream keeps
//! its records, which is 24 hours. Only the table is asked: what is not as it shall be is put into the index of work.
//!
//! Of an organization what fails is listed, and of an MSP the tickets that were opened: so both those that were missed and those
//! whose action works again are found.

use std::collections::HashSet;

use futures::stream::{self, StreamExt};

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::ChangedItem;
use crate::store::{TicketSubject, AgreementLink, EnrolledMsp, SubscriptionKey};
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::redrive::{Run, additions, tickets};

/// How many accounts or subscriptions are looked at at once.
const AT_ONCE: usize = 16;

/// How many tickets are read at once.
const TICKETS: usize = 100;

const MISSED: &str = "It was not told to ConnectWise yet. It is tried again by itself.";

impl Run<'_> {
    /// Looks at all that is linked; whether there was time for all.
    pub(super) async fn sweep(&mut self) -> Result<bool, ServiceError> {
        let mut found = 0;
        for EnrolledMsp { msp, .. } in self.app.store.enrolled_msps().await? {
            let whole = self.sweep_msp(msp, &mut found).await?;
            self.report.out_of_sync_found = whole.then_some(found);
            if !whole {
                return Ok(false);
            }
        }
        self.report.out_of_sync_found = Some(found);
        Ok(true)
    }

    async fn sweep_msp(&self, msp: MspId, found: &mut u32) -> Result<bool, ServiceError> {
        let (app, deadline) = (self.app, self.deadline);
        let mut subscriptions: HashSet<_> = app.store.indexed_subscriptions(msp).await?.into_iter().collect();
        let links = app.store.agreements(msp).await?;
        let mut of_links = stream::iter(links).map(|link| of_link(app, link)).buffer_unordered(AT_ONCE);
        while let Some(seen) = of_links.next().await {
            let (live, behind) = seen?;
            subscriptions.extend(live);
            *found += behind;
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
        }
        let mut after = None;
        loop {
            let (tickets, more) = app.store.tickets(msp, after.as_ref(), TICKETS).await?;
            let mut behind = stream::iter(tickets).map(|held| of_ticket(app, held.subject)).buffer_unordered(AT_ONCE);
            while let Some(seen) = behind.next().await {
                *found += u32::from(seen?);
            }
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
            after = more;
            if after.is_none() {
                break;
            }
        }
        let mut behind = stream::iter(subscriptions).map(|key| of_subscription(app, key)).buffer_unordered(AT_ONCE);
        while let Some(seen) = behind.next().await {
            *found += u32::from(seen?);
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The live subscription of a linked account, and how many tickets of its organization were missed.
async fn of_link(app: &App, link: AgreementLink) -> Result<(Option<SubscriptionKey>, u32), ServiceError> {
    let account = link.account;
    let live = app.store.account(&account).await?.and_then(|record| record.live_subscription);
    let live = live.map(|subscription| SubscriptionKey { application: account.application, subscription });
    let mut found = 0;
    for about in tickets::tickets(app, &ChangedItem::Agreement(account)).await? {
        found += u32::from(of_ticket(app, about).await?);
    }
    Ok((live, found))
}

/// Whether what became of a ticket's action was missed.
async fn of_ticket(app: &App, about: TicketSubject) -> Result<bool, ServiceError> {
    match tickets::find_out_of_sync(app, &about).await? {
        Some(record) => requeue(app, &SyncRecordKind::Ticket(Box::new(record))).await,
        None => Ok(false),
    }
}

/// Whether a subscription's addition was missed.
async fn of_subscription(app: &App, key: SubscriptionKey) -> Result<bool, ServiceError> {
    match additions::find_out_of_sync(app, &key).await? {
        Some(record) => requeue(app, &SyncRecordKind::Addition(Box::new(record))).await,
        None => Ok(false),
    }
}

async fn requeue(app: &App, record: &SyncRecordKind) -> Result<bool, ServiceError> {
    record.schedule(app, MISSED, app.clock.now().as_millisecond()).await
}
