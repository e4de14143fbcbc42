//! The model of Dropsuite's organizations.

use fastrand::Rng;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use super::Model;
use crate::request::Request;
use crate::request::dropsuite::{ARCHIVER, BACKUP, service, synchronize};

/// An operation of an operator, a customer or a storefront on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Synchronizes the account under one of three names.
    Synchronize(u32),
    /// Deletes it.
    Delete,
    /// Orders a subscription.
    Create(u32),
    /// Changes its seats.
    Update(u32),
    /// Suspends it.
    Suspend,
    /// Takes back a suspension or a cancellation.
    Activate(u32),
    /// Cancels it.
    Cancel,
    /// Switches archiving on by an add-on.
    ArchivingOn,
    /// Ends that add-on.
    ArchivingOff,
}

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Suspended,
    Cancelled,
}

/// The latest subscription of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subscription {
    state: State,
    seats: u32,
    archiving: bool,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    number: u32,
    /// `true` if the account is synchronized.
    synchronized: bool,
    /// `true` if the account was ever synchronized, so that it exists at the vendor.
    at_vendor: bool,
    name: u32,
    /// `true` if its organization is unsubscribed.
    ended: bool,
    subscription: Option<Subscription>,
    /// Counts its subscriptions, for their ids.
    generation: u32,
}

impl Model for Account {
    type Operation = Operation;

    const VENDOR: VendorName = VendorName::Dropsuite;

    fn new(number: u32) -> Self {
        Self { number, synchronized: false, at_vendor: false, name: 0, ended: false, subscription: None, generation: 0 }
    }

    fn setting() -> Vec<Request> {
        Vec::new()
    }

    fn any(random: &mut Rng, rejects_duplicates: bool) -> Operation {
        let seats = random.u32(1..20);
        match random.u32(0..12) {
            0 | 1 => Operation::Synchronize(random.u32(0..3)),
            // After a deletion here, a new synchronization adopts the organization because its email address is in use.
            // Without that protection the vendor would create a second one.
            2 if rejects_duplicates => Operation::Delete,
            2..=5 => Operation::Create(seats),
            6 | 7 => Operation::Update(seats),
            8 => Operation::Suspend,
            9 => Operation::Activate(seats),
            10 => Operation::Cancel,
            _ if random.bool() => Operation::ArchivingOn,
            _ => Operation::ArchivingOff,
        }
    }

    fn rivals(&self, random: &mut Rng) -> [Operation; 2] {
        [Operation::Update(random.u32(1..20)), Operation::Update(random.u32(1..20))]
    }

    fn request(&self, operation: Operation) -> Request {
        let latest = self.subscription.unwrap_or(Subscription { state: State::Live, seats: 3, archiving: false });
        let new = self.subscription.is_none_or(|subscription| subscription.state == State::Cancelled);
        let generation = self.generation + u32::from(new && matches!(operation, Operation::Create(_)));
        let id = format!("S{}-{generation}", self.number);
        let addon = |action: &str| json!([{"ProductID": "archiving", "Quantity": 1, "ActionType": action}]);
        let keep = if latest.archiving { addon("None") } else { json!([]) };
        let call = |path, seats, addons: Value| {
            service(path, self.number, seats, &json!({"SubscriptionID": id, "Addons": addons}))
        };
        match operation {
            Operation::Synchronize(name) => {
                let mut request = synchronize(self.number);
                request.body["Name"] = json!(named(self.number, name));
                request
            }
            Operation::Delete => Request { path: "accounts/delete", body: synchronize(self.number).body },
            Operation::Create(seats) => call("subscriptions/create", seats, json!([])),
            Operation::Update(seats) => call("subscriptions/update", seats, keep),
            Operation::Suspend => call("subscriptions/suspend", latest.seats, keep),
            Operation::Activate(seats) => call("subscriptions/activate", seats, keep),
            Operation::Cancel => call("subscriptions/cancel", latest.seats, keep),
            Operation::ArchivingOn => call("addons/create", latest.seats, addon("Provision")),
            Operation::ArchivingOff => call("addons/cancel", latest.seats, addon("Cancel")),
        }
    }

    fn apply(&mut self, operation: Operation) -> Result<(), ErrorCode> {
        match operation {
            Operation::Synchronize(name) => {
                self.synchronized = true;
                self.at_vendor = true;
                self.name = name;
                Ok(())
            }
            Operation::Delete if self.live() => Err(ErrorCode::SubscriptionLive),
            Operation::Delete => {
                self.ended |= self.synchronized;
                self.synchronized = false;
                Ok(())
            }
            Operation::Cancel | Operation::ArchivingOff if !self.synchronized => Ok(()),
            _ if !self.synchronized => Err(ErrorCode::AccountUnknown),
            Operation::Create(seats) => {
                if !self.live() {
                    self.generation += 1;
                }
                self.make(seats, false);
                Ok(())
            }
            Operation::Cancel => {
                self.ended |= self.subscription.is_some();
                self.set(State::Cancelled);
                Ok(())
            }
            Operation::Update(_)
            | Operation::Suspend
            | Operation::Activate(_)
            | Operation::ArchivingOn
            | Operation::ArchivingOff => self.change(operation),
        }
    }

    fn diverges(&self, vendor: &Value) -> Option<String> {
        let reference = format!("/{}", self.number);
        let organizations = vendor["organizations"].as_array().into_iter().flatten();
        let ours: Vec<_> = organizations
            .filter(|row| row["external_id"].as_str().is_some_and(|reference_| reference_.ends_with(&reference)))
            .collect();
        let row = match (ours.as_slice(), self.at_vendor) {
            ([], false) => return None,
            ([row], true) => *row,
            (rows, _) => return Some(format!("{} organizations for {self:?}", rows.len())),
        };
        let mut expected = json!({
            "organization_name": named(self.number, self.name), "customer_deactivated": self.ended,
        });
        if let Some(subscription) = self.subscription.filter(|subscription| subscription.state != State::Cancelled) {
            expected["flg_suspended"] = json!(subscription.state == State::Suspended);
            expected["plan_id"] = json!(if subscription.archiving { ARCHIVER } else { BACKUP });
            expected["seats_available"] = json!(subscription.seats);
        }
        let differs = expected.as_object()?.iter().find(|(name, value)| row[name.as_str()] != **value);
        differs.map(|(name, value)| format!("{name} is {} and not {value} for {self:?}", row[name.as_str()]))
    }
}

impl Account {
    fn change(&mut self, operation: Operation) -> Result<(), ErrorCode> {
        let Some(subscription) = self.subscription else {
            let ended = operation == Operation::ArchivingOff;
            return if ended { Ok(()) } else { Err(ErrorCode::SubscriptionUnknown) };
        };
        match (operation, subscription.state) {
            // Already ended.
            (Operation::ArchivingOff, State::Cancelled) => return Ok(()),
            (Operation::ArchivingOff, State::Suspended) if !subscription.archiving => return Ok(()),
            (Operation::Activate(seats), _) | (Operation::Update(seats), State::Live) => {
                self.make(seats, subscription.archiving);
            }
            (Operation::Suspend, State::Live | State::Suspended) => self.set(State::Suspended),
            (Operation::ArchivingOn, State::Live) => self.make(subscription.seats, true),
            (Operation::ArchivingOff, State::Live) => self.make(subscription.seats, false),
            (_, State::Suspended | State::Cancelled) => return Err(ErrorCode::StateConflict),
            (_, State::Live) => {}
        }
        Ok(())
    }

    fn make(&mut self, seats: u32, archiving: bool) {
        self.subscription = Some(Subscription { state: State::Live, seats, archiving });
        self.ended = false;
    }

    fn set(&mut self, state: State) {
        if let Some(subscription) = &mut self.subscription {
            subscription.state = state;
        }
    }

    fn live(&self) -> bool {
        self.subscription.is_some_and(|subscription| subscription.state != State::Cancelled)
    }
}

fn named(number: u32, name: u32) -> String {
    format!("Customer {number} called {name}")
}
