//! `GET portal/audit/list`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::portal::audit::month::{addition_of, in_short, sold};
use crate::portal::msp::{Msp, NOTHING};

/// Returns an MSP with three findings of two kinds besides that of its own organization.
pub async fn drifted() -> Msp {
    let msp = Msp::billing().await;
    for (name, quantity) in [("Alpha", 1), ("Beta", 2), ("Gamma", 9)] {
        let (_, agreement, _) = sold(&msp, name, 3).await;
        msp.sets(agreement, &addition_of(&msp, agreement)["id"], "quantity", json!(quantity)).await;
    }
    msp.audits().await;
    msp
}

/// Returns the finding of an organization.
pub fn finding_of(page: &Value, name: &str) -> Value {
    let found = page["findings"].as_array().unwrap().iter().find(|finding| finding["name"] == name);
    found.unwrap().clone()
}

#[tokio::test]
async fn findings_are_paged_and_filtered() {
    let msp = drifted().await;
    let page = msp.get("audit/list").await;
    let all = in_short(&page);
    assert_eq!(all.len(), 4, "{all:?}");
    let pages = msp.pages_of("audit/list", 2).await;
    for (index, page) in pages.iter().enumerate() {
        assert_eq!(page["runs"].is_null(), index > 0, "only the first page has the runs");
    }
    assert_eq!(pages.iter().flat_map(in_short).collect::<Vec<_>>(), all);
    let few = msp.get("audit/list?kind=tooFew").await;
    assert_eq!(in_short(&few), &all[..2]);
    let company = finding_of(&page, "Beta")["company"].clone();
    assert_eq!(in_short(&msp.get(&format!("audit/list?company={company}")).await), &all[1..2]);
    assert_eq!(msp.get("audit/list?dismissed=true").await["findings"], json!([]));
    let of_other_kind = few_cursor(&msp).await;
    for wrong in
        ["kind=x", "company=x", "dismissed=x", "limit=0", "after=x", &format!("kind=tooMany&after={of_other_kind}")]
    {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("audit/list?{wrong}")).await;
    }
    let alpha = finding_of(&page, "Alpha");
    assert_eq!(alpha["id"], format!("tooFew/{}", alpha["organization"].as_str().unwrap()));
    assert_eq!((&alpha["billed"], &alpha["due"], &alpha["since"]), (&json!(1), &json!(3), &json!("2031-05-15")));
    for member in ["application", "account", "subscription", "company", "agreement", "addition", "text", "advice"] {
        assert!(!alpha[member].is_null(), "{member}: {alpha}");
    }
    let other = msp.other().await;
    assert_eq!(other.get("audit/list").await["findings"], json!(NOTHING), "another MSP sees none of them");
}

/// Returns the cursor of a page of one kind.
async fn few_cursor(msp: &Msp) -> String {
    let page = msp.get("audit/list?kind=tooFew&limit=1").await;
    page["next"].as_str().unwrap().to_owned()
}
