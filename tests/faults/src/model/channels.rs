//! The model of several channels that sell to the same customers of Dropsuite: two installations of the BSS and the MSP's
//! portal, at two hosts of the vendor whose ids are equal.

use fastrand::Rng;
use sandbox::stack::{APPLICATION_ID, SECOND_APPLICATION_ID};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::request::Request;
use crate::request::channel::{self, CUSTOMERS, Channel, Operation, number};
use crate::request::dropsuite::{BACKUP, account};

/// Number of hosts of the vendor.
pub const HOSTS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Live,
    Suspended,
    Cancelled,
}

/// The latest subscription of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subscription {
    state: State,
    seats: u32,
    /// The organization that it was ordered for.
    organization: String,
}

/// An account of the BSS, or the one that stands for a company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Account {
    /// The host of the organization that it is linked with.
    host: Option<usize>,
    subscription: Option<Subscription>,
    /// Counts its subscriptions, for their ids.
    generation: u32,
    /// The customer whose company it is linked with.
    company: Option<usize>,
}

impl Account {
    fn is_live(&self) -> bool {
        self.subscription.as_ref().is_some_and(|subscription| subscription.state != State::Cancelled)
    }
}

/// An organization at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Organization {
    id: String,
    /// The channel whose reference it carries. `None` if it was created in the vendor's own portal.
    reference: Option<Channel>,
    unsubscribed: bool,
    suspended: bool,
    seats: u32,
}

/// The customers, and what each channel has sold to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    organizations: [[Option<Organization>; CUSTOMERS]; HOSTS],
    accounts: [[Account; CUSTOMERS]; 3],
}

impl World {
    /// Returns a random operation of `channel` for a customer, and the host that its settings name.
    pub fn any(&self, random: &mut Rng, channel: Channel, customer: usize) -> (Operation, usize) {
        let seats = random.u32(1..20);
        let account = &self.accounts[channel as usize][customer];
        let host = match account.host {
            _ if channel == Channel::Portal => 0,
            Some(host) if random.u32(0..8) > 0 => host,
            Some(host) => 1 - host,
            None => usize::from(random.u32(0..4) == 0),
        };
        let operation = match random.u32(0..16) {
            0 => Operation::Acquire(seats),
            1..=7 if account.host.is_none() => Operation::Acquire(seats),
            1..=5 if !account.is_live() => Operation::Create(seats),
            1 => Operation::Create(seats),
            2..=7 => Operation::Update(seats),
            8 => Operation::Suspend,
            9 | 10 => Operation::Activate(seats),
            11 | 12 => Operation::Cancel,
            13 | 14 => Operation::Link(random.usize(0..CUSTOMERS)),
            _ if channel == Channel::Portal => Operation::Cancel,
            _ if self.is_unreferenced(account.host, customer) => Operation::Unlink,
            _ if random.bool() => Operation::Delete,
            _ => Operation::Unlink,
        };
        (operation, host)
    }

    /// Returns `true` if the account is linked with an organization of which it is not known who created it: its deletion
    /// may or may not unsubscribe it.
    fn is_unreferenced(&self, host: Option<usize>, customer: usize) -> bool {
        let organization = host.and_then(|host| self.organizations[host][customer].as_ref());
        organization.is_some_and(|organization| organization.reference.is_none())
    }

    /// Returns `true` if no channel has sold to the customer at the first host, and none has an account there.
    pub fn is_free(&self, customer: usize) -> bool {
        self.organizations[0][customer].is_none() && self.accounts.iter().all(|all| all[customer].host.is_none())
    }

    /// Returns the request of an operation.
    pub fn request(&self, channel: Channel, customer: usize, host: usize, operation: Operation) -> Request {
        let latest = &self.accounts[channel as usize][customer];
        let begins = !latest.is_live() && matches!(operation, Operation::Create(_));
        let generation = latest.generation + u32::from(begins);
        let organization = self.organizations[0][customer].as_ref().map(|organization| organization.id.as_str());
        match (operation, channel) {
            (Operation::Link(company), _) => channel::link(organization, company),
            (Operation::Unlink, _) => channel::unlink(channel, customer),
            (_, Channel::Portal) => channel::in_portal(customer, operation),
            (_, Channel::First | Channel::Second) => channel::in_bss(channel, customer, host, generation, operation),
        }
    }

    /// Applies an operation, or returns the code with which it is rejected.
    pub fn apply(
        &mut self,
        channel: Channel,
        customer: usize,
        host: usize,
        operation: Operation,
    ) -> Result<(), ErrorCode> {
        match operation {
            Operation::Link(other) => return self.link(customer, other),
            Operation::Unlink => {
                let unlinked = if channel == Channel::Second { Channel::Second } else { Channel::First };
                self.accounts[unlinked as usize][customer].company = None;
                return Ok(());
            }
            _ => {}
        }
        let account = self.accounts[channel as usize][customer].clone();
        let state = account.subscription.as_ref().map(|subscription| subscription.state);
        let is_portal = channel == Channel::Portal;
        match (operation, state) {
            (Operation::Acquire(seats) | Operation::Create(seats), _) if is_portal => {
                self.check_company(channel, customer)?;
                self.acquire(channel, customer, host)?;
                self.make((channel, customer, host), seats, true)?;
                self.accounts[channel as usize][customer].company = Some(customer);
                Ok(())
            }
            (Operation::Acquire(_), _) => self.acquire(channel, customer, host),
            (Operation::Delete, _) if account.is_live() => Err(ErrorCode::SubscriptionLive),
            (Operation::Delete, _) if account.host.is_none() => Ok(()),
            (Operation::Delete, _) => {
                self.own(channel, customer, host)?.unsubscribed = true;
                self.accounts[channel as usize][customer].host = None;
                Ok(())
            }
            (Operation::Cancel, _) if account.host.is_none() && !is_portal => Ok(()),
            (Operation::Cancel, None) if !is_portal => Ok(()),
            (_, _) if account.host.is_none() && !is_portal => Err(ErrorCode::AccountUnknown),
            (Operation::Create(seats), _) => self.make((channel, customer, host), seats, true),
            (_, None) => Err(ErrorCode::SubscriptionUnknown),
            (Operation::Cancel, Some(state)) => {
                // A repeated cancellation reads the organization that it ended, by its id.
                let ended = account.subscription.map(|subscription| subscription.organization);
                if state == State::Cancelled && ended != self.linked_id(channel, customer) {
                    return Ok(());
                }
                self.own(channel, customer, host)?.unsubscribed = true;
                self.set(channel, customer, State::Cancelled);
                Ok(())
            }
            (Operation::Activate(seats), Some(_)) => {
                let kept = account.subscription.map_or(seats, |subscription| subscription.seats);
                if is_portal {
                    self.check_company(channel, customer)?;
                }
                self.make((channel, customer, host), if is_portal { kept } else { seats }, false)
            }
            (Operation::Update(_), Some(State::Suspended | State::Cancelled))
            | (Operation::Suspend, Some(State::Cancelled)) => Err(ErrorCode::StateConflict),
            (Operation::Update(seats), Some(State::Live)) => self.make((channel, customer, host), seats, false),
            (Operation::Suspend, Some(State::Live | State::Suspended)) => {
                let organization = self.own(channel, customer, host)?;
                if organization.unsubscribed {
                    return Err(ErrorCode::StateConflict);
                }
                organization.suspended = true;
                self.set(channel, customer, State::Suspended);
                Ok(())
            }
            (Operation::Link(_) | Operation::Unlink, Some(_)) => Ok(()),
        }
    }

    /// Links the channel's account with the customer's organization at `host`, which is created if there is none.
    fn acquire(&mut self, channel: Channel, customer: usize, host: usize) -> Result<(), ErrorCode> {
        if self.accounts[channel as usize][customer].host.is_some() {
            return self.own(channel, customer, host).map(drop);
        }
        let held = self.accounts.iter().any(|all| all[customer].host == Some(host));
        match &self.organizations[host][customer] {
            Some(organization) if organization.reference.map_or(held, |owner| owner != channel) => {
                return Err(ErrorCode::ExternalIdTaken);
            }
            Some(_) => {}
            None => self.create(host, customer, Some(channel)),
        }
        self.accounts[channel as usize][customer].host = Some(host);
        Ok(())
    }

    fn create(&mut self, host: usize, customer: usize, reference: Option<Channel>) {
        let (id, unsubscribed, suspended) = (String::new(), false, false);
        self.organizations[host][customer] = Some(Organization { id, reference, unsubscribed, suspended, seats: 1 });
    }

    /// Returns the organization that the channel's account is linked with, to a call whose settings name `host`.
    fn own(&mut self, channel: Channel, customer: usize, host: usize) -> Result<&mut Organization, ErrorCode> {
        match self.accounts[channel as usize][customer].host {
            Some(linked) if linked != host => Err(ErrorCode::SettingInvalid),
            Some(_) => self.organizations[host][customer].as_mut().ok_or(ErrorCode::MissingAtVendor),
            None => Err(ErrorCode::AccountUnknown),
        }
    }

    fn linked_id(&self, channel: Channel, customer: usize) -> Option<String> {
        let host = self.accounts[channel as usize][customer].host?;
        self.organizations[host][customer].as_ref().map(|organization| organization.id.clone())
    }

    /// Makes the account's subscription live. If it is cancelled and `begins`, it is a new one.
    fn make(
        &mut self,
        (channel, customer, host): (Channel, usize, usize),
        seats: u32,
        begins: bool,
    ) -> Result<(), ErrorCode> {
        self.own(channel, customer, host)?;
        if channel != Channel::Portal {
            self.check_company(channel, customer)?;
        }
        let organization = self.own(channel, customer, host)?;
        (organization.unsubscribed, organization.suspended, organization.seats) = (false, false, seats);
        let id = organization.id.clone();
        let account = &mut self.accounts[channel as usize][customer];
        let begins = begins && !account.is_live();
        let earlier = account.subscription.take().filter(|_| !begins);
        let organization = earlier.map_or(id, |subscription| subscription.organization);
        account.subscription = Some(Subscription { state: State::Live, seats, organization });
        Ok(())
    }

    fn set(&mut self, channel: Channel, customer: usize, state: State) {
        if let Some(subscription) = &mut self.accounts[channel as usize][customer].subscription {
            subscription.state = state;
        }
    }

    /// Refuses a new subscription of a company that has one from another channel.
    fn check_company(&self, channel: Channel, customer: usize) -> Result<(), ErrorCode> {
        let [first, second, sold] = &self.accounts;
        let account = &self.accounts[channel as usize][customer];
        let taken = if channel == Channel::Portal {
            first.iter().chain(second).any(|linked| linked.company == Some(customer) && linked.is_live())
        } else {
            account.company.is_some_and(|company| sold[company].is_live())
        };
        if taken && !account.is_live() { Err(ErrorCode::ExternalIdTaken) } else { Ok(()) }
    }

    fn link(&mut self, customer: usize, company: usize) -> Result<(), ErrorCode> {
        let owner = self.organizations[0][customer].as_ref().and_then(|organization| organization.reference);
        let owner = owner.filter(|owner| self.accounts[*owner as usize][customer].host == Some(0));
        let owner = owner.ok_or(ErrorCode::FieldsInvalid)?;
        let sold = self.accounts[Channel::Portal as usize][company].is_live();
        let account = &mut self.accounts[owner as usize][customer];
        let refused = if owner == Channel::Portal { company != customer } else { sold && account.is_live() };
        if refused {
            return Err(ErrorCode::ExternalIdTaken);
        }
        account.company = Some(company);
        Ok(())
    }

    /// Counts a new subscription, after [`apply`](Self::apply) has succeeded. `was_live` is [`is_live`](Self::is_live) before.
    pub fn count(&mut self, channel: Channel, customer: usize, operation: Operation, was_live: bool) {
        if matches!(operation, Operation::Create(_)) && !was_live && channel != Channel::Portal {
            self.accounts[channel as usize][customer].generation += 1;
        }
    }

    /// Returns `true` if the channel's subscription of the customer is not cancelled.
    pub fn is_live(&self, channel: Channel, customer: usize) -> bool {
        self.accounts[channel as usize][customer].is_live()
    }

    /// Returns the organization to create in the vendor's own portal; `None` if the customer has one at the first host.
    pub fn create_in_portal(&mut self, customer: usize) -> Option<Value> {
        if self.organizations[0][customer].is_some() {
            return None;
        }
        self.create(0, customer, None);
        let account = account(number(customer));
        Some(json!({"email": account["Email"], "organization_name": account["Name"], "seats": 1}))
    }

    /// Takes the organization of a customer at the first host, as one of several channels at once has made it.
    pub fn take(&mut self, customer: usize, rows: &Value) {
        let email = &account(number(customer))["Email"];
        let found = rows.as_array().into_iter().flatten().find(|row| row["email"] == *email);
        if let Some(row) = found {
            self.create(0, customer, reference(row));
            if let Some(organization) = &mut self.organizations[0][customer] {
                organization.seats = row["seats_available"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(0);
            }
        }
    }

    /// Compares the vendor's organizations at a host with the model, and takes the ids of new ones.
    ///
    /// # Errors
    /// The difference.
    pub fn compare(&mut self, host: usize, rows: &Value) -> Result<(), String> {
        let rows: Vec<_> = rows.as_array().into_iter().flatten().collect();
        for (customer, expected) in self.organizations[host].iter_mut().enumerate() {
            let email = &account(number(customer))["Email"];
            let ours: Vec<_> = rows.iter().filter(|row| row["email"] == *email).collect();
            let (row, expected) = match (ours.as_slice(), expected) {
                ([], None) => continue,
                ([row], Some(expected)) => (row, expected),
                (rows, expected) => {
                    return Err(format!("host {host} has {} organizations and not {expected:?}", rows.len()));
                }
            };
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            if expected.id.is_empty() {
                expected.id.clone_from(&id);
                for all in &mut self.accounts {
                    let linked = all[customer].host == Some(host);
                    if let Some(subscription) = all[customer].subscription.as_mut().filter(|_| linked)
                        && subscription.organization.is_empty()
                    {
                        subscription.organization.clone_from(&id);
                    }
                }
            }
            let found = Organization {
                id,
                reference: reference(row),
                unsubscribed: row["customer_deactivated"] == true,
                suspended: row["flg_suspended"] == true,
                seats: row["seats_available"].as_u64().and_then(|seats| seats.try_into().ok()).unwrap_or(0),
            };
            if found != *expected || row["plan_id"] != BACKUP {
                return Err(format!("host {host} has {found:?} and not {expected:?}"));
            }
        }
        Ok(())
    }
}

fn reference(row: &Value) -> Option<Channel> {
    let reference = row["external_id"].as_str().filter(|reference| !reference.is_empty())?;
    let (application, _) = reference.split_once('/')?;
    Some(match application {
        first if first.eq_ignore_ascii_case(APPLICATION_ID) => Channel::First,
        second if second.eq_ignore_ascii_case(SECOND_APPLICATION_ID) => Channel::Second,
        _ => Channel::Portal,
    })
}
