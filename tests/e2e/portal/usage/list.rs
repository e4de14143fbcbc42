//! `GET portal/usage/list`

use jiff::SignedDuration;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::audit::month::sold;
use crate::portal::msp::Msp;
use crate::portal::usagekey::create::with_key;

/// Returns an MSP's key, and the organization that was sold, with two mailboxes.
pub async fn used() -> (Msp, String) {
    let msp = Msp::billing().await;
    let (_, _, organization) = sold(&msp, "Usage", 3).await;
    msp.bss.stack.dropsuite.add_mailboxes(&organization, 2).unwrap();
    (with_key(&msp).await, organization)
}

#[tokio::test]
async fn usage_is_listed_by_organization() {
    let (key, organization) = used().await;
    // The key outlives the session.
    key.bss.stack.clock.advance(SignedDuration::from_hours(9));
    let page = key.get("usage/list").await;
    let row = |page: &Value| {
        let rows = page["organizations"].as_array().unwrap().iter();
        rows.into_iter().find(|row| row["organization"] == organization.as_str()).unwrap().clone()
    };
    let usage = row(&page);
    assert_eq!(
        (&usage["seats"], &usage["state"], usage.get("addresses")),
        (&json!(3), &json!("active"), None),
        "{usage}"
    );
    assert!(usage["company"].is_u64() && usage["agreement"].is_u64(), "{usage}");
    let seats = row(&key.get("usage/list?seats=true").await);
    assert_eq!((seats["addresses"].as_array().unwrap().len(), &seats["isWhole"]), (2, &json!(true)), "{seats}");
    for wrong in ["seats=x", "after=x"] {
        key.refused_get(ErrorCode::FieldsInvalid, &format!("usage/list?{wrong}")).await;
    }
}

#[tokio::test]
async fn each_organization_is_on_one_page() {
    let msp = Msp::billing().await;
    for number in 0..7 {
        let new =
            json!({"email": format!("it@u{number}.example"), "organization_name": format!("U{number}"), "seats": 1});
        msp.bss.in_portal(new).await;
    }
    let key = with_key(&msp).await;
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = key.get(&format!("usage/list?seats=true{after}")).await;
        let rows = page["organizations"].as_array().unwrap();
        assert!(rows.len() <= 5);
        names.extend(rows.iter().map(|row| row["organization"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), all), (8, 8), "{names:?}");
}

#[tokio::test]
async fn a_row_that_is_gone_hides_none_that_follows() {
    let msp = Msp::billing().await;
    for number in 0..7 {
        let new =
            json!({"email": format!("it@v{number}.example"), "organization_name": format!("V{number}"), "seats": 1});
        msp.bss.in_portal(new).await;
    }
    let key = with_key(&msp).await;
    let whole = key.get("usage/list").await;
    let ids = |page: &Value| {
        let rows = page["organizations"].as_array().unwrap().iter();
        rows.map(|row| row["organization"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = key.get("usage/list?seats=true").await;
    // A row of the part that was shown cannot be read any more.
    key.bss.vendor_faults(json!([
        {"path": "/users", "patch": [{"op": "replace", "path": "/result_set/0/seats_used", "value": "three"}]},
    ]));
    let rest = key.get(&format!("usage/list?seats=true&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!([ids(&first), ids(&rest)].concat(), ids(&whole));
}
