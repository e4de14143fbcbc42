//! `POST portal/organizations/create`

use futures::future::join;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::client::{ARCHIVER, BACKUP, Bss, ORGANIZATION, PERSONAL, merged};
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, GUIDE, MANAGED, archiver, order, plan};
use crate::portal::msp::{CREATE_PLAN, Msp, NOTHING, ORDER, RETRY, masked};

/// Returns the order for [`ACME`].
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
        "trial": false, "state": "live", "billing": "3 units are invoiced from 2031-06-01.", "updatedAt": "[time]",
    });
    assert_eq!(masked(sold), expected);
    let expected = json!({
        "plan_id": BACKUP, "seats_available": 3, "email": "gordon@bluelight.example", "first_name": "Gordon",
        "last_name": "Packard", "organization_name": "Blue Light", "country": "US", "customer_deactivated": false,
        "flg_suspended": false, "partner": 1,
    });
    msp.bss.assert_at_vendor(ORGANIZATION, &expected);
    assert_eq!(msp.bss.writes(), ["POST users", "PUT users/440032-6/subscription"]);
    let links = json!([{
        "application": "[application]", "account": "20", "organization": ORGANIZATION, "company": 20,
        "agreement": 104, "billedSeats": "sold", "startsOn": "nextMonth", "lastBilledMonth": "this",
        "creditsUnused": false, "billing": GUIDE, "linkedAt": "[time]",
    }]);
    assert_eq!(masked(msp.list("links").await), links);
}

#[tokio::test]
async fn is_billed_from_the_first_of_next_month() {
    let msp = Msp::with_tenant().await;
    let addition = msp.addition();
    let expected = json!({
        "agreementId": BLUE_BACKUP, "quantity": 3, "billCustomer": "Billable", "effectiveDate": "2031-06-01T00:00:00Z",
        "unitPrice": 3.5,
    });
    let seen: Value = expected.as_object().unwrap().keys().map(|name| (name.clone(), addition[name].clone())).collect();
    assert_eq!(seen, expected);
    assert_eq!(addition["product"]["id"], msp.product(BACKUP));
    assert_eq!(addition.get("cancelledDate"), None);
    let row = json!({
        "application": "[application]", "account": "20", "organization": ORGANIZATION, "subscription": "20-1",
        "company": 20, "agreement": BLUE_BACKUP, "addition": addition["id"], "product": msp.product(BACKUP),
        "plan": BACKUP, "planName": "Business Backup", "quantity": 3, "unitPrice": 3.5, "trial": false,
        "effectiveDate": "2031-06-01", "ended": false, "billing": "3 units are invoiced from 2031-06-01.", "state": "synced", "updatedAt": "[time]",
    });
    assert_eq!(masked(msp.row().await), row);
}

#[tokio::test]
async fn the_month_is_that_of_the_msps_zone() {
    for (moment, expected) in [
        // The evening of May 31 in the MSP's time zone, and the evening of June 1.
        ("2031-06-01T02:00:00Z", "2031-06-01T00:00:00Z"),
        ("2031-06-01T05:00:00Z", "2031-07-01T00:00:00Z"),
    ] {
        let msp = Msp::billing().await;
        let msp = msp.at(moment).await;
        msp.done(ORDER, &order(json!({}))).await;
        msp.wait_for_additions().await;
        assert_eq!(msp.addition()["effectiveDate"], expected, "{moment}");
    }
}

#[tokio::test]
async fn is_billed_from_a_day_that_the_agreement_allows() {
    let msp = Msp::billing().await;
    msp.done(ORDER, &order(json!({"agreement": 106}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["effectiveDate"], "2031-07-01T00:00:00Z", "it starts then");

    let msp = Msp::billing().await;
    // Invoiced in advance, to the end of July.
    for _ in 5..=7 {
        msp.invoices(MANAGED).await;
    }
    msp.done(ORDER, &for_acme(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["effectiveDate"], "2031-08-01T00:00:00Z");
    let prorated = order(json!({"agreement": 105}));
    msp.done(ORDER, &prorated).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.additions()[1]["effectiveDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn a_trial_has_no_price() {
    let msp = Msp::billing().await;
    msp.done(CREATE_PLAN, &archiver(json!({"trial": true}))).await;
    let sold = msp.done(ORDER, &order(json!({"plan": ARCHIVER}))).await;
    assert_eq!(sold["trial"], true);
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["billCustomer"], &msp.addition()["quantity"]), (&json!("NoCharge"), &json!(3)));
}

#[tokio::test]
async fn an_individual_price_is_billed() {
    let msp = Msp::billing().await;
    msp.done(ORDER, &order(json!({"unitPrice": 2.125}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["unitPrice"], 2.125);
    assert_eq!(msp.list("links").await[0]["unitPrice"], 2.125);
}

#[tokio::test]
async fn a_repeated_call_has_no_effect_and_returns_the_same() {
    let msp = Msp::billing().await;
    let first = msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    let (vendor, addition) = (msp.bss.vendor(), msp.addition());
    assert_eq!(masked(msp.done(ORDER, &order(json!({}))).await), masked(first));
    msp.wait_for_additions().await;
    assert_eq!((msp.bss.vendor(), msp.addition()), (vendor, addition));
    let more = msp.done(ORDER, &order(json!({"seats": 4}))).await;
    assert_eq!((&more["subscription"], &more["seats"]), (&json!("20-1"), &json!(4)));
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["quantity"], 4);
}

#[tokio::test]
async fn an_order_for_a_new_subscription_changes_none() {
    let msp = Msp::with_tenant().await;
    let writes = msp.bss.writes();
    let again = msp.done(ORDER, &order(json!({"newOnly": true}))).await;
    assert_eq!(again["subscription"], "20-1", "the first answer may have been lost");
    msp.done(CREATE_PLAN, &archiver(json!({}))).await;
    for other in [json!({"seats": 4}), json!({"plan": ARCHIVER}), json!({"email": "other@bluelight.example"})] {
        let message = msp.invalid_fields(&["company"], ORDER, &order(merged(json!({"newOnly": true}), other))).await;
        assert!(message.contains("has a subscription already"), "{message}");
    }
    assert_eq!(msp.bss.writes(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_orders_are_one_sale() {
    let msp = Msp::billing().await;
    let order = order(json!({}));
    let (one, other) = join(msp.post(ORDER, &order), msp.post(ORDER, &order)).await;
    assert_eq!((one.0, other.0), (200, 200), "{one:?} {other:?}");
    assert_eq!(masked(one.1), masked(other.1));
    msp.wait_for_additions().await;
    assert_eq!(msp.bss.organizations().len(), 1);
    assert_eq!(msp.addition()["quantity"], 3);
    assert_eq!(msp.rows().await.len(), 1);
}

#[tokio::test]
async fn an_invalid_company_or_agreement_changes_nothing() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    let before = msp.bss.vendor();
    for (wrong, field, expected) in [
        (json!({"agreement": 101}), "agreement", "Managed Services is not an agreement of Blue Light"),
        (json!({"company": 19, "agreement": 102}), "agreement", "expired"),
        (json!({"company": 19, "agreement": 103}), "agreement", "cancelled"),
        (json!({"agreement": 999}), "agreement", "no such agreement"),
        (json!({"company": 999}), "company", "no such company"),
    ] {
        let message = msp.invalid_fields(&[field], ORDER, &order(wrong)).await;
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(msp.bss.vendor(), before);
    assert_eq!(msp.list("links").await, json!([]));
    assert_eq!(msp.list("additions").await, json!([]));
}

#[tokio::test]
async fn every_invalid_field_is_named() {
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
        msp.invalid_fields(&fields, ORDER, &order(wrong)).await;
    }
    let required = ["email", "firstName", "lastName", "company", "agreement", "plan"];
    msp.invalid_fields(&required, ORDER, &json!({})).await;
    msp.invalid_fields(&["email", "plan"], ORDER, &order(json!({"email": null, "plan": null}))).await;
    for (wrong, named) in
        [(json!({"seats": -1}), "seats"), (json!({"Seats": 3}), "Seats"), (json!({"company": "x"}), "company")]
    {
        let message = msp.refused(ErrorCode::BadRequest, ORDER, &order(wrong)).await;
        assert!(message.contains(named), "{message}");
    }
    assert_eq!(msp.bss.writes(), [""; 0]);
    assert_eq!(msp.list("links").await, json!([]));
}

#[tokio::test]
async fn a_negative_price_is_refused() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.invalid_fields(&["unitPrice"], ORDER, &order(json!({"unitPrice": -1}))).await;
    assert_eq!(msp.bss.writes(), [""; 0]);
}

#[tokio::test]
async fn an_address_in_use_creates_no_addition() {
    let msp = Msp::billing().await;
    msp.bss.in_portal(json!({"email": "gordon@bluelight.example", "organization_name": "Another"})).await;
    msp.refused(ErrorCode::EmailInUse, ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.additions(), NOTHING);
}

#[tokio::test]
async fn needs_connectwise() {
    let msp = Msp::signed_in().await;
    msp.invalid_fields(&["plan"], ORDER, &order(json!({}))).await;
}

#[tokio::test]
async fn a_personal_plan_has_no_seats_and_the_owners_name() {
    let msp = Msp::billing().await;
    let personal = json!({"name": "Basic 5 GB", "productType": "personal", "price": 2, "plan": PERSONAL});
    msp.done(CREATE_PLAN, &plan(personal)).await;
    let sold = msp.done(ORDER, &order(json!({"plan": PERSONAL, "seats": null, "businessName": null}))).await;
    assert_eq!(sold.get("seats"), None, "{sold}");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": PERSONAL, "organization_name": "Gordon Packard"}));
    msp.wait_for_additions().await;
    assert_eq!((&msp.addition()["quantity"], &msp.addition()["unitPrice"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn the_company_name_is_the_default_business_name() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.done(ORDER, &order(json!({"businessName": null, "country": null}))).await;
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"organization_name": "Blue Light, Co.", "country": null}));
}

#[tokio::test]
async fn a_lost_response_of_the_vendor_is_one_sale() {
    let msp = Msp::billing().await;
    msp.bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    msp.refused(ErrorCode::OutcomeUnknown, ORDER, &order(json!({}))).await;
    msp.bss.vendor_faults(json!([]));
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.bss.organizations().len(), 1);
    assert_eq!(msp.addition()["quantity"], 3);
}

/// Starts a proxy to the vendor. Returns its URL, a sender for the vendor's URL, and the requests that it forwards.
async fn recording_proxy() -> (String, mpsc::UnboundedSender<String>, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let (vendor, mut address) = mpsc::unbounded_channel::<String>();
    let (record, recorded) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let vendor = address.recv().await.unwrap();
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(&vendor).await.unwrap();
            let record = record.clone();
            tokio::spawn(async move {
                let ((mut request, mut response), (mut vendor_response, mut vendor_request)) =
                    (from.split(), to.split());
                let forward = async {
                    let mut buffer = vec![0; 16 * 1024];
                    while let Ok(read @ 1..) = request.read(&mut buffer).await {
                        record.send(String::from_utf8_lossy(&buffer[..read]).into_owned()).unwrap();
                        vendor_request.write_all(&buffer[..read]).await.unwrap();
                    }
                };
                let back = tokio::io::copy(&mut vendor_response, &mut response);
                let _ = join(forward, back).await;
            });
        }
    });
    (url, vendor, recorded)
}

#[tokio::test]
async fn the_sign_in_mail_option_is_sent_to_the_vendor() {
    for send in [true, false] {
        let (url, address, mut recorded) = recording_proxy().await;
        let options =
            Options { dropsuite: Some(url), connectwise: None, dropbox: None, stream: true, ..Options::from_env() };
        let bss = Bss::start_before(options).await;
        let host = bss.stack.dropsuite_url.trim_start_matches("http://").trim_end_matches("/api").to_owned();
        address.send(host).unwrap();
        let msp = Msp::on(bss).with_new_session().await;
        msp.set_up_connectwise().await;
        msp.done(CREATE_PLAN, &plan(json!({}))).await;
        msp.done(ORDER, &order(json!({"sendSignInDetails": send}))).await;
        let mut sent = String::new();
        while let Ok(more) = recorded.try_recv() {
            sent.push_str(&more);
        }
        assert!(sent.contains("POST /api/users"), "{sent}");
        assert!(sent.contains(&format!("\"send_email\":{send}")), "{sent}");
        assert_eq!(msp.bss.organizations()[0]["email"], "gordon@bluelight.example");
    }
}

#[tokio::test]
async fn companies_do_not_wait_for_each_other() {
    let msp = Msp::billing().await;
    let (blue, acme) = (order(json!({})), for_acme(json!({"seats": 8})));
    join(msp.done(ORDER, &blue), msp.done(ORDER, &acme)).await;
    msp.wait_for_additions().await;
    let mut sold: Vec<_> = msp
        .additions()
        .iter()
        .map(|addition| (addition["agreementId"].clone(), addition["quantity"].clone()))
        .collect();
    sold.sort_by_key(|(agreement, _)| agreement.as_u64());
    assert_eq!(sold, [(json!(MANAGED), json!(8)), (json!(BLUE_BACKUP), json!(3))]);
    assert_eq!(msp.rows().await.iter().filter(|row| row["state"] == "synced").count(), 2);
    assert_ne!(BLUE_LIGHT, ACME);
}

#[tokio::test]
async fn another_agreement_moves_the_addition() {
    let msp = Msp::with_tenant().await;
    msp.done(ORDER, &order(json!({"agreement": 105, "seats": 4}))).await;
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!(
        (&additions[0]["quantity"], &additions[0]["cancelledDate"]),
        (&json!(0), &json!("2031-06-01T00:00:00Z"))
    );
    assert_eq!((&additions[1]["agreementId"], &additions[1]["quantity"]), (&json!(105), &json!(4)));
    assert_eq!(msp.bss.organizations().len(), 1);
}

#[tokio::test]
async fn a_rejected_order_moves_no_addition() {
    let msp = Msp::with_tenant().await;
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 3})).await;
    msp.refused(ErrorCode::SeatsInUse, ORDER, &order(json!({"agreement": 105, "seats": 1}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.addition()["agreementId"], BLUE_BACKUP);
    assert_eq!(msp.addition()["quantity"], 3);
}

#[tokio::test]
async fn is_billed_from_the_sale_after_a_connectwise_outage() {
    let msp = Msp::billing().await;
    msp.in_maintenance("/finance/agreements/*/additions");
    msp.done(ORDER, &order(json!({}))).await;
    msp.wait_for_additions().await;
    assert_eq!(msp.row().await["state"], "pending");
    msp.faults(json!([]));
    let later = msp.at("2031-06-03T12:00:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["effectiveDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn is_sold_while_connectwise_is_unresponsive_and_billed_afterwards() {
    let msp = Msp::billing().await;
    msp.faults(json!([{"path": "*", "delay_ms": 6_000}]));
    let nameless = order(json!({"businessName": null}));
    let message = msp.refused(ErrorCode::ConnectWiseUnavailable, ORDER, &nameless).await;
    assert!(message.contains("Give businessName"), "{message}");
    let calls = || msp.bss.stack.connectwise.calls().len();
    let before = calls();
    let sold = msp.done(ORDER, &order(json!({}))).await;
    assert_eq!(calls() - before, 1, "ConnectWise is asked once, within the four seconds that it has");
    assert_eq!((&sold["state"], &sold["seats"]), (&json!("live"), &json!(3)));
    msp.faults(json!([]));
    msp.wait_for_additions().await;
    assert_eq!(msp.done(RETRY, &json!({"subscription": "20-1"})).await[0]["state"], "synced");
    assert_eq!(msp.addition()["quantity"], 3);
}
