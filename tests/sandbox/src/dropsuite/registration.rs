//! Creates organizations (G1), through the API or as the vendor's portal does, and updates their identity.

use jiff::Timestamp;
use serde_json::Value;

use super::access::{PARTNERS, Scope};
use super::fields::{Fields, Kind};
use super::organization::Organization;
use super::plan;
use super::refusal::Refusal;
use super::state::State;
use super::subscription::{self, Terms};

const API_FIELDS: [(&str, Kind); 13] = [
    ("email", Kind::Email),
    ("first_name", Kind::Text),
    ("last_name", Kind::Text),
    ("organization_name", Kind::Text),
    ("plan_id", Kind::Text),
    ("seats", Kind::Seats),
    ("country", Kind::Country),
    ("auto_license", Kind::Flag),
    ("external_id", Kind::Free),
    ("notification_email", Kind::Emails),
    ("locale", Kind::Free),
    ("send_email", Kind::Flag),
    ("reseller_id", Kind::Text),
];

/// `POST /users`.
pub fn create(state: &mut State, scope: &Scope, body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let mut fields = Fields::parse(body, &API_FIELDS)?;
    fields.require(&["first_name", "last_name"]);
    register(state, scope, fields, now)
}

/// Creates an organization as the vendor's portal does. Additional fields: `partner` (number, default 1) and
/// `seats_used`. Defaults: the demo's names, the partner's first plan, one seat of a business plan.
pub fn create_in_portal(state: &mut State, body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let mut permitted = API_FIELDS.to_vec();
    permitted.extend([("partner", Kind::Count), ("seats_used", Kind::Count)]);
    let mut fields = Fields::parse(body, &permitted)?;
    let number = fields.number("partner").unwrap_or(1);
    let Some(partner) = PARTNERS.iter().find(|partner| u32::from(partner.number) == number) else {
        return Err(Refusal::invalid("partner", "does not exist"));
    };
    let first_plan = plan::plans_of(partner.number).next().map_or("", |plan| plan.id);
    fields.default("plan_id", first_plan);
    fields.default("first_name", "Pat");
    fields.default("last_name", "Portal");
    let plan = fields.text("plan_id").and_then(|id| plan::find(partner.number, &id));
    if plan.is_some_and(plan::Plan::is_business) {
        fields.default("seats", 1);
    }
    register(state, &Scope::of_partner(partner.number), fields, now)
}

fn register(state: &mut State, scope: &Scope, mut fields: Fields, now: Timestamp) -> Result<Value, Refusal> {
    fields.require(&["email", "plan_id"]);
    let terms = subscription::terms(&mut fields, scope.partner, None);
    let business = terms.as_ref().is_some_and(|terms| terms.plan.is_business());
    if business {
        fields.require(&["organization_name"]);
    }
    refuse_taken(state, scope.partner, &mut fields, None, business);
    let reseller_id = fields.text("reseller_id");
    let is_own = |id: &String| state.resellers.iter().any(|it| it.id == *id && it.partner == scope.partner);
    if reseller_id.as_ref().is_some_and(|id| !is_own(id)) {
        fields.refuse("reseller_id", "does not exist");
    }
    fields.check()?;
    // Without a plan the check has failed already.
    let Some(Terms { plan, seats, auto_license }) = terms else {
        return Err(Refusal::invalid("plan_id", "does not exist"));
    };
    let number = state.next_number();
    let text = |name| fields.text(name).unwrap_or_default();
    let (first_name, last_name) = (text("first_name"), text("last_name"));
    let organization = Organization {
        id: format!("{}-6", 440_031 + number),
        organization_id: 25_053 + number,
        partner: scope.partner,
        reseller_id,
        email: text("email"),
        organization_name: fields.text("organization_name").unwrap_or_else(|| format!("{first_name} {last_name}")),
        first_name,
        last_name,
        country: fields.text("country"),
        locale: fields.text("locale"),
        plan_id: plan.id.to_owned(),
        seats,
        seats_used: fields.number("seats_used").unwrap_or(0),
        deactivated_seats: 0,
        auto_license,
        external_id: fields.text("external_id"),
        notification_email: fields.texts("notification_email").unwrap_or_default(),
        authentication_token: state.next_token().to_string(),
        flg_suspended: false,
        unsubscribed_at: None,
        created_at: now,
    };
    let row = state.row(&organization);
    state.organizations.push(organization);
    Ok(row)
}

/// `PUT /users/{id}`.
pub fn update(state: &mut State, scope: &Scope, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let business = state.organization(scope, id)?.is_business();
    let mut fields = Fields::parse(
        body,
        &[
            ("email", Kind::Email),
            ("organization_name", Kind::Text),
            ("first_name", Kind::Text),
            ("last_name", Kind::Text),
            ("country", Kind::Country),
            ("notification_email", Kind::Emails),
        ],
    )?;
    refuse_taken(state, scope.partner, &mut fields, Some(id), business);
    fields.check()?;
    let organization = state.organization_mut(scope, id)?;
    for (name, place) in [
        ("email", &mut organization.email),
        ("organization_name", &mut organization.organization_name),
        ("first_name", &mut organization.first_name),
        ("last_name", &mut organization.last_name),
    ] {
        if let Some(text) = fields.text(name) {
            *place = text;
        }
    }
    if let Some(country) = fields.text("country") {
        organization.country = Some(country);
    }
    if let Some(emails) = fields.texts("notification_email") {
        organization.notification_email = emails;
    }
    let organization = state.organization(scope, id)?;
    Ok(state.row(organization))
}

/// Sets fields that the API cannot set, without the vendor's rules. For tests.
pub fn tamper(state: &mut State, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let fields = Fields::parse(
        body,
        &[
            ("seats_used", Kind::Count),
            ("deactivated_seats", Kind::Count),
            ("email", Kind::Text),
            ("external_id", Kind::Free),
            ("flg_suspended", Kind::Flag),
            ("auto_license", Kind::Flag),
            ("reseller_id", Kind::Free),
        ],
    )?;
    fields.check()?;
    let organization = state.organizations.iter_mut().find(|organization| organization.id == id);
    let organization = organization.ok_or(Refusal::NotFound)?;
    if let Some(seats_used) = fields.number("seats_used") {
        organization.seats_used = seats_used;
    }
    if let Some(deactivated_seats) = fields.number("deactivated_seats") {
        organization.deactivated_seats = deactivated_seats;
    }
    if let Some(email) = fields.text("email") {
        organization.email = email;
    }
    if fields.names("external_id") {
        organization.external_id = fields.text("external_id");
    }
    if fields.names("reseller_id") {
        organization.reseller_id = fields.text("reseller_id");
    }
    if let Some(suspended) = fields.flag("flg_suspended") {
        organization.flg_suspended = suspended;
    }
    if let Some(auto_license) = fields.flag("auto_license") {
        organization.auto_license = auto_license;
    }
    let organization = organization.clone();
    Ok(state.row(&organization))
}

fn refuse_taken(state: &State, partner: u8, fields: &mut Fields, except: Option<&str>, business: bool) {
    if fields.text("email").is_some_and(|email| state.email_taken(&email, except)) {
        fields.refuse("email", "has already been taken");
    }
    let name = fields.text("organization_name");
    if business && name.is_some_and(|name| state.name_taken(partner, &name, except)) {
        fields.refuse("organization_name", "has already been taken");
    }
}
