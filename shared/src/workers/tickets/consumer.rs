//! The consumer of the table's stream.

use std::time::Duration;

use futures::FutureExt;

use crate::app::App;
use crate::domain::action::ActionKey;
use crate::domain::error::ServiceError;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::About;
use crate::store::Subject;
use crate::workers::stream::{Answer, Event};
use crate::workers::sync::{self, Settled, Silent, Turn};
use crate::workers::tickets::process::settle;

/// Works off a batch, within `budget`: each ticket once. `run_id` names the batch and is never used twice. What is not done is
/// to come again; what somebody has to mend first is not.
pub async fn consume(app: &App, event: &Event, run_id: &str, budget: Duration) -> Answer {
    let (deadline, silent) = (Deadline::after(budget), &Silent::default());
    sync::work_off(
        event,
        |subject| async move { tickets(app, &subject).await }.boxed(),
        |about, number| async move { turn(app, &about, format!("{run_id}/{number}"), deadline, silent).await }.boxed(),
    )
    .await
}

/// One ticket's turn in the run that `silent` is of.
pub async fn turn(
    app: &App,
    about: &About,
    id: String,
    deadline: Deadline,
    silent: &Silent,
) -> Result<Settled, ServiceError> {
    let log = OutboundCallLog::default();
    settle(app, about, &Turn::by_itself(id, deadline, &log, silent)).await
}

/// What tickets `subject` is about. Of an organization that was linked: all that fails there.
pub async fn tickets(app: &App, subject: &Subject) -> Result<Vec<About>, ServiceError> {
    let organization = match subject {
        Subject::Subscription(_) => return Ok(Vec::new()),
        Subject::Action(key) => return Ok(vec![About::Action(key.clone())]),
        Subject::Failures(id) => return Ok(vec![About::Organization(id.clone())]),
        Subject::Agreement(account) => app.store.agreement(account).await?.and_then(|link| link.organization),
    };
    let Some(organization) = organization else { return Ok(Vec::new()) };
    let Some(failures) = app.store.failures(&organization).await? else { return Ok(Vec::new()) };
    let keys = failures.failing.keys().filter_map(|key| key.parse::<ActionKey>().ok());
    Ok(keys.map(About::Action).chain([About::Organization(organization)]).collect())
}
