//! Requests as the BSS and the portal send them.

pub mod action;
pub mod channel;
pub mod connectwise;
pub mod dropbox;
pub mod dropsuite;

use serde_json::Value;

/// A call of one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The endpoint's path.
    pub path: &'static str,
    /// The body.
    pub body: Value,
    /// Who calls.
    pub caller: Caller,
}

impl Request {
    /// Returns a call of the demo's installation with the demo partner's settings.
    pub fn new(path: &'static str, body: Value) -> Self {
        Self { path, body, caller: Caller::default() }
    }

    /// Returns the call of another caller.
    #[must_use]
    pub fn by(self, caller: Caller) -> Self {
        Self { caller, ..self }
    }
}

/// The caller of an endpoint of the BSS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The installation.
    pub installation: Installation,
    /// The settings of its integration.
    pub settings: Settings,
}

/// An installation of the BSS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Installation {
    /// The demo's.
    #[default]
    First,
    /// The one of `Options::second_channel`.
    Second,
}

/// The settings of an integration: the vendor's tokens and host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settings {
    /// The demo partner's.
    #[default]
    Own,
    /// Another partner's, which the vendor accepts.
    OtherPartner,
    /// The demo partner's, at the second host of Dropsuite.
    SecondHost,
}
