//! What is only read: companies, agreements, the catalog's tables, boards, and configuration statuses.

use serde_json::json;
use service_manager::connectwise::api::agreement::{self, Agreement, Status};
use service_manager::connectwise::api::{board, category, company, configuration};
use service_manager::connectwise::date::{Terms, business_day, effective, first_of_next_month, zone};
use service_manager::connectwise::{AgreementId, BoardId};

use super::{ACME, BLUE_LIGHT, Desk};

#[tokio::test]
async fn companies() {
    let desk = Desk::start().await;
    let names: Vec<_> = desk.client().all(&company::active()).await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["Acme Corp", "Blue Light, Co.", "Demo MSP", "Dormant Ltd", "Old Data GmbH"]);
    let acme = desk.client().one(&company::get(ACME)).await.unwrap();
    assert_eq!((acme.identifier.as_str(), acme.status.as_deref()), ("AcmeCorp", Some("Active")));
}

#[tokio::test]
async fn agreements_of_a_company() {
    let desk = Desk::start().await;
    for empty_dates in [false, true] {
        desk.settings(json!({ "emptyDates": empty_dates }));
        let found = desk.client().all(&agreement::of_company(ACME)).await.unwrap();
        let seen: Vec<_> = found.iter().map(|row| (row.name.as_str(), row.is_active())).collect();
        assert_eq!(seen, [("Cancelled Backup", false), ("Expired Support", false), ("Managed Services", true)]);
        let ends: Vec<_> = found.iter().map(|row| row.end_date).collect();
        assert_eq!(ends, [None, Some(desk.month(-1)), None]);
    }
    let expired = desk.client().one(&agreement::get(AgreementId::new(102))).await.unwrap();
    assert_eq!(
        (expired.agreement_status, expired.company.map(|company| company.id)),
        (Some(Status::Expired), Some(ACME))
    );
}

#[tokio::test]
async fn an_agreement_says_when_additions_can_begin() {
    let desk = Desk::start().await;
    let found = desk.client().all(&agreement::of_company(BLUE_LIGHT)).await.unwrap();
    let month = |months| Some(desk.month(months));
    let terms: Vec<_> = found.iter().map(Agreement::terms).collect();
    assert_eq!(
        terms,
        [
            Terms { start: month(-12), bill_start: month(-12), next_invoice: month(1), prorated: false },
            Terms { start: month(-12), bill_start: month(-12), next_invoice: month(1), prorated: true },
            Terms { start: month(2), bill_start: month(2), next_invoice: month(2), prorated: false },
        ]
    );
    let zone = zone("Eastern Standard Time").unwrap();
    let now = desk.clock.now();
    let today = business_day(now, &zone);
    assert_eq!(effective(desk.month(0), &terms[0]), desk.month(1));
    assert_eq!(effective(today, &terms[1]), today);
    assert_eq!(effective(first_of_next_month(now, &zone), &terms[2]), desk.month(2));
}

#[tokio::test]
async fn an_unknown_status_is_none_to_add_to() {
    let desk = Desk::start().await;
    let body =
        json!({ "id": 101, "agreementStatus": "Paused", "nextInvoiceDate": "soon", "billStartDate": "", "new": {} });
    desk.faults(json!([{ "path": "/finance/agreements/101", "status": 200, "body": body }]));
    let odd = desk.client().one(&agreement::get(AgreementId::new(101))).await.unwrap();
    assert_eq!((odd.agreement_status.clone(), odd.is_active()), (Some(Status::Other("Paused".to_owned())), false));
    assert_eq!(odd.terms(), Terms::default());
}

#[tokio::test]
async fn what_a_product_is_filed_under() {
    let desk = Desk::start().await;
    let client = desk.client();
    let categories = client.all(&category::categories()).await.unwrap();
    assert_eq!(categories.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Hardware", "Software"]);
    let subcategories = client.all(&category::subcategories()).await.unwrap();
    let seen: Vec<_> = subcategories
        .iter()
        .map(|row| (row.name.as_str(), row.category.as_ref().and_then(|category| category.name.as_deref())))
        .collect();
    assert_eq!(seen, [("Backup", Some("Software")), ("Laptops", Some("Hardware")), ("Licences", Some("Software"))]);
    let types = client.all(&category::product_types()).await.unwrap();
    assert_eq!(types.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["Hardware", "Service", "Software"]);
}

#[tokio::test]
async fn boards_and_their_statuses() {
    let desk = Desk::start().await;
    let boards = desk.client().all(&board::boards()).await.unwrap();
    let seen: Vec<_> = boards.iter().map(|row| (row.id.get(), row.name.as_str())).collect();
    assert_eq!(seen, [(2, "Backup Alerts"), (1, "Service Desk")]);
    let statuses = desk.client().all(&board::statuses(BoardId::new(2))).await.unwrap();
    let seen: Vec<_> = statuses.iter().map(|row| (row.name.as_str(), row.closed_status, row.default_flag)).collect();
    assert_eq!(
        seen,
        [("New", false, true), ("In Progress", false, false), ("Closed", true, false), ("Cancelled", false, false)]
    );
}

#[tokio::test]
async fn statuses_of_configurations() {
    let desk = Desk::start().await;
    let statuses = desk.client().all(&configuration::statuses()).await.unwrap();
    let seen: Vec<_> = statuses.iter().map(|row| (row.name.as_str(), row.closed_flag, row.default_flag)).collect();
    assert_eq!(seen, [("Active", false, true), ("Inactive", true, false)]);
}
