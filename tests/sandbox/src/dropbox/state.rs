//! The vendor's state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Reach;
use super::refusal::{Refusal, Tag};
use super::team::Team;

/// The teams of all partners.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// The last number used for an id.
    counter: u32,
    /// Allows an e-mail address on two teams. The vendor does not, but tests of exactly-once behaviour also run without
    /// that protection.
    #[serde(skip)]
    pub tolerates_duplicates: bool,
    /// All teams in order of creation.
    pub teams: Vec<Team>,
}

impl State {
    /// Returns a new team id, of the same length as a real one.
    pub fn next_id(&mut self) -> String {
        self.counter += 1;
        format!("dbtid:AAH{:032}", self.counter)
    }

    /// Ends or renews the terms that are over at `now`.
    pub fn advance(&mut self, now: Timestamp) {
        for team in &mut self.teams {
            team.advance(now);
        }
    }

    /// Returns the team with this id, if `reach` includes it.
    pub fn team(&mut self, reach: &Reach, id: &str) -> Result<&mut Team, Refusal> {
        let mut seen = self.teams.iter_mut().filter(|team| reach.shows(team));
        seen.find(|team| team.id == id).ok_or(Tag::TeamNotFound.because("There is no such team."))
    }

    /// Returns `true` if the e-mail address is on a team of any partner.
    pub fn email_taken(&self, email: &str) -> bool {
        !self.tolerates_duplicates && self.teams.iter().any(|team| team.invite_admin.eq_ignore_ascii_case(email))
    }

    /// Returns the whole state, including members that the API does not show.
    pub fn describe(&self) -> Value {
        json!({ "teams": self.teams.iter().map(Team::describe).collect::<Vec<_>>() })
    }
}
