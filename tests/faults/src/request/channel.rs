//! Requests of the channels that sell to the same customers: two installations of the BSS, and the MSP's portal.

use sandbox::stack::SECOND_APPLICATION_ID;
use serde_json::json;

use super::dropsuite::{BACKUP, account, service, synchronize};
use super::{Caller, Installation, Request, Settings, connectwise};

/// Number of customers. Each has an email address, an account with its number in each installation, and a company.
pub const CUSTOMERS: usize = 2;

/// The customers' companies in ConnectWise, with an agreement each.
const COMPANIES: [(u32, u32); CUSTOMERS] = [(19, 101), (20, 104)];

/// A channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The first installation of the BSS.
    First,
    /// The second one, with the same tokens.
    Second,
    /// The MSP's portal, at the first host.
    Portal,
}

/// All channels.
pub const CHANNELS: [Channel; 3] = [Channel::First, Channel::Second, Channel::Portal];

/// An operation of a channel for a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Synchronizes the account; in the portal, sells.
    Acquire(u32),
    /// Orders a subscription, or repeats the order.
    Create(u32),
    /// Changes its seats.
    Update(u32),
    /// Suspends it.
    Suspend,
    /// Takes back a suspension or a cancellation.
    Activate(u32),
    /// Cancels it.
    Cancel,
    /// Deletes the account of the BSS.
    Delete,
    /// Links the customer's organization with the company of a customer.
    Link(usize),
    /// Deletes the link of the account of the BSS.
    Unlink,
}

/// Returns the number of a customer's account.
pub fn number(customer: usize) -> u32 {
    u32::try_from(customer).unwrap_or(0) + 1
}

/// Returns the request that links an organization, which carries the reference of an account, with a customer's company.
pub fn link(organization: Option<&str>, customer: usize) -> Request {
    let (company, agreement) = COMPANIES[customer];
    let id = organization.unwrap_or("999999-6");
    Request::new("portal/links/create", json!({"organization": id, "company": company, "agreement": agreement}))
}

/// Returns the request that deletes the link of a customer's account: of the second installation, or else of the first.
pub fn unlink(channel: Channel, customer: usize) -> Request {
    let mut request = connectwise::unlink(number(customer));
    if channel == Channel::Second {
        request.body["application"] = json!(SECOND_APPLICATION_ID);
    }
    request
}

/// Returns the request of an installation, with the settings of a host. `generation` is the number of the subscription.
pub fn in_bss(channel: Channel, customer: usize, host: usize, generation: u32, operation: Operation) -> Request {
    let number = number(customer);
    let id = json!({"SubscriptionID": format!("S{number}-{generation}")});
    let call = |path, seats| service(path, number, seats, &id);
    let request = match operation {
        Operation::Create(seats) => call("subscriptions/create", seats),
        Operation::Update(seats) => call("subscriptions/update", seats),
        Operation::Activate(seats) => call("subscriptions/activate", seats),
        Operation::Suspend => call("subscriptions/suspend", 1),
        Operation::Cancel => call("subscriptions/cancel", 1),
        Operation::Delete => Request::new("accounts/delete", account(number)),
        Operation::Acquire(_) | Operation::Link(_) | Operation::Unlink => synchronize(number),
    };
    let installation = if channel == Channel::Second { Installation::Second } else { Installation::First };
    let settings = if host == 0 { Settings::Own } else { Settings::SecondHost };
    request.by(Caller { installation, settings })
}

/// Returns the request of the MSP.
pub fn in_portal(customer: usize, operation: Operation) -> Request {
    let (company, agreement) = COMPANIES[customer];
    let account = account(number(customer));
    let order = |seats| {
        let body = json!({
            "email": account["Email"], "firstName": "Ann", "lastName": "Lee", "company": company, "plan": BACKUP,
            "seats": seats, "businessName": account["Name"], "agreement": agreement, "country": "DE",
        });
        Request::new("portal/organizations/create", body)
    };
    let of_company = |path| Request::new(path, json!({"company": company}));
    match operation {
        Operation::Update(seats) => {
            Request::new("portal/organizations/update", json!({"company": company, "seats": seats}))
        }
        Operation::Suspend => of_company("portal/organizations/suspend"),
        Operation::Activate(_) => of_company("portal/organizations/activate"),
        Operation::Cancel | Operation::Delete => of_company("portal/organizations/unsubscribe"),
        Operation::Acquire(seats) | Operation::Create(seats) => order(seats),
        Operation::Link(_) | Operation::Unlink => order(1),
    }
}
