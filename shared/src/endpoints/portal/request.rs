//! The context of a portal request with a session.

use std::fmt;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::app::request::RequestContext;
use crate::app::request_ids::RequestIdLog;
use crate::auth::session::ActiveSession;
use crate::connectwise::ConnectWise;
use crate::domain::difference::Difference;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::domain::requester::{RequestChannel, Requester};
use crate::endpoints::portal::{FieldErrors, Query};
use crate::store::{HistoryEntry, NewHistoryEntry, Try};
use crate::workers::sync::{CircuitBreaker, RetryMode, SyncAttempt};

/// Path prefix of the portal. The endpoints' paths include it.
pub const BASE_PATH: &str = "/portal";

/// A portal request whose MSP is authenticated. Only `runtime` builds one, after the check of the session.
#[derive(Debug)]
pub struct PortalRequest<'a> {
    /// The request context. Its application is the MSP's own installation, and its settings are the MSP's.
    pub call: RequestContext<'a>,
    /// The authenticated MSP.
    pub msp: MspId,
    /// The MSP's session.
    pub session: ActiveSession,
    /// The host that the gateway was called at. `None` if it is unknown.
    pub host: Option<String>,
    /// The parameters of the query.
    pub query: Query,
}

impl PortalRequest<'_> {
    /// Parses the body strictly: an unknown member is an error, because it may be a misspelt one.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`], with the path of the member.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        body(self.call.body)
    }

    /// Parses the body as [`body`](Self::body) does. An empty body counts as `{}`.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`], with the path of the member.
    pub fn body_or_empty<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        body(if self.call.body.trim_ascii().is_empty() { b"{}" } else { self.call.body })
    }

    /// Parses the body as [`body_with`] does.
    ///
    /// # Errors
    /// The errors of [`body_with`].
    pub fn body_with<T: DeserializeOwned>(&self, required: &[RequiredMember]) -> Result<T, ServiceError> {
        body_with(self.call.body, required)
    }

    /// Returns the attempt of a manual retry of the record `name`. All attempts of a request share one circuit breaker.
    pub(crate) fn sync_attempt<'a>(
        &'a self,
        name: &impl fmt::Display,
        retry_mode: RetryMode,
        breaker: &'a CircuitBreaker,
    ) -> SyncAttempt<'a> {
        let RequestContext { request_id, deadline, outbound_calls: log, .. } = &self.call;
        SyncAttempt {
            id: format!("{request_id}/{name}"),
            deadline: *deadline,
            outbound_calls: log,
            breaker,
            retry_mode,
            ids: RequestIdLog::default(),
        }
    }

    /// Counts a try, and returns it.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyTries`] with the text `refusal` and the time until the window ends, if `limit` others were counted;
    /// [`ErrorCode::StoreUnavailable`].
    pub async fn count_try(&self, counted: Try, limit: u32, refusal: String) -> Result<Try, ServiceError> {
        if self.call.app.store.count_try(&counted, limit).await? {
            return Ok(counted);
        }
        let seconds = counted.seconds_left(self.now());
        Err(ServiceError::new(ErrorCode::TooManyTries, refusal).with_retry_after(seconds))
    }

    /// Returns who makes this request, for the history.
    pub fn requester(&self) -> Requester {
        let endpoint = self.call.endpoint;
        let action = endpoint.strip_prefix("portal/").unwrap_or(endpoint).to_owned();
        Requester { channel: RequestChannel::Portal, by: self.session.by().to_owned(), action }
    }

    /// Returns an entry of the history about `object`.
    pub fn entry(&self, object: impl Into<String>) -> NewHistoryEntry {
        let (object, requester) = (object.into(), self.requester());
        let id = Fingerprint::hash(&(&self.call.request_id, &requester.action, &object)).to_string();
        let entry = HistoryEntry { object: Some(object), ..HistoryEntry::new(self.now(), requester) };
        NewHistoryEntry { msp: self.msp, entry, id }
    }

    /// Returns the entry of a change of `object`, whose states are as in a response. `None` if no member of it differs.
    pub fn change<T: Serialize>(
        &self,
        object: impl Into<String>,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Option<NewHistoryEntry> {
        let Difference { from, to } = Difference::between(before, after)?;
        Some(self.entry(object).with_values(from, to))
    }

    /// Returns the deployment's ConnectWise client.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] if the deployment does not use ConnectWise.
    pub fn connectwise(&self) -> Result<&ConnectWise, ServiceError> {
        self.call.app.connectwise()
    }

    /// Returns the address of the portal: the configured one, else the one that this request was sent to.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] if neither is known.
    pub fn portal_url(&self) -> Result<Url, ServiceError> {
        portal_address(self.call.app, self.host.as_deref())
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.call.now()
    }

    /// Runs `work` under the MSP's lock, so that two concurrent requests do not create the same entity in ConnectWise. The
    /// lock expires at the request's deadline.
    ///
    /// # Errors
    /// [`ErrorCode::InProgress`] if another request holds the lock, and the errors of `work`.
    pub async fn with_msp_lock<T>(&self, work: BoxFuture<'_, Result<T, ServiceError>>) -> Result<T, ServiceError> {
        let (store, owner) = (&self.call.app.store, &self.call.request_id);
        let remaining = SignedDuration::try_from(self.call.deadline.remaining()).map_err(ServiceError::internal)?;
        let until = self.now().saturating_add(remaining).map_err(ServiceError::internal)?;
        if !store.lock_msp(self.msp, owner, self.now(), until).await? {
            return Err(ServiceError::new(
                ErrorCode::InProgress,
                "Another request is changing your ConnectWise. Try again in 30 seconds.",
            ));
        }
        let result = work.await;
        if let Err(error) = store.unlock_msp(self.msp, owner).await {
            tracing::warn!(%error, "failed to release the MSP's lock; it expires at its end");
        }
        result
    }

    /// Opens the MSP's connection to its ConnectWise.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] until the MSP has saved its settings, and while a change to another ConnectWise
    /// that was cut off has left plans of the former one: their numbers mean other products here.
    pub async fn connection(&self) -> Result<Connection, ServiceError> {
        let connection =
            Connection::open(self.call.app, self.msp).await?.ok_or_else(Connection::not_configured_error)?;
        if connection.settings.as_ref().is_some_and(|settings| !settings.former_plans.is_empty()) {
            return Err(ServiceError::new(
                ErrorCode::ConnectWiseNotConfigured,
                "The change to this ConnectWise is not complete: plans of the former one are left. Save the settings again at portal/settings/save.",
            ));
        }
        Ok(connection)
    }
}

/// Returns the address of the portal: the configured one, else the one at `host`, which a request was sent to.
///
/// # Errors
/// [`ErrorCode::Internal`] if neither is known.
pub fn portal_address(app: &App, host: Option<&str>) -> Result<Url, ServiceError> {
    if let Some(url) = &app.portal_url {
        return Ok(url.clone());
    }
    let host = host.ok_or_else(|| ServiceError::internal("no host, and PORTAL_URL is not set"))?;
    Url::parse(&format!("https://{host}{BASE_PATH}")).map_err(ServiceError::internal)
}

/// Checks that a record was written in place of the one that was read.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another request changed it meanwhile.
pub fn ensure_written(written: bool) -> Result<(), ServiceError> {
    if written {
        return Ok(());
    }
    Err(ServiceError::new(ErrorCode::InProgress, "Another request changed it meanwhile. Look at it, then try again."))
}

/// Name of a required member, and the text that is reported if it is missing.
pub type RequiredMember = (&'static str, &'static str);

/// Parses a body strictly: an unknown member is an error.
///
/// # Errors
/// [`ErrorCode::BadRequest`], with the path of the member. The message quotes no value, which may be a secret.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    body_with(body, &[])
}

/// Parses a body as [`body`] does. All missing members of `required` are reported at once, each with its text. A null counts
/// as missing.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`] for missing members; [`ErrorCode::BadRequest`], with the path of the member, for unknown
/// members and members of a wrong type.
pub fn body_with<T: DeserializeOwned>(body: &[u8], required: &[RequiredMember]) -> Result<T, ServiceError> {
    let malformed = |message: String| ServiceError::new(ErrorCode::BadRequest, message);
    let mut value: Value =
        serde_json::from_slice(body).map_err(|_| malformed("The body is not JSON. Send a JSON object.".to_owned()))?;
    let mut missing = FieldErrors::new();
    if let Some(members) = value.as_object_mut() {
        for (name, text) in required {
            if members.get(*name).is_none_or(Value::is_null) {
                members.remove(*name);
                missing.add(name, *text);
            }
        }
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        // Serde reports an unknown member before a missing one.
        if message.starts_with("missing field")
            && let Err(error) = missing.into_result()
        {
            return error;
        }
        // Serde's message quotes a value of the wrong type before the expected type.
        let problem = match message.split_once(", expected ") {
            Some((_, expected)) if !message.starts_with("unknown field") => format!("must be {expected}"),
            _ => message,
        };
        malformed(format!("The body has an invalid member: {}: {problem}.", error.path()))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        company: u32,
        plan: String,
        #[serde(default)]
        seats: Option<u32>,
    }

    const REQUIRED: [RequiredMember; 2] =
        [("company", "It is required: a number."), ("plan", "It is required: an id.")];

    fn parse(text: &str) -> Result<Body, ServiceError> {
        body_with(text.as_bytes(), &REQUIRED)
    }

    #[test]
    fn all_missing_members_are_reported_at_once() {
        let names = |text: &str| -> Vec<_> {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::FieldsInvalid, "{text}");
            error.fields().iter().map(|(name, _)| *name).collect()
        };
        assert_eq!(names("{}"), ["company", "plan"]);
        assert_eq!(names(r#"{"plan": null, "seats": 3}"#), ["company", "plan"]);
        assert_eq!(names(r#"{"company": 20}"#), ["plan"]);
        let body = parse(r#"{"company": 20, "plan": "a"}"#).unwrap();
        assert_eq!((body.company, body.plan.as_str(), body.seats), (20, "a", None));
    }

    #[test]
    fn other_errors_of_a_body_name_the_member_only() {
        for (text, named) in [
            ("", "not JSON"),
            ("[]", "must be"),
            (r#"{"Plan": "a"}"#, "Plan"),
            (r#"{"company": "secret", "plan": "a"}"#, "company"),
            (r#"{"company": 20, "plan": "a", "seats": -1}"#, "seats"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code(), ErrorCode::BadRequest, "{text}");
            assert!(error.message().contains(named) && !error.message().contains("secret"), "{}", error.message());
        }
    }
}
