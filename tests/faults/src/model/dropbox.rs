//! The model of Dropbox's teams.

use fastrand::Rng;
use sandbox::dropbox::PortalChange;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use super::Model;
use crate::harness::Harness;
use crate::request::dropbox::{ADVANCED, STANDARD, reseller, service, synchronize};
use crate::request::{Request, Settings};

/// Number of licences that each plan includes, and that a trial has.
const INCLUDED: u32 = 3;

/// An operation of an operator, a customer or a storefront on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Synchronizes the account.
    Synchronize,
    /// Deletes it.
    Delete,
    /// Orders a subscription to the lesser plan.
    Create(u32),
    /// Orders a trial of the lesser plan.
    Try,
    /// Changes its licences.
    Update(u32),
    /// Converts a trial, with another number of licences.
    UpgradeToPaid(u32),
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
    trial: bool,
    /// `true` if it belongs to another reseller of the distributor.
    moved: bool,
    now: Package,
    renewal: Package,
}

/// The latest subscription of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subscription {
    state: State,
    ordered: Package,
    trial: bool,
}

/// The ways in which an order treats the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// A new subscription takes over a cancelled team, with the package ordered.
    Begin,
    /// Takes back a suspension, a cancellation, or the end of the team at the vendor.
    Restore,
    /// Changes an active team.
    Change,
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
    subscription: Option<Subscription>,
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

    fn sale(random: &mut Rng) -> [Operation; 2] {
        let seats = random.u32(3..20);
        [Operation::Synchronize, if random.bool() { Operation::Create(seats) } else { Operation::Try }]
    }

    fn any(random: &mut Rng, rejects_duplicates: bool) -> Operation {
        let seats = random.u32(2..20);
        match random.u32(0..17) {
            0 | 1 => Operation::Synchronize,
            2 if rejects_duplicates => Operation::Delete,
            2..=5 => Operation::Create(seats),
            6 | 7 => Operation::Update(seats),
            8 => Operation::Upgrade,
            9 => Operation::Downgrade,
            10 => Operation::Suspend,
            11 => Operation::Activate(seats),
            12 => Operation::Cancel,
            13 | 14 => Operation::Try,
            15 => Operation::UpgradeToPaid(seats),
            _ if random.bool() => Operation::GovernanceOn,
            _ => Operation::GovernanceOff,
        }
    }

    /// Two decreases, which only change the number of licences at the renewal.
    fn rivals(&self, random: &mut Rng) -> [Operation; 2] {
        let most = self.team.map_or(3, |team| team.now.seats);
        [Operation::Update(random.u32(3..=most)), Operation::Update(random.u32(3..=most))]
    }

    fn has_history(&self) -> bool {
        true
    }

    fn request(&self, operation: Operation) -> Request {
        let Subscription { state, ordered, trial } = self.latest();
        let begins = state == State::Cancelled && matches!(operation, Operation::Create(_) | Operation::Try);
        let id = format!("S{}-{}", self.number, self.generation + u32::from(begins));
        let addon = |action: &str| json!([{"ProductID": "data-governance", "Quantity": 1, "ActionType": action}]);
        let keep = if ordered.governance && !begins { addon("None") } else { json!([]) };
        let plan = |advanced| if advanced { ADVANCED } else { STANDARD };
        let order = |path, plan, seats, addons: Value, trial: bool| {
            let more = json!({"SubscriptionID": id, "Addons": addons, "IsTrial": trial});
            service(path, self.number, plan, seats, &more)
        };
        let call = |path, plan, seats, addons| order(path, plan, seats, addons, trial);
        let (same, seats) = (plan(ordered.advanced), ordered.seats);
        match operation {
            Operation::Synchronize => synchronize(self.number),
            Operation::Delete => Request::new("accounts/delete", synchronize(self.number).body),
            Operation::Create(seats) => order("subscriptions/create", STANDARD, seats, keep, false),
            Operation::Try => order("subscriptions/create", STANDARD, INCLUDED, keep, true),
            Operation::Update(seats) => call("subscriptions/update", same, seats, keep),
            Operation::UpgradeToPaid(seats) => call("subscriptions/upgradetopaid", same, seats, keep),
            Operation::Upgrade => call("subscriptions/update", ADVANCED, seats, keep),
            Operation::Downgrade => call("subscriptions/update", STANDARD, seats, keep),
            Operation::Suspend => call("subscriptions/suspend", same, seats, keep),
            Operation::Activate(seats) => call("subscriptions/activate", same, seats, keep),
            Operation::Cancel => call("subscriptions/cancel", same, seats, keep),
            Operation::GovernanceOn => call("addons/create", same, seats, addon("Provision")),
            Operation::GovernanceOff => call("addons/cancel", same, seats, addon("Cancel")),
        }
    }

    fn apply(&mut self, operation: Operation, settings: Settings) -> Result<(), ErrorCode> {
        let Subscription { state, ordered, trial } = self.latest();
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
            Operation::Cancel | Operation::GovernanceOff if !self.synchronized || self.subscription.is_none() => Ok(()),
            _ if !self.synchronized => Err(ErrorCode::AccountUnknown),
            Operation::Create(_) | Operation::Try => {
                let is_trial = operation == Operation::Try;
                let seats = if let Operation::Create(seats) = operation { seats } else { INCLUDED };
                let wanted = Package { governance: live && ordered.governance, ..Package::new(seats) };
                let purpose = if live { Purpose::Restore } else { Purpose::Begin };
                self.make(wanted, is_trial, purpose, settings)?;
                self.generation += u32::from(!live);
                Ok(())
            }
            Operation::Cancel => self.end(State::Cancelled, settings),
            _ if self.subscription.is_none() => Err(ErrorCode::SubscriptionUnknown),
            Operation::Activate(seats) => self.make(Package { seats, ..ordered }, trial, Purpose::Restore, settings),
            Operation::GovernanceOff if state == State::Cancelled => Ok(()),
            Operation::GovernanceOff if state == State::Suspended && !ordered.governance => Ok(()),
            _ if state == State::Cancelled => Err(ErrorCode::StateConflict),
            Operation::Suspend => self.end(State::Suspended, settings),
            _ if state == State::Suspended => Err(ErrorCode::StateConflict),
            Operation::UpgradeToPaid(seats) => {
                self.make(Package { seats, ..ordered }, false, Purpose::Change, settings)
            }
            Operation::Update(_)
            | Operation::Upgrade
            | Operation::Downgrade
            | Operation::GovernanceOn
            | Operation::GovernanceOff => {
                let wanted = match operation {
                    Operation::Update(seats) => Package { seats, ..ordered },
                    Operation::Upgrade => Package { advanced: true, ..ordered },
                    Operation::Downgrade => Package { advanced: false, ..ordered },
                    _ => Package { governance: operation == Operation::GovernanceOn, ..ordered },
                };
                self.make(wanted, trial, Purpose::Change, settings)
            }
        }
    }

    fn change_in_portal(&mut self, harness: &Harness, random: &mut Rng) -> Option<&'static str> {
        let team = self.team.as_mut()?;
        let (name, change) = match (random.u32(0..5), team.active, team.moved) {
            (0, _, false) => ("moved to another reseller", PortalChange::Move("R-2002")),
            (_, _, true) => ("moved back", PortalChange::Move("R-2001")),
            (_, true, _) => ("cancelled", PortalChange::Cancel),
            (_, false, _) => ("reinstated", PortalChange::Reinstate),
        };
        match change {
            PortalChange::Cancel => team.active = false,
            PortalChange::Reinstate => team.active = true,
            PortalChange::Move(_) => team.moved = !team.moved,
        }
        let vendor = harness.vendor_state();
        let id = self.rows(&vendor).into_iter().find_map(|row| row["id"].as_str());
        let changed = harness.stack.dropbox.change_in_portal(id.unwrap_or_default(), change);
        assert!(changed.is_ok(), "{change:?} of {id:?}: {changed:?}");
        Some(name)
    }

    fn diverges(&self, vendor: &Value) -> Option<String> {
        let rows = self.rows(vendor);
        let (row, team) = match (rows.as_slice(), self.team) {
            ([], None) => return None,
            ([row], Some(team)) => (*row, team),
            (rows, _) => return Some(format!("{} teams for {self:?}", rows.len())),
        };
        let expected = [
            ("active", row["active"].clone(), json!(team.active)),
            ("is_trial", row["current_state"]["is_trial"].clone(), json!(team.trial)),
            ("current_state", sorted(&row["current_state"]["skus"]), team.now.skus()),
            ("renewal_state", sorted(&row["renewal_state"]["skus"]), team.renewal.skus()),
        ];
        let differs = expected.into_iter().find(|(_, found, expected)| found != expected);
        differs.map(|(name, found, expected)| format!("{name} is {found} and not {expected} for {self:?}"))
    }
}

impl Account {
    /// Returns the vendor's teams of the account's administrator.
    fn rows<'v>(&self, vendor: &'v Value) -> Vec<&'v Value> {
        let admin = format!("admin{}@customer.example.com", self.number);
        vendor["teams"].as_array().into_iter().flatten().filter(|row| row["invite_admin"] == *admin).collect()
    }

    fn latest(&self) -> Subscription {
        let none = Subscription { state: State::Cancelled, ordered: Package::new(INCLUDED), trial: false };
        self.subscription.unwrap_or(none)
    }

    /// Checks that a call with `settings` sees the account's team, if the account has one.
    fn see(&self, settings: Settings) -> Result<(), ErrorCode> {
        let team = self.team.filter(|_| !self.forgotten);
        match team {
            // Dropbox does not know the reseller as one of the other distributor's.
            Some(_) if settings != Settings::Own => Err(ErrorCode::ResellerIdInvalid),
            // The distributor's list still has it.
            Some(team) if team.moved => Err(ErrorCode::MissingAtVendor),
            Some(_) | None => Ok(()),
        }
    }

    /// Makes the subscription live with `wanted`.
    fn make(&mut self, wanted: Package, trial: bool, purpose: Purpose, settings: Settings) -> Result<(), ErrorCode> {
        self.see(settings)?;
        if wanted.seats < INCLUDED {
            return Err(ErrorCode::SeatsInvalid);
        }
        let refused_trial = trial && wanted != Package::new(INCLUDED);
        let team = match self.team.filter(|_| !self.forgotten) {
            Some(team) => {
                let was_trial = purpose != Purpose::Begin && self.latest().trial;
                if trial && !team.trial && !was_trial {
                    return Err(ErrorCode::TrialRefused);
                }
                if !team.active && purpose == Purpose::Change {
                    return Err(ErrorCode::StateConflict);
                }
                let restricts = purpose != Purpose::Begin || team.active && !team.trial;
                if restricts && team.now.advanced && !wanted.advanced {
                    return Err(ErrorCode::DowngradeRefused);
                }
                if refused_trial && team.trial {
                    return Err(ErrorCode::TrialRefused);
                }
                let replaces = team.trial && !trial || !team.trial && !team.active && purpose == Purpose::Begin;
                let now = match (replaces, team.trial) {
                    (true, _) => wanted,
                    (false, true) => team.now,
                    (false, false) => team.now.with(wanted),
                };
                Team { active: true, trial: team.trial && trial, now, renewal: wanted, ..team }
            }
            None if refused_trial => return Err(ErrorCode::TrialRefused),
            None if settings != Settings::Own => return Err(ErrorCode::ResellerIdInvalid),
            None if self.forgotten => return Err(ErrorCode::EmailInUse),
            None => Team { active: true, trial, moved: false, now: wanted, renewal: wanted },
        };
        self.team = Some(team);
        self.subscription = Some(Subscription { state: State::Live, ordered: wanted, trial });
        Ok(())
    }

    fn end(&mut self, to: State, settings: Settings) -> Result<(), ErrorCode> {
        // Of a team that the account is not linked with any more, the subscription has ended.
        if !self.forgotten {
            self.see(settings)?;
            if let Some(team) = &mut self.team {
                team.active = false;
            }
        }
        if let Some(subscription) = &mut self.subscription {
            subscription.state = to;
        }
        Ok(())
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
