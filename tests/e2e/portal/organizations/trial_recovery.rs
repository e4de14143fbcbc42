//! The order at the end of a trial if its process dies, and if the subscription was written meanwhile.

use serde_json::{Value, json};
use service_manager::domain::fingerprint::Fingerprint;
use service_manager::domain::job::Job;
use service_manager::domain::order::Order;
use service_manager::domain::subscription_record::SubscriptionRecord;
use service_manager::provisioning::recovery;
use service_manager::store::{AccountKey, ClaimResult, InFlightJob, SubscriptionKey};

use super::trial_end::{A_DAY_LATER, AFTER_THE_END, AN_HOUR_LATER, announced};
use crate::client::ORGANIZATION;
use crate::dropbox::renewals::{ENDED, NOTHING, STUCK};
use crate::portal::msp::bodies::BLUE_LIGHT;
use crate::portal::msp::{Msp, UPDATE};

const RECOVERED: recovery::Report = recovery::Report { recovered: 1, stuck: 0 };
const KEPT: recovery::Report = recovery::Report { recovered: 0, stuck: 1 };

impl Msp {
    /// Returns the record of the trial.
    async fn trial(&self) -> SubscriptionRecord {
        let item = self.bss.subscription_record("20-1").await;
        let parsed = |name: &str| item[name]["S"].clone();
        let key = SubscriptionKey {
            application: serde_json::from_value(parsed("application")).unwrap(),
            subscription: serde_json::from_value(parsed("id")).unwrap(),
        };
        self.bss.stack.app.store.subscription(&key).await.unwrap().unwrap()
    }

    /// Leaves `order` behind as a job of a process that died.
    async fn abandons(&self, order: Order, trial: &SubscriptionRecord) {
        let (app, now) = (&self.bss.stack.app, self.bss.stack.clock.now());
        let key = AccountKey { application: trial.application, account: trial.account.clone() };
        let job = InFlightJob {
            fingerprint: Fingerprint::hash(&(order.kind, &trial.id, &order.desired, &order.account_details)),
            job: Job::ProvisionSubscription(order),
            credentials_id: trial.trial_period.as_ref().unwrap().credentials_id.clone(),
            owner: "a process that died".to_owned(),
            lease_expires_at: now.as_millisecond(),
            started_at: now,
            // The recovery runs it, although nothing is noted as sent.
            recheck: true,
        };
        let claimed = app.store.claim(&key, job, None, now).await.unwrap();
        assert!(matches!(claimed, ClaimResult::Acquired { .. }), "{claimed:?}");
    }
}

#[tokio::test]
async fn an_order_that_follows_an_earlier_version_does_nothing() {
    let orders: [fn(&SubscriptionRecord) -> Order; 2] = [Order::conversion, Order::cancellation_of_trial];
    for order_of in orders {
        let msp = announced("ask").await.at(AFTER_THE_END).await;
        let trial = msp.trial().await;
        let order = order_of(&trial);
        let kind = order.kind;
        msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 5})).await;
        assert_eq!(msp.trial().await.version, trial.version + 1);
        let writes = msp.bss.writes();
        msp.abandons(order, &trial).await;
        assert_eq!(msp.bss.recover().await, RECOVERED, "{kind:?}");
        assert_eq!(msp.bss.writes(), writes, "{kind:?}");
        let after = msp.with_new_session().await.shown().await;
        let expected = (&json!("active"), &json!(true), &json!(5));
        assert_eq!((&after["state"], &after["trial"], &after["seats"]), expected, "{kind:?}");
    }
}

#[tokio::test]
async fn an_order_of_the_recorded_version_is_completed() {
    let orders: [fn(&SubscriptionRecord) -> Order; 2] = [Order::conversion, Order::cancellation_of_trial];
    for (order_of, state) in orders.into_iter().zip(["active", "unsubscribed"]) {
        let msp = announced("ask").await.at(AFTER_THE_END).await;
        let trial = msp.trial().await;
        msp.abandons(order_of(&trial), &trial).await;
        assert_eq!(msp.bss.recover().await, RECOVERED, "{state}");
        let after = msp.with_new_session().await.shown().await;
        assert_eq!((&after["state"], &after["trial"]), (&json!(state), &json!(false)));
    }
}

/// Returns an MSP whose trial is being cancelled: the cancellation was sent, and then Dropsuite answered nothing any more.
async fn interrupted(cut: &str) -> Msp {
    let msp = announced("end").await.at(AFTER_THE_END).await;
    msp.bss.vendor_faults(json!([
        {"method": "PUT", "path": "*/unsubscribe", "times": 1, "drop": cut},
        {"method": "GET", "path": format!("/users/{ORGANIZATION}"), "after": 1, "status": 503},
    ]));
    assert_eq!(msp.looks().await, STUCK);
    msp.bss.vendor_faults(json!([]));
    msp
}

fn deactivated(is: bool) -> Value {
    json!({"customer_deactivated": is})
}

#[tokio::test]
async fn a_job_that_was_left_after_the_cancellation_is_completed_by_the_recovery() {
    for cut in ["before", "after"] {
        let msp = interrupted(cut).await;
        msp.bss.assert_at_vendor(ORGANIZATION, &deactivated(cut == "after"));
        assert_eq!(msp.bss.recover().await, RECOVERED, "{cut}");
        msp.bss.assert_at_vendor(ORGANIZATION, &deactivated(true));
        let msp = msp.at(AN_HOUR_LATER).await;
        assert_eq!(msp.looks().await, NOTHING, "{cut}");
        assert_eq!(msp.shown().await["state"], "unsubscribed", "{cut}");
    }
}

#[tokio::test]
async fn a_job_that_is_refused_does_not_hold_up_the_account() {
    let msp = interrupted("before").await;
    let refused = json!({"method": "PUT", "path": "*/unsubscribe", "status": 422, "body": {"errors": "no"}});
    msp.bss.vendor_faults(json!([refused]));
    assert_eq!(msp.bss.recover().await, RECOVERED, "it is discarded");
    assert_eq!(msp.bss.recover().await, recovery::Report::default());
    msp.bss.vendor_faults(json!([]));
    msp.bss.assert_at_vendor(ORGANIZATION, &deactivated(false));
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, ENDED);
    msp.bss.assert_at_vendor(ORGANIZATION, &deactivated(true));
}

#[tokio::test]
async fn a_job_that_may_have_been_carried_out_is_kept_until_dropsuite_can_be_read() {
    let refused = json!({"path": "*", "status": 401});
    let denied = json!({"method": "GET", "path": format!("/users/{ORGANIZATION}"), "status": 404});
    for (cut, fault) in [("before", &refused), ("after", &refused), ("before", &denied)] {
        let msp = interrupted(cut).await;
        msp.bss.vendor_faults(json!([fault]));
        assert_eq!(msp.bss.recover().await, KEPT, "{cut} {fault}");
        msp.bss.vendor_faults(json!([]));
        assert_eq!(msp.bss.recover().await, RECOVERED, "{cut} {fault}");
        msp.bss.assert_at_vendor(ORGANIZATION, &deactivated(true));
        let msp = msp.at(AN_HOUR_LATER).await;
        assert_eq!(msp.shown().await["state"], "unsubscribed", "{cut} {fault}");
    }
}
