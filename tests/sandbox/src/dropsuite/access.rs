//! Authentication of callers by the two tokens (section 3), and the organizations that they may access.

use http::HeaderMap;

use super::organization::Organization;
use super::refusal::Refusal;
use super::state::State;

/// A direct partner.
#[derive(Clone, Copy, Debug)]
pub struct Partner {
    /// Its number in the sandbox's controls and state.
    pub number: u8,
    /// The first `X-Reseller-Token`. The partner can replace it.
    pub reseller_token: &'static str,
    /// `X-Access-Token`.
    pub admin_token: &'static str,
    /// The id of its own organization (`State::listed`).
    pub own_organization: &'static str,
}

/// All partners. The first is the demo's.
pub const PARTNERS: [Partner; 2] = [
    Partner {
        number: 1,
        reseller_token: "11111111-1111-4111-8111-111111111111",
        admin_token: "22222222-2222-4222-8222-222222222222",
        own_organization: "440001-6",
    },
    Partner {
        number: 2,
        reseller_token: "33333333-3333-4333-8333-333333333333",
        admin_token: "44444444-4444-4444-8444-444444444444",
        own_organization: "440002-6",
    },
];

/// The access of a partner or of one of its sub-resellers.
#[derive(Clone, Debug)]
pub struct Scope {
    /// [`Partner::number`].
    pub partner: u8,
    /// The sub-reseller's id, if the caller is one.
    pub reseller_id: Option<String>,
}

impl Scope {
    /// Access to everything of one partner.
    pub fn of_partner(partner: u8) -> Self {
        Self { partner, reseller_id: None }
    }

    /// Returns `true` if the scope includes `organization`.
    pub fn shows(&self, organization: &Organization) -> bool {
        self.partner == organization.partner
            && (self.reseller_id.is_none() || self.reseller_id == organization.reseller_id)
    }
}

/// The caller of an API call.
#[derive(Debug)]
pub enum Caller {
    /// A caller with an admin token.
    Admin(Scope),
    /// A caller with an organization's user token. Contains the organization's id.
    User(String),
}

/// Authenticates by the reseller token alone.
pub fn holder(state: &State, headers: &HeaderMap) -> Result<Scope, Refusal> {
    let token = token(headers, "x-reseller-token")?;
    if let Some(partner) = PARTNERS.iter().find(|partner| state.token_of(partner) == token) {
        return Ok(Scope::of_partner(partner.number));
    }
    let reseller = state.resellers.iter().find(|reseller| reseller.reseller_token == token);
    let reseller = reseller.ok_or(Refusal::Unauthorized)?;
    Ok(Scope { partner: reseller.partner, reseller_id: Some(reseller.id.clone()) })
}

/// Authenticates by both tokens, which must belong together.
pub fn caller(state: &State, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let scope = holder(state, headers)?;
    let token = token(headers, "x-access-token")?;
    let is_admin = match &scope.reseller_id {
        None => PARTNERS.iter().any(|partner| partner.number == scope.partner && partner.admin_token == token),
        Some(id) => state.resellers.iter().any(|reseller| reseller.id == *id && reseller.authentication_token == token),
    };
    if is_admin {
        return Ok(Caller::Admin(scope));
    }
    let mut seen = state.organizations.iter().filter(|organization| scope.shows(organization));
    let user = seen.find(|organization| organization.authentication_token == token);
    user.map(|organization| Caller::User(organization.id.clone())).ok_or(Refusal::Unauthorized)
}

impl Caller {
    /// Authorizes a read, which requires an admin token.
    pub fn reader(self) -> Result<Scope, Refusal> {
        match self {
            Self::Admin(scope) => Ok(scope),
            Self::User(_) => Err(Refusal::Unauthorized),
        }
    }

    /// Authorizes a write, which sub-resellers may not do.
    pub fn writer(self) -> Result<Scope, Refusal> {
        let scope = self.reader()?;
        if scope.reseller_id.is_some() { Err(Refusal::Forbidden) } else { Ok(scope) }
    }

    /// Authorizes a call below `/users/{id}` that requires that organization's user token.
    pub fn owner_of(self, id: &str) -> Result<(), Refusal> {
        match self {
            Self::User(own) if own == id => Ok(()),
            Self::User(_) | Self::Admin(_) => Err(Refusal::Unauthorized),
        }
    }
}

fn token<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Unauthorized)
}
