//! The recovery job, `work-reconcile`.

use conformance::event::{self, Request};
use conformance::root;
use conformance::runtime_api::Outcome;
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;

use crate::deployed::{Deployed, start};

/// The schedule's event completes an account whose create had no response, so that its function left a job.
#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_completes_a_job_of_another_function() {
    let deployed = Deployed::new().await;
    let stack = &deployed.stack;
    let faults = stack.dropsuite_url.replace("/api", "/_sandbox/faults");
    let rule = |rules: Value| sandbox::http_client().unwrap().post(&faults).json(&rules).send();
    rule(json!([{"method": "POST", "path": "*/users", "drop": "after"}, {"method": "GET", "path": "*/users*", "status": 503}]))
        .await
        .unwrap();
    let synchronize = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "accounts/synchronize").unwrap();
    let mut function = deployed.start(synchronize).await;
    let event = event::of(synchronize).unwrap();
    let Outcome::Response(answer) = function.invoke(event.to_string()).await.unwrap() else { panic!() };
    let envelope: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["Code"], -1003, "{envelope}");
    assert_eq!(left_behind(stack).await, 1);
    rule(json!([])).await.unwrap();

    let variables = deployed.variables_with("work-reconcile", &[("RECONCILE_AFTER_SECONDS", "0")]);
    let mut reconciler = start("work-reconcile", &variables).await;
    let schedule = std::fs::read(root().join("tests/events/work-reconcile.json")).unwrap();
    for _ in 0..2 {
        assert_eq!(reconciler.invoke(schedule.clone()).await.unwrap(), Outcome::Response(Value::Null));
    }
    assert_eq!(left_behind(stack).await, 0);
    let token =
        Request::from_event(&event).headers.into_iter().find(|(name, _)| name.ends_with("accesstoken")).unwrap().1;
    assert!(
        !stack.dynamodb.state_json().await.unwrap().to_string().contains(&token),
        "the table holds a token in clear"
    );
    assert!(!reconciler.lines().join("\n").contains(&token));
    assert!(reconciler.terminate().await.unwrap().success());
    deployed.assert_permitted();
}

/// Returns the number of accounts with a job.
async fn left_behind(stack: &sandbox::stack::Stack) -> usize {
    let items = stack.dynamodb.items(&stack.table).await.unwrap();
    items.iter().filter(|item| item.get("job").is_some()).count()
}
