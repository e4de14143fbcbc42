//! `POST portal/organizations/create`

use std::time::{Duration, Instant};

use futures::future::join;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::client::{ARCHIVER, BACKUP, Bss, ORGANIZATION, PERSONAL, merged};
use crate::portal::msp::{
    ACME, BLUE_BACKUP, BLUE_LIGHT, CREATE_PLAN, MANAGED, Msp, NOTHING, ORDER, RETRY, archiver, order, plan, steady,
};

/// The same for [`ACME`].
fn for_acme(more: Value) -> Value {
    let acme = json!({"company": ACME, "agreement": MANAGED, "email": "ann@acme.example", "businessName": "Acme"});
    order(merged(acme, more))
}

#[tokio::test]
async fn sells_a_company_a_plan() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let sold = msp.done(ORDER, &order(json!({}))).await;
    let expected = json!({
        "company": 20, "organization": ORGANIZATION, "subscription": "20-1", "plan": BACKUP, "seats": 3,
        "trial": false, "state": "live", "updatedAt": "[time]",
    });
    assert_eq!(steady(sold), expected);
    let expected = json!({
        "plan_id": BACKUP, "seats_available": 3, "email": "gordon@bluelight.example", "first_name": "Gordon",
        "last_name": "Packard", "organization_name": "Blue Light", "country": "US", "customer_deactivated": false,
        "flg_suspended": false, "partner": 1,
    });
    msp.bss.assert_at_vendor(ORGANIZATION, &expected);
    assert_eq!(msp.bss.writes(), ["POST users", "PUT users/440032-6/subscription"]);
    let links = json!([{
        "application": "[application]", "account": "20", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "linkedAt": "[time]",
    }]);
    assert_eq!(steady(msp.get("links/list").await), links);
}

#[tokio::test]
async fn is_billed_from_the_first_of_next_month() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let line = msp.line();
    let expected = json!({
        "agreementId": BLUE_BACKUP, "quantity": 3, "billCustomer": "Billable", "effectiveDate": "2031-06-01T00:00:00Z",
        "unitPrice": 3.5,
    });
    let seen: Value = expected.as_object().unwrap().keys().map(|name| (name.clone(), line[name].clone())).collect();
    assert_eq!(seen, expected);
    assert_eq!(line["product"]["id"], msp.product(BACKUP));
    assert_eq!(line.get("cancelledDate"), None);
    let row = json!({
        "application": "[application]", "account": "20", "organization": ORGANIZATION, "subscription": "20-1",
        "company": 20, "agreement": BLUE_BACKUP, "addition": line["id"], "product": msp.product(BACKUP),
        "state": "applied", "updatedAt": "[time]",
    });
    assert_eq!(steady(msp.row().await), row);
}

#[tokio::test]
async fn the_month_is_that_of_the_msps_zone() {
    for (moment, expected) in [
        // In the evening of the 31st of May there, and of the 1st of June.
        ("2031-06-01T02:00:00Z", "2031-06-01T00:00:00Z"),
        ("2031-06-01T05:00:00Z", "2031-07-01T00:00:00Z"),
    ] {
        let Some(msp) = Msp::billing().await else { return };
        let msp = msp.at(moment).await;
        msp.done(ORDER, &order(json!({}))).await;
        msp.settled().await;
        assert_eq!(msp.line()["effectiveDate"], expected, "{moment}");
    }
}

#[tokio::test]
async fn is_billed_from_a_day_that_the_agreement_allows() {
    let Some(msp) = Msp::billing().await else { return };
    msp.done(ORDER, &order(json!({"agreement": 106}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["effectiveDate"], "2031-07-01T00:00:00Z", "it starts then");

    let Some(msp) = Msp::billing().await else { return };
    // Invoiced in advance, up to the end of July.
    for _ in 5..=7 {
        msp.invoices(MANAGED).await;
    }
    msp.done(ORDER, &for_acme(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["effectiveDate"], "2031-08-01T00:00:00Z");
    let prorated = order(json!({"agreement": 105}));
    msp.done(ORDER, &prorated).await;
    msp.settled().await;
    assert_eq!(msp.lines()[1]["effectiveDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn a_trial_is_shown_for_nothing() {
    let Some(msp) = Msp::billing().await else { return };
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    let sold = msp.done(ORDER, &order(json!({"plan": ARCHIVER}))).await;
    assert_eq!(sold["trial"], true);
    msp.settled().await;
    assert_eq!((&msp.line()["billCustomer"], &msp.line()["quantity"]), (&json!("NoCharge"), &json!(3)));
}

#[tokio::test]
async fn a_price_of_its_own_is_billed() {
    let Some(msp) = Msp::billing().await else { return };
    msp.done(ORDER, &order(json!({"unitPrice": 2.125}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["unitPrice"], 2.125);
    assert_eq!(msp.get("links/list").await[0]["unitPrice"], 2.125);
}

#[tokio::test]
async fn again_has_no_effect_and_the_same_answer() {
    let Some(msp) = Msp::billing().await else { return };
    let first = msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    let (vendor, line) = (msp.bss.vendor(), msp.line());
    assert_eq!(steady(msp.done(ORDER, &order(json!({}))).await), steady(first));
    msp.settled().await;
    assert_eq!((msp.bss.vendor(), msp.line()), (vendor, line));
    let more = msp.done(ORDER, &order(json!({"seats": 4}))).await;
    assert_eq!((&more["subscription"], &more["seats"]), (&json!("20-1"), &json!(4)));
    msp.settled().await;
    assert_eq!(msp.line()["quantity"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_sale() {
    let Some(msp) = Msp::billing().await else { return };
    let order = order(json!({}));
    let (one, other) = join(msp.post(ORDER, &order), msp.post(ORDER, &order)).await;
    assert_eq!((one.0, other.0), (200, 200), "{one:?} {other:?}");
    assert_eq!(steady(one.1), steady(other.1));
    msp.settled().await;
    assert_eq!(msp.bss.organizations().len(), 1);
    assert_eq!(msp.line()["quantity"], 3);
    assert_eq!(msp.rows().await.len(), 1);
}

#[tokio::test]
async fn a_company_and_an_agreement_that_do_not_fit_change_nothing() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let before = msp.bss.vendor();
    for (wrong, field, said) in [
        (json!({"agreement": 101}), "agreement", "Managed Services is not one of Blue Light"),
        (json!({"company": 19, "agreement": 102}), "agreement", "expired"),
        (json!({"company": 19, "agreement": 103}), "agreement", "cancelled"),
        (json!({"agreement": 999}), "agreement", "no such agreement"),
        (json!({"company": 999}), "company", "no such company"),
    ] {
        let message = msp.faulty(&[field], ORDER, &order(wrong)).await;
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(msp.bss.vendor(), before);
    assert_eq!(msp.get("links/list").await, json!([]));
    assert_eq!(msp.get("additions/list").await, json!([]));
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    for (wrong, fields) in [
        (json!({"email": "gordon"}), vec!["email"]),
        (json!({"firstName": " "}), vec!["firstName"]),
        (json!({"lastName": "x".repeat(101)}), vec!["lastName"]),
        (json!({"businessName": ""}), vec!["businessName"]),
        (json!({"country": "Germany"}), vec!["country"]),
        (json!({"plan": ARCHIVER}), vec!["plan"]),
        (json!({"seats": 0}), vec!["seats"]),
        (json!({"seats": null}), vec!["seats"]),
        (json!({"seats": 100_001}), vec!["seats"]),
        (json!({"email": "", "firstName": "", "country": "X"}), vec!["email", "firstName", "country"]),
    ] {
        msp.faulty(&fields, ORDER, &order(wrong)).await;
    }
    for (wrong, named) in
        [(json!({"seats": -1}), "seats"), (json!({"Seats": 3}), "Seats"), (json!({"company": "x"}), "company")]
    {
        let message = msp.refused(ErrorCode::BadRequest, ORDER, &order(wrong)).await;
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(msp.bss.writes(), [""; 0]);
    assert_eq!(msp.get("links/list").await, json!([]));
}

#[tokio::test]
async fn a_negative_price_is_refused() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.faulty(&["unitPrice"], ORDER, &order(json!({"unitPrice": -1}))).await;
    assert_eq!(msp.bss.writes(), [""; 0]);
}

#[tokio::test]
async fn an_address_that_is_taken_leaves_no_addition() {
    let Some(msp) = Msp::billing().await else { return };
    msp.bss.in_portal(json!({"email": "gordon@bluelight.example", "organization_name": "Another"})).await;
    msp.refused(ErrorCode::EmailInUse, ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.lines(), NOTHING);
}

#[tokio::test]
async fn needs_connectwise() {
    let msp = Msp::signed_in().await;
    msp.faulty(&["plan"], ORDER, &order(json!({}))).await;
}

#[tokio::test]
async fn a_personal_plan_has_no_seats_and_is_called_after_its_owner() {
    let Some(msp) = Msp::billing().await else { return };
    let personal = json!({"name": "Basic 5 GB", "productType": "personal", "price": 2, "plan": PERSONAL});
    msp.done(CREATE_PLAN, &plan(personal)).await;
    let sold = msp.done(ORDER, &order(json!({"plan": PERSONAL, "seats": null, "businessName": null}))).await;
    assert_eq!(sold.get("seats"), None, "{sold}");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": PERSONAL, "organization_name": "Gordon Packard"}));
    msp.settled().await;
    assert_eq!((&msp.line()["quantity"], &msp.line()["unitPrice"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn the_business_is_called_like_the_company_by_default() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({"businessName": null, "country": null}))).await;
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"organization_name": "Blue Light, Co.", "country": null}));
}

#[tokio::test]
async fn a_lost_answer_of_the_vendor_is_one_sale() {
    let Some(msp) = Msp::billing().await else { return };
    msp.bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    msp.refused(ErrorCode::OutcomeUnknown, ORDER, &order(json!({}))).await;
    msp.bss.vendor_faults(json!([]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.bss.organizations().len(), 1);
    assert_eq!(msp.line()["quantity"], 3);
}

/// Passes on what is said to the vendor, and tells it.
async fn listening() -> (String, mpsc::UnboundedSender<String>, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let (vendor, mut place) = mpsc::unbounded_channel::<String>();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let vendor = place.recv().await.unwrap();
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(&vendor).await.unwrap();
            let tell = tell.clone();
            tokio::spawn(async move {
                let ((mut heard, mut answers), (mut answered, mut asked)) = (from.split(), to.split());
                let forth = async {
                    let mut buffer = vec![0; 16 * 1024];
                    while let Ok(read @ 1..) = heard.read(&mut buffer).await {
                        tell.send(String::from_utf8_lossy(&buffer[..read]).into_owned()).unwrap();
                        asked.write_all(&buffer[..read]).await.unwrap();
                    }
                };
                let back = tokio::io::copy(&mut answered, &mut answers);
                let _ = join(forth, back).await;
            });
        }
    });
    (url, vendor, told)
}

#[tokio::test]
async fn whether_the_sign_in_is_mailed_reaches_the_vendor() {
    for send in [true, false] {
        let (url, place, mut told) = listening().await;
        let options =
            Options { dropsuite: Some(url), connectwise: None, dropbox: None, stream: true, ..Options::from_env() };
        let bss = Bss::start_before(options).await;
        let host = bss.stack.dropsuite_url.trim_start_matches("http://").trim_end_matches("/api").to_owned();
        place.send(host).unwrap();
        let msp = Msp::on(bss).in_session().await;
        msp.sets_up().await;
        msp.done(CREATE_PLAN, &plan(json!({}))).await;
        msp.done(ORDER, &order(json!({"sendSignInDetails": send}))).await;
        let mut said = String::new();
        while let Ok(more) = told.try_recv() {
            said.push_str(&more);
        }
        assert!(said.contains("POST /api/users"), "{said}");
        assert!(said.contains(&format!("\"send_email\":{send}")), "{said}");
        assert_eq!(msp.bss.organizations()[0]["email"], "gordon@bluelight.example");
    }
}

#[tokio::test]
async fn companies_do_not_wait_for_each_other() {
    let Some(msp) = Msp::billing().await else { return };
    let (blue, acme) = (order(json!({})), for_acme(json!({"seats": 8})));
    join(msp.done(ORDER, &blue), msp.done(ORDER, &acme)).await;
    msp.settled().await;
    let mut sold: Vec<_> =
        msp.lines().iter().map(|line| (line["agreementId"].clone(), line["quantity"].clone())).collect();
    sold.sort_by_key(|(agreement, _)| agreement.as_u64());
    assert_eq!(sold, [(json!(MANAGED), json!(8)), (json!(BLUE_BACKUP), json!(3))]);
    assert_eq!(msp.rows().await.iter().filter(|row| row["state"] == "applied").count(), 2);
    assert_ne!(BLUE_LIGHT, ACME);
}

#[tokio::test]
async fn again_with_another_agreement_the_addition_moves() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(ORDER, &order(json!({"agreement": 105, "seats": 4}))).await;
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["quantity"], &lines[0]["cancelledDate"]), (&json!(0), &json!("2031-06-01T00:00:00Z")));
    assert_eq!((&lines[1]["agreementId"], &lines[1]["quantity"]), (&json!(105), &json!(4)));
    assert_eq!(msp.bss.organizations().len(), 1);
}

#[tokio::test]
async fn an_order_that_is_refused_moves_no_addition() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 3})).await;
    msp.refused(ErrorCode::SeatsInUse, ORDER, &order(json!({"agreement": 105, "seats": 1}))).await;
    msp.settled().await;
    assert_eq!(msp.line()["agreementId"], BLUE_BACKUP);
    assert_eq!(msp.line()["quantity"], 3);
}

#[tokio::test]
async fn is_billed_from_then_even_if_connectwise_was_down() {
    let Some(msp) = Msp::billing().await else { return };
    msp.in_maintenance("/finance/agreements/*/additions");
    msp.done(ORDER, &order(json!({}))).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "pending");
    msp.faults(json!([]));
    let later = msp.at("2031-06-03T12:00:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["effectiveDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn is_sold_while_connectwise_is_silent_and_billed_when_it_is_back() {
    let Some(msp) = Msp::billing().await else { return };
    msp.faults(json!([{"path": "*", "delay_ms": 6_000}]));
    let nameless = order(json!({"businessName": null}));
    let message = msp.refused(ErrorCode::ConnectWiseUnavailable, ORDER, &nameless).await;
    assert!(message.contains("Give businessName"), "{message}");
    let started = Instant::now();
    let sold = msp.done(ORDER, &order(json!({}))).await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!((&sold["state"], &sold["seats"]), (&json!("live"), &json!(3)));
    msp.faults(json!([]));
    msp.settled().await;
    assert_eq!(msp.done(RETRY, &json!({"subscription": "20-1"})).await[0]["state"], "applied");
    assert_eq!(msp.line()["quantity"], 3);
}
