//! Sub-resellers (G8).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Scope;
use super::fields::{Fields, Kind};
use super::refusal::Refusal;
use super::state::State;

/// A sub-reseller of a partner.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
pub struct Reseller {
    /// Letters and digits.
    pub id: String,
    /// The partner it belongs to.
    pub partner: u8,
    /// E-mail address, unique in the instance.
    pub email: String,
    first_name: String,
    last_name: String,
    company_name: String,
    country: String,
    external_id: Option<String>,
    /// Its own `X-Reseller-Token`.
    pub reseller_token: String,
    /// Its own `X-Access-Token`.
    pub authentication_token: String,
}

impl Reseller {
    /// Returns the sub-reseller as the API shows it.
    pub fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.company_name,
            "email": self.email,
            "country": self.country,
            "external_id": self.external_id,
            "reseller_token": self.reseller_token,
            "authentication_token": self.authentication_token,
        })
    }
}

/// Returns the rows of the sub-resellers in `scope`. A sub-reseller has none.
pub fn list(state: &State, scope: &Scope) -> Vec<Value> {
    seen(state, scope).map(Reseller::row).collect()
}

/// Returns one row.
pub fn show(state: &State, scope: &Scope, id: &str) -> Result<Value, Refusal> {
    seen(state, scope).find(|reseller| reseller.id == id).map(Reseller::row).ok_or(Refusal::NotFound)
}

/// `POST /resellers`.
pub fn create(state: &mut State, scope: &Scope, body: &[u8]) -> Result<Value, Refusal> {
    let mut fields = Fields::parse(
        body,
        &[
            ("email", Kind::Email),
            ("first_name", Kind::Text),
            ("last_name", Kind::Text),
            ("company_name", Kind::Text),
            ("country", Kind::Country),
            ("external_id", Kind::Free),
        ],
    )?;
    fields.require(&["email", "first_name", "last_name", "company_name", "country"]);
    refuse_taken_email(state, &mut fields, None);
    fields.check()?;
    let text = |name| fields.text(name).unwrap_or_default();
    let reseller = Reseller {
        id: format!("Rs{:04}Pq", state.next_number()),
        partner: scope.partner,
        email: text("email"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        company_name: text("company_name"),
        country: text("country"),
        external_id: fields.text("external_id"),
        reseller_token: state.next_token().to_string(),
        authentication_token: state.next_token().to_string(),
    };
    let row = reseller.row();
    state.resellers.push(reseller);
    Ok(row)
}

/// `PUT /resellers/{id}`.
pub fn update(state: &mut State, scope: &Scope, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    show(state, scope, id)?;
    let mut fields = Fields::parse(
        body,
        &[
            ("email", Kind::Email),
            ("first_name", Kind::Text),
            ("last_name", Kind::Text),
            ("company_name", Kind::Text),
            ("country", Kind::Country),
        ],
    )?;
    refuse_taken_email(state, &mut fields, Some(id));
    fields.check()?;
    let reseller = state.resellers.iter_mut().find(|reseller| reseller.id == id).ok_or(Refusal::NotFound)?;
    for (name, place) in [
        ("email", &mut reseller.email),
        ("first_name", &mut reseller.first_name),
        ("last_name", &mut reseller.last_name),
        ("company_name", &mut reseller.company_name),
        ("country", &mut reseller.country),
    ] {
        if let Some(text) = fields.text(name) {
            *place = text;
        }
    }
    Ok(reseller.row())
}

/// `DELETE /resellers/{id}`. Its unsubscribed organizations remain with the partner until they are purged.
pub fn delete(state: &mut State, scope: &Scope, id: &str) -> Result<Value, Refusal> {
    let row = show(state, scope, id)?;
    let below = |reseller_id: &Option<String>| reseller_id.as_deref() == Some(id);
    if state.organizations.iter().any(|it| below(&it.reseller_id) && it.unsubscribed_at.is_none()) {
        return Err(Refusal::invalid("base", "has organizations that are not unsubscribed"));
    }
    for organization in state.organizations.iter_mut().filter(|it| below(&it.reseller_id)) {
        organization.reseller_id = None;
    }
    state.resellers.retain(|reseller| reseller.id != id);
    Ok(row)
}

fn seen<'a>(state: &'a State, scope: &'a Scope) -> impl Iterator<Item = &'a Reseller> {
    let top = scope.reseller_id.is_none();
    state.resellers.iter().filter(move |reseller| top && reseller.partner == scope.partner)
}

fn refuse_taken_email(state: &State, fields: &mut Fields, except: Option<&str>) {
    if fields.text("email").is_some_and(|email| state.email_taken(&email, except)) {
        fields.refuse("email", "has already been taken");
    }
}
