//! `POST subscriptions/update`: plan, seats or add-ons are changed; what kind of change it is, the request says.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::{ActionType, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::order::Verb;
use crate::endpoints::subscriptions::subscription;
use crate::endpoints::{Answer, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "subscriptions/update",
    method: Method::POST,
    access: Access::Application {
        section: "Subscriptions Management",
        title: "Subscription Update",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<Answer, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    let verb = match &service.action_type {
        ActionType::Suspend => Verb::Suspend,
        ActionType::Activate => Verb::Activate,
        ActionType::Cancel => Verb::Cancel,
        ActionType::None
        | ActionType::Provision
        | ActionType::Upgrade
        | ActionType::Downgrade
        | ActionType::UpgradeToPaid
        | ActionType::Other(_) => Verb::Update,
    };
    subscription(call, &service, verb).await
}
