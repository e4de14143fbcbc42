//! The BSS's story of a reseller and its customer.

use std::time::Duration;

use conformance::event::{self, Request, merge};
use conformance::runtime_api::Outcome;
use jiff::Timestamp;
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::endpoints::{BSS_ENDPOINTS, Endpoint};
use service_manager::vendor::VendorName;
use tokio::time::sleep;

use super::{deployed, fail, happily, recover, scheduled, store_fails, unhappily, writes};
use crate::deployed::Deployed;
use crate::portal::Portal;

/// Maximum number of recoveries of a job. Each begins after the end of the lease of the one before.
const MAX_RECOVERIES: usize = 8;

/// A partner's settings for Dropbox.
const DROPBOX_SETTINGS: [(&str, &str); 3] =
    [("DistributorID", "D-1000"), ("ApiKey", "dropbox-demo-key"), ("ApiSecret", "dropbox-demo-secret")];

/// Both accounts from the settings page to their deletion.
pub async fn customer(vendor: VendorName) -> Deployed {
    let mut portal = deployed(vendor).await;
    let synchronize = endpoint("accounts/synchronize");
    lost(&mut portal, vendor).await;
    of_unknown_account(&mut portal, vendor).await;
    let reseller = event_for(vendor, synchronize, &reseller("R-1"));
    unhappily(&mut portal, synchronize, &reseller).await;
    happily(&mut portal, synchronize, &reseller).await;
    for (number, endpoint) in event::story().unwrap().into_iter().enumerate() {
        let event = event_for(vendor, endpoint, &json!({}));
        let mut refused = event.clone();
        refused["headers"]["x-cloudplatform-apikey"] = json!("d3Jvbmc=");
        assert_eq!(portal.invoke(endpoint, &refused).await["status"], 401);
        // Of a partner whose settings are not stored yet.
        let mut other = event.clone();
        for name in ["accesstoken", "apisecret"] {
            let header = format!("x-cloudplatform-setting-{name}");
            if !other["headers"][&header].is_null() {
                other["headers"][header] = json!(format!("{number:032x}"));
            }
        }
        portal.invoke(endpoint, &other).await;
        unhappily(&mut portal, endpoint, &event).await;
        happily(&mut portal, endpoint, &event).await;
        match endpoint.path {
            "subscriptions/activate" if vendor == VendorName::Dropbox => team_moved(&mut portal).await,
            "subscriptions/cancel" => too_late(&mut portal, vendor).await,
            _ => {}
        }
    }
    let delete = endpoint("accounts/delete");
    let reseller = event_for(vendor, delete, &self::reseller("R-1"));
    unhappily(&mut portal, delete, &reseller).await;
    happily(&mut portal, delete, &reseller).await;
    scheduled(&mut portal).await;
    found(&mut portal).await;
    portal.deployed
}

/// The reseller gets another id, and an operator moves its customer's team to it.
async fn team_moved(portal: &mut Portal) {
    let synchronize = endpoint("accounts/synchronize");
    let mut reseller = reseller("R-1");
    reseller["SyncOptions"]["resellerid"] = json!("R-2002");
    happily(portal, synchronize, &event_for(VendorName::Dropbox, synchronize, &reseller)).await;
    let account = format!("{APPLICATION_ID}/A-1001");
    let event = json!({ "account": account, "from": "R-2001", "to": "R-2002", "dryRun": false });
    let done = portal.run("teams-migrate", &event).await;
    assert!(matches!(&done, Outcome::Response(report) if report["outcome"] == "moved"), "{done:?}");
}

/// Orders for the cancelled subscription of the reseller's customer, while the vendor refuses the credentials.
async fn too_late(portal: &mut Portal, vendor: VendorName) {
    fail(&portal.deployed.stack, &json!([{ "path": "*", "status": 401 }]));
    for order in BSS_ENDPOINTS
        .into_iter()
        .filter(|one| ["subscriptions/", "addons/"].iter().any(|folder| one.path.starts_with(folder)))
    {
        portal.invoke(order, &event_for(vendor, order, &json!({}))).await;
    }
    fail(&portal.deployed.stack, &json!([]));
}

/// An add-on's cancellation for an account that only the BSS knows leaves no record.
async fn of_unknown_account(portal: &mut Portal, vendor: VendorName) {
    let cancel = endpoint("addons/cancel");
    let unknown = json!({ "Account": { "ID": "A-9", "ExternalID": "440099-6" }, "SubscriptionID": "S-9", "ID": "" });
    portal.invoke(cancel, &event_for(vendor, cancel, &unknown)).await;
    let items = portal.deployed.stack.dynamodb.items(&portal.deployed.stack.table).await.unwrap();
    assert!(items.iter().all(|item| item["id"]["S"] != "A-9"));
}

/// A reseller is deleted while its creation is not known to have failed, and the table is lost before the end. The lease stays.
async fn lost(portal: &mut Portal, vendor: VendorName) {
    let [synchronize, delete] = ["accounts/synchronize", "accounts/delete"].map(endpoint);
    let reseller = reseller("R-2");
    fail(&portal.deployed.stack, &writes(&json!({ "status": 503 })));
    portal.invoke(synchronize, &event_for(vendor, synchronize, &reseller)).await;
    fail(&portal.deployed.stack, &json!([]));
    store_fails(
        &portal.deployed.stack,
        &json!({ "header": { "name": "x-amz-target", "value": "*.TransactWriteItems" } }),
    );
    portal.invoke(delete, &event_for(vendor, delete, &reseller)).await;
    portal.deployed.stack.dynamodb.faults().clear();
    assert!(lease_end(portal).await.is_some());
}

/// The recovery completes the deletion after the end of its lease.
async fn found(portal: &mut Portal) {
    for _ in 0..MAX_RECOVERIES {
        let Some(end) = lease_end(portal).await else { return };
        sleep(Duration::try_from(end.duration_since(Timestamp::now())).unwrap_or_default()).await;
        recover(portal).await;
    }
    assert_eq!(lease_end(portal).await, None, "the deletion is not completed after {MAX_RECOVERIES} recoveries");
}

/// Returns the end of the lease of the reseller's deletion, or `None` if the deletion is completed.
async fn lease_end(portal: &Portal) -> Option<Timestamp> {
    let items = portal.deployed.stack.dynamodb.items(&portal.deployed.stack.table).await.unwrap();
    let job = items.iter().find(|item| item["id"]["S"] == "R-2")?.get("job")?;
    let end = job["M"]["lease_expires_at"]["N"].as_str().unwrap().parse().unwrap();
    Some(Timestamp::from_millisecond(end).unwrap())
}

fn endpoint(path: &str) -> &'static Endpoint {
    BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == path).unwrap()
}

/// Returns the changes that make the account of an event a reseller.
fn reseller(id: &str) -> Value {
    let email = format!("{}@resell.example", id.to_lowercase());
    json!({
        "ID": id, "ResellerID": id, "Name": format!("Resell {id}"),
        "SyncOptions": { "role": "2", "username": email, "email": email, "resellerid": "R-2001" },
    })
}

/// Returns the event of an endpoint's file, as the BSS sends it for a vendor, with changes of the body.
fn event_for(vendor: VendorName, endpoint: &Endpoint, changes: &Value) -> Value {
    let file = event::of(endpoint).unwrap();
    let mut request = Request::from_event(&file);
    let mut body = request.body.as_deref().map(|body| serde_json::from_slice(body).unwrap());
    if let Some(body) = body.as_mut().filter(|_| endpoint.path.starts_with("accounts/")) {
        merge(body, json!({ "ResellerID": "R-1" }));
    }
    if vendor == VendorName::Dropbox {
        request.headers.retain(|(name, _)| !name.starts_with("x-cloudplatform-setting"));
        for (name, value) in DROPBOX_SETTINGS {
            request.headers.push((format!("x-cloudplatform-setting-{name}"), value.to_owned()));
        }
        if let Some(body) = &mut body {
            for_dropbox(endpoint, body);
        }
    }
    if let Some(body) = &mut body {
        merge(body, changes.clone());
    }
    request.body = body.map(|body| body.to_string().into_bytes());
    request.to_event(&file)
}

/// Changes a body for Dropsuite to one for Dropbox.
fn for_dropbox(endpoint: &Endpoint, body: &mut Value) {
    let options = json!({ "email": "ann@acme.example", "role": "1", "resellerid": "R-2001" });
    if endpoint.path.starts_with("accounts/") {
        merge(body, json!({ "SyncOptions": options }));
    } else if endpoint.path.starts_with("fields/") {
        let field = |(name, value): (&str, &str)| json!({ "ID": name, "Value": value });
        body["Fields"] = DROPBOX_SETTINGS.map(field).into_iter().collect();
    } else {
        let plan = json!({ "Code": "TEAM-ST3L5TVD1Y" });
        merge(body, json!({ "Account": { "SyncOptions": options }, "AttributeList": { "plan": plan } }));
        for addon in body["Addons"].as_array_mut().into_iter().flatten() {
            merge(addon, json!({ "ProductID": "extended-version-history", "Quantity": 1 }));
        }
    }
}
