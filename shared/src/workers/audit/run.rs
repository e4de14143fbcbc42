//! One attempt of a run.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;

use jiff::Timestamp;

use crate::app::App;
use crate::app::audit_queue::AuditRequest;
use crate::app::lease::lease_end;
use crate::app::msp_connection::Connection;
use crate::connectwise::api::catalog::{self, CatalogItem};
use crate::connectwise::{Client, ConnectWiseError};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::domain::reference::Reference;
use crate::http_client::OutboundCallLog;
use crate::store::{AuditRun, AuditState, PlanRecord};
use crate::vendor::VendorContext;
use crate::workers::audit::all_sides::AllSides;
use crate::workers::audit::attempt::{Time, save};
use crate::workers::audit::catalog::Catalog;
use crate::workers::audit::comparison::Comparison;
use crate::workers::audit::scan::{Reader, scan};
use crate::workers::audit::second_look::SecondLook;
use crate::workers::audit::sides::Context;
use crate::workers::audit::{note, start};

/// Number of attempts without progress after which a run has failed.
const MAX_ATTEMPTS: u32 = 5;

/// Result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The run has ended before, or another attempt owns it.
    Ignored,
    /// The run is complete.
    Complete,
    /// The time did not suffice: another message was sent.
    Continued,
    /// The attempt failed, and the message comes back.
    Retried,
    /// The run has failed.
    Failed,
}

/// Carries out a run, or goes on with it.
///
/// # Errors
/// The table or the queue did not answer.
pub async fn carry_out(
    app: &App,
    request: &AuditRequest,
    id: &str,
    time: Time,
    outbound_calls: &OutboundCallLog,
) -> Result<Outcome, ServiceError> {
    let (msp, now) = (request.msp, app.clock.now());
    let recorded = app.store.audit_run(msp).await?;
    let Some(mut run) = recorded.filter(|run| run.started_at == request.started_at && run.is_open()) else {
        return Ok(Outcome::Ignored);
    };
    if run.lease_until.is_some_and(|until| until > now) {
        return Ok(Outcome::Ignored);
    }
    run.state = AuditState::Running;
    run.attempts += 1;
    run.lease_until = Timestamp::from_millisecond(lease_end(now, time.whole)).ok();
    save(app, msp, &mut run).await?;
    let attempt = Attempt { app, msp, id, time, outbound_calls };
    let before = run.progress.clone();
    // Lambda may repeat a message with the same id.
    let reference = Reference::of(&format!("{id}@{now}"));
    let outcome = Box::pin(attempt.work(&mut run)).await;
    run.lease_until = None;
    if run.progress != before {
        run.attempts = 0;
    }
    let outcome = match outcome {
        Ok(true) => {
            (run.state, run.reason, run.finished_at) = (AuditState::Complete, None, Some(app.clock.now()));
            Outcome::Complete
        }
        Ok(false) if run.attempts < MAX_ATTEMPTS => {
            run.reason = None;
            Outcome::Continued
        }
        Ok(false) => {
            let reason = "The time of an attempt does not suffice to read what is compared.";
            tracing::warn!(%msp, %reference, error = reason, attempts = run.attempts, "an attempt of an audit failed");
            run.reason = Some(reference.after(reason));
            end(&mut run, app)
        }
        // Another attempt goes on.
        Err(failure) if failure.code() == ErrorCode::InProgress => return Ok(Outcome::Retried),
        Err(failure) => {
            let error = failure.log_message();
            tracing::warn!(%msp, %reference, error, attempts = run.attempts, "an attempt of an audit failed");
            run.reason = Some(reference.after(failure.message()));
            if run.attempts >= MAX_ATTEMPTS || failure.code() == ErrorCode::ConnectWiseNotConfigured {
                end(&mut run, app)
            } else {
                Outcome::Retried
            }
        }
    };
    save(app, msp, &mut run).await?;
    if outcome == Outcome::Continued {
        start::send(app, msp, &run).await?;
    }
    Ok(outcome)
}

/// Ends a run that has failed.
fn end(run: &mut AuditRun, app: &App) -> Outcome {
    run.fail(app.clock.now());
    metrics::counter!("AuditsFailed").increment(1);
    Outcome::Failed
}

/// An attempt of a run.
struct Attempt<'a> {
    app: &'a App,
    msp: MspId,
    id: &'a str,
    time: Time,
    outbound_calls: &'a OutboundCallLog,
}

impl Attempt<'_> {
    /// Goes on with the run. Returns `true` if it is complete.
    async fn work(&self, run: &mut AuditRun) -> Result<bool, ServiceError> {
        let Self { app, msp, time, outbound_calls, .. } = *self;
        let not_signed_in = || ServiceError::new(ErrorCode::ConnectWiseNotConfigured, "The MSP has not signed in.");
        let enrolled = app.store.enrolled_msp(msp).await?.ok_or_else(not_signed_in)?;
        let settings =
            app.partner_credentials.load(&app.store, msp.as_application_id(), &enrolled.credentials_id).await?;
        let vendor = VendorContext { settings: &settings, deadline: time.whole, outbound_calls };
        let connection = Connection::open(app, msp).await?.ok_or_else(Connection::not_configured_error)?;
        let client = connection.client(app.connectwise()?, time.whole, outbound_calls);
        let region = app.vendor.region_of(&vendor)?;
        let plans = app.store.plans(msp).await?;
        let items = catalog_items(&client, &region, &plans).await?;
        let catalog = Catalog::new(&region, &app.vendor, &items, &plans);
        let products = catalog.items();
        let reader = Reader { client: &client, products: &products, day: run.day };
        if !run.progress.all_read {
            scan(app, msp, run, reader, time.work).await?;
        }
        if !run.progress.all_read {
            return Ok(false);
        }
        let found = app.store.found_additions(msp, run.started_at, run.progress.parts).await?;
        let sides = AllSides::load(app, msp, &vendor, &catalog, found).await?;
        let context = Context { msp, catalog: &catalog, fair_use: app.fair_use, day: run.day };
        let unread = run.progress.unread.clone();
        let look = SecondLook {
            app,
            msp,
            vendor: &vendor,
            reader,
            context: &context,
            sides: &sides,
            unread: &unread,
            failures: AtomicU32::new(0),
        };
        let mut comparison = Comparison::begin(look, self.id, time).await?;
        if !comparison.go_on(run).await? {
            return Ok(false);
        }
        let summary = comparison.finish(run).await?;
        note::write(app, msp, &client, &summary, run.day).await?;
        Ok(true)
    }
}

/// Returns the catalog items of the MSP's plans. The list is read twice, because an item that one list lacks would hide its
/// additions; one that both lack and a plan has, or whose price differs between them, is read by its number.
async fn catalog_items(
    client: &Client<'_>,
    region: &str,
    plans: &[PlanRecord],
) -> Result<Vec<CatalogItem>, ServiceError> {
    let mut items: BTreeMap<_, _> =
        client.list_all(&catalog::list(region)).await?.into_iter().map(|item| (item.id, item)).collect();
    let mut doubtful = Vec::new();
    for again in client.list_all(&catalog::list(region)).await? {
        let item = items.entry(again.id).or_insert_with(|| again.clone());
        doubtful.extend((item.price != again.price).then_some(again.id));
    }
    let missing = plans.iter().map(|plan| plan.catalog_item).filter(|item| !items.contains_key(item));
    doubtful.extend(missing);
    for item in doubtful {
        match client.send(&catalog::get(item)).await {
            Ok(item) => drop(items.insert(item.id, item)),
            Err(ConnectWiseError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(items.into_values().collect())
}
