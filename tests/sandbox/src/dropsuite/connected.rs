//! Connected tenants (6.1) and login accounts (6.3) of organizations. The vendor's portal makes them; tests use the controls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::is_email;
use super::refusal::Refusal;
use super::state::State;

/// A connected tenant, as a test adds it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    domain: String,
    /// `m365` or `gws`.
    #[serde(rename = "type")]
    kind: String,
    /// A number of 6.1, or any other. Default: completed.
    #[serde(default = "completed")]
    status: u32,
    #[serde(default)]
    total_users: u32,
}

/// A login account, as a test adds it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: String,
    #[serde(default = "admin")]
    role: String,
    #[serde(default = "yes", rename = "login_enabled")]
    is_enabled: bool,
    #[serde(default = "yes")]
    activated: bool,
}

const fn completed() -> u32 {
    7
}

fn admin() -> String {
    "admin".to_owned()
}

const fn yes() -> bool {
    true
}

/// The rows of one organization, in the order in which they were added.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Connected {
    /// Rows of `GET /users/{id}/tenants`.
    pub tenants: Vec<Value>,
    /// Rows of `GET /users/{id}/delegated`.
    pub logins: Vec<Value>,
}

/// Connects a tenant with an organization. Returns its row.
pub fn add_tenant(state: &mut State, organization: &str, tenant: &Tenant, now: Timestamp) -> Result<Value, Refusal> {
    let owner = state.any_organization(organization)?.organization_id;
    let row = json!({
        "id": state.next_number(),
        "organization_id": owner,
        "created_at": now,
        "updated_at": now,
        "domain": tenant.domain,
        "managed_domain": null,
        "tenant_id": state.next_token(),
        "status": tenant.status,
        "total_users": tenant.total_users,
        "type": tenant.kind,
    });
    state.connected.entry(organization.to_owned()).or_default().tenants.push(row.clone());
    Ok(row)
}

/// Adds a login account to an organization. Returns its row.
pub fn add_login(state: &mut State, organization: &str, login: &Login, now: Timestamp) -> Result<Value, Refusal> {
    state.any_organization(organization)?;
    if !is_email(&login.email) {
        return Err(Refusal::invalid("email", "is invalid"));
    }
    let row = json!({
        "id": state.next_number().to_string(),
        "email": login.email,
        "role": login.role,
        "login_enabled": login.is_enabled,
        "activated": login.activated,
        "authentication_token": state.next_token(),
        "created_at": now,
        "updated_at": now,
    });
    state.connected.entry(organization.to_owned()).or_default().logins.push(row.clone());
    Ok(row)
}
