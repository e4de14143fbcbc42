//! The part of an answer that tells the BSS more than the id: whether a cancellation ended the subscription at once or leaves
//! it live until the end of its term, the outlook on a renewal that is near, and the end of a trial.

use jiff::Timestamp;

use crate::app::request::RequestContext;
use crate::bss::TextMap;
use crate::domain::order::OrderKind;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::{Term, day};

/// Key of the effect of the last cancellation: [`NOT_RENEWED`] or [`AT_ONCE`].
const LAST_CANCELLATION: &str = "last_cancellation";
/// Key of the day on which the cancelled subscription ends or has ended.
const LAST_CANCELLATION_ENDS: &str = "last_cancellation_ends";
const NOT_RENEWED: &str = "not_renewed";
const AT_ONCE: &str = "at_once";

/// Returns the message and the pairs of a successful answer to an order, after which the subscription is `record`.
pub fn told(call: &RequestContext<'_>, kind: OrderKind, record: Option<&SubscriptionRecord>) -> (String, TextMap) {
    let nothing = || (String::new(), TextMap::new());
    let Some(record) = record else { return nothing() };
    match (kind, record.state, record.ends_at) {
        (OrderKind::Cancel, SubscriptionState::Live, Some(end)) => (
            format!(
                "The subscription is cancelled for the end of its term: it is not renewed, stays active until {}, and ends then. Nothing is refunded. To keep it, activate it before that day.",
                day(end)
            ),
            pairs(NOT_RENEWED, end),
        ),
        (OrderKind::Cancel, SubscriptionState::Cancelled, Some(end)) => (
            format!("The subscription was not renewed, and ended with its term on {}.", day(end)),
            pairs(NOT_RENEWED, end),
        ),
        (OrderKind::Cancel, SubscriptionState::Cancelled, None) if call.app.vendor.may_not_renew() => {
            (String::new(), pairs(AT_ONCE, record.cancelled_at.unwrap_or_else(|| call.now())))
        }
        (_, SubscriptionState::Live, _) if record.trial => {
            let trial = record.trial_period.as_ref();
            (trial.map_or_else(String::new, |trial| trial.outlook(call.now())), TextMap::new())
        }
        (_, SubscriptionState::Live, _) => {
            let term = record
                .renewal
                .as_ref()
                .and_then(|renewal| renewal.term.as_ref())
                .filter(|term| term.ends_soon(call.now()));
            (term.map_or_else(String::new, Term::outlook), TextMap::new())
        }
        (_, SubscriptionState::Suspended | SubscriptionState::Cancelled, _) => nothing(),
    }
}

fn pairs(effect: &str, end: Timestamp) -> TextMap {
    TextMap::from([(LAST_CANCELLATION.to_owned(), effect.to_owned()), (LAST_CANCELLATION_ENDS.to_owned(), day(end))])
}
