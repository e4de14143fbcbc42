//! Sessions of MSPs. This folder has the logic of `portal/session/…`.

pub mod callback;
pub mod create;
pub mod delete;
pub mod get;
pub mod start;

use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::auth::session::ActiveSession;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;

/// A session in a response, without its token.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Session"))]
#[serde(rename_all = "camelCase")]
pub struct SessionState {
    /// End of the session if it is not used.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    expires_at: Timestamp,
    /// End of the session however often it is used.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    ends_at: Timestamp,
    /// `true` if settings of ConnectWise are in force.
    connect_wise_configured: bool,
    /// Address of the person that signed in; absent if the MSP signed in with its tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// The role, which decides about each request.
    role: Role,
}

impl SessionState {
    /// Returns the state of a session, with one keyed read.
    ///
    /// # Errors
    /// The errors of the table.
    pub(super) async fn of(app: &App, session: &ActiveSession) -> Result<Self, ServiceError> {
        let ActiveSession { msp, expires_at, ends_at, role, .. } = *session;
        let connect_wise_configured = app.connectwise.is_some() && app.store.msp(msp).await?.is_some();
        let person = session.person.as_ref().map(ToString::to_string);
        Ok(Self { expires_at, ends_at, connect_wise_configured, person, role })
    }
}
