//! `POST accounts/exists`: searches the vendor for the account, so that the BSS links an existing one instead of creating a
//! duplicate.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::envelope::ResultDefinition;
use crate::bss::{AccountDefinition, ResultEnvelope};
use crate::domain::account::{Role, account_id, email, external_id, role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::reference::Reference;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::provisioning::absence::ensure_gone;
use crate::provisioning::account_search::{self, SearchPurpose};
use crate::provisioning::ownership::{ensure_not_linked_elsewhere, ensure_reference_free};
use crate::store::{AccountKey, AccountRecord};
use crate::vendor::{AccountPresence, SearchCriteria};

/// Codes that only this endpoint returns (`docs/vendors/bss.md`, "Envelopes").
const DOES_NOT_EXIST: i32 = 0;
const EXISTS: i32 = 1;
const UNUSABLE: i32 = 2;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/exists",
    method: Method::POST,
    contract: Contract::post::<AccountDefinition, ResultDefinition>(),
    // Reads records and links; saves and deletes the search cursor.
    grants: &[Grant::ReadApplications, Grant::Get, Grant::Put, Grant::Delete],
    access: Access::Application {
        section: "Account Management",
        title: "Account Exists",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let account: AccountDefinition = call.body()?;
    call.ids.record_account(&account);
    let role = role(&account)?;
    let key = AccountKey { application: call.application, account: account_id(&account)? };
    let record = call.app.store.account(&key).await?;
    let recorded = record.as_ref().and_then(|record| record.external_id.clone());
    let id = match external_id(&account.external_id)?.or(recorded) {
        Some(id) => id,
        None => match find(call, &key, role, &account, record.as_ref()).await? {
            SearchResult::NotFound => return respond(DOES_NOT_EXIST, "", ""),
            SearchResult::OfAnotherChannel(message, id) => return unusable(call, &message, &id),
            SearchResult::Found(id) => id,
        },
    };
    call.ids.record(|ids| ids.organization = Some(id.to_string()));
    match call.app.vendor.get_account(&call.vendor_context(), role, &id, record.as_ref()).await? {
        None => {
            if let Some(record) = record.filter(|record| record.external_id.as_ref() == Some(&id)) {
                ensure_gone(call, &record, role, &id, &denied_error(&id)).await?;
            }
            respond(DOES_NOT_EXIST, "", "")
        }
        Some(AccountPresence { unusable_reason, id, reference }) => {
            let free = match ensure_not_linked_elsewhere(call, &key, record.as_ref(), &id).await {
                Ok(()) => ensure_reference_free(call, &key, &id, &reference).await,
                taken => taken,
            };
            match free {
                Ok(()) => match unusable_reason {
                    Some(reason) => unusable(call, &reason, &id),
                    None => respond(EXISTS, "", id.as_str()),
                },
                Err(error) if error.code() == ErrorCode::ExternalIdTaken => unusable(call, error.message(), &id),
                Err(error) => Err(error),
            }
        }
    }
}

fn denied_error(id: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::MissingAtVendor,
        format!(
            "The vendor does not show {id}, with which this account is linked. Check that the integration's settings have the credentials of the partner that has it, then try again."
        ),
    )
}

/// The result of searching the vendor for an account without a known id.
enum SearchResult {
    /// The vendor has no match.
    NotFound,
    /// The found object was sold by another channel: the message for the operator, and its id.
    OfAnotherChannel(String, ExternalId),
    /// The found object can be linked.
    Found(ExternalId),
}

async fn find(
    call: &RequestContext<'_>,
    key: &AccountKey,
    role: Role,
    account: &AccountDefinition,
    record: Option<&AccountRecord>,
) -> Result<SearchResult, ServiceError> {
    let email = email(account, call.app.vendor.login_option())?;
    let reference = key.reference();
    let criteria =
        SearchCriteria { role, email: Some(&email), name: account.name.trim(), reference: &reference, denied: None };
    let candidates = account_search::candidates(call, key, &criteria, SearchPurpose::Link).await?;
    // An unconfirmed create is not reported as existing. The BSS then synchronizes the account again, which adopts the created
    // object, records it and sends the welcome mail.
    let has_unconfirmed_create = record.is_some_and(|record| record.pending_step.is_some());
    if has_unconfirmed_create && candidates.iter().any(|candidate| candidate.reference) {
        return Ok(SearchResult::NotFound);
    }
    match account_search::pick_for_link(&candidates) {
        Ok(Some(id)) => Ok(SearchResult::Found(id.clone())),
        Ok(None) => Ok(SearchResult::NotFound),
        Err(error) => match candidates.iter().find(|candidate| candidate.other_channel) {
            Some(theirs) if error.code() == ErrorCode::ExternalIdTaken => {
                Ok(SearchResult::OfAnotherChannel(error.message().to_owned(), theirs.id.clone()))
            }
            Some(_) | None => Err(error),
        },
    }
}

fn unusable(call: &RequestContext<'_>, message: &str, id: &ExternalId) -> Result<EndpointResponse, ServiceError> {
    respond(UNUSABLE, &Reference::of(&call.request_id).after(message), id.as_str())
}

fn respond(code: i32, message: &str, id: &str) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::envelope(&ResultEnvelope::result(code, message, id))
}
