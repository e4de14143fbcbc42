//! `POST accounts/synchronize`: the account is made or updated at the vendor.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::{AccountDefinition, ResultEnvelope};
use crate::domain::error::ServiceError;
use crate::endpoints::{EndpointResponse, Access, Endpoint};
use crate::provisioning::accounts::synchronize;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/synchronize",
    method: Method::POST,
    access: Access::Application {
        section: "Account Management",
        title: "Account Synchronize",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let account: AccountDefinition = call.body()?;
    let wish = call.app.vendor.desired_account(&account)?;
    let extra_info = call.app.vendor.extra_info(&call.session(), &wish.profile)?;
    let record = synchronize(call, &wish).await?;
    let id = record.external_id.ok_or_else(|| ServiceError::internal("a synchronized account without an id"))?;
    // As long as the BSS does not know the id, it has not seen an answer, and has not sent the welcome mail.
    let welcome = record.created_by_us && wish.external_id.as_ref() != Some(&id);
    EndpointResponse::envelope(&ResultEnvelope::account(id.as_str(), extra_info, welcome))
}
