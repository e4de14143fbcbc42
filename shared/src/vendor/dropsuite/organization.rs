//! Organizations and sub-resellers: their rows, and the requests that change them. Nothing here does I/O.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::contract::{self, member};
use super::decode;
use super::plan::{Family, Plan};
use super::settings::Partner;
use crate::domain::account::{Profile, Role};
use crate::domain::channel::is_of_another_channel;
use crate::domain::ids::ExternalId;
use crate::vendor::{CreatedResource, Step};

/// An organization or a sub-reseller, with the members that we use. Its tokens are not read.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// Vendor id, such as `440032-6`.
    #[serde(deserialize_with = "decode::id")]
    pub id: String,
    /// Login of the owner; often the reseller's instead (`docs/vendors/dropsuite.md` 3).
    #[serde(default, deserialize_with = "decode::text")]
    pub email: String,
    /// Name. A sub-reseller's row calls it `name`.
    #[serde(default, alias = "name", deserialize_with = "decode::text")]
    organization_name: String,
    /// Id of the plan.
    #[serde(default, deserialize_with = "decode::text")]
    pub plan_id: String,
    /// Our own reference, if we created the object.
    #[serde(default, deserialize_with = "decode::text")]
    pub external_id: String,
    /// `true` if the organization is unsubscribed.
    #[serde(default, deserialize_with = "decode::flag")]
    pub customer_deactivated: bool,
    /// `true` if the organization is suspended.
    #[serde(default, deserialize_with = "decode::flag")]
    pub flg_suspended: bool,
    /// Number of seats in use.
    #[serde(default, deserialize_with = "decode::count")]
    pub seats_used: u32,
    /// Number of licensed seats in total, including those in use.
    #[serde(default, deserialize_with = "decode::count")]
    pub seats_available: u32,
    /// `true` if Dropsuite adjusts the seats to the use.
    #[serde(default, deserialize_with = "decode::flag")]
    pub auto_license: bool,
    /// Number of seats that Dropsuite bills.
    #[serde(default, deserialize_with = "decode::optional_count")]
    pub required_seats: Option<u32>,
    /// Number of seats that are backed up.
    #[serde(default, deserialize_with = "decode::optional_count")]
    pub active_seats: Option<u32>,
    /// Number of seats that are not backed up any more, with their data kept.
    #[serde(default, deserialize_with = "decode::optional_count")]
    pub deactivated_seats: Option<u32>,
}

impl Row {
    /// Returns the name without the tag of four hexadecimal digits, in brackets, that some synchronization tools append.
    pub fn name(&self) -> &str {
        let name = self.organization_name.trim();
        let tagged = name.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match tagged {
            Some((name, tag)) if tag.len() == 4 && tag.bytes().all(|byte| byte.is_ascii_hexdigit()) => name.trim_end(),
            _ => name,
        }
    }

    /// Returns `true` if name and login equal those of `profile`. The row does not show the other members of a profile.
    pub fn matches(&self, profile: &Profile) -> bool {
        self.name() == profile.name && profile.email.is(&self.email)
    }

    /// Returns `true` if another channel than that of `reference` created the object.
    pub fn is_of_another_channel(&self, reference: &str) -> bool {
        is_of_another_channel(&self.external_id, reference)
    }

    /// Returns the reason why the organization cannot be used, for a person; `None` if it can be used.
    pub fn unusable_reason(&self) -> Option<String> {
        self.customer_deactivated.then(|| {
            format!(
                "The Dropsuite organization {} is unsubscribed. Reactivate it in the Dropsuite portal, or order a subscription for the account that it belongs to.",
                self.id
            )
        })
    }

    /// Returns `true` if the organization has this plan and, if `seats` names one, this number of seats.
    pub fn has_subscription(&self, plan: &Plan, seats: Option<u32>) -> bool {
        self.plan_id == plan.id && seats.is_none_or(|seats| self.seats_available == seats)
    }
}

/// Returns the step that creates an organization on `plan` with one seat. The organization carries `reference`.
pub fn create_organization(
    partner: &Partner,
    profile: &Profile,
    plan: &Plan,
    reference: &str,
    parent: Option<&ExternalId>,
) -> Step {
    let body = contact_body(profile)
        .with(member::ORGANIZATION_NAME, &profile.name)
        .with(member::PLAN, &plan.id)
        .with(member::SEATS, 1)
        .with(member::AUTO_LICENSE, false)
        .with(member::REFERENCE, reference)
        .with_some(member::SEND_EMAIL, profile.send_email)
        .with_some(member::RESELLER_ID, parent);
    step(partner, &contract::CREATE_ORGANIZATION, None, Some(body))
}

/// Returns the step that creates a sub-reseller. It carries `reference`.
pub fn create_reseller(partner: &Partner, profile: &Profile, reference: &str) -> Step {
    let body = contact_body(profile).with(member::COMPANY_NAME, &profile.name).with(member::REFERENCE, reference);
    step(partner, &contract::CREATE_RESELLER, None, Some(body))
}

/// Returns the step that sends a changed name, login or contact. A contact that the BSS does not name stays as it is.
pub fn update(partner: &Partner, role: Role, id: &str, profile: &Profile) -> Step {
    let (operation, name) = match role {
        Role::User => (&contract::UPDATE_ORGANIZATION, member::ORGANIZATION_NAME),
        Role::Reseller => (&contract::UPDATE_RESELLER, member::COMPANY_NAME),
    };
    let person = |contact: &String| (*contact != profile.name).then(|| contact.clone());
    let body = login_body(profile)
        .with_some(member::FIRST_NAME, person(&profile.first_name))
        .with_some(member::LAST_NAME, person(&profile.last_name))
        .with(name, &profile.name);
    step(partner, operation, Some(id), Some(body))
}

/// Returns the step that sets plan and seats of the organization `row`. It always sends the whole subscription, because it is
/// unknown if a member may be omitted (G2): what the partner chose at Dropsuite is sent as it was read.
pub fn set_subscription(partner: &Partner, row: &Row, plan: &Plan, seats: Option<u32>) -> Step {
    let seats = seats.filter(|_| plan.family() != Some(Family::Personal));
    let body = Body::default()
        .with(member::PLAN, &plan.id)
        .with_some(member::SEATS, seats)
        .with_some(member::AUTO_LICENSE, seats.map(|_| row.auto_license));
    step(partner, &contract::SET_SUBSCRIPTION, Some(&row.id), Some(body))
}

/// Returns a step without a body: suspend, unsuspend, unsubscribe or reactivate.
pub fn lifecycle_step(partner: &Partner, operation: &contract::Operation, id: &str) -> Step {
    step(partner, operation, Some(id), None)
}

fn contact_body(profile: &Profile) -> Body {
    login_body(profile).with(member::FIRST_NAME, &profile.first_name).with(member::LAST_NAME, &profile.last_name)
}

fn login_body(profile: &Profile) -> Body {
    Body::default().with(member::EMAIL, &profile.email).with_some(member::COUNTRY, profile.country.as_ref())
}

/// Builder of a request's body.
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
    Step { name: operation.name, request, creates, live_until: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synchronization_tag_is_not_part_of_the_name() {
        let named = |name: &str| {
            let row: Row = serde_json::from_value(json!({"id": 1, "organization_name": name})).unwrap();
            row.name().to_owned()
        };
        assert_eq!(named("Contoso [a0f9]"), "Contoso");
        assert_eq!(named("Contoso [west]"), "Contoso [west]");
        assert_eq!(named("Contoso"), "Contoso");
    }

    #[test]
    fn a_row_with_null_and_unknown_members_is_decoded() {
        let row: Row = serde_json::from_value(json!({
            "id": 44, "email": null, "seats_used": "3", "seats_available": null, "flg_suspended": null, "new": [],
        }))
        .unwrap();
        assert_eq!((row.id.as_str(), row.seats_used, row.seats_available, row.flg_suspended), ("44", 3, 0, false));
    }
}
