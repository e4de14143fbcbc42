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
const CONCURRENCY: usize = 16;

/// Number of tickets in a page.
const TICKET_PAGE: usize = 100;

const OUT_OF_SYNC: &str = "It is not in ConnectWise yet. It is retried automatically.";

impl Run<'_> {
    /// Scans everything that is linked. Returns `false` if the time was up before the end.
    pub(super) async fn full_scan(&mut self) -> Result<bool, ServiceError> {
        let mut found = 0;
        for EnrolledMsp { msp, .. } in self.app.store.enrolled_msps().await? {
            let complete = self.scan_msp(msp, &mut found).await?;
            self.report.out_of_sync = complete.then_some(found);
            if !complete {
                return Ok(false);
            }
        }
        self.report.out_of_sync = Some(found);
        Ok(true)
    }

    async fn scan_msp(&self, msp: MspId, found: &mut u32) -> Result<bool, ServiceError> {
        let (app, deadline) = (self.app, self.deadline);
        let mut subscriptions: HashSet<_> = app.store.indexed_subscriptions(msp).await?.into_iter().collect();
        let links = app.store.agreements(msp).await?;
        let mut scans = stream::iter(links).map(|link| scan_link(app, link)).buffer_unordered(CONCURRENCY);
        while let Some(result) = scans.next().await {
            let (live, requeued) = result?;
            subscriptions.extend(live);
            *found += requeued;
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
        }
        let mut after = None;
        loop {
            let (tickets, more) = app.store.tickets(msp, after.as_ref(), TICKET_PAGE).await?;
            let mut requeued =
                stream::iter(tickets).map(|record| requeue_ticket(app, record.subject)).buffer_unordered(CONCURRENCY);
            while let Some(result) = requeued.next().await {
                *found += u32::from(result?);
            }
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
            after = more;
            if after.is_none() {
                break;
            }
        }
        let mut requeued =
            stream::iter(subscriptions).map(|key| requeue_addition(app, key)).buffer_unordered(CONCURRENCY);
        while let Some(result) = requeued.next().await {
            *found += u32::from(result?);
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Returns the live subscription of a linked account, and the number of its organization's tickets that were out of sync.
async fn scan_link(app: &App, link: AgreementLink) -> Result<(Option<SubscriptionKey>, u32), ServiceError> {
    let account = link.account;
    let live = app.store.live_subscription(&account).await?;
    let mut found = 0;
    for subject in tickets::tickets(app, &ChangedItem::Agreement(account)).await? {
        found += u32::from(requeue_ticket(app, subject).await?);
    }
    Ok((live, found))
}

/// Queues a ticket that is out of sync. Returns `true` if it was queued.
async fn requeue_ticket(app: &App, subject: TicketSubject) -> Result<bool, ServiceError> {
    match tickets::find_out_of_sync(app, &subject).await? {
        Some(record) => requeue(app, &SyncRecordKind::Ticket(Box::new(record))).await,
        None => Ok(false),
    }
}

/// Queues a subscription's addition that is out of sync. Returns `true` if it was queued.
async fn requeue_addition(app: &App, key: SubscriptionKey) -> Result<bool, ServiceError> {
    match additions::find_out_of_sync(app, &key).await? {
        Some(record) => requeue(app, &SyncRecordKind::Addition(Box::new(record))).await,
        None => Ok(false),
    }
}

async fn requeue(app: &App, record: &SyncRecordKind) -> Result<bool, ServiceError> {
    record.schedule(app, OUT_OF_SYNC, app.clock.now().as_millisecond()).await
}
