//! The full scan: compares everything that is linked with its records and queues what is out of sync. It is needed when
//! events were lost, for example when nothing could be delivered for longer than the 24 hours that the stream keeps its
//! records. It reads only the table.
//!
//! The failing actions of each organization lead to missing tickets; the MSP's open tickets lead to those whose action has
//! recovered.

use std::collections::HashSet;

use futures::stream::{self, StreamExt};

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::ChangedItem;
use crate::store::{AgreementLink, EnrolledMsp, SubscriptionKey, TicketSubject};
use crate::workers::redrive::record::SyncRecordKind;
use crate::workers::redrive::{Run, additions, tickets};

/// Maximum number of accounts or subscriptions that are checked concurrently.
const AT_ONCE: usize = 16;

/// Number of tickets in a page.
const TICKETS: usize = 100;

const MISSED: &str = "It is not in ConnectWise yet. It is retried automatically.";

impl Run<'_> {
    /// Scans everything that is linked. Returns `false` if the time was up before the end.
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

/// Returns the live subscription of a linked account, and the number of its organization's tickets that were out of sync.
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

/// Queues a ticket that is out of sync. Returns `true` if it was queued.
async fn of_ticket(app: &App, about: TicketSubject) -> Result<bool, ServiceError> {
    match tickets::find_out_of_sync(app, &about).await? {
        Some(record) => requeue(app, &SyncRecordKind::Ticket(Box::new(record))).await,
        None => Ok(false),
    }
}

/// Queues a subscription's addition that is out of sync. Returns `true` if it was queued.
async fn of_subscription(app: &App, key: SubscriptionKey) -> Result<bool, ServiceError> {
    match additions::find_out_of_sync(app, &key).await? {
        Some(record) => requeue(app, &SyncRecordKind::Addition(Box::new(record))).await,
        None => Ok(false),
    }
}

async fn requeue(app: &App, record: &SyncRecordKind) -> Result<bool, ServiceError> {
    record.schedule(app, MISSED, app.clock.now().as_millisecond()).await
}
