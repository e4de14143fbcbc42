//! The context of a portal request with a session.

use std::fmt;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use crate::app::msp_connection::Connection;
use crate::app::request::RequestContext;
use crate::connectwise::ConnectWise;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::endpoints::portal::FieldErrors;
use crate::workers::sync::{CircuitBreaker, RetryMode, SyncAttempt};

/// A portal request whose MSP is authenticated. Only `runtime` builds one, after the check of the session.
#[derive(Debug)]
pub struct PortalRequest<'a> {
    /// The request context. Its application is the MSP's own installation, and its settings are the MSP's.
    pub call: RequestContext<'a>,
    /// The authenticated MSP.
    pub msp: MspId,
    pub(crate) query: Vec<(String, String)>,
}

impl PortalRequest<'_> {
    /// Parses the body strictly: an unknown member is an error, because it may be a misspelt one.
    ///
    /// # Errors
    /// [`ErrorCode::BadRequest`], with the path of the member.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        body(self.call.body)
    }

    /// Returns a query parameter; `None` if it is absent or empty.
    pub fn query_param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Returns the attempt of a manual retry of the record `name`. All attempts of a request share one circuit breaker.
    pub(crate) fn sync_attempt<'a>(
        &'a self,
        name: &impl fmt::Display,
        anew: RetryMode,
        silent: &'a CircuitBreaker,
    ) -> SyncAttempt<'a> {
        let RequestContext { request_id, deadline, outbound_calls: log, .. } = &self.call;
        SyncAttempt {
            id: format!("{request_id}/{name}"),
            deadline: *deadline,
            outbound_calls: log,
            breaker: silent,
            retry_mode: anew,
        }
    }

    /// Returns the deployment's ConnectWise client.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] if the deployment does not use ConnectWise.
    pub fn connectwise(&self) -> Result<&ConnectWise, ServiceError> {
        self.call.app.connectwise()
    }

    /// Parses a query parameter as a number; `None` if it is absent or empty.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`] if it is not a number from 0 to 4294967295.
    pub fn query_param_u32(&self, name: &'static str) -> Result<Option<u32>, ServiceError> {
        let parsed = self.query_param(name).map(str::parse).transpose();
        parsed.map_err(|_| FieldErrors::single(name, "It must be a number, such as 19."))
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
        let lasts = SignedDuration::try_from(self.call.deadline.remaining()).map_err(ServiceError::internal)?;
        let until = self.now().saturating_add(lasts).map_err(ServiceError::internal)?;
        if !store.lock_msp(self.msp, owner, self.now(), until).await? {
            return Err(ServiceError::new(
                ErrorCode::InProgress,
                "Another request is changing your ConnectWise. Try again in 30 seconds.",
            ));
        }
        let done = work.await;
        if let Err(error) = store.unlock_msp(self.msp, owner).await {
            tracing::warn!(%error, "the MSP's lock could not be given back and runs until its end");
        }
        done
    }

    /// Opens the MSP's connection to its ConnectWise.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] until the MSP has saved its settings.
    pub async fn connection(&self) -> Result<Connection, ServiceError> {
        Connection::open(self.call.app, self.msp).await?.ok_or_else(Connection::not_configured_error)
    }
}

/// Parses a body strictly: an unknown member is an error.
///
/// # Errors
/// [`ErrorCode::BadRequest`], with the path of the member. The message quotes no value, which may be a secret.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    let malformed = |what: String| ServiceError::new(ErrorCode::BadRequest, what);
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| malformed("The body is not JSON. Send a JSON object.".to_owned()))?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let said = error.inner().to_string();
        // Serde's message quotes a value of the wrong type before the expected type.
        let what = match said.split_once(", expected ") {
            Some((_, expected)) if !said.starts_with("unknown field") => format!("must be {expected}"),
            _ => said,
        };
        malformed(format!("The body has an invalid member: {}: {what}.", error.path()))
    })
}
