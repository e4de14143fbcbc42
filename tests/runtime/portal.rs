//! Runs an MSP's story with the portal's binaries and with the local stack's gateway. All responses must be equal.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::portal::{self, Ask, PRIVATE_KEY, Progress, Step, consume, story};
use conformance::runtime_api::{Function, Outcome};
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints::{self, Access, Endpoint};

use crate::parity::{Table, asked, assert_quiet, invoked, logs, stack, vendor, without_times};
use crate::processes::{ADDITIONS, start, variables};

/// The binaries, each started on first use, on a stack of their own.
pub struct Portal {
    pub stack: Stack,
    pub table: Table,
    pub progress: Progress,
    pub running: BTreeMap<String, Function>,
}

impl Portal {
    pub async fn new() -> Self {
        let stack = stack().await;
        let table = Table::in_front_of(&stack).await;
        Self { progress: Progress::with(&stack).unwrap(), stack, table, running: BTreeMap::new() }
    }

    /// Returns the response of the binary of `ask`.
    pub async fn ask(&mut self, ask: &Ask) -> Value {
        let request = self.progress.request(ask).unwrap();
        let event = request.to_event(&self.progress.event(ask.endpoint).unwrap());
        let answer = self.invoke(ask.endpoint, &event).await;
        self.progress.record(ask, &answer["body"]);
        answer
    }

    pub async fn invoke(&mut self, endpoint: &Endpoint, event: &Value) -> Value {
        let name = endpoint.name();
        if !self.running.contains_key(&name) {
            let variables = variables(&self.stack, &format!("{}/{name}", self.table.url));
            self.running.insert(name.clone(), start(endpoint, variables).await);
        }
        invoked(self.running.get_mut(&name).unwrap(), event).await
    }

    /// Returns the response of `connectwise-additions`.
    pub async fn consume(&mut self, event: &Value) -> Value {
        let name = "connectwise-additions";
        let mut variables = variables(&self.stack, &self.table_of(name));
        variables.remove("SEAL_KEY_ID");
        let outcome = self.run(name, ADDITIONS, &variables, event).await;
        let Outcome::Response(answer) = outcome else { panic!("{outcome:?}") };
        answer
    }

    /// Returns the table's URL for `function`.
    pub fn table_of(&self, function: &str) -> String {
        format!("{}/{function}", self.table.url)
    }

    /// Runs a function without a URL. Returns the outcome.
    pub async fn run(
        &mut self,
        name: &str,
        binary: &str,
        variables: &BTreeMap<&str, String>,
        event: &Value,
    ) -> Outcome {
        if !self.running.contains_key(name) {
            self.running.insert(name.to_owned(), Function::start(binary, &[], variables).await.unwrap());
        }
        self.running.get_mut(name).unwrap().invoke(event.to_string()).await.unwrap()
    }

    /// Ends all binaries. Asserts that none printed a secret or exceeded its policy, and that the table contains no
    /// secret in plain text.
    pub async fn end(mut self) {
        let keys = STANDARD.encode(format!("demo+pub:{PRIVATE_KEY}"));
        let (session, link) = (self.progress.session().unwrap(), self.progress.sign_in_link());
        let tells = |text: &str| {
            let is_whole = |word: &str| word == PRIVATE_KEY;
            let whole = [Some(&*keys), Some(session), link];
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
        let kept = self.stack.dynamodb.state_json().await.unwrap().to_string();
        assert!(!tells(&kept) && !portal::TOKENS.iter().any(|token| kept.contains(token)), "in clear: {kept}");
        self.table.assert_within_policies();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_portal_function_responds_like_the_local_stack() {
    let (served, mut lent) = (stack().await, Portal::new().await);
    let mut progress = Progress::with(&served).unwrap();
    let client = sandbox::http_client().unwrap();
    for endpoint in
        endpoints::portal::PORTAL_ENDPOINTS.into_iter().filter(|one| matches!(one.access, Access::MspSession(_)))
    {
        for session in [None, Some("Bearer "), Some("Bearer 0123456789abcdef"), Some("Basic cHViOnByaXY=")] {
            let mut request = progress.request(&Ask { endpoint, query: "", body: Some(json!({})) }).unwrap();
            request.headers.extend(session.map(|session| ("Authorization".to_owned(), session.to_owned())));
            let got = lent.invoke(endpoint, &request.to_event(&progress.event(endpoint).unwrap())).await;
            assert_eq!(got, asked(&client, &served, &request).await, "{endpoint:?} {session:?}");
            assert_eq!((&got["status"], &got["body"]["code"]), (&json!(401), &json!(-1016)), "{endpoint:?}: {got}");
        }
    }
    let mut answers = 0;
    for step in story().unwrap() {
        match step {
            Step::Ask(ask) => {
                let got = lent.ask(&ask).await;
                let expected = asked(&client, &served, &progress.request(&ask).unwrap()).await;
                progress.record(&ask, &expected["body"]);
                assert_eq!(
                    lent.progress.neutral(&got).unwrap(),
                    progress.neutral(&expected).unwrap(),
                    "{:?}",
                    ask.endpoint
                );
                assert_eq!((&got["status"], &got["type"]), (&json!(200), &json!("application/json")), "{got}");
            }
            Step::Stream(partition) => {
                let got = lent.consume(&lent.progress.written(partition).unwrap()).await;
                let expected = consume(&served, progress.written(partition).unwrap(), partition).await.unwrap();
                assert_eq!(got, expected, "{partition}");
            }
        }
        answers += 1;
    }
    let [of_lent, of_served] = [vendor(&lent.stack).await, vendor(&served).await];
    assert_eq!(lent.progress.neutral(&of_lent).unwrap(), progress.neutral(&of_served).unwrap());
    assert_eq!(lent.progress.neutral(&msp(&lent.stack).await).unwrap(), progress.neutral(&msp(&served).await).unwrap());
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
