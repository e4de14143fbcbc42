//! The model of Dropbox's teams.

use fastrand::Rng;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use super::Model;
use crate::request::Request;
use crate::request::dropbox::{ADVANCED, STANDARD, reseller, service, synchronize};

/// An operation of an operator, a customer or a storefront on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Synchronizes the account.
    Synchronize,
    /// Deletes it.
    Delete,
    /// Orders a subscription to the lesser plan.
    Create(u32),
    /// Changes its licences.
    Update(u32),
    /// Changes it to the higher plan.
    Upgrade,
    /// Changes it to the lesser plan.
    Downgrade,
    /// Suspends it.
    Suspend,
    /// Takes back a suspension or a cancellation.
    Activate(u32),
    /// Cancels it.
    Cancel,
    /// Adds an add-on.
    GovernanceOn,
    /// Ends that add-on.
    GovernanceOff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Suspended,
    Cancelled,
}

/// The package of a team or of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Package {
    advanced: bool,
    seats: u32,
    governance: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Team {
    active: bool,
    now: Package,
    renewal: Package,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    number: u32,
    synchronized: bool,
    /// Its team at the vendor.
    team: Option<Team>,
    /// `true` if the account was deleted here and its team is no longer linked.
    forgotten: bool,
    /// Its latest subscription.
    subscription: Option<(State, Package)>,
    /// Counts its subscriptions, for their ids.
    generation: u32,
}

impl Model for Account {
    type Operation = Operation;

    const VENDOR: VendorName = VendorName::Dropbox;

    fn new(number: u32) -> Self {
        Self { number, synchronized: false, team: None, forgotten: false, subscription: None, generation: 0 }
    }

    fn setting() -> Vec<Request> {
        vec![reseller()]
    }

    fn any(random: &mut Rng, rejects_duplicates: bool) -> Operation {
        let seats = random.u32(2..20);
        match random.u32(0..14) {
            0 | 1 => Operation::Synchronize,
            2 if rejects_duplicates => Operation::Delete,
            2..=5 => Operation::Create(seats),
            6 | 7 => Operation::Update(seats),
            8 => Operation::Upgrade,
            9 => Operation::Downgrade,
            10 => Operation::Suspend,
            11 => Operation::Activate(seats),
            12 => Operation::Cancel,
            _ if random.bool() => Operation::GovernanceOn,
            _ => Operation::GovernanceOff,
        }
    }

    /// Two decreases, which only change the number of licences at the renewal.
    fn rivals(&self, random: &mut Rng) -> [Operation; 2] {
        let most = self.team.map_or(3, |team| team.now.seats);
        [Operation::Update(random.u32(3..=most)), Operation::Update(random.u32(3..=most))]
    }

    fn request(&self, operation: Operation) -> Request {
        let (state, ordered) = self.subscription.unwrap_or((State::Cancelled, Package::new(3)));
        let begins = state == State::Cancelled && matches!(operation, Operation::Create(_));
        let id = format!("S{}-{}", self.number, self.generation + u32::from(begins));
        let addon = |action: &str| json!([{"ProductID": "data-governance", "Quantity": 1, "ActionType": action}]);
        let keep = if ordered.governance && !begins { addon("None") } else { json!([]) };
        let plan = |advanced| if advanced { ADVANCED } else { STANDARD };
        let call = |path, plan, seats, addons: Value| {
            service(path, self.number, plan, seats, &json!({"SubscriptionID": id, "Addons": addons}))
        };
        let (same, seats) = (plan(ordered.advanced), ordered.seats);
        match operation {
            Operation::Synchronize => synchronize(self.number),
            Operation::Delete => Request { path: "accounts/delete", body: synchronize(self.number).body },
            Operation::Create(seats) => call("subscriptions/create", STANDARD, seats, keep),
            Operation::Update(seats) => call("subscriptions/update", same, seats, keep),
            Operation::Upgrade => call("subscriptions/update", ADVANCED, seats, keep),
            Operation::Downgrade => call("subscriptions/update", STANDARD, seats, keep),
            Operation::Suspend => call("subscriptions/suspend", same, seats, keep),
            Operation::Activate(seats) => call("subscriptions/activate", same, seats, keep),
            Operation::Cancel => call("subscriptions/cancel", same, seats, keep),
            Operation::GovernanceOn => call("addons/create", same, seats, addon("Provision")),
            Operation::GovernanceOff => call("addons/cancel", same, seats, addon("Cancel")),
        }
    }

    fn apply(&mut self, operation: Operation) -> Result<(), ErrorCode> {
        let (state, ordered) = self.subscription.unwrap_or((State::Cancelled, Package::new(3)));
        let live = state != State::Cancelled;
        match operation {
            Operation::Synchronize => {
                self.synchronized = true;
                Ok(())
            }
            Operation::Delete if live => Err(ErrorCode::SubscriptionLive),
            Operation::Delete => {
                self.forgotten |= self.synchronized && self.team.is_some();
                self.synchronized = false;
                Ok(())
            }
            Operation::Cancel | Operation::GovernanceOff if !self.synchronized => Ok(()),
            _ if !self.synchronized => Err(ErrorCode::AccountUnknown),
            Operation::Create(seats) => {
                let governance = live && ordered.governance;
                self.begin(Package { governance, ..Package::new(seats) }, live)
            }
            Operation::Cancel => {
                self.end(State::Cancelled);
                Ok(())
            }
            Operation::GovernanceOff if self.subscription.is_none() => Ok(()),
            _ if self.subscription.is_none() => Err(ErrorCode::SubscriptionUnknown),
            Operation::Activate(seats) => self.make(Package { seats, ..ordered }, false),
            Operation::GovernanceOff if state == State::Cancelled => Ok(()),
            Operation::GovernanceOff if state == State::Suspended && !ordered.governance => Ok(()),
            _ if state == State::Cancelled => Err(ErrorCode::StateConflict),
            Operation::Suspend => {
                self.end(State::Suspended);
                Ok(())
            }
            _ if state == State::Suspended => Err(ErrorCode::StateConflict),
            Operation::Update(seats) => self.make(Package { seats, ..ordered }, false),
            Operation::Upgrade => self.make(Package { advanced: true, ..ordered }, false),
            Operation::Downgrade => self.make(Package { advanced: false, ..ordered }, false),
            Operation::GovernanceOn => self.make(Package { governance: true, ..ordered }, false),
            Operation::GovernanceOff => self.make(Package { governance: false, ..ordered }, false),
        }
    }

    fn diverges(&self, vendor: &Value) -> Option<String> {
        let admin = format!("admin{}@customer.example.com", self.number);
        let ours: Vec<_> =
            vendor["teams"].as_array().into_iter().flatten().filter(|row| row["invite_admin"] == *admin).collect();
        let (row, team) = match (ours.as_slice(), self.team) {
            ([], None) => return None,
            ([row], Some(team)) => (*row, team),
            (rows, _) => return Some(format!("{} teams for {self:?}", rows.len())),
        };
        let expected = [
            ("active", json!(team.active)),
            ("current_state", team.now.skus()),
            ("renewal_state", team.renewal.skus()),
        ];
        expected.into_iter().find_map(|(name, expected)| {
            let found = if name == "active" { row[name].clone() } else { sorted(&row[name]["skus"]) };
            (found != expected).then(|| format!("{name} is {found} and not {expected} for {self:?}"))
        })
    }
}

impl Account {
    /// Applies a new order, or a repetition of the same one.
    fn begin(&mut self, wanted: Package, again: bool) -> Result<(), ErrorCode> {
        let made = self.make(wanted, !again);
        if made.is_ok() && !again {
            self.generation += 1;
        }
        made
    }

    /// Makes the subscription live with `wanted`. A `new` one takes over a cancelled team, with the package ordered.
    fn make(&mut self, wanted: Package, new: bool) -> Result<(), ErrorCode> {
        if wanted.seats < 3 {
            return Err(ErrorCode::SeatsInvalid);
        }
        if self.forgotten {
            return Err(ErrorCode::EmailInUse);
        }
        let fresh = Team { active: true, now: wanted, renewal: wanted };
        let team = match self.team {
            Some(team) if team.active || !new => {
                if team.now.advanced && !wanted.advanced {
                    return Err(ErrorCode::DowngradeRefused);
                }
                Team { active: true, now: team.now.with(wanted), renewal: wanted }
            }
            Some(_) | None => fresh,
        };
        self.team = Some(team);
        self.subscription = Some((State::Live, wanted));
        Ok(())
    }

    fn end(&mut self, to: State) {
        if let Some((state, _)) = &mut self.subscription {
            *state = to;
            if let Some(team) = &mut self.team {
                team.active = false;
            }
        }
    }
}

impl Package {
    fn new(seats: u32) -> Self {
        Self { advanced: false, seats, governance: false }
    }

    /// Returns the maximum of both packages.
    fn with(self, other: Self) -> Self {
        Self {
            advanced: self.advanced || other.advanced,
            seats: self.seats.max(other.seats),
            governance: self.governance || other.governance,
        }
    }

    fn skus(self) -> Value {
        let (base, licence, addon) = if self.advanced {
            (ADVANCED, "TEAMLIC-ADVE1Y", "TEAMADD-DGAD1Y")
        } else {
            (STANDARD, "TEAMLIC-ST5TVD1Y", "TEAMADD-DGST1Y")
        };
        let mut skus = vec![json!({"sku_id": base, "quantity": 1})];
        if self.seats > 3 {
            skus.push(json!({"sku_id": licence, "quantity": self.seats - 3}));
        }
        if self.governance {
            skus.push(json!({"sku_id": addon, "quantity": self.seats}));
        }
        sorted(&json!(skus))
    }
}

fn sorted(skus: &Value) -> Value {
    let mut skus = skus.as_array().cloned().unwrap_or_default();
    skus.sort_by_key(|sku| sku["sku_id"].to_string());
    json!(skus)
}
