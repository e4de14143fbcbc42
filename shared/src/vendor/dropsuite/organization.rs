//! Organizations and sub-resellers: how they are read, and the requests that change them. Nothing here does I/O.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::contract::{self, member};
use super::decode;
use super::plan::{Family, Plan};
use super::settings::Partner;
use crate::domain::account::{Profile, Role};
use crate::domain::ids::ExternalId;
use crate::vendor::{CreatedResource, Step};

/// An organization or a sub-reseller, as far as we act on it. Its tokens are left where they are.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// The vendor's id, `440032-6`.
    #[serde(default, deserialize_with = "decode::text")]
    pub id: String,
    /// The owner's login; often the reseller's instead.
    #[serde(default, deserialize_with = "decode::text")]
    pub email: String,
    /// The name; sub-resellers have `name`.
    #[serde(default, alias = "name", deserialize_with = "decode::text")]
    organization_name: String,
    /// The plan.
    #[serde(default, deserialize_with = "decode::text")]
    pub plan_id: String,
    /// Our own reference, if we made it.
    #[serde(default, deserialize_with = "decode::text")]
    pub external_id: String,
    /// Unsubscribed.
    #[serde(default, deserialize_with = "decode::flag")]
    pub customer_deactivated: bool,
    /// Suspended.
    #[serde(default, deserialize_with = "decode::flag")]
    pub flg_suspended: bool,
    /// Seats in use.
    #[serde(default, deserialize_with = "decode::count")]
    pub seats_used: u32,
    /// All licensed seats, not the free rest.
    #[serde(default, deserialize_with = "decode::count")]
    pub seats_available: u32,
    /// Whether seats follow use.
    #[serde(default, deserialize_with = "decode::flag")]
    pub auto_license: bool,
}

impl Row {
    /// The name without the tag in brackets that some syncs append.
    pub fn name(&self) -> &str {
        let name = self.organization_name.trim();
        let tagged = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match tagged {
            Some((name, tag)) if tag.len() == 4 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()) => name.trim_end(),
            _ => name,
        }
    }

    /// Whether the vendor's object says what the profile says, as far as it can be read back.
    pub fn shows(&self, profile: &Profile) -> bool {
        self.name() == profile.name && profile.email.is(&self.email)
    }

    /// Why the organization can't be used as it is.
    pub fn invalid(&self) -> Option<String> {
        self.customer_deactivated.then(|| {
            format!(
                "The Dropsuite organization {} is unsubscribed. Reactivate it in the Dropsuite portal, or order a subscription for the account that it belongs to.",
                self.id
            )
        })
    }

    /// Whether plan and seats are as wished.
    pub fn has(&self, plan: &Plan, seats: Option<u32>) -> bool {
        let seats_fit = seats.is_none_or(|seats| self.seats_available == seats && !self.auto_license);
        self.plan_id == plan.id && seats_fit
    }
}

/// Makes an organization on `plan` with one seat, carrying `reference`.
pub fn create_organization(
    partner: &Partner,
    profile: &Profile,
    plan: &Plan,
    reference: &str,
    under: Option<&ExternalId>,
) -> Step {
    let body = person(profile)
        .with(member::ORGANIZATION_NAME, &profile.name)
        .with(member::PLAN, &plan.id)
        .with(member::SEATS, 1)
        .with(member::AUTO_LICENSE, false)
        .with(member::REFERENCE, reference)
        .with_some(member::SEND_EMAIL, profile.send_email)
        .with_some(member::PLACED_UNDER, under);
    step(partner, &contract::CREATE_ORGANIZATION, None, Some(body))
}

/// Makes a sub-reseller, carrying `reference`.
pub fn create_reseller(partner: &Partner, profile: &Profile, reference: &str) -> Step {
    let body = person(profile).with(member::COMPANY_NAME, &profile.name).with(member::REFERENCE, reference);
    step(partner, &contract::CREATE_RESELLER, None, Some(body))
}

/// Tells the vendor a changed name, login or contact.
pub fn update(partner: &Partner, role: Role, id: &str, profile: &Profile) -> Step {
    let (operation, name) = match role {
        Role::User => (&contract::UPDATE_ORGANIZATION, member::ORGANIZATION_NAME),
        Role::Reseller => (&contract::UPDATE_RESELLER, member::COMPANY_NAME),
    };
    step(partner, operation, Some(id), Some(person(profile).with(name, &profile.name)))
}

/// Sets plan and seats; both always, since it is not known whether one may be left out (G2).
pub fn set_subscription(partner: &Partner, id: &str, plan: &Plan, seats: Option<u32>) -> Step {
    let by_seats = seats.filter(|_| plan.family() != Some(Family::Personal));
    let body = Body::default()
        .with(member::PLAN, &plan.id)
        .with_some(member::SEATS, by_seats)
        .with_some(member::AUTO_LICENSE, by_seats.map(|_| false));
    step(partner, &contract::SET_SUBSCRIPTION, Some(id), Some(body))
}

/// A change that has no body: suspend, unsuspend, unsubscribe, reactivate.
pub fn switch(partner: &Partner, operation: &contract::Operation, id: &str) -> Step {
    step(partner, operation, Some(id), None)
}

fn person(profile: &Profile) -> Body {
    Body::default()
        .with(member::EMAIL, &profile.email)
        .with(member::FIRST_NAME, &profile.first_name)
        .with(member::LAST_NAME, &profile.last_name)
        .with_some(member::COUNTRY, profile.country.as_ref())
}

/// A request's body in the making.
#[derive(Default)]
struct Body(Map<String, Value>);

impl Body {
    fn with(mut self, member: &str, value: impl Serialize) -> Self {
        self.0.insert(member.to_owned(), json!(value));
        self
    }

    fn with_some(self, member: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(member, value),
            None => self,
        }
    }
}

fn step(partner: &Partner, operation: &contract::Operation, id: Option<&str>, body: Option<Body>) -> Step {
    let mut request = partner.call(operation, id);
    request.body = body.map(|body| Value::Object(body.0));
    let creates = [contract::CREATE_ORGANIZATION.name, contract::CREATE_RESELLER.name]
        .contains(&operation.name)
        .then_some(CreatedResource::Account);
    Step { name: operation.name, request, creates }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_tag_is_no_part_of_the_name() {
        let named = |name: &str| {
            let row: Row = serde_json::from_value(json!({"id": 1, "organization_name": name})).unwrap();
            row.name().to_owned()
        };
        assert_eq!(named("Contoso [a0f9]"), "Contoso");
        assert_eq!(named("Contoso [west]"), "Contoso [west]");
        assert_eq!(named("Contoso"), "Contoso");
    }

    #[test]
    fn a_row_of_another_age_is_read() {
        let row: Row = serde_json::from_value(json!({
            "id": 44, "email": null, "seats_used": "3", "seats_available": null, "flg_suspended": null, "new": [],
        }))
        .unwrap();
        assert_eq!((row.id.as_str(), row.seats_used, row.seats_available, row.flg_suspended), ("44", 3, 0, false));
    }
}
