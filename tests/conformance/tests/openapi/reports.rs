//! Tests of the described bounds of reports.

use std::collections::BTreeSet;

use conformance::report;
use sandbox::stack::{REPORTER_KEY, Stack};
use serde_json::{Value, json};
use service_manager::domain::action::Kind;
use service_manager::workers::actions::report::EventState;

use super::exchanges::{reported, send, stack};
use super::members::read_by;
use super::{at, committed};

/// Place of a report's events, and of the members of an event.
const EVENTS: &str = "components/schemas/Report/properties/events";
const EVENT: &str = "components/schemas/Report/properties/events/items/properties";

/// Values just within the described bounds are accepted; values just beyond them are rejected.
#[tokio::test(flavor = "multi_thread")]
async fn reports_have_the_described_bounds() {
    let description = committed();
    let (events, event) = (at(&description, EVENTS), at(&description, EVENT));
    let bound = |member: &str, keyword: &str| at(event, member)[keyword].as_u64().unwrap();
    let values = |member: &str| at(&description, &format!("{EVENT}/{member}/enum")).as_array().unwrap();
    let text = |length: u64| json!("7".repeat(usize::try_from(length).unwrap()));
    let mut cases = vec![
        (json!({ "another": 1 }), 400),
        (json!({ "time": "yesterday" }), 400),
        (json!({ "action": "copy" }), 400),
        (json!({ "state": "lost" }), 400),
        (json!({ "attempt": bound("attempt", "minimum") }), 200),
    ];
    let least = bound("attempt", "minimum") - 1;
    cases.extend(values("state").iter().map(|state| (json!({ "attempt": least, "state": state }), 400)));
    for member in ["action", "state"] {
        let values = values(member).iter();
        cases.extend(values.map(|value| (json!({ "error": "full", "attempt": 1, member: value }), 200)));
    }
    for member in ["actionId", "mailbox", "error"] {
        let most = bound(member, "maxLength");
        cases.extend([(json!({ member: text(most) }), 200), (json!({ member: text(most + 1) }), 400)]);
    }
    for member in ["actionId", "mailbox"] {
        let least = bound(member, "minLength");
        cases.extend([(json!({ member: text(least) }), 200), (json!({ member: text(least - 1) }), 400)]);
    }
    // Each on a separate stack, because an action belongs to one mailbox.
    for (more, expected) in cases {
        let stack = stack().await;
        assert_eq!(status_of(&stack, &reported(&stack, &more)).await, expected, "{more}");
    }
    let stack = stack().await;
    let most = usize::try_from(events["maxItems"].as_u64().unwrap()).unwrap();
    let event = reported(&stack, &json!({}))["events"][0].clone();
    for (events, expected) in [(most, 200), (most + 1, 400)] {
        assert_eq!(status_of(&stack, &json!({ "events": vec![event.clone(); events] })).await, expected, "{events}");
    }
}

async fn status_of(stack: &Stack, body: &Value) -> u16 {
    let request = report::signed(body, stack.clock.now().as_second(), REPORTER_KEY).unwrap();
    send(stack, &request).await.0
}

#[test]
fn the_states_and_actions_of_reports_are_described() {
    let description = committed();
    for (member, read) in [("state", read_by::<EventState>()), ("action", read_by::<Kind>())] {
        let described = at(&description, &format!("{EVENT}/{member}/enum")).as_array().unwrap();
        let described = described.iter().map(|one| one.as_str().unwrap().to_lowercase());
        assert_eq!(described.collect::<BTreeSet<_>>(), read, "{member}");
    }
}
