//! The functions that no URL of the gateway leads to, run in this process: by the table's stream, and by whoever invokes
//! them as `aws lambda invoke` does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::FutureExt;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use service_manager::app::App;
use service_manager::connectwise::additions;
use service_manager::failure::Failure;
use service_manager::store::{AGREEMENT, SUBSCRIPTION};
use uuid::Uuid;

use crate::stream::{Handler, Settings, SortKey};

/// The queue of what the consumer of the stream could not do.
pub const ADDITION_DEAD_LETTERS: &str = "addition-dead-letters";

/// How long the consumer of the stream, and the redrive, may take.
const TIME_OUT: Duration = Duration::from_mins(2);

/// How the template has the stream handed to the consumer.
pub fn consumer() -> Settings {
    Settings {
        filter: vec![SortKey::Equal(SUBSCRIPTION.to_owned()), SortKey::Equal(AGREEMENT.to_owned())],
        batch_size: 25,
        maximum_retry_attempts: 5,
        maximum_record_age: SignedDuration::from_hours(1),
        bisect: true,
        dead_letters: ADDITION_DEAD_LETTERS.to_owned(),
        function: "connectwise-additions".to_owned(),
    }
}

/// The consumer.
pub fn consume(app: &Arc<App>) -> Handler {
    let app = Arc::clone(app);
    Arc::new(move |event| {
        let app = Arc::clone(&app);
        async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            let answer = additions::consume(&app, &event, &Uuid::new_v4().to_string(), TIME_OUT).await;
            serde_json::to_value(answer).map_err(|error| error.to_string())
        }
        .boxed()
    })
}

/// One run of the redrive.
///
/// # Errors
/// The table could not be reached.
pub async fn redrive(app: &App) -> Result<additions::Report, Failure> {
    additions::redrive(app, app.dead_letters.as_ref(), &Uuid::new_v4().to_string(), TIME_OUT).await
}

/// What can be invoked, once there is something to run it on.
#[derive(Clone, Debug, Default)]
pub struct Invocations(Arc<OnceLock<Arc<App>>>);

impl Invocations {
    /// From here on functions run on `app`.
    pub fn run_on(&self, app: &Arc<App>) {
        // Set once, when the stack starts.
        let _ = self.0.set(Arc::clone(app));
    }

    /// Lambda's `Invoke`.
    pub fn router(&self) -> Router {
        Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(self.clone())
    }
}

async fn invoke(State(Invocations(app)): State<Invocations>, Path(name): Path<String>) -> Response {
    match (name.as_str(), app.get()) {
        ("connectwise-redrive", Some(app)) => match redrive(app).await {
            Ok(report) => Json(report).into_response(),
            Err(failure) => Json(json!({ "errorMessage": failure.log_message() })).into_response(),
        },
        _ => (StatusCode::NOT_FOUND, Json(json!({ "Message": format!("Function not found: {name}") }))).into_response(),
    }
}
