//! `POST subscriptions/upgradetopaid`: converts a trial to a paid subscription. It is the same order as
//! `subscriptions/update` with the action `UpgradeToPaid`, whatever action the request has.

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
    path: "subscriptions/upgradetopaid",
    method: Method::POST,
    contract: Contract::post::<ServiceDefinition, ServiceResultDefinition>(),
    // Acquires the account's lease (Update), stores the partner's settings encrypted (Encrypt), writes records (Put),
    // releases or deletes them (Delete).
    grants: &[Grant::ReadApplications, Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Encrypt],
    access: Access::Application {
        section: "Subscriptions Management",
        title: "Subscription Upgrade To Paid",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service = ServiceDefinition { action_type: ActionType::UpgradeToPaid, ..call.body()? };
    provision(call, &service, OrderKind::Update).await
}
