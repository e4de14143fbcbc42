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
use crate::provisioning::accounts::delete;
use crate::store::Target;

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
    let id = match (AccountId::parse(&account.id), ExternalId::parse(&account.external_id)) {
        (Some(id), _) => Some(id),
        (None, Some(external)) => match call.app.store.link(call.application, &external).await? {
            Some(Target::Account(id)) => Some(id),
            // Deleted already.
            Some(Target::Subscription(_)) | None => None,
        },
        (None, None) => Some(account_id(&account)?),
    };
    if let Some(id) = id {
        delete(call, id).await?;
    }
    EndpointResponse::envelope(&ResultEnvelope::result(0, "", ""))
}
