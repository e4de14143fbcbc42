//! The billing audit: compares, for each organization, what the vendor bills, what was sold, and what ConnectWise invoices.
//!
//! [`schedule`] starts an audit of each MSP every night, [`start`] one on demand. Each is a message of the audit queue.
//! [`consume`] carries it out: it reads the additions of all agreements ([`scan`]), loads the other sides ([`all_sides`]), compares
//! them ([`compare`]), and looks at each difference a second time before it records a finding. A run takes as many attempts as
//! it needs: each goes on where the one before ended.

pub mod all_sides;
mod attempt;
pub mod catalog;
pub mod compare;
mod comparison;
pub mod fair_use;
mod finding;
pub mod fixes;
mod note;
mod run;
pub mod scan;
pub mod schedule;
mod second_look;
pub mod sides;
pub mod start;
mod used_seats;

use std::time::Duration;

use crate::app::App;
use crate::app::audit_queue::AuditRequest;
use crate::http_client::OutboundCallLog;
use crate::workers::audit::attempt::Time;
use crate::workers::audit::run::Outcome;
use crate::workers::queue::{Event, Message};
use crate::workers::stream::BatchResponse;

/// Carries out the runs of the messages, one after the other, within `budget`. `id` distinguishes concurrent calls. Returns the
/// messages to retry. A run for which the time does not suffice gets another message.
pub async fn consume(app: &App, event: &Event, id: &str, budget: Duration) -> BatchResponse {
    let time = Time::of(budget);
    let mut unprocessed = Vec::new();
    for Message { message_id, body } in &event.records {
        let Ok(request) = serde_json::from_str::<AuditRequest>(body) else {
            tracing::error!(message_id, "unrecognized queue message");
            unprocessed.push(message_id.clone());
            continue;
        };
        let (msp, outbound_calls) = (request.msp, OutboundCallLog::default());
        let outcome = Box::pin(run::carry_out(app, &request, id, time, &outbound_calls)).await;
        let call_totals = outbound_calls.totals();
        match outcome {
            Ok(outcome) => {
                tracing::info!(%msp, ?outcome, call_totals, "audit");
                if outcome == Outcome::Retried {
                    unprocessed.push(message_id.clone());
                }
            }
            Err(failure) => {
                tracing::error!(%msp, error = failure.log_message(), call_totals, "failed to carry out audit");
                unprocessed.push(message_id.clone());
            }
        }
    }
    BatchResponse::with_failures(unprocessed)
}
