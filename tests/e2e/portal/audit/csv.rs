//! `GET portal/audit/csv`

use reqwest::Method;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::audit::month::{addition_of, sold};
use crate::portal::msp::Msp;

#[tokio::test]
async fn a_reader_of_csv_gets_the_same_findings_and_no_formula() {
    let msp = Msp::billing().await;
    for name in ["=1+1", "Quoted \"and\", with a comma"] {
        let (_, agreement, _) = sold_as(&msp, name).await;
        msp.sets(agreement, &addition_of(&msp, agreement)["id"], "quantity", json!(1)).await;
    }
    let page = msp.audits().await;
    let file = msp.csv("audit/csv").await;
    let findings = page["findings"].as_array().unwrap();
    assert_eq!(file.rows.len(), findings.len());
    for (row, finding) in file.rows.iter().zip(findings) {
        assert_eq!(
            (file.cell(row, "kind"), file.cell(row, "text")),
            (finding["kind"].as_str().unwrap(), finding["text"].as_str().unwrap())
        );
        assert_eq!(
            file.cell(row, "billed"),
            finding["billed"].as_u64().map(|billed| billed.to_string()).unwrap_or_default()
        );
    }
    let listed: Vec<_> = file.rows.iter().map(|row| file.cell(row, "name").to_owned()).collect();
    assert!(
        listed.contains(&"'=1+1".to_owned()) && listed.contains(&"Quoted \"and\", with a comma".to_owned()),
        "{listed:?}"
    );
    msp.refused_get(ErrorCode::FieldsInvalid, "audit/csv?kind=x").await;
    let one =
        msp.request(Method::GET, "audit/csv?kind=organizationWithoutLink", String::new()).await.text().await.unwrap();
    assert_eq!(one.lines().count(), 2, "{one}");
}

async fn sold_as(msp: &Msp, name: &str) -> (u32, u32, String) {
    let (company, agreement, organization) =
        sold(msp, &name.replace(|sign: char| !sign.is_alphanumeric(), "x"), 3).await;
    msp.bss
        .changes_as_partner(
            &sandbox::dropsuite::PARTNERS[0],
            &format!("users/{organization}"),
            &json!({"organization_name": name}),
        )
        .await;
    (company, agreement, organization)
}
