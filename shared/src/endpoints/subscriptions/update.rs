//! `POST subscriptions/update`: changes the plan, seats or add-ons of a subscription. With `ActionType` Suspend, Activate or
//! Cancel, the request is handled as that kind of order.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::envelope::ServiceResultDefinition;
use crate::bss::{ActionType, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::endpoints::subscriptions::provision;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "subscriptions/update",
    method: Method::POST,
    contract: Contract::post::<ServiceDefinition, ServiceResultDefinition>(),
    // Acquires the account's lease (Update), stores the partner's settings encrypted (Encrypt), writes records (Put),
    // releases or deletes them (Delete).
    grants: &[Grant::ReadApplications, Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Encrypt],
    access: Access::Application {
        section: "Subscriptions Management",
        title: "Subscription Update",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    let kind = match &service.action_type {
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
    provision(call, &service, kind).await
}
