//! The model of Dropsuite's organizations.

use fastrand::Rng;
use sandbox::dropsuite::PortalChange;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use super::Model;
use crate::harness::Harness;
use crate::request::dropsuite::{ARCHIVER, BACKUP, service, synchronize};
use crate::request::{Request, Settings};

/// An operation of an operator, a customer or a storefront on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Synchronizes the account under one of three names.
    Synchronize(u32),
    /// Deletes it.
    Delete,
    /// Orders a subscription.
    Create(u32),
    /// Orders a trial.
    Try(u32),
    /// Changes its seats.
    Update(u32),
    /// Converts a trial, with another number of seats.
    UpgradeToPaid(u32),
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
    trial: bool,
    /// `true` if it was ordered for the organization that the account has now.
    of_current: bool,
}

/// An organization at the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Organization {
    name: u32,
    unsubscribed: bool,
    suspended: bool,
    archiving: bool,
    seats: u32,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    number: u32,
    /// `true` if the account is linked with an organization, which may be gone.
    linked: bool,
    /// The organization that the account created, unless it was removed at the vendor.
    organization: Option<Organization>,
    subscription: Option<Subscription>,
    /// Counts its subscriptions, for their ids.
    generation: u32,
}

impl Model for Account {
    type Operation = Operation;

    const VENDOR: VendorName = VendorName::Dropsuite;

    fn new(number: u32) -> Self {
        Self { number, linked: false, organization: None, subscription: None, generation: 0 }
    }

    fn setting() -> Vec<Request> {
        Vec::new()
    }

    fn sale(random: &mut Rng) -> [Operation; 2] {
        let seats = random.u32(1..20);
        [Operation::Synchronize(0), if random.bool() { Operation::Create(seats) } else { Operation::Try(seats) }]
    }

    fn any(random: &mut Rng, rejects_duplicates: bool) -> Operation {
        let seats = random.u32(1..20);
        match random.u32(0..14) {
            0 | 1 => Operation::Synchronize(random.u32(0..3)),
            // After a deletion here, a new synchronization adopts the organization because its email address is in use.
            // Without that protection the vendor would create a second one.
            2 if rejects_duplicates => Operation::Delete,
            2..=5 => Operation::Create(seats),
            6 => Operation::Try(seats),
            7 | 8 => Operation::Update(seats),
            9 => Operation::UpgradeToPaid(seats),
            10 => Operation::Suspend,
            11 => Operation::Activate(seats),
            12 => Operation::Cancel,
            _ if random.bool() => Operation::ArchivingOn,
            _ => Operation::ArchivingOff,
        }
    }

    fn rivals(&self, random: &mut Rng) -> [Operation; 2] {
        [Operation::Update(random.u32(1..20)), Operation::Update(random.u32(1..20))]
    }

    fn has_history(&self) -> bool {
        self.linked || self.organization.is_some()
    }

    fn request(&self, operation: Operation) -> Request {
        let latest = self.subscription.unwrap_or(Subscription::new(3));
        let new = self.subscription.is_none_or(|subscription| subscription.state == State::Cancelled);
        let begins = new && matches!(operation, Operation::Create(_) | Operation::Try(_));
        let id = format!("S{}-{}", self.number, self.generation + u32::from(begins));
        let addon = |action: &str| json!([{"ProductID": "archiving", "Quantity": 1, "ActionType": action}]);
        let keep = if latest.archiving { addon("None") } else { json!([]) };
        let order = |path, seats, addons: Value, trial: bool| {
            let more = json!({"SubscriptionID": id, "Addons": addons, "IsTrial": trial});
            service(path, self.number, seats, &more)
        };
        let call = |path, seats, addons| order(path, seats, addons, latest.trial);
        match operation {
            Operation::Synchronize(name) => {
                let mut request = synchronize(self.number);
                request.body["Name"] = json!(named(self.number, name));
                request
            }
            Operation::Delete => Request::new("accounts/delete", synchronize(self.number).body),
            Operation::Create(seats) => order("subscriptions/create", seats, json!([]), false),
            Operation::Try(seats) => order("subscriptions/create", seats, json!([]), true),
            Operation::Update(seats) => call("subscriptions/update", seats, keep),
            Operation::UpgradeToPaid(seats) => call("subscriptions/upgradetopaid", seats, keep),
            Operation::Suspend => call("subscriptions/suspend", latest.seats, keep),
            Operation::Activate(seats) => call("subscriptions/activate", seats, keep),
            Operation::Cancel => call("subscriptions/cancel", latest.seats, keep),
            Operation::ArchivingOn => call("addons/create", latest.seats, addon("Provision")),
            Operation::ArchivingOff => call("addons/cancel", latest.seats, addon("Cancel")),
        }
    }

    fn apply(&mut self, operation: Operation, settings: Settings) -> Result<(), ErrorCode> {
        let latest = self.subscription;
        match operation {
            Operation::Synchronize(name) => self.synchronize(name, settings),
            Operation::Delete if self.live() => Err(ErrorCode::SubscriptionLive),
            Operation::Delete => {
                if self.linked {
                    if let Some(organization) = self.seen(settings)? {
                        organization.unsubscribed = true;
                    }
                    self.linked = false;
                }
                Ok(())
            }
            Operation::Cancel | Operation::ArchivingOff if !self.linked || latest.is_none() => Ok(()),
            _ if !self.linked => Err(ErrorCode::AccountUnknown),
            Operation::Create(seats) | Operation::Try(seats) => {
                let trial = matches!(operation, Operation::Try(_));
                self.make(Subscription { trial, ..Subscription::new(seats) }, settings)?;
                if latest.is_none_or(|latest| latest.state == State::Cancelled) {
                    self.generation += 1;
                }
                Ok(())
            }
            Operation::Cancel => {
                let done = latest.is_none_or(|latest| latest.state == State::Cancelled && !latest.of_current);
                if !done {
                    if let Some(organization) = self.seen(settings)? {
                        organization.unsubscribed = true;
                    }
                    self.set(State::Cancelled);
                }
                Ok(())
            }
            Operation::Update(_)
            | Operation::UpgradeToPaid(_)
            | Operation::Suspend
            | Operation::Activate(_)
            | Operation::ArchivingOn
            | Operation::ArchivingOff => self.change(operation, settings),
        }
    }

    fn change_in_portal(&mut self, harness: &Harness, random: &mut Rng) -> Option<&'static str> {
        let organization = self.organization.as_mut()?;
        let (name, change) = match random.u32(0..8) {
            0 => ("removed", PortalChange::Delete),
            1..=3 => ("other seats", PortalChange::Seats(random.u32(1..20))),
            4 | 5 if organization.unsubscribed => ("reactivated", PortalChange::Reactivate),
            4 | 5 => ("unsubscribed", PortalChange::Unsubscribe),
            _ if organization.unsubscribed => return None,
            _ if organization.suspended => ("unsuspended", PortalChange::Unsuspend),
            _ => ("suspended", PortalChange::Suspend),
        };
        match change {
            PortalChange::Seats(seats) => organization.seats = seats,
            PortalChange::Suspend => organization.suspended = true,
            PortalChange::Unsuspend => organization.suspended = false,
            PortalChange::Unsubscribe => organization.unsubscribed = true,
            PortalChange::Reactivate => organization.unsubscribed = false,
            PortalChange::Delete => self.organization = None,
        }
        let vendor = harness.vendor_state();
        let id = self.rows(&vendor).into_iter().find_map(|row| row["id"].as_str());
        let changed = harness.stack.dropsuite.change_in_portal(id.unwrap_or_default(), change);
        assert!(changed.is_ok(), "{change:?} of {id:?}: {changed:?}");
        Some(name)
    }

    fn diverges(&self, vendor: &Value) -> Option<String> {
        let rows = self.rows(vendor);
        let (row, organization) = match (rows.as_slice(), self.organization) {
            ([], None) => return None,
            ([row], Some(organization)) => (*row, organization),
            (rows, _) => return Some(format!("{} organizations for {self:?}", rows.len())),
        };
        let expected = json!({
            "organization_name": named(self.number, organization.name),
            "customer_deactivated": organization.unsubscribed,
            "flg_suspended": organization.suspended,
            "plan_id": if organization.archiving { ARCHIVER } else { BACKUP },
            "seats_available": organization.seats,
        });
        let differs = expected.as_object()?.iter().find(|(name, value)| row[name.as_str()] != **value);
        differs.map(|(name, value)| format!("{name} is {} and not {value} for {self:?}", row[name.as_str()]))
    }
}

impl Account {
    /// Returns the vendor's organizations that carry the account's reference.
    fn rows<'v>(&self, vendor: &'v Value) -> Vec<&'v Value> {
        let reference = format!("/{}", self.number);
        let organizations = vendor["organizations"].as_array().into_iter().flatten();
        let carries = |row: &&Value| row["external_id"].as_str().is_some_and(|carried| carried.ends_with(&reference));
        organizations.filter(carries).collect()
    }

    /// Returns the organization as a call with `settings` sees it; `None` if it is proved to be gone.
    fn seen(&mut self, settings: Settings) -> Result<Option<&mut Organization>, ErrorCode> {
        // Another partner's tokens never saw it, so their denial proves nothing.
        if settings == Settings::Own { Ok(self.organization.as_mut()) } else { Err(ErrorCode::MissingAtVendor) }
    }

    fn synchronize(&mut self, name: u32, settings: Settings) -> Result<(), ErrorCode> {
        if !self.linked && self.organization.is_some() && settings != Settings::Own {
            return Err(ErrorCode::EmailInUse);
        }
        let (linked, live) = (self.linked, self.live());
        match self.seen(settings)? {
            Some(organization) => organization.name = name,
            None if linked && live => return Err(ErrorCode::MissingAtVendor),
            None => {
                let (unsubscribed, suspended, archiving) = (false, false, false);
                self.organization = Some(Organization { name, unsubscribed, suspended, archiving, seats: 1 });
                if let Some(subscription) = &mut self.subscription {
                    subscription.of_current = false;
                }
            }
        }
        self.linked = true;
        Ok(())
    }

    fn change(&mut self, operation: Operation, settings: Settings) -> Result<(), ErrorCode> {
        let Some(latest) = self.subscription else {
            return Err(ErrorCode::SubscriptionUnknown);
        };
        let paid = Subscription { trial: false, ..latest };
        match (operation, latest.state) {
            // Already ended.
            (Operation::ArchivingOff, State::Cancelled) => Ok(()),
            (Operation::ArchivingOff, State::Suspended) if !latest.archiving => Ok(()),
            (Operation::Activate(seats), _) | (Operation::Update(seats), State::Live) => {
                self.make(Subscription { seats, ..latest }, settings)
            }
            (Operation::UpgradeToPaid(seats), State::Live) => self.make(Subscription { seats, ..paid }, settings),
            (Operation::Suspend, State::Live | State::Suspended) => {
                let organization = self.seen(settings)?.ok_or(ErrorCode::MissingAtVendor)?;
                if organization.unsubscribed {
                    return Err(ErrorCode::StateConflict);
                }
                organization.suspended = true;
                self.set(State::Suspended);
                Ok(())
            }
            (Operation::ArchivingOn, State::Live) => self.make(Subscription { archiving: true, ..latest }, settings),
            (Operation::ArchivingOff, State::Live) => self.make(Subscription { archiving: false, ..latest }, settings),
            (_, State::Suspended | State::Cancelled) => Err(ErrorCode::StateConflict),
            (_, State::Live) => Ok(()),
        }
    }

    /// Makes the subscription live, and the organization as it says, whatever was changed in the vendor's portal.
    fn make(&mut self, subscription: Subscription, settings: Settings) -> Result<(), ErrorCode> {
        let organization = self.seen(settings)?.ok_or(ErrorCode::MissingAtVendor)?;
        let Subscription { seats, archiving, .. } = subscription;
        let name = organization.name;
        *organization = Organization { name, unsubscribed: false, suspended: false, archiving, seats };
        self.subscription = Some(Subscription { state: State::Live, ..subscription });
        Ok(())
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

impl Subscription {
    fn new(seats: u32) -> Self {
        Self { state: State::Live, seats, archiving: false, trial: false, of_current: true }
    }
}

fn named(number: u32, name: u32) -> String {
    format!("Customer {number} called {name}")
}
