//! Who requests a change, and where.

use serde::{Deserialize, Serialize};

use crate::bss::requests::RequestedBy;

/// Longest name of a requester that is kept, in characters.
const MAX_NAME: usize = 200;

/// Requester in the shop whose name the BSS does not send.
const SHOP: &str = "shop";

/// Where a change is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "HistoryChannel"))]
#[serde(rename_all = "camelCase")]
pub enum RequestChannel {
    /// The MSP's portal.
    Portal,
    /// The distributor's shop, through the BSS.
    Shop,
    /// The billing audit.
    Audit,
    /// The end of a trial, which has the effect that its plan chooses.
    TrialEnd,
}

impl RequestChannel {
    /// Returns the name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Shop => "shop",
            Self::Audit => "audit",
            Self::TrialEnd => "trialEnd",
        }
    }
}

/// Who requests a change, and where. It is kept with an order, so that an order that is completed later has the same requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Where the change is requested.
    pub channel: RequestChannel,
    /// The person or program.
    pub by: String,
    /// The endpoint, such as `plans/update`.
    pub action: String,
}

impl Requester {
    /// Returns the requester of an order of the BSS at the endpoint `action`.
    pub fn in_shop(requested_by: &RequestedBy, action: &str) -> Self {
        Self { channel: RequestChannel::Shop, by: name(requested_by), action: action.to_owned() }
    }

    /// Returns the requester of a change that the billing audit makes by itself.
    pub fn audit(action: &str) -> Self {
        Self::without_person(RequestChannel::Audit, action)
    }

    /// Returns the requester of the order at the end of a trial. `action` is the portal's endpoint that has the same effect.
    pub fn trial_end(action: &str) -> Self {
        Self::without_person(RequestChannel::TrialEnd, action)
    }

    fn without_person(channel: RequestChannel, action: &str) -> Self {
        Self { channel, by: channel.name().to_owned(), action: action.to_owned() }
    }
}

/// Returns the name, the address in angle brackets and where the order was placed, as far as the BSS sends them.
fn name(requested_by: &RequestedBy) -> String {
    let plain = |text: &str| text.chars().filter(|sign| !sign.is_control()).collect::<String>().trim().to_owned();
    let RequestedBy { first_name, last_name, display_name, email, kind } = requested_by;
    let named = match plain(display_name) {
        name if name.is_empty() => plain(&format!("{} {}", plain(first_name), plain(last_name))),
        name => name,
    };
    let address = match plain(email) {
        address if address.is_empty() || named.is_empty() => address,
        address => format!("<{address}>"),
    };
    let place = Some(plain(kind)).filter(|kind| !kind.is_empty() && !kind.eq_ignore_ascii_case("unknown"));
    let person: Vec<_> = [named, address].into_iter().filter(|part| !part.is_empty()).collect();
    let person = if person.is_empty() { SHOP.to_owned() } else { person.join(" ") };
    let text = place.map_or_else(|| person.clone(), |place| format!("{person}, {place}"));
    text.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(first: &str, last: &str, display: &str, email: &str, kind: &str) -> String {
        let [first_name, last_name, display_name, email, kind] =
            [first, last, display, email, kind].map(ToOwned::to_owned);
        let requested_by = RequestedBy { first_name, last_name, display_name, email, kind };
        Requester::in_shop(&requested_by, "subscriptions/update").by
    }

    #[test]
    fn a_requester_is_named_as_far_as_it_is_known() {
        assert_eq!(by("", "", "", "", ""), "shop");
        assert_eq!(by("Ann", "Acme", "", "", "Unknown"), "Ann Acme");
        assert_eq!(
            by("Ann", "Acme", "Ann A.", "ann@acme.example", "Storefront"),
            "Ann A. <ann@acme.example>, Storefront"
        );
        assert_eq!(by("", "", "", "ann@acme.example", ""), "ann@acme.example");
        assert_eq!(by("", "", "", "", "API"), "shop, API");
        assert_eq!(by("", "", "An\nn", "", ""), "Ann");
        assert_eq!(by("", "", &"x".repeat(1000), "", "").len(), MAX_NAME);
    }
}
