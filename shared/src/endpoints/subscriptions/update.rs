//! `POST subscriptions/update`: plan, seats or add-ons are changed; what kind of change it is, the request says.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::{ActionType, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::endpoints::subscriptions::subscription;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

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

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    let verb = match &service.action_type {
        ActionType::Suspend => OrderKind::Suspend,
        ActionType::Activate => OrderKind::Activate,
        ActionType::Cancel => OrderKind::Cancel,
        ActionType::None
        | ActionType::Provision
        | ActionType::Upgrade
        | ActionType::Downgrade
        | ActionType::UpgradeToPaid
        | ActionType::Other(_) => OrderKind::Update,
    };
    subscription(call, &service, verb).await
}
