//! Runs an MSP's story with the portal's binaries and with the local stack's gateway. All responses must be equal.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::portal::{self, Ask, PRIVATE_KEY, Progress, Step, consume, story};
use conformance::runtime_api::{Function, Outcome};
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints::{self, Access, Endpoint};
use service_manager::vendor::VendorName;

use crate::deployed::{Deployed, Variables, stack, start};
use crate::parity::{asked, assert_quiet, invoked, logs, vendor, without_times};

/// The binaries, each started on first use, on a stack of their own.
pub struct Portal {
    pub deployed: Deployed,
    pub progress: Progress,
    pub running: BTreeMap<String, Function>,
}

impl Portal {
    pub async fn new() -> Self {
        Self::of(Deployed::new().await)
    }

    pub fn of(deployed: Deployed) -> Self {
        Self { progress: Progress::with(&deployed.stack).unwrap(), deployed, running: BTreeMap::new() }
    }

    /// Returns the response of the binary of `ask`.
    pub async fn ask(&mut self, ask: &Ask) -> Value {
        let request = self.progress.request(ask).unwrap();
        let event = request.to_event(&self.progress.event(ask.endpoint).unwrap());
        let answer = self.invoke(ask.endpoint, &event).await;
        self.progress.record(ask, &answer["body"]).unwrap();
        answer
    }

    pub async fn invoke(&mut self, endpoint: &Endpoint, event: &Value) -> Value {
        let name = endpoint.name();
        if !self.running.contains_key(&name) {
            self.running.insert(name.clone(), self.deployed.start(endpoint).await);
        }
        invoked(self.running.get_mut(&name).unwrap(), event).await
    }

    /// Returns the response of `connectwise-additions`.
    pub async fn consume(&mut self, event: &Value) -> Value {
        let outcome = self.run("connectwise-additions", event).await;
        let Outcome::Response(answer) = outcome else { panic!("{outcome:?}") };
        answer
    }

    /// Runs a function without a URL. Returns the outcome.
    pub async fn run(&mut self, name: &str, event: &Value) -> Outcome {
        let variables = self.deployed.variables(name);
        self.run_with(name, &variables, event).await
    }

    /// Runs a function without a URL, with these variables if it does not run yet.
    pub async fn run_with(&mut self, name: &str, variables: &Variables, event: &Value) -> Outcome {
        if !self.running.contains_key(name) {
            self.running.insert(name.to_owned(), start(name, variables).await);
        }
        self.running.get_mut(name).unwrap().invoke(event.to_string()).await.unwrap()
    }

    /// Returns a function that runs.
    pub fn running(&self, name: &str) -> &Function {
        &self.running[name]
    }

    /// Ends all binaries. Asserts that none printed a secret or was denied a call, and that the table contains no
    /// secret in plain text.
    pub async fn end(mut self) {
        let keys = STANDARD.encode(format!("demo+pub:{PRIVATE_KEY}"));
        let session = self.progress.session().unwrap();
        let (link, key) = (self.progress.sign_in_link(), self.progress.usage_key());
        let tells = |text: &str| {
            let is_whole = |word: &str| word == PRIVATE_KEY;
            let whole = [Some(&*keys), Some(session), link, key];
            whole.into_iter().flatten().any(|secret| text.contains(secret))
                || text.split(|at: char| !at.is_alphanumeric()).any(is_whole)
        };
        for (name, function) in &mut self.running {
            if name.starts_with("portal-") {
                assert_quiet(name, function);
            }
            if name == "portal-organizations-create" {
                let ids = json!({"company": 20, "account": "20", "subscription": "20-1", "product": "16921-6-3378-14"});
                logs(name, function, &ids);
            }
            for line in function.lines() {
                assert!(!tells(&line), "{name} printed {line}");
            }
            assert!(function.terminate().await.unwrap().success(), "{name} did not end cleanly");
        }
        let kept = self.deployed.stack.dynamodb.state_json().await.unwrap().to_string();
        assert!(!tells(&kept) && !portal::TOKENS.iter().any(|token| kept.contains(token)), "in clear: {kept}");
        self.deployed.assert_permitted();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_portal_function_responds_like_the_local_stack() {
    let (served, mut lent) = (stack(VendorName::Dropsuite).await, Portal::new().await);
    let mut progress = Progress::with(&served).unwrap();
    let client = sandbox::http_client().unwrap();
    for endpoint in
        endpoints::portal::PORTAL_ENDPOINTS.into_iter().filter(|one| matches!(one.access, Access::MspSession(..)))
    {
        for session in [None, Some("Bearer "), Some("Bearer 0123456789abcdef"), Some("Basic cHViOnByaXY=")] {
            let mut request = progress.request(&Ask { endpoint, query: "", body: Some(json!({})) }).unwrap();
            request.headers.extend(session.map(|session| ("Authorization".to_owned(), session.to_owned())));
            let got = lent.invoke(endpoint, &request.to_event(&progress.event(endpoint).unwrap())).await;
            let expected = asked(&client, &served, &request).await;
            let same = [&got, &expected].map(|answer| progress.neutral(answer).unwrap());
            assert_eq!(same[0], same[1], "{endpoint:?} {session:?}");
            assert_eq!((&got["status"], &got["body"]["code"]), (&json!(401), &json!(-1016)), "{endpoint:?}: {got}");
        }
    }
    let mut answers = 0;
    for step in story().unwrap() {
        match step {
            Step::Ask(ask) => {
                let got = lent.ask(&ask).await;
                let expected = asked(&client, &served, &progress.request(&ask).unwrap()).await;
                progress.record(&ask, &expected["body"]).unwrap();
                assert_eq!(
                    lent.progress.neutral(&got).unwrap(),
                    progress.neutral(&expected).unwrap(),
                    "{:?}",
                    ask.endpoint
                );
                assert_eq!(
                    (&got["status"], &got["type"]),
                    (&json!(200), &json!(ask.endpoint.contract.media_type)),
                    "{got}"
                );
            }
            Step::Stream(partition) => {
                let got = lent.consume(&lent.progress.written(partition).unwrap()).await;
                let expected = consume(&served, progress.written(partition).unwrap(), partition).await.unwrap();
                assert_eq!(got, expected, "{partition}");
            }
        }
        answers += 1;
    }
    let [of_lent, of_served] = [vendor(&lent.deployed.stack).await, vendor(&served).await];
    assert_eq!(lent.progress.neutral(&of_lent).unwrap(), progress.neutral(&of_served).unwrap());
    assert_eq!(
        lent.progress.neutral(&msp(&lent.deployed.stack).await).unwrap(),
        progress.neutral(&msp(&served).await).unwrap()
    );
    println!("{} binaries, {answers} answers, all equal; vendor and ConnectWise hold the same", lent.running.len());
    lent.end().await;
}

/// Returns the state of the MSP's `ConnectWise`, without timestamps.
async fn msp(stack: &Stack) -> Value {
    let url = format!("{}/_sandbox/state", stack.connectwise_url.split("/v4_6").next().unwrap());
    let mut state: Value = sandbox::http_client().unwrap().get(url).send().await.unwrap().json().await.unwrap();
    state.as_object_mut().unwrap().remove("calls");
    assert!(state.to_string().contains("16921-6-3378-14"), "{state}");
    without_times(state)
}
