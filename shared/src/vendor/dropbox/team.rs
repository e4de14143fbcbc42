//! Calls about one team.

use serde_json::{Map, Value, json};

use super::catalogue::Skus;
use super::contract::{self, Action, MAX_NAME, member};
use super::settings::Partner;
use crate::domain::account::{Country, Email};
use crate::domain::ids::ExternalId;
use crate::http_client::Request;
use crate::vendor::{CreatedResource, Step};

/// A partner's calls about the teams of one reseller.
#[derive(Clone, Copy, Debug)]
pub struct Teams<'p> {
    /// The distributor.
    pub partner: &'p Partner,
    /// The reseller, by its id in the partner portal.
    pub reseller: &'p str,
}

/// A team as ordered.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    /// The company's name.
    pub name: &'o str,
    /// Where it is.
    pub country: &'o Country,
    /// Who administers it.
    pub admin: &'o Email,
    /// Whether it is a trial.
    pub trial: bool,
    /// What it shall have.
    pub skus: &'o Skus,
}

/// What a change of SKUs is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// At once.
    Now,
    /// From the renewal on.
    AtRenewal,
    /// A trial is made paid, at once.
    ToPaid,
}

impl Teams<'_> {
    /// Reads one.
    pub fn get(&self, id: &ExternalId) -> Request {
        self.partner.call(&contract::GET, json!({ member::ID: id, member::RESELLERS: self.both() }))
    }

    /// Reads all of the reseller's.
    pub fn list(&self) -> Request {
        self.partner.call(&contract::LIST, json!({ member::RESELLERS: self.both() }))
    }

    /// Reads all of the distributor's.
    pub fn list_all(&self) -> Request {
        let all = self.partner.resellers([self.partner.distributor.as_str()]);
        self.partner.call(&contract::LIST, json!({ member::RESELLERS: all }))
    }

    /// Makes one; `others` were there before.
    pub fn create(&self, order: &Order<'_>, others: Vec<ExternalId>) -> Step {
        let body = json!({
            member::NAME: name(order.name),
            member::COUNTRY: order.country,
            member::ADMIN: order.admin,
            member::RESELLERS: self.both(),
            member::IS_TRIAL: order.trial,
            member::SKUS: list(order.skus),
        });
        let (login, reseller_id) = (order.admin.clone(), self.reseller.to_owned());
        let creates = CreatedResource::Tenant { login, reseller_id, others };
        Step { creates: Some(creates), ..self.step(&contract::CREATE, body) }
    }

    /// Changes what one has; `current` is what it has now.
    pub fn change(&self, change: Change, id: &ExternalId, current: &Skus, wanted: &Skus) -> Step {
        let (action, now) = match change {
            Change::Now => (&contract::CHANGE_NOW, true),
            Change::AtRenewal => (&contract::CHANGE_AT_RENEWAL, false),
            Change::ToPaid => (&contract::END_TRIAL, true),
        };
        let mut body = Map::from_iter([
            (member::ID.to_owned(), json!(id)),
            (member::CURRENT_SKUS.to_owned(), list(current)),
            (member::NEW_SKUS.to_owned(), list(wanted)),
            (member::RESELLERS.to_owned(), self.both()),
            (member::FORCE_IMMEDIATE.to_owned(), json!(now)),
        ]);
        if change == Change::ToPaid {
            body.insert(member::IS_TRIAL.to_owned(), json!(false));
        }
        self.step(action, Value::Object(body))
    }

    /// Lets one's terms be followed by others.
    pub fn renew(&self, id: &ExternalId) -> Step {
        let body = json!({ member::ID: id, member::NEW_AUTO_RENEW: true, member::RESELLERS: self.both() });
        self.step(&contract::RENEW, body)
    }

    /// Makes one inactive.
    pub fn cancel(&self, id: &ExternalId) -> Step {
        self.step(&contract::CANCEL, json!({ member::ID: id, member::RESELLERS: self.own() }))
    }

    /// Makes one active again, with `skus`.
    pub fn reinstate(&self, id: &ExternalId, skus: &Skus) -> Step {
        let body = json!({ member::ID: id, member::SKUS: list(skus), member::RESELLERS: self.own() });
        self.step(&contract::REINSTATE, body)
    }

    fn both(&self) -> Value {
        self.partner.resellers([self.partner.distributor.as_str(), self.reseller])
    }

    fn own(&self) -> Value {
        self.partner.resellers([self.reseller])
    }

    fn step(&self, action: &Action, body: Value) -> Step {
        Step { name: action.name, request: self.partner.call(action, body), creates: None }
    }
}

/// A company's name as a team's: cut.
pub fn name(company: &str) -> String {
    company.chars().take(MAX_NAME).collect::<String>().trim().to_owned()
}

fn list(skus: &Skus) -> Value {
    let entry = |(sku, quantity)| json!({ member::SKU_ID: sku, member::QUANTITY: quantity });
    skus.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_between_characters() {
        assert_eq!(name("Contoso International Holding"), "Contoso Internationa");
        assert_eq!(name("Ünïcödé Ünïcödé Ünï cödé"), "Ünïcödé Ünïcödé Ünï");
    }
}
