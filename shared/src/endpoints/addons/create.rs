//! `POST addons/create`: adds an add-on to a subscription.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::ServiceDefinition;
use crate::bss::envelope::ServiceResultDefinition;
use crate::domain::error::ServiceError;
use crate::endpoints::addons::{Change, change_addon};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "addons/create",
    method: Method::POST,
    contract: Contract::post::<ServiceDefinition, ServiceResultDefinition>(),
    // Acquires the account's lease (Update), stores the partner's settings encrypted (Encrypt), writes records (Put),
    // releases or deletes them (Delete).
    grants: &[Grant::ReadApplications, Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Encrypt],
    access: Access::Application {
        section: "Addons Management",
        title: "Addon Create",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    change_addon(call, &service, Change::Order).await
}
