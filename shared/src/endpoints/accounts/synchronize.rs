//! `POST accounts/synchronize`: creates or updates the account at the vendor.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::envelope::AccountResultDefinition;
use crate::bss::{AccountDefinition, ResultEnvelope};
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::provisioning::accounts::synchronize;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/synchronize",
    method: Method::POST,
    contract: Contract::post::<AccountDefinition, AccountResultDefinition>(),
    // Acquires the account's lease (Update), stores the partner's settings encrypted (Encrypt), writes records (Put),
    // releases or deletes them (Delete).
    grants: &[Grant::ReadApplications, Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Encrypt],
    access: Access::Application {
        section: "Account Management",
        title: "Account Synchronize",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let account: AccountDefinition = call.body()?;
    call.ids.record_account(&account);
    let desired = call.app.vendor.desired_account(&account)?;
    let extra_info = call.app.vendor.extra_info(&call.vendor_context(), &desired.profile)?;
    let record = Box::pin(synchronize(call, &desired)).await?;
    let id = record.external_id.ok_or_else(|| ServiceError::internal("a synchronized account without an id"))?;
    // A request without the external id means that the BSS has seen no response yet and has sent no welcome mail.
    let welcome = record.created_by_us && desired.external_id.as_ref() != Some(&id);
    EndpointResponse::envelope(&ResultEnvelope::account(id.as_str(), extra_info, welcome))
}
