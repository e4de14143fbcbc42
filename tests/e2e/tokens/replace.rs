//! `tokens-replace`: a partner's new reseller token. The MSP keeps its customers, and nothing is billed twice or not at all.

use sandbox::background;
use sandbox::dropsuite::{Backups, PARTNERS, PortalChange};
use sandbox::stack::{APPLICATION_ID, Options};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::msp::MspId;
use service_manager::workers::tokens::{Event, Outcome, Report};

use crate::client::{Bss, account, cut_off, merged, service, without_rate_limit};
use crate::portal::msp::bodies::{ACME, MANAGED, link, order, plan};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, ORDER, SIGN_IN, UNLINK, UPDATE};

/// A person of the MSP.
const ZOE: &str = "zoe@msp.example";

/// The partner's new reseller token.
const NEW: &str = "55555555-5555-4555-8555-555555555555";

/// Returns the id that a reseller token of the partner gives.
fn id(msp: &Msp, token: &str) -> MspId {
    MspId::from_reseller_token(&msp.bss.stack.dropsuite_url.parse().unwrap(), &token.into())
}

/// Returns the input of a run that replaces the first token by `new`, merged with `more`.
fn event(msp: &Msp, new: &str, more: Value) -> Event {
    let ids = json!({"old": id(msp, PARTNERS[0].reseller_token), "new": id(msp, new)});
    serde_json::from_value(merged(ids, more)).unwrap()
}

async fn run(msp: &Msp, new: &str, more: Value) -> Report {
    background::replace_token(&msp.bss.stack.app, &event(msp, new, more)).await.unwrap()
}

/// Asserts that the run refuses the replacement for one reason, which contains `text`, and changes nothing.
async fn assert_refused(msp: &Msp, new: &str, more: Value, text: &str) -> Report {
    settled(msp).await;
    let before = msp.bss.table().await;
    let report = run(msp, new, merged(json!({"dryRun": false}), more)).await;
    assert_eq!((report.outcome, report.reasons.len()), (Outcome::Refused, 1), "{report:?}");
    assert!(report.reasons[0].contains(text), "{report:?}");
    assert_eq!(msp.bss.table().await, before);
    report
}

/// Waits until nothing writes the table any more.
async fn settled(msp: &Msp) {
    if msp.bss.stack.additions.is_some() {
        msp.wait_for_additions().await;
        msp.wait_for_tickets().await;
    }
}

fn customer(number: u32) -> Value {
    let user = format!("it@customer{number}.example");
    account(json!({
        "ID": number.to_string(), "Name": format!("Customer {number}"), "Email": user,
        "SyncOptions": {"username": user, "role": "1"},
    }))
}

/// Sells five seats each to `count` customers of the BSS. Returns their organizations.
async fn sells_to(bss: &Bss, count: u32) -> Vec<String> {
    let mut organizations = Vec::new();
    for number in 1..=count {
        organizations.push(bss.done("accounts/synchronize", &customer(number)).await);
        let sold = service(json!({"SubscriptionID": format!("S{number}"), "Account": customer(number)}));
        bss.done("subscriptions/create", &sold).await;
    }
    organizations
}

/// [`sells_to`], and links the customers.
async fn bills(msp: &Msp, count: u32) -> Vec<String> {
    let organizations = sells_to(&msp.bss, count).await;
    for organization in &organizations {
        msp.done(LINK, &link(json!({"organization": organization}))).await;
    }
    settled(msp).await;
    organizations
}

/// Replaces the partner's token at Dropsuite. Returns the MSP with a session of the new one.
async fn signs_in_with(msp: &Msp, token: &'static str) -> Msp {
    msp.bss.stack.dropsuite.replace_reseller_token(1, token).unwrap();
    msp.with_reseller_token(token).with_new_session().await
}

/// Returns what the MSP sees, and what its ConnectWise has.
async fn seen(msp: &Msp) -> Value {
    json!({
        "additions": msp.additions(), "tickets": msp.tickets(), "listed": msp.list("additions").await,
        "listedTickets": msp.list("tickets").await, "links": msp.list("links").await,
        "plans": msp.list("plans").await, "settings": msp.get("settings/get").await,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_50_customers_keeps_them_with_a_new_token() {
    let msp = Msp::billing().await;
    let organizations = bills(&msp, 49).await;
    msp.done(ORDER, &order(json!({"company": ACME, "agreement": MANAGED}))).await;
    msp.wait_for_additions().await;
    let (stack, failing) = (&msp.bss.stack, &organizations[0]);
    stack.dropsuite.add_mailboxes(failing, 1).unwrap();
    let backups = Backups { status: "Authentication Error".to_owned(), ..Backups::default() };
    stack.dropsuite.set_backups(failing, &backups).unwrap();
    msp.run_checks().await;
    let before = seen(&msp).await;
    assert_eq!((msp.additions().len(), msp.tickets().len()), (50, 1));

    let alone = signs_in_with(&msp, NEW).await;
    assert_eq!(alone.list("links").await, json!([]), "until the token is replaced, it is another MSP's");
    let table = msp.bss.table().await;
    let dry = run(&msp, NEW, json!({})).await;
    assert_eq!((dry.outcome, dry.dry_run, dry.msp), (Outcome::Possible, true, id(&msp, PARTNERS[0].reseller_token)));
    let compared = dry.organizations.as_ref().unwrap();
    assert_eq!((compared.shown, compared.not_shown), (50, 0), "{dry:?}");
    assert_eq!((dry.keeps.items["agreement"], dry.keeps.items["plan"], dry.keeps.items["settings"]), (50, 1, 1));
    assert_eq!((dry.keeps.additions["synced"], dry.keeps.tickets["synced"]), (50, 1), "{dry:?}");
    assert_eq!(msp.bss.table().await, table, "a dry run changes nothing");

    let done = run(&msp, NEW, json!({"dryRun": false})).await;
    assert_eq!((done.outcome, done.in_force, &done.keeps), (Outcome::Replaced, id(&msp, NEW), &dry.keeps), "{done:?}");
    let table = msp.bss.table().await;
    let again = run(&msp, NEW, json!({"dryRun": false})).await;
    assert_eq!((again.outcome, again.in_force, &again.keeps), (Outcome::Replaced, id(&msp, NEW), &dry.keeps));
    assert_eq!(msp.bss.table().await, table, "a second run changes nothing");

    for session in [&msp, &alone] {
        session.refused_get(ErrorCode::SessionInvalid, "links/list").await;
    }
    let moved = alone.with_new_session().await;
    assert_eq!(seen(&moved).await, before);
    goes_on(&moved, &organizations).await;
}

/// Both channels change a subscription with the new token, and the backups are still checked.
async fn goes_on(moved: &Msp, organizations: &[String]) {
    let ids = |msp: &Msp| msp.additions().iter().map(|addition| addition["id"].clone()).collect::<Vec<_>>();
    let (before, tickets) = (ids(moved), moved.tickets());
    let more = json!({
        "ID": format!("{}.S1", organizations[0]), "SubscriptionID": "S1", "ActionType": "None", "Quantity": 9,
        "Account": customer(1),
    });
    moved.bss.done("subscriptions/update", &service(more)).await;
    moved.done(UPDATE, &json!({"company": ACME, "seats": 4})).await;
    moved.wait_for_additions().await;
    assert_eq!(ids(moved), before, "no addition is made or ended");
    let mut changed: Vec<_> = moved.additions().iter().filter_map(|addition| addition["quantity"].as_u64()).collect();
    changed.retain(|quantity| *quantity != 5);
    changed.sort_unstable();
    assert_eq!(changed, [4, 9]);
    moved.run_checks().await;
    assert_eq!(moved.tickets(), tickets);
    let report = background::sweep(&moved.bss.stack.app).await.unwrap();
    assert_eq!((report.out_of_sync, report.failed.len()), (Some(0), 0), "{report:?}");
}

#[tokio::test]
async fn people_sign_in_again_where_they_did_and_the_history_goes_on() {
    let msp = Msp::billing().await;
    let organizations = bills(&msp, 1).await;
    msp.connects_provider().await;
    msp.done("people/save", &json!({"address": ZOE, "role": "billing"})).await;
    let zoe = signs_in_as_zoe(&msp).await;
    let before = msp.get("history/list").await["history"].as_array().unwrap().clone();

    let alone = signs_in_with(&msp, NEW).await;
    // Orders carry the new token before the operator knows of it.
    let more = json!({
        "ID": format!("{}.S1", organizations[0]), "SubscriptionID": "S1", "ActionType": "None", "Quantity": 9,
        "Account": customer(1),
    });
    alone.bss.done("subscriptions/update", &service(more)).await;
    settled(&msp).await;
    zoe.get("session/get").await;
    let report = run(&msp, NEW, json!({"dryRun": false})).await;
    assert_eq!((report.outcome, report.discards.items), (Outcome::Replaced, 0), "{report:?}");
    for session in [&msp, &alone, &zoe] {
        session.refused_get(ErrorCode::SessionInvalid, "session/get").await;
    }

    let zoe = signs_in_as_zoe(&msp).await;
    assert_eq!(zoe.get("session/get").await["role"], "billing");
    // The old token shows nothing any more.
    assert!(zoe.get("organizations/list").await.to_string().contains(&organizations[0]));
    let after = zoe.get("history/list").await["history"].as_array().unwrap().clone();
    assert_eq!((after.len(), &after[1..]), (before.len() + 1, before.as_slice()));
    assert_eq!((&after[0]["action"], &after[0]["to"]), (&json!("subscriptions/update"), &json!("seats: 9")));
    assert_eq!(items_of(&msp, NEW).await, ["reseller-token"]);
}

/// Signs the person in at the address that the MSP gave its people. Returns a client of the person.
async fn signs_in_as_zoe(msp: &Msp) -> Msp {
    let (status, session) = msp.signs_in(ZOE).await;
    assert_eq!(status, 200, "{session}");
    msp.with_token(session["token"].as_str())
}

#[tokio::test]
async fn a_replaced_token_does_not_come_back() {
    let msp = Msp::billing().await;
    bills(&msp, 1).await;
    signs_in_with(&msp, NEW).await;
    assert_eq!(run(&msp, NEW, json!({"dryRun": false})).await.outcome, Outcome::Replaced);
    // Dropsuite accepts the first token, as if both were valid.
    msp.bss.stack.dropsuite.replace_reseller_token(1, PARTNERS[0].reseller_token).unwrap();
    let message = msp.refused(ErrorCode::CredentialsRefused, SIGN_IN, &msp.tokens()).await;
    assert!(message.contains("replaced by another one"), "{message}");
    msp.refused_get(ErrorCode::SessionInvalid, "links/list").await;
    assert_refused(&msp, PARTNERS[0].reseller_token, json!({}), "does not come back").await;
}

#[tokio::test]
async fn a_run_that_is_cut_off_is_completed_by_the_next() {
    let bss = Bss::start_with(Options { stream: false, ..without_rate_limit() }).await;
    let mut msp = Msp::on(bss).with_new_session().await;
    msp.set_up_connectwise().await;
    bills(&msp, 2).await;
    let (links, mut number) = (msp.list("links").await, 0);
    for is_done in [false, true] {
        let mut completed = false;
        for calls in 0..200 {
            number += 1;
            let token: &'static str = format!("66666666-6666-4666-8666-{number:012}").leak();
            let next = signs_in_with(&msp, token).await;
            next.set_up_connectwise().await;
            let faults = msp.bss.stack.dynamodb.faults();
            faults.set(cut_off(calls, is_done));
            let event = event(&msp, token, json!({"dryRun": false}));
            let cut = background::replace_token(&msp.bss.stack.app, &event).await;
            let failed: u64 = faults.counted().iter().map(|rule| rule.hits).sum();
            faults.clear();
            assert_eq!(cut.is_err(), failed > 0, "{calls}: {cut:?}");

            // With the new token, the MSP has either nothing yet, or everything.
            let between = next.with_new_session().await.list("links").await;
            assert!(between == links || between == json!([]), "{calls}: {between}");
            let report = run(&msp, token, json!({"dryRun": false})).await;
            assert_eq!((report.outcome, report.in_force), (Outcome::Replaced, id(&msp, token)), "{calls}: {report:?}");
            msp = next.with_new_session().await;
            assert_eq!(msp.list("links").await, links, "{calls}");
            assert_eq!(items_of(&msp, token).await, ["reseller-token"], "{calls}");
            completed = failed == 0;
            if completed {
                break;
            }
        }
        assert!(completed, "no run ended without a fault");
    }
}

/// Returns the sort keys of the items below the id of a token.
async fn items_of(msp: &Msp, token: &str) -> Vec<String> {
    let partition = format!("msp#{}", id(msp, token));
    let items = msp.bss.table().await.into_iter().filter(|item| item["pk"]["S"] == json!(partition));
    items.map(|item| item["sk"]["S"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_organization_that_the_new_token_does_not_show_is_left_and_reported() {
    let msp = Msp::billing().await;
    let organizations = bills(&msp, 3).await;
    msp.wait_for_additions().await;
    msp.bss.stack.dropsuite.change_in_portal(&organizations[1], PortalChange::Delete).unwrap();
    let (links, additions) = (msp.list("links").await, msp.additions());
    signs_in_with(&msp, NEW).await;
    for more in [json!({}), json!({"notShown": 2})] {
        let report = assert_refused(&msp, NEW, more, "\"notShown\": 1").await;
        let compared = report.organizations.unwrap();
        assert_eq!(
            (compared.shown, compared.not_shown, compared.not_shown_ids),
            (2, 1, vec![organizations[1].clone()])
        );
    }
    let report = run(&msp, NEW, json!({"notShown": 1, "dryRun": false})).await;
    assert_eq!(report.outcome, Outcome::Replaced, "{report:?}");
    let moved = msp.with_reseller_token(NEW).with_new_session().await;
    assert_eq!((moved.list("links").await, moved.additions()), (links, additions));
}

#[tokio::test]
async fn one_list_that_lacks_an_organization_proves_nothing_either_way() {
    let msp = Msp::billing().await;
    bills(&msp, 2).await;
    signs_in_with(&msp, NEW).await;
    // The sign-in is proved by the first page; the second reading has none of the customers, and denies each.
    let empty = json!([{"op": "replace", "path": "/result_set", "value": [{"id": "440001-6", "reseller_token": NEW}]}]);
    msp.bss.vendor_faults(json!([
        {"method": "GET", "path": "/users", "after": 2, "patch": empty},
        {"method": "GET", "path": "/users/*", "status": 404, "body": {"error": "Not Found"}},
    ]));
    assert_refused(&msp, NEW, json!({}), "nothing proves").await;
    msp.bss.stack.dropsuite.faults().clear();
    assert_eq!(run(&msp, NEW, json!({})).await.outcome, Outcome::Possible);
}

#[tokio::test]
async fn tokens_of_another_partner_or_of_no_one_are_refused() {
    let msp = Msp::billing().await;
    bills(&msp, 1).await;
    assert_refused(&msp, NEW, json!({}), "Nothing was signed in").await;
    msp.other().await;
    assert_refused(&msp, PARTNERS[1].reseller_token, json!({}), "nothing proves").await;
    assert_refused(&msp, PARTNERS[0].reseller_token, json!({}), "the token in force").await;
    // Dropsuite refuses the new token by now.
    signs_in_with(&msp, NEW).await;
    msp.bss.stack.dropsuite.replace_reseller_token(1, "77777777-7777-4777-8777-777777777777").unwrap();
    assert_refused(&msp, NEW, json!({}), "not accepted").await;
}

#[tokio::test]
async fn a_new_token_with_links_of_its_own_ends_them_first() {
    let msp = Msp::billing().await;
    let organizations = bills(&msp, 2).await;
    let account = json!({"application": APPLICATION_ID.to_lowercase(), "account": "1"});
    msp.done(UNLINK, &account).await;
    let alone = signs_in_with(&msp, NEW).await;
    alone.set_up_connectwise().await;
    let own = link(json!({"organization": organizations[0]}));
    alone.done(LINK, &own).await;
    let report = assert_refused(&msp, NEW, json!({}), "links of its own").await;
    assert_eq!(report.discards.links, 1);
    alone.done(UNLINK, &account).await;
    settled(&msp).await;
    let report = run(&msp, NEW, json!({"dryRun": false})).await;
    assert_eq!(report.outcome, Outcome::Replaced, "{report:?}");
    assert!(report.discards.listed.contains(&"settings".to_owned()), "{report:?}");
    assert_eq!(items_of(&msp, NEW).await, ["reseller-token"]);
    let moved = alone.with_new_session().await;
    moved.done(LINK, &own).await;
    assert_eq!(moved.list("links").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_new_token_that_has_sold_in_the_portal_ends_that_first() {
    let msp = Msp::billing().await;
    bills(&msp, 1).await;
    let alone = signs_in_with(&msp, NEW).await;
    alone.set_up_connectwise().await;
    alone.done(CREATE_PLAN, &plan(json!({}))).await;
    alone.done(ORDER, &order(json!({"company": ACME, "agreement": MANAGED}))).await;
    settled(&msp).await;
    alone.done(UNLINK, &json!({"application": id(&msp, NEW), "account": ACME.to_string()})).await;
    assert_refused(&msp, NEW, json!({}), "has sold in the portal").await;
}

#[tokio::test]
async fn a_partner_that_never_signed_in_proves_by_accounts_that_an_organization_is_gone() {
    let bss = Bss::start().await;
    let organizations = sells_to(&bss, 2).await;
    bss.stack.dropsuite.change_in_portal(&organizations[0], PortalChange::Delete).unwrap();
    let msp = Msp::on(bss);
    let moved = signs_in_with(&msp, NEW).await;
    let gone = service(json!({"SubscriptionID": "S1", "Account": customer(1)}));
    moved.bss.refused(ErrorCode::MissingAtVendor, "subscriptions/cancel", &gone).await;
    assert_refused(&msp, NEW, json!({}), "never signed in").await;
    let accounts =
        |numbers: &[u32]| -> Vec<_> { numbers.iter().map(|number| format!("{APPLICATION_ID}/{number}")).collect() };
    assert_refused(&msp, NEW, json!({"accounts": accounts(&[3])}), "not recorded").await;
    assert_refused(&msp, NEW, json!({"accounts": accounts(&[1])}), "nothing proves").await;
    let both = json!({"accounts": accounts(&[1, 2]), "notShown": 1, "dryRun": false});
    let report = run(&msp, NEW, both).await;
    assert_eq!(report.outcome, Outcome::Replaced, "{report:?}");
    moved.bss.done("subscriptions/cancel", &gone).await;
}

#[tokio::test]
async fn an_operator_invokes_the_function() {
    let msp = Msp::billing().await;
    bills(&msp, 1).await;
    signs_in_with(&msp, NEW).await;
    let url = format!("{}/2015-03-31/functions/tokens-replace/invocations", msp.bss.stack.aws_url);
    let ids = json!({"old": id(&msp, PARTNERS[0].reseller_token), "new": id(&msp, NEW)});
    for (more, fails) in
        [(json!({}), false), (json!({"new": "x"}), true), (json!({"new": NEW}), true), (json!({"dry": false}), true)]
    {
        let body = merged(ids.clone(), more).to_string();
        let response = sandbox::http_client().unwrap().post(&url).body(body).send().await.unwrap();
        assert_eq!(response.headers().contains_key("x-amz-function-error"), fails);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["outcome"] == "possible", !fails, "{answer}");
        assert!(!answer.to_string().contains(NEW), "a token in the report: {answer}");
    }
}
