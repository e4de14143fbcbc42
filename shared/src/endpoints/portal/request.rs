//! A request to the portal whose MSP is known.

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
use crate::endpoints::portal::Faults;
use crate::workers::sync::{RetryMode, CircuitBreaker, SyncAttempt};

/// A request whose MSP is known. Only the edge makes one, after it found the session.
#[derive(Debug)]
pub struct PortalRequest<'a> {
    /// The request, as one of the MSP's own installation with the MSP's settings.
    pub call: RequestContext<'a>,
    /// The MSP.
    pub msp: MspId,
    pub(crate) query: Vec<(String, String)>,
}

impl PortalRequest<'_> {
    /// The body. Members that are not known are refused: a misspelt one must not be passed over.
    ///
    /// # Errors
    /// [`Code::BadRequest`], naming the member.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        body(self.call.body)
    }

    /// A parameter of the query; none if it is absent or empty.
    pub fn query_param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The turn of what a person has tried again, `name`, in the run that `silent` is of.
    pub(crate) fn turn<'a>(&'a self, name: &impl fmt::Display, anew: RetryMode, silent: &'a CircuitBreaker) -> SyncAttempt<'a> {
        let RequestContext { request_id, deadline, outbound_calls: log, .. } = &self.call;
        SyncAttempt { id: format!("{request_id}/{name}"), deadline: *deadline, outbound_calls: log, breaker: silent, retry_mode: anew }
    }

    /// The way to every ConnectWise.
    pub fn connectwise(&self) -> Result<&ConnectWise, ServiceError> {
        self.call.app.connectwise()
    }

    /// A number in the query.
    ///
    /// # Errors
    /// [`Code::FieldsInvalid`] if it is no number.
    pub fn query_param_u32(&self, name: &'static str) -> Result<Option<u32>, ServiceError> {
        let parsed = self.query_param(name).map(str::parse).transpose();
        parsed.map_err(|_| Faults::of(name, "It must be a number, like 19."))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.call.now()
    }

    /// Holds the MSP's lock while `work` is done, so that what it makes in ConnectWise is not made twice at once.
    ///
    /// # Errors
    /// [`Code::InProgress`] if somebody else holds it.
    pub async fn with_msp_lock<T>(&self, work: BoxFuture<'_, Result<T, ServiceError>>) -> Result<T, ServiceError> {
        let (store, owner) = (&self.call.app.store, &self.call.request_id);
        let lasts = SignedDuration::try_from(self.call.deadline.remaining()).map_err(ServiceError::internal)?;
        let until = self.now().saturating_add(lasts).map_err(ServiceError::internal)?;
        if !store.lock_msp(self.msp, owner, self.now(), until).await? {
            return Err(ServiceError::new(
                ErrorCode::InProgress,
                "Another request is at work on this MSP's ConnectWise. Try again in half a minute.",
            ));
        }
        let done = work.await;
        if let Err(error) = store.unlock_msp(self.msp, owner).await {
            tracing::warn!(%error, "the MSP's lock could not be given back and runs until its end");
        }
        done
    }

    /// The MSP's own ConnectWise.
    ///
    /// # Errors
    /// [`Code::ConnectWiseUnset`] as long as the MSP has not submitted its settings.
    pub async fn connection(&self) -> Result<Connection, ServiceError> {
        Connection::open(self.call.app, self.msp).await?.ok_or_else(Connection::unset)
    }
}

/// Reads a body strictly.
///
/// # Errors
/// [`Code::BadRequest`], naming the member but no value: it may be a secret.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    let malformed = |what: String| ServiceError::new(ErrorCode::BadRequest, what);
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| malformed("The body is not JSON.".to_owned()))?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let said = error.inner().to_string();
        // Serde quotes a value of the wrong type before it says what it expected.
        let what = match said.split_once(", expected ") {
            Some((_, expected)) if !said.starts_with("unknown field") => format!("must be {expected}"),
            _ => said,
        };
        malformed(format!("The body does not fit: {}: {what}.", error.path()))
    })
}
