//! The vendor's state.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::{PARTNERS, Partner, Scope};
use super::connected::Connected;
use super::mailbox::Mailboxes;
use super::organization::Organization;
use super::plan::{self, PLANS};
use super::refusal::Refusal;
use super::reseller::Reseller;

/// Retention of an unsubscribed organization (9.3).
const KEPT: SignedDuration = SignedDuration::from_hours(45 * 24);

/// The organizations and sub-resellers of all partners.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// The last number used for an id or token.
    counter: u32,
    /// Allows duplicate e-mail addresses and names. The vendor's portal rejects them, but it is not known if the API
    /// does, so tests of exactly-once behaviour also run without that protection.
    #[serde(skip)]
    pub tolerates_duplicates: bool,
    /// In order of creation.
    pub organizations: Vec<Organization>,
    /// In order of creation.
    pub resellers: Vec<Reseller>,
    /// Connected tenants and login accounts, by the organization's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connected: BTreeMap<String, Connected>,
    /// The mailboxes of all organizations.
    #[serde(default, skip_serializing_if = "Mailboxes::is_untouched")]
    pub mailboxes: Mailboxes,
    /// Reseller tokens in place of the partners' first ones, by the partner's number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub new_tokens: BTreeMap<u8, String>,
}

impl State {
    /// Returns the next number for an id or token.
    pub fn next_number(&mut self) -> u32 {
        self.counter += 1;
        self.counter
    }

    /// Returns the next token: a UUID with a sequential number.
    pub fn next_token(&mut self) -> Uuid {
        let number = u128::from(self.next_number());
        uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid()
    }

    /// Removes the organizations that were unsubscribed at least 45 days ago.
    pub fn purge(&mut self, now: Timestamp) {
        let kept = |since: Timestamp| now.duration_since(since) < KEPT;
        let (mailboxes, connected) = (&mut self.mailboxes, &mut self.connected);
        self.organizations.retain(|organization| {
            let stays = organization.unsubscribed_at.is_none_or(kept);
            if !stays {
                mailboxes.remove_all(&organization.id);
                connected.remove(&organization.id);
            }
            stays
        });
    }

    /// Returns the organizations that the API lists in `scope`: the customers, then the partner's own organization. A partner
    /// that has set up its account has that one, so its list is never empty.
    pub fn listed<'a>(&'a self, scope: &Scope) -> impl Iterator<Item = Cow<'a, Organization>> {
        let own = PARTNERS.iter().map(own_organization).map(Cow::Owned);
        self.organizations.iter().map(Cow::Borrowed).chain(own).filter(|organization| scope.shows(organization))
    }

    /// Returns the organization with this id, if `scope` includes it.
    pub fn organization(&self, scope: &Scope, id: &str) -> Result<&Organization, Refusal> {
        let mut seen = self.organizations.iter().filter(|organization| scope.shows(organization));
        seen.find(|organization| organization.id == id).ok_or(Refusal::NotFound)
    }

    /// Returns the organization with this id, of any partner.
    pub fn any_organization(&self, id: &str) -> Result<&Organization, Refusal> {
        self.organizations.iter().find(|organization| organization.id == id).ok_or(Refusal::NotFound)
    }

    /// Returns the organization with this id mutably, if `scope` includes it.
    pub fn organization_mut(&mut self, scope: &Scope, id: &str) -> Result<&mut Organization, Refusal> {
        let mut seen = self.organizations.iter_mut().filter(|organization| scope.shows(organization));
        seen.find(|organization| organization.id == id).ok_or(Refusal::NotFound)
    }

    /// Returns `true` if an organization or sub-reseller of any partner, other than the one with the id `except`, uses
    /// the e-mail address.
    pub fn email_taken(&self, email: &str, except: Option<&str>) -> bool {
        if self.tolerates_duplicates {
            return false;
        }
        let organizations = self.organizations.iter().map(|organization| (&organization.id, &organization.email));
        let resellers = self.resellers.iter().map(|reseller| (&reseller.id, &reseller.email));
        let mut others = organizations.chain(resellers).filter(|(id, _)| Some(id.as_str()) != except);
        others.any(|(_, used)| used.eq_ignore_ascii_case(email))
    }

    /// Returns `true` if a business organization of the partner, other than `except`, has the name.
    pub fn name_taken(&self, partner: u8, name: &str, except: Option<&str>) -> bool {
        !self.tolerates_duplicates
            && self.organizations.iter().any(|organization| {
                organization.partner == partner
                    && organization.is_business()
                    && Some(organization.id.as_str()) != except
                    && organization.organization_name.to_lowercase() == name.to_lowercase()
            })
    }

    /// Returns a partner's reseller token.
    pub fn token_of<'a>(&'a self, partner: &Partner) -> &'a str {
        self.new_tokens.get(&partner.number).map_or(partner.reseller_token, String::as_str)
    }

    /// Returns the reseller token that an organization's rows contain.
    pub fn reseller_token(&self, organization: &Organization) -> String {
        let reseller = self.resellers.iter().find(|reseller| Some(&reseller.id) == organization.reseller_id.as_ref());
        let partner = PARTNERS.iter().find(|partner| partner.number == organization.partner);
        match (reseller, partner) {
            (Some(reseller), _) => reseller.reseller_token.clone(),
            (None, Some(partner)) => self.token_of(partner).to_owned(),
            (None, None) => String::new(),
        }
    }

    /// Returns the organization as the API shows it (5.4).
    pub fn row(&self, organization: &Organization) -> Value {
        organization.row(&self.reseller_token(organization))
    }

    /// Returns the whole state, including members that the API does not show.
    pub fn describe(&self) -> Value {
        let organizations = self.organizations.iter().map(|organization| {
            with(
                self.row(organization),
                json!({
                    "partner": organization.partner,
                    "reseller_id": organization.reseller_id,
                    "first_name": organization.first_name,
                    "last_name": organization.last_name,
                    "country": organization.country,
                    "locale": organization.locale,
                    "created_at": organization.created_at,
                    "unsubscribed_at": organization.unsubscribed_at,
                }),
            )
        });
        let resellers =
            self.resellers.iter().map(|reseller| with(reseller.row(), json!({ "partner": reseller.partner })));
        let plans = PLANS.iter().map(|plan| with(plan.row(), json!({ "partner": plan.partner })));
        let all = json!({
            "plans": plans.collect::<Vec<_>>(),
            "organizations": organizations.collect::<Vec<_>>(),
            "resellers": resellers.collect::<Vec<_>>(),
        });
        match self.mailboxes.describe() {
            Some(mailboxes) => with(all, json!({ "mailboxes": mailboxes })),
            None => all,
        }
    }
}

/// Returns a partner's own organization. The API shows it in the list; it is no customer, and no call changes it.
fn own_organization(partner: &Partner) -> Organization {
    let Partner { number, own_organization, .. } = *partner;
    Organization {
        id: own_organization.to_owned(),
        organization_id: 24_000 + u32::from(number),
        partner: number,
        reseller_id: None,
        email: format!("partner{number}@dropsuite.example"),
        first_name: "Pat".to_owned(),
        last_name: "Partner".to_owned(),
        organization_name: format!("Partner {number} (own use)"),
        country: None,
        locale: None,
        plan_id: plan::plans_of(number).next().map_or_else(String::new, |plan| plan.id.to_owned()),
        seats: 1,
        seats_used: 0,
        deactivated_seats: 0,
        auto_license: false,
        external_id: None,
        notification_email: Vec::new(),
        authentication_token: uuid::Builder::from_random_bytes([0xf0 | number; 16]).into_uuid().to_string(),
        flg_suspended: false,
        unsubscribed_at: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn with(mut row: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut row, more) {
        members.extend(more);
    }
    row
}
