//! Teams. A customer has one team.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::PARTNERS;
use super::package::Package;
use super::term::Term;

const EU: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A team.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Team {
    /// Id in the API.
    pub id: String,
    /// The partner that it belongs to.
    pub partner: u8,
    /// The reseller that it belongs to.
    pub reseller_id: String,
    /// At most 20 characters.
    pub name: String,
    /// Two letters.
    pub country_code: String,
    /// The first user's e-mail address. The API never shows it.
    pub invite_admin: String,
    /// `true` if a paid term renews automatically.
    pub auto_renew: bool,
    /// `true` if the team is a trial.
    pub is_trial: bool,
    /// The current term, or the last one.
    pub term: Term,
    /// Time of the last reinstatement.
    #[serde(default)]
    pub reinstated_at: Option<Timestamp>,
    /// Time at which it became inactive: cancellation or end of the last term.
    pub cancelled_at: Option<Timestamp>,
    /// The current package.
    pub current: Package,
    /// The package from the renewal on.
    pub renewal: Package,
}

impl Team {
    /// Returns `true` if the team is active.
    pub fn is_active(&self) -> bool {
        self.cancelled_at.is_none()
    }

    /// Sets the package now and from the renewal on. A different commitment starts a new term.
    pub fn take(&mut self, package: Package, now: Timestamp) {
        if self.current.commitment() != package.commitment() && !self.is_trial {
            self.term = Term::paid(package.commitment(), now);
        }
        self.renewal = package.clone();
        self.current = package;
    }

    /// Ends or renews the terms that are over at `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while self.is_active() && self.term.is_over(now) {
            if self.is_trial || !self.auto_renew {
                self.cancelled_at = Some(self.term.ends);
            } else {
                self.current = self.renewal.clone();
                self.term = Term::paid(self.current.commitment(), self.term.ends);
            }
        }
    }

    /// Returns the team as the API shows it.
    pub fn row(&self) -> Value {
        let partner = PARTNERS.iter().find(|partner| partner.number == self.partner);
        json!({
            "id": self.id,
            "name": self.name,
            "active": self.is_active(),
            "auto_renew": self.auto_renew,
            "country_code": self.country_code,
            "data_residency": if EU.contains(&self.country_code.as_str()) { "EU" } else { "US" },
            "reseller_ids": [partner.map(|partner| partner.distributor_id), Some(self.reseller_id.as_str())],
            "end_date": self.term.ends.strftime("%Y-%m-%d").to_string(),
            "end_datetime": self.term.ends,
            "num_licensed_users": self.current.users,
            "sku_id": self.current.base.id,
            "usage": { "num_provisioned_users": 1, "space_quota_used": 0 },
            "current_state": self.described(&self.current),
            "renewal_state": self.described(&self.renewal),
        })
    }

    /// Returns the team including members that the API does not show.
    pub fn describe(&self) -> Value {
        let mut row = self.row();
        if let Some(members) = row.as_object_mut() {
            members.insert("partner".into(), json!(self.partner));
            members.insert("invite_admin".into(), json!(self.invite_admin));
            members.insert("term_started".into(), json!(self.term.started));
            members.insert("cancelled_at".into(), json!(self.cancelled_at));
        }
        row
    }

    fn described(&self, package: &Package) -> Value {
        json!({
            "skus": package.items,
            "num_licensed_users": package.users,
            "space_quota": package.space_quota(),
            "is_trial": self.is_trial,
        })
    }
}
