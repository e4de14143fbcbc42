//! Records that the client only reads: companies, agreements, the catalog's tables, boards, and configuration statuses.

use serde_json::json;
use service_manager::connectwise::api::agreement::{self, Agreement, Status};
use service_manager::connectwise::api::{board, category, company, configuration};
use service_manager::connectwise::date::{BillingTerms, business_day, effective_date, first_of_next_month, zone};
use service_manager::connectwise::{AgreementId, BoardId};

use super::{ACME, BLUE_LIGHT, Fixture};

#[tokio::test]
async fn companies() {
    let fixture = Fixture::start().await;
    let names: Vec<_> =
        fixture.client().list_all(&company::active()).await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["Acme Corp", "Blue Light, Co.", "Demo MSP", "Dormant Ltd", "Old Data GmbH"]);
    let acme = fixture.client().send(&company::get(ACME)).await.unwrap();
    assert_eq!((acme.identifier.as_str(), acme.status.as_deref()), ("AcmeCorp", Some("Active")));
}

#[tokio::test]
async fn agreements_of_a_company() {
    let fixture = Fixture::start().await;
    for empty_dates in [false, true] {
        fixture.settings(json!({ "emptyDates": empty_dates }));
        let found = fixture.client().list_all(&agreement::list(ACME)).await.unwrap();
        let seen: Vec<_> = found.iter().map(|row| (row.name.as_str(), row.is_active())).collect();
        assert_eq!(seen, [("Cancelled Backup", false), ("Expired Support", false), ("Managed Services", true)]);
        let ends: Vec<_> = found.iter().map(|row| row.end_date).collect();
        assert_eq!(ends, [None, Some(fixture.month(-1)), None]);
    }
    let expired = fixture.client().send(&agreement::get(AgreementId::new(102))).await.unwrap();
    assert_eq!(
        (expired.agreement_status, expired.company.map(|company| company.id)),
        (Some(Status::Expired), Some(ACME))
    );
}

#[tokio::test]
async fn an_agreement_limits_the_start_of_additions() {
    let fixture = Fixture::start().await;
    let found = fixture.client().list_all(&agreement::list(BLUE_LIGHT)).await.unwrap();
    let month = |months| Some(fixture.month(months));
    let terms: Vec<_> = found.iter().map(Agreement::terms).collect();
    assert_eq!(
        terms,
        [
            BillingTerms { start: month(-12), bill_start: month(-12), next_invoice: month(1), prorated: false },
            BillingTerms { start: month(-12), bill_start: month(-12), next_invoice: month(1), prorated: true },
            BillingTerms { start: month(2), bill_start: month(2), next_invoice: month(2), prorated: false },
        ]
    );
    let zone = zone("Eastern Standard Time").unwrap();
    let now = fixture.clock.now();
    let today = business_day(now, &zone);
    assert_eq!(effective_date(fixture.month(0), &terms[0]), fixture.month(1));
    assert_eq!(effective_date(today, &terms[1]), today);
    assert_eq!(effective_date(first_of_next_month(now, &zone), &terms[2]), fixture.month(2));
}

#[tokio::test]
async fn an_agreement_with_an_unknown_status_takes_no_additions() {
    let fixture = Fixture::start().await;
    let body =
        json!({ "id": 101, "agreementStatus": "Paused", "nextInvoiceDate": "soon", "billStartDate": "", "new": {} });
    fixture.faults(json!([{ "path": "/finance/agreements/101", "status": 200, "body": body }]));
    let odd = fixture.client().send(&agreement::get(AgreementId::new(101))).await.unwrap();
    assert_eq!((odd.agreement_status.clone(), odd.is_active()), (Some(Status::Other("Paused".to_owned())), false));
    assert_eq!(odd.terms(), BillingTerms::default());
}

#[tokio::test]
async fn subcategories_and_types_of_products() {
    let fixture = Fixture::start().await;
    let client = fixture.client();
    let categories = client.list_all(&category::categories()).await.unwrap();
    assert_eq!(categories.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Hardware", "Software"]);
    let subcategories = client.list_all(&category::subcategories()).await.unwrap();
    let seen: Vec<_> = subcategories
        .iter()
        .map(|row| (row.name.as_str(), row.category.as_ref().and_then(|category| category.name.as_deref())))
        .collect();
    assert_eq!(seen, [("Backup", Some("Software")), ("Laptops", Some("Hardware")), ("Licences", Some("Software"))]);
    let types = client.list_all(&category::product_types()).await.unwrap();
    assert_eq!(types.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Hardware", "Service", "Software"]);
}

#[tokio::test]
async fn boards_and_their_statuses() {
    let fixture = Fixture::start().await;
    let boards = fixture.client().list_all(&board::boards()).await.unwrap();
    let seen: Vec<_> = boards.iter().map(|row| (row.id.get(), row.name.as_str())).collect();
    assert_eq!(seen, [(2, "Backup Alerts"), (1, "Service Desk")]);
    let statuses = fixture.client().list_all(&board::statuses(BoardId::new(2))).await.unwrap();
    let seen: Vec<_> = statuses.iter().map(|row| (row.name.as_str(), row.closed_status, row.default_flag)).collect();
    assert_eq!(
        seen,
        [("New", false, true), ("In Progress", false, false), ("Closed", true, false), ("Cancelled", false, false)]
    );
}

#[tokio::test]
async fn statuses_of_configurations() {
    let fixture = Fixture::start().await;
    let statuses = fixture.client().list_all(&configuration::statuses()).await.unwrap();
    let seen: Vec<_> = statuses.iter().map(|row| (row.name.as_str(), row.closed_flag, row.default_flag)).collect();
    assert_eq!(seen, [("Active", false, true), ("Inactive", true, false)]);
}
