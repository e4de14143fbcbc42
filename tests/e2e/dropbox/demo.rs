//! Accounts and orders for Dropbox, and access to the vendor's state.

use jiff::SignedDuration;
use sandbox::dropbox::Partner;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::vendor::VendorName;

use crate::client::{Bss, merged};

pub const STANDARD_MONTHLY: &str = "TEAM-ST3L5TVD1M";
pub const STANDARD: &str = "TEAM-ST3L5TVD1Y";
pub const STANDARD_BY_THE_MONTH: &str = "TEAM-ST3L5TVDAC1M";
pub const STANDARD_LICENCE: &str = "TEAMLIC-ST5TVD1Y";
pub const BUSINESS_MONTHLY: &str = "TEAM-BIZ3L1M";
pub const BUSINESS: &str = "TEAM-BIZ3L1Y";
pub const ADVANCED: &str = "TEAM-AD3LVE1Y";
pub const ADVANCED_LICENCE: &str = "TEAMLIC-ADVE1Y";
pub const EDUCATION: &str = "EDU-300L1Y";

/// The add-on for every licence, and its SKUs with [`STANDARD`] and with [`ADVANCED`].
pub const HISTORY: &str = "extended-version-history";
pub const HISTORY_STANDARD: &str = "TEAMADD-EVHST1Y";
pub const HISTORY_ADVANCED: &str = "TEAMADD-EVHAD1Y";
/// The add-on that excludes it.
pub const GOVERNANCE: &str = "data-governance";
/// A storage pack, and its SKU with [`ADVANCED`].
pub const PACK: &str = "storage-10tb";
pub const PACK_ADVANCED: &str = "TEAMADD-10TBAD1Y";
/// The other storage pack.
pub const LARGE_PACK: &str = "storage-50tb";

/// The first team that the sandbox creates.
pub const TEAM: &str = "dbtid:AAH00000000000000000000000000000001";
/// The subscription of [`order`] if it is that team's.
pub const SUBSCRIPTION: &str = "dbtid-AAH00000000000000000000000000000001.S1";

pub const SYNCHRONIZE: &str = "accounts/synchronize";
pub const CREATE: &str = "subscriptions/create";
pub const UPDATE: &str = "subscriptions/update";
pub const UPGRADE: &str = "subscriptions/upgradetopaid";
pub const SUSPEND: &str = "subscriptions/suspend";
pub const CANCEL: &str = "subscriptions/cancel";
pub const ACTIVATE: &str = "subscriptions/activate";

/// Read operations of the vendor. All others change something.
const READS: [&str; 2] = ["get", "list2"];

pub fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Returns a direct customer, merged with `more`.
pub fn account(more: Value) -> Value {
    let account = json!({
        "ID": "1001", "ExternalID": "", "Name": "Contoso", "Email": "office@contoso.example",
        "SyncOptions": {"email": "it@contoso.example", "role": "1", "resellerid": "R-2001"},
        "Address": {"Country": {"Code": "DE", "Name": "Germany"}},
    });
    merged(account, more)
}

/// Returns another direct customer, merged with `more`.
pub fn other_account(more: Value) -> Value {
    let other = json!({"ID": "1002", "Name": "Fabrikam", "Email": "", "SyncOptions": {"email": "it@fabrikam.example"}});
    account(merged(other, more))
}

/// Returns a reseller, merged with `more`.
pub fn reseller(more: Value) -> Value {
    let reseller = json!({
        "ID": "2001", "ResellerID": "2001", "Name": "Resell",
        "SyncOptions": {"email": "it@resell.example", "role": "2", "resellerid": "R-2002"},
    });
    account(merged(reseller, more))
}

/// Returns the account of [`account`] as an order contains it with only its id, merged with `more`.
pub fn bare(more: Value) -> Value {
    merged(json!({"ID": "1001", "ExternalID": "dropbox-1001"}), more)
}

/// Returns an order of [`account`] for `seats` licences of a plan, merged with `more`.
pub fn order(plan: &str, seats: u32, more: Value) -> Value {
    let order = json!({
        "ID": "", "SubscriptionID": "S1", "ServiceType": "dropbox", "ActionType": "Provision", "Quantity": seats,
        "Account": bare(json!({})), "AttributeList": {"plan": {"ID": "plan", "Code": plan}}, "Addons": [],
    });
    merged(order, more)
}

/// Returns the first order of [`other_account`].
pub fn other_order(more: Value) -> Value {
    let other = json!({"SubscriptionID": "S2", "Account": {"ID": "1002", "ExternalID": "dropbox-1002"}});
    order(STANDARD, 3, merged(other, more))
}

/// Returns [`order`] with its external id, as sent after the first order.
pub fn known(plan: &str, seats: u32, more: Value) -> Value {
    order(plan, seats, merged(json!({"ID": SUBSCRIPTION, "ActionType": "None"}), more))
}

/// Returns a list of add-ons without action, as sent for existing ones.
pub fn with(addons: &[&str]) -> Value {
    let addons = addons.iter().map(|code| json!({"ProductID": code, "Quantity": 1, "ActionType": "None"}));
    json!({"Addons": addons.collect::<Vec<_>>()})
}

/// Returns [`with`] with an action on the last add-on.
pub fn acting(action: &str, addons: &[&str]) -> Value {
    let mut list = with(addons);
    if let Some(last) = list["Addons"].as_array_mut().and_then(|list| list.last_mut()) {
        last["ActionType"] = json!(action);
    }
    list
}

/// Returns SKUs as the vendor shows them, sorted.
pub fn skus(pairs: &[(&str, u32)]) -> Value {
    let mut list: Vec<_> = pairs.iter().map(|(sku, quantity)| json!({"sku_id": sku, "quantity": quantity})).collect();
    list.sort_by_key(ToString::to_string);
    json!(list)
}

/// Returns a rule by which Dropbox does not find the team.
pub fn not_found() -> Value {
    let body = json!({"error_summary": "team_not_found/..", "error": {".tag": "team_not_found"}});
    json!({"path": "/resellers/team/get", "status": 409, "body": body})
}

impl Bss {
    /// Starts a stack that sells Dropbox, and returns a client with the demo distributor's settings.
    pub async fn with_dropbox() -> Self {
        Self::start_with(Options { vendor: VendorName::Dropbox, ..Options::from_env() }).await
    }

    /// [`with_dropbox`](Self::with_dropbox), with the account of [`account`] synchronized.
    pub async fn with_dropbox_account() -> Self {
        let bss = Self::with_dropbox().await;
        assert_eq!(bss.done(SYNCHRONIZE, &account(json!({}))).await, "dropbox-1001");
        bss
    }

    /// [`with_dropbox_account`](Self::with_dropbox_account), with `seats` licences of a plan ordered.
    pub async fn with_team(plan: &str, seats: u32, more: Value) -> Self {
        let bss = Self::with_dropbox_account().await;
        assert_eq!(bss.done(CREATE, &order(plan, seats, more)).await, SUBSCRIPTION);
        bss
    }

    /// Returns all teams at the vendor.
    pub fn teams(&self) -> Vec<Value> {
        self.stack.dropbox.state_json()["teams"].as_array().unwrap().clone()
    }

    /// Returns the only team at the vendor.
    pub fn team(&self) -> Value {
        let mut teams = self.teams();
        assert_eq!(teams.len(), 1, "{teams:?}");
        teams.remove(0)
    }

    /// Returns the SKUs of the only team, now and from its renewal on.
    pub fn team_skus(&self) -> (Value, Value) {
        let team = self.team();
        let sorted = |state: &str| {
            let mut list = team[state]["skus"].as_array().unwrap().clone();
            list.sort_by_key(ToString::to_string);
            json!(list)
        };
        (sorted("current_state"), sorted("renewal_state"))
    }

    /// Asserts that the only team has these SKUs, now and from its renewal on.
    pub fn assert_team_has(&self, pairs: &[(&str, u32)]) {
        assert_eq!(self.team_skus(), (skus(pairs), skus(pairs)));
    }

    /// Asserts that the only team has the SKUs `now`, and `then` from its renewal on.
    pub fn assert_team_will_have(&self, now: &[(&str, u32)], then: &[(&str, u32)]) {
        assert_eq!(self.team_skus(), (skus(now), skus(then)));
    }

    /// Returns the path suffixes of all calls of Dropbox so far: `create`, `skus/modify`, …
    pub fn dropbox_calls(&self) -> Vec<String> {
        let calls = self.stack.dropbox.calls().into_iter();
        calls.map(|call| call.path.trim_start_matches("/2/resellers/team/").to_owned()).collect()
    }

    /// Returns those of [`dropbox_calls`](Self::dropbox_calls) that change something.
    pub fn dropbox_writes(&self) -> Vec<String> {
        self.dropbox_calls().into_iter().filter(|call| !READS.contains(&call.as_str())).collect()
    }

    /// Returns the changes sent to Dropbox, and its teams.
    pub fn at_dropbox(&self) -> (Vec<String>, Vec<Value>) {
        (self.dropbox_writes(), self.teams())
    }

    /// Returns the table's items of accounts and subscriptions, without the partners' settings.
    pub async fn records(&self) -> Vec<Value> {
        self.table().await.into_iter().filter(|item| item["sk"]["S"] != "partner").collect()
    }

    /// Asserts that both the check and the call are rejected with `code` and the same message, which contains all of
    /// `names`. Neither may change the vendor's state, and the check may not change the table.
    pub async fn assert_rejected(&self, code: ErrorCode, path: &str, body: &Value, names: &[&str]) -> String {
        let (vendor, table) = (self.at_dropbox(), self.table().await);
        let checked = self.refused(code, path, &merged(body.clone(), json!({"CheckOnly": true}))).await;
        assert_eq!(self.table().await, table, "{path} with CheckOnly");
        assert_eq!(self.at_dropbox(), vendor, "{path} with CheckOnly");
        let message = self.refused(code, path, body).await;
        assert_eq!(self.at_dropbox(), vendor, "{path}");
        assert_eq!(checked, message);
        for name in names {
            assert!(message.contains(name), "{name} is not in: {message}");
        }
        message
    }

    /// Creates a team as another client with `partner`'s credentials. Returns its id.
    pub async fn foreign_team(&self, partner: &Partner, name: &str, admin: &str) -> String {
        let body = json!({
            "name": name, "country_code": "DE", "invite_admin": admin, "is_trial": false,
            "reseller_ids": [partner.distributor_id, partner.reseller_ids[0]],
            "skus": [{"sku_id": STANDARD, "quantity": 1}],
        });
        self.as_distributor(partner, "create", &body).await["id"].as_str().unwrap().to_owned()
    }

    /// Calls Dropbox as another client with `partner`'s credentials.
    pub async fn as_distributor(&self, partner: &Partner, action: &str, body: &Value) -> Value {
        let url = format!("{}/resellers/team/{action}", self.stack.dropbox_url);
        let client = sandbox::http_client().unwrap();
        let sent = client.post(url).basic_auth(partner.user, Some(partner.password)).json(body).send().await.unwrap();
        let (status, answer) = (sent.status(), sent.json().await.unwrap());
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Sets fault rules for Dropbox.
    pub fn dropbox_faults(&self, rules: Value) {
        self.stack.dropbox.faults().set(serde_json::from_value(rules).unwrap());
    }
}
