//! The reference at the end of a message finds one line of the log.

use conformance::root;
use conformance::runtime_api::Function;
use serde_json::{Value, json};

use crate::connectwise::{a_minute_passes, ask, down, sold, written};
use crate::portal::Portal;

/// Asserts that one line of all functions has the reference at the end of `message`, and that this line has `member`.
fn assert_found(portal: &Portal, message: &Value, member: &str) {
    let (_, reference) = message.as_str().unwrap().rsplit_once(" Reference: ").unwrap();
    let lines = portal.running.values().flat_map(Function::lines);
    let found: Vec<_> = lines.filter(|line| line.contains(reference)).collect();
    assert_eq!(found.len(), 1, "{message}: {found:#?}");
    let line: Value = serde_json::from_str(&found[0]).unwrap();
    assert_eq!(line["fields"]["reference"], reference, "{line}");
    assert!(line["fields"].get(member).is_some(), "{line}");
}

/// Returns the reason of the addition that is pending.
async fn reason(portal: &mut Portal) -> Value {
    let rows = portal.ask(&ask("portal/additions/list", None)).await["body"]["additions"].clone();
    rows.as_array().unwrap().iter().find(|row| row["state"] == "pending").unwrap()["reason"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_finds_one_line() {
    let mut portal = sold().await;
    let order = json!({"AttributeList": {"plan": {"Code": "no-such-plan"}}});
    let failed = portal.ask(&ask("subscriptions/update", Some(order))).await;
    assert_ne!(failed["body"]["Code"], 0, "{failed}");
    assert_found(&portal, &failed["body"]["Message"], "subscription");

    let refused = portal.ask(&ask("portal/plans/update", Some(json!({"plan": "no-such-plan"})))).await;
    assert_found(&portal, &refused["body"]["message"], "msp");

    down(&portal.deployed.stack, true).await;
    portal.consume(&written()).await;
    let of_stream = reason(&mut portal).await;
    assert_found(&portal, &of_stream, "partition");
    a_minute_passes(&portal.deployed.stack).await;
    let schedule = std::fs::read(root().join("tests/events/connectwise-redrive.json")).unwrap();
    portal.run("connectwise-redrive", &serde_json::from_slice(&schedule).unwrap()).await;
    let of_redrive = reason(&mut portal).await;
    assert_ne!(of_redrive, of_stream);
    assert_found(&portal, &of_redrive, "partition");
    portal.end().await;
}
