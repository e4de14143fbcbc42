//! The MSPs' portal: JSON in, JSON out, behind a session. What each of its endpoints does stands in
//! [`endpoints::portal`](crate::endpoints::portal).

pub mod billing;
mod connection;
pub mod links;
pub mod plans;
mod session;
pub mod setup;
pub mod tenant;

use futures::future::BoxFuture;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

pub use connection::Connection;
pub use session::{Credentials, LASTS, open, sign_in};

use crate::call::Call;
use crate::code::Code;
use crate::connectwise::ConnectWise;
use crate::failure::Failure;
use crate::msp::MspId;

/// A request whose MSP is known. Only the edge makes one, after it found the session.
#[derive(Debug)]
pub struct PortalCall<'a> {
    /// The request, as one of the MSP's own installation with the MSP's settings.
    pub call: Call<'a>,
    /// The MSP.
    pub msp: MspId,
    pub(crate) query: Vec<(String, String)>,
}

impl PortalCall<'_> {
    /// The body. Members that are not known are refused: a misspelt one must not be passed over.
    ///
    /// # Errors
    /// [`Code::BadRequest`], naming the member.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        body(self.call.body)
    }

    /// A parameter of the query; none if it is absent or empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(held, _)| held == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The way to every ConnectWise.
    pub fn connectwise(&self) -> Result<&ConnectWise, Failure> {
        self.call.app.connectwise()
    }

    /// A number in the query.
    ///
    /// # Errors
    /// [`Code::FieldsInvalid`] if it is no number.
    pub fn number(&self, name: &'static str) -> Result<Option<u32>, Failure> {
        let parsed = self.parameter(name).map(str::parse).transpose();
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
    pub async fn alone<T>(&self, work: BoxFuture<'_, Result<T, Failure>>) -> Result<T, Failure> {
        let (store, owner) = (&self.call.app.store, &self.call.request_id);
        let lasts = SignedDuration::try_from(self.call.deadline.remaining()).map_err(Failure::internal)?;
        let until = self.now().saturating_add(lasts).map_err(Failure::internal)?;
        if !store.lock_msp(self.msp, owner, self.now(), until).await? {
            return Err(Failure::new(
                Code::InProgress,
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
    pub async fn connection(&self) -> Result<Connection, Failure> {
        Connection::open(self.call.app, self.msp).await?.ok_or_else(Connection::unset)
    }
}

/// Reads a body strictly.
///
/// # Errors
/// [`Code::BadRequest`], naming the member but no value: it may be a secret.
pub fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let malformed = |what: String| Failure::new(Code::BadRequest, what);
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

/// What is wrong with an input, field by field.
#[derive(Debug, Default)]
pub struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// None yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// One of one field.
    pub fn of(field: &'static str, what: impl Into<String>) -> Failure {
        let mut faults = Self::none();
        faults.add(field, what);
        faults.into_failure()
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: &'static str, what: impl Into<String>) {
        self.0.push((field, what.into()));
    }

    /// The value, or a note of what is wrong with the field.
    pub fn take<T>(&mut self, field: &'static str, parsed: Result<T, impl Into<String>>) -> Option<T> {
        parsed.map_err(|what| self.add(field, what)).ok()
    }

    /// Refuses if there are any.
    pub fn check(self) -> Result<(), Failure> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_failure()) }
    }

    fn into_failure(self) -> Failure {
        let named: Vec<_> = self.0.iter().map(|(field, _)| *field).collect();
        let message = format!("Mend what is said of these fields, then try again: {}.", named.join(", "));
        Failure::new(Code::FieldsInvalid, message).about(self.0)
    }
}

/// The answer to a failure: `code`, `message`, and `fields` with what is wrong with each.
pub fn failed(failure: &Failure) -> impl Serialize {
    let fields: serde_json::Map<_, _> =
        failure.fields().iter().map(|(field, what)| ((*field).to_owned(), json!(what))).collect();
    json!({ "code": failure.code().number(), "message": failure.message(), "fields": fields })
}

/// The HTTP status of a failure here, where no envelope stands for it.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::NotAuthorized | Code::SessionInvalid => StatusCode::UNAUTHORIZED,
        Code::NotFound | Code::SubscriptionUnknown | Code::AccountUnknown | Code::Gone => StatusCode::NOT_FOUND,
        Code::InProgress
        | Code::Ambiguous
        | Code::ExternalIdTaken
        | Code::EmailInUse
        | Code::NameInUse
        | Code::SubscriptionExists
        | Code::SubscriptionLive
        | Code::StateConflict
        | Code::RetentionPassed
        | Code::CancellationClosed
        | Code::ConnectWiseUnset => StatusCode::CONFLICT,
        // Others' failures are not ours: they must not raise the alarm of our own, or take back a deployment.
        Code::VendorUnavailable | Code::ConnectWiseUnavailable | Code::OutcomeUnknown | Code::SearchUnfinished => {
            StatusCode::FAILED_DEPENDENCY
        }
        Code::BadRequest
        | Code::MethodNotAllowed
        | Code::TooLarge
        | Code::Internal
        | Code::StoreUnavailable
        | Code::FieldsInvalid => code.status(),
        Code::SettingInvalid
        | Code::CredentialsRefused
        | Code::ConnectWiseRefused
        | Code::NotOffered
        | Code::ResellerUnknown
        | Code::PlansLacking
        | Code::VendorRefused
        | Code::ResellerIdInvalid
        | Code::EmailInvalid
        | Code::NameInvalid
        | Code::CountryInvalid
        | Code::RoleInvalid
        | Code::PlanUnknown
        | Code::SeatsInvalid
        | Code::SeatsInUse
        | Code::CurrencyMismatch
        | Code::DowngradeRefused
        | Code::AddonInvalid
        | Code::TrialRefused => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
