//! `POST accounts/exists`: searches the vendor for the account, so that the BSS links an existing one instead of creating a
//! duplicate.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::{AccountDefinition, ResultEnvelope};
use crate::domain::account::{Role, account_id, email, role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::endpoints::{Access, Endpoint, EndpointResponse};
use crate::provisioning::account_search::{self, SearchPurpose};
use crate::provisioning::accounts::ensure_not_linked_elsewhere;
use crate::store::{AccountKey, AccountRecord};
use crate::vendor::AccountPresence;

/// Codes that only this endpoint returns (`docs/vendors/bss.md`, "Envelopes").
const NOT_THERE: i32 = 0;
const EXISTS: i32 = 1;
const INVALID: i32 = 2;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/exists",
    method: Method::POST,
    access: Access::Application {
        section: "Account Management",
        title: "Account Exists",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let account: AccountDefinition = call.body()?;
    let role = role(&account)?;
    let key = AccountKey { application: call.application, account: account_id(&account)? };
    let record = call.app.store.account(&key).await?;
    let recorded = record.as_ref().and_then(|record| record.external_id.clone());
    let id = match ExternalId::parse(&account.external_id).or(recorded) {
        Some(id) => id,
        None => match find(call, &key, role, &account, record.as_ref()).await? {
            Search::Nothing => return answer(NOT_THERE, "", ""),
            Search::Taken(message, id) => return answer(INVALID, &message, id.as_str()),
            Search::Free(id) => id,
        },
    };
    match call.app.vendor.get_account(&call.vendor_context(), role, &id, record.as_ref()).await? {
        None => answer(NOT_THERE, "", ""),
        Some(AccountPresence { unusable_reason: Some(why), .. }) => answer(INVALID, &why, id.as_str()),
        Some(AccountPresence { unusable_reason: None, id }) => answer(EXISTS, "", id.as_str()),
    }
}

enum Search {
    Nothing,
    /// The found object is linked to another account of the BSS: the message for the operator, and its id.
    Taken(String, ExternalId),
    Free(ExternalId),
}

async fn find(
    call: &RequestContext<'_>,
    key: &AccountKey,
    role: Role,
    account: &AccountDefinition,
    record: Option<&AccountRecord>,
) -> Result<Search, ServiceError> {
    let email = email(account, call.app.vendor.login_option())?;
    let candidates =
        account_search::candidates(call, key, role, Some(&email), account.name.trim(), SearchPurpose::Link).await?;
    // An unconfirmed create is not reported as existing. The BSS then synchronizes the account again, which adopts the created
    // object, records it and sends the welcome mail.
    let unanswered = record.is_some_and(|record| record.pending_step.is_some());
    if unanswered && candidates.iter().any(|candidate| candidate.reference) {
        return Ok(Search::Nothing);
    }
    let Some(id) = account_search::pick_for_link(&candidates)? else { return Ok(Search::Nothing) };
    match ensure_not_linked_elsewhere(call, key, None, id).await {
        Ok(()) => Ok(Search::Free(id.clone())),
        Err(failure) if failure.code() == ErrorCode::ExternalIdTaken => {
            Ok(Search::Taken(failure.message().to_owned(), id.clone()))
        }
        Err(failure) => Err(failure),
    }
}

fn answer(code: i32, message: &str, id: &str) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::envelope(&ResultEnvelope::result(code, message, id))
}
