//! Authentication of callers, and the teams that the `reseller_ids` of a call may access.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::refusal::{Refusal, Tag};
use super::team::Team;

/// A distributor.
#[derive(Clone, Copy, Debug)]
pub struct Partner {
    /// Its number in the sandbox's state.
    pub number: u8,
    /// User name of HTTP Basic.
    pub user: &'static str,
    /// Password of HTTP Basic.
    pub password: &'static str,
    /// Its own id.
    pub distributor_id: &'static str,
    /// The ids of its resellers.
    pub reseller_ids: &'static [&'static str],
}

/// All partners. The first is the demo's.
pub const PARTNERS: [Partner; 2] = [
    Partner {
        number: 1,
        user: "dropbox-demo-key",
        password: "dropbox-demo-secret",
        distributor_id: "D-1000",
        reseller_ids: &["R-2001", "R-2002"],
    },
    Partner {
        number: 2,
        user: "other-demo-key",
        password: "other-demo-secret",
        distributor_id: "D-9000",
        reseller_ids: &["R-9001"],
    },
];

/// Returns the partner that has the call's credentials.
pub fn caller(headers: &HeaderMap) -> Result<&'static Partner, Refusal> {
    let pair = credentials(headers).ok_or(Refusal::Unauthorized)?;
    let partner = PARTNERS.iter().find(|partner| pair == format!("{}:{}", partner.user, partner.password));
    partner.ok_or(Refusal::Unauthorized)
}

fn credentials(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let pair = STANDARD.decode(encoded).ok().filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
    String::from_utf8(pair).ok()
}

/// The resellers and the distributor that the `reseller_ids` of a call name.
#[derive(Debug)]
pub struct Reach {
    partner: &'static Partner,
    distributor: bool,
    resellers: Vec<&'static str>,
}

impl Partner {
    /// Validates `reseller_ids`: at least one id, each the partner's own, no duplicates.
    pub fn reach(&'static self, ids: &[String]) -> Result<Reach, Refusal> {
        let mut reach = Reach { partner: self, distributor: false, resellers: Vec::new() };
        for id in ids {
            match self.reseller_ids.iter().find(|own| *own == id) {
                Some(own) if !reach.resellers.contains(own) => reach.resellers.push(own),
                None if id == self.distributor_id && !reach.distributor => reach.distributor = true,
                Some(_) | None => return Err(invalid("An id is not yours, or is named twice.")),
            }
        }
        if ids.is_empty() { Err(invalid("No id is named.")) } else { Ok(reach) }
    }
}

impl Reach {
    /// Returns the only reseller named, with or without its distributor.
    pub fn reseller(&self) -> Result<&'static str, Refusal> {
        match self.resellers.as_slice() {
            [reseller] => Ok(reseller),
            _ => Err(invalid("One reseller must be named.")),
        }
    }

    /// Returns an error unless exactly one reseller, and no distributor, is named.
    pub fn reseller_alone(&self) -> Result<(), Refusal> {
        self.reseller()?;
        if self.distributor { Err(invalid("Only the reseller's id may be named.")) } else { Ok(()) }
    }

    /// Returns `true` if `team` belongs to a reseller that is named, or if only the distributor is named.
    pub fn shows(&self, team: &Team) -> bool {
        let named = self.resellers.iter().any(|reseller| *reseller == team.reseller_id);
        self.partner.number == team.partner && (named || self.distributor && self.resellers.is_empty())
    }
}

fn invalid(text: &'static str) -> Refusal {
    Tag::ResellerIdsInvalid.because(text)
}
