//! All that the vendor holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Reach;
use super::refusal::{Refusal, Tag};
use super::team::Team;

/// The teams of all partners.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// Numbers given out so far, from which ids are made.
    counter: u32,
    /// Whether an e-mail may be on two teams. The vendor refuses that; what must not happen twice is also tested
    /// without that safety net.
    #[serde(skip)]
    pub tolerates_duplicates: bool,
    /// In the order of their creation.
    pub teams: Vec<Team>,
}

impl State {
    /// The next team's id, as long as a real one.
    pub fn next_id(&mut self) -> String {
        self.counter += 1;
        format!("dbtid:AAH{:032}", self.counter)
    }

    /// Ends or renews the terms that are over.
    pub fn advance(&mut self, now: Timestamp) {
        for team in &mut self.teams {
            team.advance(now);
        }
    }

    /// A team by its id, within `reach`.
    pub fn team(&mut self, reach: &Reach, id: &str) -> Result<&mut Team, Refusal> {
        let mut seen = self.teams.iter_mut().filter(|team| reach.shows(team));
        seen.find(|team| team.id == id).ok_or(Tag::TeamNotFound.because("There is no such team."))
    }

    /// Whether the e-mail is on a team, with any partner.
    pub fn email_taken(&self, email: &str) -> bool {
        !self.tolerates_duplicates && self.teams.iter().any(|team| team.invite_admin.eq_ignore_ascii_case(email))
    }

    /// Everything, for the tests' eyes.
    pub fn describe(&self) -> Value {
        json!({ "teams": self.teams.iter().map(Team::describe).collect::<Vec<_>>() })
    }
}
