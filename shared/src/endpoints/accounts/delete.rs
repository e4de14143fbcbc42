//! `POST accounts/delete`: ends the account's billing at the vendor and deletes its record.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::envelope::ResultDefinition;
use crate::bss::{AccountDefinition, ResultEnvelope};
use crate::domain::account::account_id;
use crate::domain::error::ServiceError;
use crate::domain::ids::{AccountId, ExternalId};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::provisioning::account_removal::delete;
use crate::provisioning::ownership::account_object;
use crate::vendor::other_channel_error;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/delete",
    method: Method::POST,
    contract: Contract::post::<AccountDefinition, ResultDefinition>(),
    // Looks for a live customer of a reseller (Query), acquires the account's lease (Update), stores the partner's settings
    // encrypted (Encrypt), writes records (Put), releases or deletes them (Delete).
    grants: &[
        Grant::ReadApplications,
        Grant::Get,
        Grant::Query,
        Grant::Put,
        Grant::Update,
        Grant::Delete,
        Grant::Encrypt,
    ],
    access: Access::Application {
        section: "Account Management",
        title: "Account Delete",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let account: AccountDefinition = call.body()?;
    call.ids.record_account(&account);
    let claimed = ExternalId::parse(&account.external_id);
    let id = match (AccountId::parse(&account.id), &claimed) {
        (Some(id), _) => Some(id),
        (None, Some(external)) => account_of(call, external).await?,
        (None, None) => Some(account_id(&account)?),
    };
    if let Some(id) = id {
        delete(call, id, claimed.as_ref()).await?;
    }
    EndpointResponse::envelope(&ResultEnvelope::result(0, "", ""))
}

/// Returns the installation's account that an external id is linked with. `None` if it was deleted already.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`](crate::domain::error_code::ErrorCode::ExternalIdTaken) if another channel sold it.
async fn account_of(call: &RequestContext<'_>, id: &ExternalId) -> Result<Option<AccountId>, ServiceError> {
    match call.app.store.holder(call.application, &account_object(call, id)?).await? {
        Some(holder) if holder.application == call.application => Ok(Some(holder.account)),
        Some(_) => Err(other_channel_error(id)),
        None => Ok(None),
    }
}
