//! `GET portal/organizations/list`

use sandbox::dropsuite::PARTNERS;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::portal::organizations::MAX_ROWS;

use crate::client::{BACKUP, Bss, ORGANIZATION, PERSONAL, VAULT};
use crate::portal::msp::bodies::{BLUE_BACKUP, BLUE_LIGHT, order};
use crate::portal::msp::{Msp, ORDER, SUSPEND, UNSUBSCRIBE, assert_refused};

const LIST: &str = "organizations/list";

/// The sandbox's own organization of the partner.
const OWN: &str = "440001-6";

fn ids(page: &Value) -> Vec<&str> {
    page["organizations"].as_array().unwrap().iter().map(|row| row["organization"].as_str().unwrap()).collect()
}

fn row<'a>(page: &'a Value, id: &str) -> &'a Value {
    page["organizations"].as_array().unwrap().iter().find(|row| row["organization"] == id).unwrap()
}

/// Returns the number of pages of organizations that were read at the vendor.
fn pages_read(msp: &Msp) -> usize {
    msp.bss.stack.dropsuite.calls().iter().filter(|call| call.path == "/api/users").count()
}

#[tokio::test]
async fn shows_what_was_sold_here_and_what_was_not() {
    let msp = Msp::with_tenant().await;
    let elsewhere = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 2, "seats_used": 1});
    let elsewhere = msp.bss.in_portal(elsewhere).await;
    let storage = json!({"email": "p@example.com", "plan_id": PERSONAL});
    let storage = msp.bss.in_portal(storage).await;
    let vault = json!({"email": "v@example.com", "organization_name": "Vault", "plan_id": VAULT, "seats": 7});
    let vault = msp.bss.in_portal(vault).await;
    let page = msp.get(LIST).await;
    assert_eq!(ids(&page), [ORGANIZATION, &elsewhere, &storage, &vault, OWN]);
    assert_eq!(
        *row(&page, ORGANIZATION),
        json!({
            "organization": ORGANIZATION, "name": "Blue Light", "email": "gordon@bluelight.example", "state": "active",
            "summary": "3 seats, Business Backup, EUR 10.50 / month", "plan": BACKUP, "planName": "Business Backup",
            "seats": 3, "seatsUsed": 0, "autoLicense": false, "trial": false, "amount": 10.5, "currency": "EUR",
            "periodicity": "monthly", "company": BLUE_LIGHT, "agreement": BLUE_BACKUP, "soldBy": "portal",
        })
    );
    let contoso = row(&page, &elsewhere);
    assert_eq!((&contoso["seatsUsed"], contoso.get("company"), contoso.get("soldBy")), (&json!(1), None, None));
    assert_eq!(contoso["summary"], "2 seats, Business Backup, EUR 7.00 / month");
    let storage = row(&page, &storage);
    assert_eq!(storage["summary"], "Personal 5 GB EUR monthly, EUR 1.00 / month", "the vendor's name and price");
    assert_eq!(storage.get("seats"), None);
    assert_eq!(row(&page, &vault)["summary"], "7 seats, Compliance Vault EUR monthly", "a price of an unknown unit");
    assert_eq!((&page["otherResellers"], &page["unreadable"], page.get("next")), (&json!(0), &json!(0), None));
    assert!(!page.to_string().contains("token"), "{page}");
}

#[tokio::test]
async fn the_state_and_the_price_are_those_of_now() {
    let msp = Msp::billing().await;
    msp.done(ORDER, &order(json!({"unitPrice": 4.25, "trial": true}))).await;
    let summary = row(&msp.get(LIST).await, ORGANIZATION)["summary"].clone();
    let told = summary.as_str().unwrap();
    assert!(told.starts_with("3 seats, Business Backup, trial until 2031-05-29 ") && told.ends_with(" UTC"), "{told}");
    msp.done("organizations/update", &json!({"company": BLUE_LIGHT, "trial": false})).await;
    assert_eq!(row(&msp.get(LIST).await, ORGANIZATION)["summary"], "3 seats, Business Backup, EUR 12.75 / month");
    msp.done(SUSPEND, &json!({"company": BLUE_LIGHT})).await;
    assert_eq!(row(&msp.get(LIST).await, ORGANIZATION)["state"], "suspended");
    msp.done(UNSUBSCRIBE, &json!({"company": BLUE_LIGHT})).await;
    assert_eq!(row(&msp.get(LIST).await, ORGANIZATION)["state"], "unsubscribed");
}

#[tokio::test]
async fn another_partner_sees_its_own_organizations_only() {
    let msp = Msp::with_tenant().await;
    let other = msp.other().await;
    let second = json!({"email": "o@example.com", "organization_name": "Other", "partner": 2});
    let second = msp.bss.in_portal(second).await;
    assert_eq!(ids(&other.get(LIST).await), [second.as_str(), "440002-6"]);
    assert_eq!(ids(&msp.get(LIST).await), [ORGANIZATION, OWN]);
    // A fault of the vendor: the first partner's rows.
    let rows = json!([
        {"id": ORGANIZATION, "organization_name": "Blue", "reseller_token": PARTNERS[0].reseller_token},
        {"id": "440050-6", "organization_name": "No token"},
        {"id": second, "organization_name": "Other", "reseller_token": PARTNERS[1].reseller_token},
    ]);
    msp.bss.vendor_faults(json!([{"path": "/users", "times": 1, "status": 200, "body": rows}]));
    let page = other.get(LIST).await;
    assert_eq!((ids(&page), &page["otherResellers"]), (vec![second.as_str()], &json!(2)));
    assert!(!page.to_string().contains("Blue"), "{page}");
}

#[tokio::test]
async fn one_page_of_the_vendor_is_read_for_each_page_shown() {
    let msp = Msp::signed_in().await;
    for number in 0..120 {
        let name = format!("Customer {number:03}");
        msp.bss.in_portal(json!({"email": format!("it{number}@example.com"), "organization_name": name})).await;
    }
    let before = pages_read(&msp);
    let first = msp.get(LIST).await;
    assert_eq!((ids(&first).len(), pages_read(&msp) - before), (100, 1));
    let next = first["next"].as_str().unwrap();
    let second = msp.get(&format!("{LIST}?after={next}")).await;
    assert_eq!((ids(&second).len(), second.get("next"), pages_read(&msp) - before), (21, None, 2));
    assert!(ids(&second).iter().all(|id| !ids(&first).contains(id)));

    let found = msp.get(&format!("{LIST}?search=CUSTOMER%20119&sort=-name")).await;
    assert_eq!((ids(&found).len(), pages_read(&msp) - before), (1, 4));
    let sorted = msp.get(&format!("{LIST}?sort=-name")).await;
    let names: Vec<_> = sorted["organizations"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!((names.len(), names[0], names[1]), (121, &json!("Partner 1 (own use)"), &json!("Customer 119")));
    assert_eq!(ids(&msp.get(&format!("{LIST}?search=it7@")).await).len(), 1);
}

#[tokio::test]
async fn a_sorted_list_has_pages_and_each_row_is_on_one() {
    let msp = Msp::signed_in().await;
    let count = 2 * MAX_ROWS + 10;
    for number in 0..count - 1 {
        let name = format!("Customer {number:04}");
        msp.bss.in_portal(json!({"email": format!("it{number}@example.com"), "organization_name": name})).await;
    }
    let (mut names, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = msp.get(&format!("{LIST}?sort=name{after}")).await;
        let rows = page["organizations"].as_array().unwrap();
        sizes.push(rows.len());
        names.extend(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(sizes, [MAX_ROWS, MAX_ROWS, 10]);
    assert!(names.is_sorted());
    names.dedup();
    assert_eq!(names.len(), count);
}

#[tokio::test]
async fn a_search_is_bounded_and_says_where_it_goes_on() {
    let msp = Msp::on(Bss::start_with(Options { search_pages: Some(2), ..Options::from_env() }).await);
    let msp = msp.with_new_session().await;
    for number in 0..3 {
        msp.bss
            .in_portal(json!({"email": format!("it{number}@example.com"), "organization_name": number.to_string()}))
            .await;
    }
    let token = PARTNERS[0].reseller_token;
    let page = |number: u64| {
        let row = json!({"id": format!("{number}-6"), "organization_name": "Match", "reseller_token": token});
        let pagination = json!({"current_page": number, "total_pages": 3});
        json!({"path": "/users", "after": number - 1, "times": 1, "status": 200,
            "body": {"result_set": [row], "pagination": pagination}})
    };
    msp.bss.vendor_faults(json!([page(1), page(2), page(3)]));
    let before = pages_read(&msp);
    let found = msp.get(&format!("{LIST}?search=match")).await;
    assert_eq!((ids(&found), pages_read(&msp) - before), (vec!["1-6", "2-6"], 2));
    let rest = msp.get(&format!("{LIST}?search=match&after={}", found["next"].as_str().unwrap())).await;
    assert_eq!((ids(&rest), rest.get("next")), (vec!["3-6"], None));
}

#[tokio::test]
async fn a_vendor_that_ignores_the_page_repeats_nothing() {
    let msp = Msp::signed_in().await;
    let row = json!({"id": "7-6", "organization_name": "Seven", "reseller_token": PARTNERS[0].reseller_token});
    msp.bss.vendor_faults(json!([{"path": "/users", "status": 200, "body": [row]}]));
    let first = msp.get(LIST).await;
    assert_eq!(ids(&first), ["7-6"]);
    let second = msp.get(&format!("{LIST}?after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((ids(&second).len(), second.get("next")), (0, None));
    let found = msp.get(&format!("{LIST}?search=seven")).await;
    assert_eq!((ids(&found), found.get("next")), (vec!["7-6"], None));
}

#[tokio::test]
async fn an_odd_answer_hides_nothing_and_is_no_empty_list() {
    let msp = Msp::with_tenant().await;
    let announced = json!({"result_set": [], "pagination": {"current_page": 1, "total_pages": 2}});
    for fault in [
        json!({"path": "/users", "status": 200, "body": []}),
        json!({"path": "/users", "status": 200, "body": {"result_set": [], "pagination": {}}}),
        json!({"path": "/users", "status": 200, "body": announced}),
        json!({"path": "/users", "status": 204}),
        json!({"path": "/users", "status": 200, "body": "OK"}),
        json!({"path": "/users", "status": 503}),
        json!({"path": "/users", "status": 404}),
        json!({"path": "/users", "status": 200, "body": "<html>", "headers": {"content-type": "text/html"}}),
    ] {
        msp.bss.vendor_faults(json!([fault]));
        let (status, answer) = msp.send(reqwest::Method::GET, LIST, String::new()).await;
        assert!(status >= 400 && answer["code"] != 0, "{fault}: {answer}");
    }
    msp.bss.vendor_faults(json!([{"path": "/users", "status": 401}]));
    msp.refused_get(ErrorCode::CredentialsRefused, LIST).await;
    // A row that cannot be read is counted, and the others are shown.
    msp.bss.vendor_faults(json!([
        {"path": "/users", "patch": [{"op": "replace", "path": "/result_set/0/seats_used", "value": "three"}]},
    ]));
    let page = msp.get(LIST).await;
    assert_eq!((ids(&page), &page["unreadable"]), (vec![OWN], &json!(1)));
}

#[tokio::test]
async fn times_are_shown_if_the_vendor_tells_them() {
    let msp = Msp::with_tenant().await;
    msp.bss.vendor_faults(json!([{"path": "/users", "patch": [
        {"op": "add", "path": "/result_set/0/created_at", "value": "2017-07-21T04:08:56.000Z"},
        {"op": "add", "path": "/result_set/0/last_sign_in_at", "value": "2017-07-21T06:14:38.000Z"},
        {"op": "add", "path": "/result_set/0/deactivated_since", "value": null},
        {"op": "replace", "path": "/result_set/0/organization_name", "value": "<img src=x onerror=alert(1)>Blue\u{202e}"},
    ]}]));
    let page = msp.get(&format!("{LIST}?sort=-lastSignedIn")).await;
    let row = row(&page, ORGANIZATION);
    assert_eq!(
        (&row["createdAt"], &row["lastSignedIn"]),
        (&json!("2017-07-21T04:08:56Z"), &json!("2017-07-21T06:14:38Z"))
    );
    assert_eq!((row.get("deactivatedSince"), &row["name"]), (None, &json!("Blue")));
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let msp = Msp::signed_in().await;
    let long = format!("{LIST}?search={}", "x".repeat(101));
    for (path, field) in [
        (format!("{LIST}?sort=seats"), "sort"),
        (format!("{LIST}?after=2"), "after"),
        (format!("{LIST}?after=1-1-{}", "A".repeat(43)), "after"),
        (long, "search"),
    ] {
        let answer = msp.send(reqwest::Method::GET, &path, String::new()).await;
        assert_refused(ErrorCode::FieldsInvalid, &answer);
        assert_eq!(answer.1["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), [field], "{path}");
    }
    assert_eq!(pages_read(&msp), 1, "the sign-in's");
}
