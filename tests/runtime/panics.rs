//! A panic, a missing setting and an invalid event, in a separate process.
//!
//! No function panics on purpose, so the test binary serves an endpoint that does: it starts itself again with
//! [`SERVES`] set.

use std::sync::atomic::{AtomicBool, Ordering};

use conformance::runtime_api::{Function, Outcome};
use futures::FutureExt;
use http::Method;
use serde_json::{Value, json};
use service_manager::bss::AccountDefinition;
use service_manager::endpoints::{Access, BSS_ENDPOINTS, Contract, Endpoint, EndpointResponse};

use crate::deployed::{Deployed, binary};

/// Set in the process that serves an endpoint that panics, to the endpoint's path.
const SERVES: &str = "SERVES_AN_ENDPOINT_THAT_PANICS";

/// It has the path of another endpoint, so that the event of that endpoint can be used.
static PANICS: Endpoint = Endpoint {
    path: "fields/validate",
    method: Method::POST,
    contract: Contract::post::<AccountDefinition, String>(),
    grants: &[],
    access: Access::Application {
        section: "",
        title: "",
        authenticated: false,
        run: |call| {
            async {
                let account: AccountDefinition = call.body()?;
                assert_ne!(account.name, "panic", "as asked");
                EndpointResponse::json(&"well")
            }
            .boxed()
        },
    },
};

/// Panics at its first request only, before anyone is authorized.
static PANICS_FOR_ANYONE: Endpoint = Endpoint {
    path: "portal/session/create",
    method: Method::POST,
    contract: Contract::post::<AccountDefinition, String>(),
    grants: &[],
    access: Access::Anonymous(|_| {
        static PANICKED: AtomicBool = AtomicBool::new(false);
        async {
            assert!(PANICKED.swap(true, Ordering::Relaxed), "as asked");
            EndpointResponse::json(&"well")
        }
        .boxed()
    }),
};

/// Not a test, but the function that the next test starts.
#[test]
fn serves_an_endpoint_that_panics() {
    if let Some(path) = std::env::var_os(SERVES) {
        let endpoint = if path == PANICS.path { &PANICS } else { &PANICS_FOR_ANYONE };
        service_manager::runtime::lambda::serve(endpoint).unwrap();
    }
}

fn event(body: &str) -> String {
    let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == PANICS.path).unwrap();
    let mut event = conformance::event::of(endpoint).unwrap();
    event["body"] = json!(body);
    event.to_string()
}

fn answer(outcome: Outcome) -> (Value, Value) {
    let Outcome::Response(answer) = outcome else { panic!("{outcome:?}") };
    (answer["statusCode"].clone(), serde_json::from_str(answer["body"].as_str().unwrap()).unwrap())
}

/// Starts a function of an endpoint that panics, and the stack that it uses.
async fn function_that_panics(endpoint: &Endpoint) -> (Deployed, Function) {
    let deployed = Deployed::new().await;
    let variables = deployed.variables_with(&endpoint.name(), &[(SERVES, endpoint.path)]);
    let arguments = ["--exact", "panics::serves_an_endpoint_that_panics", "--nocapture"];
    (deployed, Function::start(std::env::current_exe().unwrap(), &arguments, &variables).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_no_server_error_and_the_next_event_is_served() {
    let (_deployed, mut function) = function_that_panics(&PANICS).await;
    for _ in 0..2 {
        let (status, envelope) = answer(function.invoke(event(r#"{"Name": "panic"}"#)).await.unwrap());
        assert_eq!((status, &envelope["Code"]), (json!(200), &json!(-1003)), "{envelope}");
        assert!(!envelope.to_string().contains("as asked"), "{envelope}");
        assert_eq!(answer(function.invoke(event("{}")).await.unwrap()), (json!(200), json!("well")));
    }
    assert!(function.terminate().await.unwrap().success());
    assert!(function.lines().iter().any(|line| line.contains("request panicked")), "{:?}", function.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_before_authorization_is_the_callers_error() {
    let (_deployed, mut function) = function_that_panics(&PANICS_FOR_ANYONE).await;
    let mut event: Value = serde_json::from_str(&event("{}")).unwrap();
    event["rawPath"] = json!("/portal/session/create");
    let (status, error) = answer(function.invoke(event.to_string()).await.unwrap());
    assert_eq!((status, &error["code"]), (json!(400), &json!(-400)), "{error}");
    assert_eq!(answer(function.invoke(event.to_string()).await.unwrap()), (json!(200), json!("well")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_event_is_an_error_and_the_next_one_is_served() {
    let deployed = Deployed::new().await;
    let endpoint = BSS_ENDPOINTS[0];
    let mut function = deployed.start(endpoint).await;
    for broken in ["{}", "[]", r#"{"Records": []}"#] {
        let outcome = function.invoke(broken).await.unwrap();
        assert!(matches!(&outcome, Outcome::Error(error) if error["errorType"].is_string()), "{broken}: {outcome:?}");
    }
    let event = conformance::event::of(endpoint).unwrap();
    assert_eq!(answer(function.invoke(event.to_string()).await.unwrap()).0, json!(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_setting_is_named() {
    let deployed = Deployed::new().await;
    for missing in ["REGION_CODE", "APPLICATIONS_SECRET_ID"] {
        let mut variables = deployed.variables(&BSS_ENDPOINTS[0].name());
        variables.remove(missing);
        let mut function = Function::start(binary(&BSS_ENDPOINTS[0].name()), &[], &variables).await.unwrap();
        assert!(!function.ended().await.unwrap().success(), "{missing}");
        let said = function.lines().join("\n");
        assert!(said.contains(missing), "{missing}: {said}");
    }
}
