//! The MSP's story in the portal, with everything that follows from it in the background.

use conformance::portal::{self, PRIVATE_KEY, Step};
use conformance::report::signed;
use conformance::runtime_api::Outcome;
use jiff::{Timestamp, ToSpan};
use sandbox::background;
use sandbox::dropsuite::{Backups, PARTNERS};
use sandbox::stack::{APPLICATION_ID, REPORTER_KEY};
use serde_json::json;
use service_manager::connectwise::CompanyId;
use service_manager::domain::digest_period::DigestPeriod;
use service_manager::domain::fingerprint::Fingerprint;
use service_manager::domain::msp::MspId;
use service_manager::endpoints;
use service_manager::endpoints::actions::report::ENDPOINT;
use service_manager::store::{DigestSettings, SessionRecord, TicketRules};
use service_manager::vendor::VendorName;

use super::audits::{audits, drifted, first_audit};
use super::feed::Feed;
use super::{
    MONITOR, SCHEDULE, TRIES, deployed, fail, failures, full_scan, run, scheduled, send, store_fails, twice,
    unanswered, unhappily,
};
use crate::actions::{CHECKS, check, deleted, event, organization, received};
use crate::connectwise::{a_minute_passes, ask};
use crate::deployed::Deployed;
use crate::portal::Portal;

/// From the MSP's session to the end of its subscriptions.
pub async fn msp() -> Deployed {
    let mut portal = deployed(VendorName::Dropsuite).await;
    let mut feeds = [
        Feed::of("connectwise-additions", background::consumer()),
        Feed::of("connectwise-tickets", background::tickets_consumer()),
    ];
    for endpoint in endpoints::portal::PORTAL_ENDPOINTS {
        let event = portal.progress.event(endpoint).unwrap();
        assert_ne!(portal.invoke(endpoint, &event).await["status"], 200, "without a session");
    }
    for step in portal::story().unwrap() {
        // The stream's consumers receive their events from the stream.
        let Step::Ask(ask) = step else { continue };
        let event = portal.progress.request(&ask).unwrap().to_event(&portal.progress.event(ask.endpoint).unwrap());
        match ask.endpoint.path {
            // A session ends once, a sign-in is used once, and few are begun.
            "portal/session/delete" | "portal/session/start" | "portal/session/callback" => {}
            // Three mails are sent, and the third is that of the story.
            "portal/organizations/invite" => twice(&mut portal, ask.endpoint, &event, &unanswered()).await,
            // One audit runs at a time.
            "portal/audit/run" => {
                unhappily(&mut portal, ask.endpoint, &event).await;
                audits(&mut portal).await;
            }
            _ => unhappily(&mut portal, ask.endpoint, &event).await,
        }
        session_is_about_to_end(&portal).await;
        let mut done = portal.ask(&ask).await;
        for _ in 1..TRIES {
            if done["status"] != 200 || done["body"].get("Code").is_some_and(|code| code != 0) {
                done = portal.ask(&ask).await;
            }
        }
        assert_eq!(done["status"], 200, "{}: {done}", ask.endpoint.path);
        if ask.endpoint.method == http::Method::POST {
            fail(&portal.deployed.stack, &json!([{ "path": "*", "status": 429, "headers": { "Retry-After": 60 } }]));
            background(&mut portal, &mut feeds).await;
            fail(&portal.deployed.stack, &json!([]));
            background(&mut portal, &mut feeds).await;
        }
        match ask.endpoint.path {
            "subscriptions/create" => follow(&mut portal, &mut feeds).await,
            "portal/audit/settings" => first_audit(&mut portal).await,
            "portal/history/csv" => drifted(&mut portal).await,
            "portal/organizations/unsubscribe" => returns(&mut portal).await,
            _ => {}
        }
    }
    moved(&mut portal).await;
    interrupted(&mut portal).await;
    outage(&mut portal, &mut feeds).await;
    digest(&mut portal).await;
    redrive(&mut portal).await;
    customer_moved(&mut portal).await;
    token_replaced(&mut portal).await;
    portal.deployed
}

/// Half of the session's time has passed, so that the next call prolongs it.
async fn session_is_about_to_end(portal: &Portal) {
    let Some(token) = portal.progress.session() else { return };
    let (store, id) = (&portal.deployed.stack.app.store, Fingerprint::hash(&token));
    if let Some(session) = store.session(&id).await.unwrap() {
        let expires_at = (Timestamp::now() + 10.minutes()).as_second();
        store.save_session(&id, &SessionRecord { expires_at, ..session }).await.unwrap();
    }
}

/// Mailboxes of a linked organization fail and recover, as the checks and a reporter find.
async fn follow(portal: &mut Portal, feeds: &mut [Feed]) {
    let organization = &organization(portal).await;
    let mailboxes = portal.deployed.stack.dropsuite.add_mailboxes(organization, 2).unwrap();
    keys_refused(portal, organization).await;
    for status in ["Authentication Error", "Connection Error", "Completed"] {
        let backups = Backups {
            status: status.to_owned(),
            mailboxes: Some(vec![mailboxes[0].email.clone()]),
            ..Backups::default()
        };
        portal.deployed.stack.dropsuite.set_backups(organization, &backups).unwrap();
        for rules in failures().into_iter().chain([unanswered(), json!([])]) {
            fail(&portal.deployed.stack, &rules);
            background(portal, feeds).await;
            portal.ask(&ask("portal/tickets/retry", Some(json!({})))).await;
        }
    }
    for (state, key) in [("failed", "another key"), ("failed", REPORTER_KEY), ("completed", REPORTER_KEY)] {
        let now = portal.deployed.stack.clock.now();
        let report = json!({ "events": [{
            "region": "euwest", "action": "backup", "actionId": "10", "mailbox": "ann@acme.example",
            "organization": organization, "state": state, "error": "The mailbox is full", "attempt": 1, "time": now,
        }] });
        let report = signed(&report, now.as_second(), key).unwrap();
        let answer = portal.invoke(&ENDPOINT, &report.to_event(&portal.progress.event(&ENDPOINT).unwrap())).await;
        assert_eq!(answer["status"] == 200, key == REPORTER_KEY, "{answer}");
        background(portal, feeds).await;
    }
}

/// A check is the first to meet keys that `ConnectWise` refuses.
async fn keys_refused(portal: &mut Portal, organization: &str) {
    let completed = Backups { status: "Completed".to_owned(), ..Backups::default() };
    portal.deployed.stack.dropsuite.set_backups(organization, &completed).unwrap();
    let refusal = json!({ "code": "ConnectWiseApi", "message": "UserNotAuthenticated" });
    fail(&portal.deployed.stack, &json!([{ "path": "*/v4_6_release/*", "status": 401, "body": refusal }]));
    run(portal, MONITOR, &event(MONITOR)).await;
    checks(portal).await;
    fail(&portal.deployed.stack, &json!([]));
}

/// A company that cancelled comes back, and cancels again.
async fn returns(portal: &mut Portal) {
    for path in ["portal/organizations/activate", "portal/organizations/unsubscribe"] {
        let done = portal.ask(&ask(path, Some(json!({ "company": 20 })))).await;
        assert_eq!(done["status"], 200, "{path}: {done}");
    }
}

/// The MSP's ConnectWise gets another address.
async fn moved(portal: &mut Portal) {
    let credentials = json!({
        "siteUrl": "eu.myconnectwise.net", "companyIdentifier": "demo", "publicKey": "pub", "privateKey": PRIVATE_KEY,
        "timeZone": "Europe/Berlin",
    });
    let settings = json!({ "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14 });
    for (path, body) in [("portal/settings/credentials", credentials), ("portal/settings/save", settings)] {
        let done = portal.ask(&ask(path, Some(body))).await;
        assert_eq!(done["status"], 200, "{path}: {done}");
    }
}

/// A round of the monitor fails after the first of two MSPs, and the next run continues it.
async fn interrupted(portal: &mut Portal) {
    let [first, second] = msps(portal);
    let [_, partner] = PARTNERS;
    let tokens = json!({ "resellerToken": partner.reseller_token, "accessToken": partner.admin_token });
    assert_eq!(portal.ask(&ask("portal/session/create", Some(tokens))).await["status"], 200);
    for (msp, account, organization) in [(first, "A-8001", "448001-6"), (second, "A-8002", "448002-6")] {
        let link = json!({
            "msp": msp, "account": { "application": APPLICATION_ID.to_lowercase(), "account": account },
            "organization": organization, "company": 20, "agreement": 104, "linked_at": Timestamp::now(),
        });
        let (store, link) = (&portal.deployed.stack.app.store, serde_json::from_value(link).unwrap());
        assert!(store.link_agreement(&link, None, None).await.unwrap());
    }
    // The list of MSPs and the links of the first are read.
    let query = json!({ "name": "x-amz-target", "value": "*.Query" });
    store_fails(&portal.deployed.stack, &json!({ "header": query, "after": 2 }));
    assert!(matches!(portal.run("actions-monitor", &event("actions-monitor")).await, Outcome::Error(_)));
    portal.deployed.stack.dynamodb.faults().clear();
    let done = portal.run("actions-monitor", &event("actions-monitor")).await;
    assert!(matches!(&done, Outcome::Response(report) if report["completed"] == true), "{done:?}");
}

/// Returns the ids of the vendor's partners as MSPs.
fn msps(portal: &Portal) -> [MspId; 2] {
    let url = portal.deployed.stack.dropsuite_url.parse().unwrap();
    PARTNERS.map(|partner| MspId::from_reseller_token(&url, &partner.reseller_token.into()))
}

/// Dropsuite moved an organization to another partner. Its link with the first one, which has billed nothing, ends.
async fn customer_moved(portal: &mut Portal) {
    let [first, second] = msps(portal);
    let new = json!({ "email": "it@moved.example", "organization_name": "Moved", "partner": PARTNERS[1].number });
    let row = portal.deployed.stack.dropsuite.create_in_portal(&new).unwrap();
    let account = json!({ "application": APPLICATION_ID.to_lowercase(), "account": "A-8003" });
    let link = json!({
        "msp": first, "account": account, "organization": row["id"], "company": 20, "agreement": 104,
        "linked_at": Timestamp::now(),
    });
    let store = &portal.deployed.stack.app.store;
    assert!(store.link_agreement(&serde_json::from_value(link).unwrap(), None, None).await.unwrap());
    let event = json!({ "account": format!("{APPLICATION_ID}/A-8003"), "to": second, "dryRun": false });
    for outcome in ["ending", "moved"] {
        let done = portal.run("customers-move", &event).await;
        assert!(matches!(&done, Outcome::Response(report) if report["outcome"] == outcome), "{done:?}");
    }
}

/// The partner replaces its reseller token. Of its links, those that were only recorded are not shown.
async fn token_replaced(portal: &mut Portal) {
    const NEW: &str = "55555555-5555-4555-8555-555555555555";
    let ([old, _], [partner, _]) = (msps(portal), PARTNERS);
    portal.deployed.stack.dropsuite.replace_reseller_token(partner.number, NEW).unwrap();
    let tokens = json!({ "resellerToken": NEW, "accessToken": partner.admin_token });
    assert_eq!(portal.ask(&ask("portal/session/create", Some(tokens))).await["status"], 200);
    let url = portal.deployed.stack.dropsuite_url.parse().unwrap();
    let mut event = json!({ "old": old, "new": MspId::from_reseller_token(&url, &NEW.into()), "dryRun": false });
    let Outcome::Response(report) = portal.run("tokens-replace", &event).await else { panic!("no report") };
    event["notShown"] = report["organizations"]["notShown"].clone();
    let done = portal.run("tokens-replace", &event).await;
    assert!(matches!(&done, Outcome::Response(report) if report["outcome"] == "replaced"), "{done:?}");
}

/// Everything that runs without a request.
async fn background(portal: &mut Portal, feeds: &mut [Feed]) {
    for feed in feeds {
        feed.deliver(portal).await;
    }
    a_minute_passes(&portal.deployed.stack).await;
    scheduled(portal).await;
    checks(portal).await;
}

/// Delivers a batch of the queue of checks.
async fn checks(portal: &mut Portal) {
    let records = received(&portal.deployed, CHECKS).await;
    if !records.is_empty() {
        check(portal, &records).await;
        deleted(&portal.deployed, CHECKS, &records).await;
    }
}

/// The table fails for a while, then everything is caught up.
async fn outage(portal: &mut Portal, feeds: &mut [Feed]) {
    store_fails(&portal.deployed.stack, &json!({}));
    scheduled(portal).await;
    full_scan(portal).await;
    portal.deployed.stack.dynamodb.faults().clear();
    background(portal, feeds).await;
    full_scan(portal).await;
}

/// A digest is due.
async fn digest(portal: &mut Portal) {
    let [msp, _] = msps(portal);
    let digest = DigestSettings { every: DigestPeriod::Daily, company: CompanyId::new(2) };
    let rules = TicketRules { digest: Some(digest), ..TicketRules::default() };
    let store = &portal.deployed.stack.app.store;
    let before = store.ticket_rules(msp).await.unwrap();
    assert!(store.save_ticket_rules(msp, &before, &rules, None).await.unwrap());
    // The period of the weekly digest that was switched on before is this day's if it is a Monday.
    store.delete_own_item(msp, "digest-state").await.unwrap();
    run(portal, SCHEDULE, &event(SCHEDULE)).await;
}

/// A batch that is too long for one read, and a request to retry that is a minute old.
async fn redrive(portal: &mut Portal) {
    let stack = &portal.deployed.stack;
    let [msp, _] = msps(portal);
    let before = (Timestamp::now() - 2.minutes()).as_millisecond();
    stack.app.store.request_retry(msp, before).await.unwrap();
    let (batch, records) = stack.dynamodb.stream_batch(&stack.table).await.unwrap();
    // More pages than one read has.
    stack.dynamodb.limit_stream_pages(u64::try_from(records / 150).unwrap());
    let letter = json!({ "requestContext": { "condition": "RetryAttemptsExhausted" }, "DDBStreamBatchInfo": batch });
    send(&portal.deployed, "connectwise-tickets", "ConnectWiseDeadLetters", &letter).await;
    scheduled(portal).await;
}
