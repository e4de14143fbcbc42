//! Requests about the teams of one reseller.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalogue::Skus;
use super::contract::{self, Action, MAX_NAME, member};
use super::settings::Partner;
use crate::domain::account::{Country, Email};
use crate::domain::ids::ExternalId;
use crate::http_client::Request;
use crate::vendor::{CreatedResource, Step};

/// Builder of a partner's requests about the teams of one reseller.
#[derive(Clone, Copy, Debug)]
pub struct Teams<'p> {
    /// Distributor.
    pub partner: &'p Partner,
    /// Reseller, by its id in the Dropbox Partner Portal.
    pub reseller: &'p str,
}

/// The order of a new team.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    /// Name of the company.
    pub name: &'o str,
    /// Country of the company.
    pub country: &'o Country,
    /// Email address of the first administrator.
    pub admin: &'o Email,
    /// `true` for a trial.
    pub trial: bool,
    /// SKUs with their quantities.
    pub skus: &'o Skus,
}

/// Kind of a change of SKUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Takes effect at once.
    Now,
    /// Takes effect at the renewal.
    AtRenewal,
    /// Converts a trial to paid, at once.
    ToPaid,
}

impl Teams<'_> {
    /// Returns the request for one team.
    pub fn get(&self, id: &ExternalId) -> Request {
        self.partner.call(&contract::GET, json!({ member::ID: id, member::RESELLERS: self.reseller_and_distributor() }))
    }

    /// Returns the request for all teams of the reseller.
    pub fn list(&self) -> Request {
        self.partner.call(&contract::LIST, json!({ member::RESELLERS: self.reseller_and_distributor() }))
    }

    /// Returns the request for all teams of the distributor.
    pub fn list_all(&self) -> Request {
        let all = self.partner.resellers([self.partner.distributor.as_str()]);
        self.partner.call(&contract::LIST, json!({ member::RESELLERS: all }))
    }

    /// Returns the step that creates a team. `pre_existing` are the existing teams that could be mistaken for it.
    pub fn create(&self, order: &Order<'_>, pre_existing: Vec<ExternalId>) -> Step {
        let body = json!({
            member::NAME: team_name(order.name),
            member::COUNTRY: order.country,
            member::ADMIN: order.admin,
            member::RESELLERS: self.reseller_and_distributor(),
            member::IS_TRIAL: order.trial,
            member::SKUS: sku_list(order.skus),
        });
        let (login, reseller_id) = (order.admin.clone(), self.reseller.to_owned());
        let creates = CreatedResource::Tenant { login, reseller_id, pre_existing };
        Step { creates: Some(creates), ..self.step(&contract::CREATE, body) }
    }

    /// Returns the step that changes the SKUs of a team from `current` to `desired`.
    pub fn change(&self, change: Change, id: &ExternalId, current: &Skus, desired: &Skus) -> Step {
        let (action, immediate) = match change {
            Change::Now => (&contract::CHANGE_NOW, true),
            Change::AtRenewal => (&contract::CHANGE_AT_RENEWAL, false),
            Change::ToPaid => (&contract::END_TRIAL, true),
        };
        let mut body = Map::from_iter([
            (member::ID.to_owned(), json!(id)),
            (member::CURRENT_SKUS.to_owned(), sku_list(current)),
            (member::NEW_SKUS.to_owned(), sku_list(desired)),
            (member::RESELLERS.to_owned(), self.reseller_and_distributor()),
            (member::FORCE_IMMEDIATE.to_owned(), json!(immediate)),
        ]);
        if change == Change::ToPaid {
            body.insert(member::IS_TRIAL.to_owned(), json!(false));
        }
        self.step(action, Value::Object(body))
    }

    /// Returns the step that enables the automatic renewal of a team.
    pub fn renew(&self, id: &ExternalId) -> Step {
        self.step(&contract::RENEW, self.auto_renew(id, true))
    }

    /// Returns the step that disables the automatic renewal of a team, whose term ends at `end`.
    pub fn do_not_renew(&self, id: &ExternalId, end: Timestamp) -> Step {
        Step { live_until: Some(end), ..self.step(&contract::DO_NOT_RENEW, self.auto_renew(id, false)) }
    }

    fn auto_renew(&self, id: &ExternalId, renew: bool) -> Value {
        json!({ member::ID: id, member::NEW_AUTO_RENEW: renew, member::RESELLERS: self.reseller_and_distributor() })
    }

    /// Returns the step that makes a team inactive.
    pub fn cancel(&self, id: &ExternalId) -> Step {
        self.step(&contract::CANCEL, json!({ member::ID: id, member::RESELLERS: self.reseller_only() }))
    }

    /// Returns the step that makes a team active again, with `skus`.
    pub fn reinstate(&self, id: &ExternalId, skus: &Skus) -> Step {
        let body = json!({ member::ID: id, member::SKUS: sku_list(skus), member::RESELLERS: self.reseller_only() });
        self.step(&contract::REINSTATE, body)
    }

    /// Returns the step that moves a team to the reseller `to`.
    pub fn migrate(&self, id: &ExternalId, to: &str) -> Step {
        let to = Teams { partner: self.partner, reseller: to }.reseller_and_distributor();
        let from = self.reseller_and_distributor();
        self.step(&contract::MIGRATE, json!({ member::ID: id, member::RESELLERS: from, member::TO_RESELLERS: to }))
    }

    fn reseller_and_distributor(&self) -> Value {
        self.partner.resellers([self.partner.distributor.as_str(), self.reseller])
    }

    fn reseller_only(&self) -> Value {
        self.partner.resellers([self.reseller])
    }

    fn step(&self, action: &Action, body: Value) -> Step {
        Step { name: action.name, request: self.partner.call(action, body), creates: None, live_until: None }
    }
}

/// Returns the team's name: the company's name, truncated to [`MAX_NAME`] characters.
pub fn team_name(company: &str) -> String {
    company.chars().take(MAX_NAME).collect::<String>().trim().to_owned()
}

fn sku_list(skus: &Skus) -> Value {
    let entry = |(sku, quantity)| json!({ member::SKU_ID: sku, member::QUANTITY: quantity });
    skus.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_truncated_between_characters() {
        assert_eq!(team_name("Contoso International Holding"), "Contoso Internationa");
        assert_eq!(team_name("Ünïcödé Ünïcödé Ünï cödé"), "Ünïcödé Ünïcödé Ünï");
    }
}
