//! Plan and seats of an organization (G2), and their rules, which also apply at its creation.

use super::access::Scope;
use super::fields::{Fields, Kind};
use super::organization::Organization;
use super::plan::{self, Plan};
use super::refusal::Refusal;
use super::state::State;
use serde_json::Value;

/// The terms of a subscription.
pub struct Terms {
    /// The plan.
    pub plan: &'static Plan,
    /// Seats licensed; 0 on a personal plan.
    pub seats: u32,
    /// `true` if the number of seats adapts automatically.
    pub auto_license: bool,
}

/// Reads `plan_id`, `seats` and `auto_license`, and records errors for values that the plan does not allow.
pub fn terms(fields: &mut Fields, partner: u8, current: Option<&Organization>) -> Option<Terms> {
    let plan_id = fields.text("plan_id")?;
    let Some(plan) = plan::find(partner, &plan_id) else {
        fields.refuse("plan_id", "does not exist");
        return None;
    };
    if !plan.is_business() {
        if fields.has("seats") {
            fields.refuse("seats", "are not allowed for a personal plan");
        }
        return Some(Terms { plan, seats: 0, auto_license: false });
    }
    let kept_auto_license = current.is_some_and(|current| current.auto_license);
    let auto_license = fields.flag("auto_license").unwrap_or(kept_auto_license);
    if !auto_license {
        fields.require(&["seats"]);
    }
    let seats = fields.number("seats").unwrap_or_else(|| current.map_or(0, |current| current.seats));
    let used = current.map_or(0, |current| current.seats_used);
    if !auto_license && fields.number("seats").is_some_and(|seats| seats < used) {
        fields.refuse("seats", &format!("can't be lower than the {used} in use"));
    }
    Some(Terms { plan, seats, auto_license })
}

/// `PUT /users/{id}/subscription`.
pub fn change(state: &mut State, scope: &Scope, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let organization = state.organization(scope, id)?;
    let mut fields =
        Fields::parse(body, &[("plan_id", Kind::Text), ("seats", Kind::Seats), ("auto_license", Kind::Flag)])?;
    fields.require(&["plan_id"]);
    let terms = terms(&mut fields, scope.partner, Some(organization));
    if organization.unsubscribed_at.is_some() {
        fields.refuse("base", "is deactivated");
    }
    let becomes_business = terms.as_ref().is_some_and(|terms| terms.plan.is_business());
    if becomes_business && state.name_taken(scope.partner, &organization.organization_name, Some(id)) {
        fields.refuse("organization_name", "has already been taken");
    }
    fields.check()?;
    let organization = state.organization_mut(scope, id)?;
    if let Some(Terms { plan, seats, auto_license }) = terms {
        plan.id.clone_into(&mut organization.plan_id);
        organization.seats = seats;
        organization.auto_license = auto_license;
    }
    let organization = state.organization(scope, id)?;
    Ok(state.row(organization))
}
