//! A month in which everything drifts: each difference is listed once, with its money, and is gone after its fix.

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};

use crate::client::BACKUP;
use crate::portal::msp::bodies::order;
use crate::portal::msp::{LINK, Msp, ORDER, UNSUBSCRIBE};

/// Returns the findings of a page as `kind name billed due money fix`.
pub fn in_short(page: &Value) -> Vec<String> {
    let findings = page["findings"].as_array().unwrap().iter();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    findings
        .map(|finding| {
            let money = &finding["perMonth"];
            let money = if money.is_null() {
                "-".to_owned()
            } else {
                format!("{} {} {}", text(&money["currency"]), money["amount"], text(&money["direction"]))
            };
            let cells = [&finding["kind"], &finding["name"], &finding["billed"], &finding["due"]].map(text);
            format!("{}: {money}, {}", cells.join(" "), text(&finding["fix"]))
        })
        .collect()
}

/// Sells `seats` to a new company, and returns the company, its agreement and its organization.
pub async fn sold(msp: &Msp, name: &str, seats: u32) -> (u32, u32, String) {
    let (company, agreement) = msp.adds_company(name).await;
    let email = format!("it@{}.example", name.to_lowercase());
    let customer = json!({
        "company": company, "agreement": agreement, "seats": seats, "businessName": name, "email": email,
    });
    let organization = msp.done(ORDER, &order(customer)).await["organization"].as_str().unwrap().to_owned();
    msp.wait_for_additions().await;
    (company, agreement, organization)
}

/// Returns the open addition of an agreement.
pub fn addition_of(msp: &Msp, agreement: u32) -> Value {
    let found =
        msp.additions().into_iter().find(|row| row["agreementId"] == agreement && row["cancelledDate"].is_null());
    found.unwrap()
}

#[tokio::test]
async fn each_difference_is_listed_once_and_gone_after_its_fix() {
    let msp = Msp::billing().await;
    let (_, _, grown) = sold(&msp, "Grown", 3).await;
    let (_, edited, _) = sold(&msp, "Edited", 3).await;
    let (_, deleted, _) = sold(&msp, "Deleted", 3).await;
    let (_, doubled, _) = sold(&msp, "Doubled", 3).await;
    let (left, _, gone) = sold(&msp, "Gone", 3).await;
    let (_, priced, _) = sold(&msp, "Priced", 3).await;
    sold(&msp, "Right", 3).await;
    let (company, agreement) = msp.adds_company("By hand").await;
    // The partner's own organization is not sold to anyone.
    let own_use = msp.audits().await["findings"].as_array().unwrap().clone();
    assert_eq!(own_use.len(), 1, "{own_use:?}");
    msp.done("audit/dismiss", &json!({"findings": [own_use[0]["id"]], "note": "own use"})).await;
    assert_eq!(in_short(&msp.audits().await), Vec::<String>::new());

    // At Dropsuite.
    let plan = json!({"plan_id": BACKUP, "seats": 8, "auto_license": false});
    msp.bss.changes_as_partner(&PARTNERS[0], &format!("users/{grown}/subscription"), &plan).await;
    msp.bss.as_partner(&PARTNERS[0], Method::PUT, &format!("users/{gone}/unsubscribe")).await;
    let by_hand = json!({
        "email": "it@byhand.example", "organization_name": "By hand", "plan_id": BACKUP, "seats": 2,
    });
    let by_hand = msp.bss.in_portal(by_hand).await;
    // In ConnectWise.
    msp.sets(edited, &addition_of(&msp, edited)["id"], "quantity", json!(9)).await;
    msp.deletes(deleted, &addition_of(&msp, deleted)["id"]).await;
    let double = msp.adds(doubled, msp.product(BACKUP), 3).await;
    msp.sets(priced, &addition_of(&msp, priced)["id"], "unitPrice", json!(2.5)).await;
    let stray = msp.adds(agreement, msp.product(BACKUP), 4).await;

    msp.bss.stack.clock.advance(SignedDuration::from_hours(24));
    let msp = msp.with_new_session().await;
    let page = msp.audits().await;
    let expected = [
        "notBilled Deleted 0 3: EUR 10.5 notInvoiced, recreate",
        "tooFew Grown 3 8: EUR 17.5 notInvoiced, changeSeats",
        "tooMany Edited 9 3: EUR 21 invoicedTooMuch, retry",
        "afterEnd Gone 3 0: EUR 10.5 invoicedTooMuch, -",
        "billedTwice Doubled 3 -: EUR 10.5 invoicedTooMuch, -",
        "priceDiffers Priced 3 -: EUR 3 notInvoiced, -",
        "organizationWithoutLink By hand - 2: EUR 7 notInvoiced, link",
        "additionWithoutOrganization - 4 -: EUR 14 invoicedTooMuch, -",
    ];
    assert_eq!(in_short(&page), expected, "{page:#}");
    let last = page["runs"].as_array().unwrap().last().unwrap();
    assert_eq!(last["sums"], json!([{"currency": "EUR", "notInvoiced": 38, "invoicedTooMuch": 56}]));
    assert_eq!(in_short(&msp.audits().await), expected, "a second run finds the same");

    let ids: Vec<_> = page["findings"].as_array().unwrap()[..3].iter().map(|finding| finding["id"].clone()).collect();
    let applied = msp.done("audit/apply", &json!({"findings": ids})).await;
    let outcomes: Vec<_> = applied["results"].as_array().unwrap().iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["done", "done", "done"], "{applied}");
    msp.done(UNSUBSCRIBE, &json!({"company": left})).await;
    msp.deletes(doubled, &double).await;
    msp.sets(priced, &addition_of(&msp, priced)["id"], "unitPrice", json!(3.5)).await;
    msp.deletes(agreement, &stray).await;
    let refused = json!({"organization": by_hand, "company": company, "agreement": agreement});
    msp.invalid_fields(&["account"], LINK, &refused).await;
    msp.bss.as_partner(&PARTNERS[0], Method::PUT, &format!("users/{by_hand}/unsubscribe")).await;
    msp.wait_for_additions().await;
    assert_eq!(in_short(&msp.audits().await), Vec::<String>::new());
    let quantities: Vec<_> =
        [edited, deleted].map(|agreement| addition_of(&msp, agreement)["quantity"].clone()).to_vec();
    assert_eq!(quantities, [3, 3]);
}
