//! Events of functions without a URL: of the table's stream, of the check queue, and of actions.

use std::sync::Arc;
use std::time::Duration;

use sandbox::dropsuite;
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::msp::MspId;
use service_manager::workers::actions::{check, ingest};
use service_manager::workers::{additions, tickets};
use uuid::Uuid;

use crate::answer::Answer;
use crate::harness::TICKETS;
use crate::request::Request;
use crate::request::action;
use crate::request::connectwise::organization;

/// Processes a stream event within a time limit. Failed records lead to a response that asks for a retry.
pub(crate) async fn consume(app: Arc<App>, request: Request, limit: Duration) -> Answer {
    let Ok(event) = serde_json::from_value(request.body) else { return Answer { status: 400, body: Value::Null } };
    let run_id = Uuid::new_v4().to_string();
    let unfinished = if request.path == TICKETS {
        tickets::consume(&app, &event, &run_id, limit).await
    } else {
        additions::consume(&app, &event, &run_id, limit).await
    };
    let code = if unfinished.batch_item_failures.is_empty() { 0 } else { ErrorCode::VendorUnavailable.number() };
    Answer { status: 200, body: json!({ "Code": code }) }
}

/// Records events of actions.
pub(crate) async fn record_events(app: Arc<App>, body: Value) -> Answer {
    let Some((organization, reported_events)) = action::reported_events(&body) else {
        return Answer { status: 400, body: Value::Null };
    };
    let taken_in = ingest::ingest(&app, &organization, &reported_events, ingest::Source::Report).await;
    let code = taken_in.map_or_else(|failure| failure.code().number(), |_| 0);
    Answer { status: 200, body: json!({ "Code": code }) }
}

/// Checks the organization of account 1, which is linked to company 20, within a time limit.
pub(crate) async fn check_organization(app: Arc<App>, vendor: String, limit: Duration) -> Answer {
    let [partner, _] = dropsuite::PARTNERS;
    let msp = vendor.parse().ok().map(|url| MspId::from_reseller_token(&url, &partner.reseller_token.into()));
    let message = json!({ "msp": msp, "organization": organization(1), "company": 20 });
    let event = json!({ "Records": [{ "messageId": "1", "body": message.to_string() }] });
    let Ok(event) = serde_json::from_value(event) else { return Answer { status: 400, body: Value::Null } };
    let unfinished = check::consume(&app, &event, limit).await;
    let code = if unfinished.batch_item_failures.is_empty() { 0 } else { ErrorCode::VendorUnavailable.number() };
    Answer { status: 200, body: json!({ "Code": code }) }
}
