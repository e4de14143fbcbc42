//! Measures functions beside the bare one, in one run: their start, their first event, and calls that change something. Run by
//! `tests/bench/run`, which names the folder of the binaries in `BENCH` and the file of the certificate that they trust in
//! `EXTRA_ROOT`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use conformance::event::{self, merge};
use conformance::runtime_api::{Function, Outcome};
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;

use crate::connectwise::{sold, written};
use crate::deployed::{Deployed, Variables};
use crate::portal::Portal;
use crate::process::{CpuShare, cpu, memory_kb};
use crate::tls::Tls;

/// Number of processes of each function, in alternation, so that other load on the machine affects all alike.
const RUNS: usize = 10;

/// Number of warm calls of a process.
const CALLS: u32 = 10;

/// Memory of a function, in MB: that of the template.
const MEMORY: u64 = 256;

/// The bare function, which is the baseline.
const BARE: &str = "hello";

/// The functions that are measured, the baseline first.
const FUNCTIONS: [&str; 5] =
    [BARE, "fields-get", "subscriptions-create", "subscriptions-update", "connectwise-additions"];

/// A stack with a sale, and the origins by which functions reach it.
struct Place {
    portal: Portal,
    origins: Vec<(String, String)>,
    _tls: Option<Tls>,
}

impl Place {
    async fn new(tls: Option<Tls>) -> Self {
        let portal = sold().await;
        let stack = &portal.deployed.stack;
        let origin = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
        let reached =
            [&stack.aws_url, &stack.dynamodb_url, &stack.dropsuite_url, &stack.connectwise_url].map(|url| origin(url));
        let (mut origins, mut tls) = (Vec::new(), tls);
        if let Some(tls) = &mut tls {
            for origin in reached {
                origins.push((origin.clone(), tls.in_front_of(&origin).await));
            }
        }
        Self { portal, origins, _tls: tls }
    }

    fn deployed(&self) -> &Deployed {
        &self.portal.deployed
    }

    /// Returns the variables of a function, without the judge, which takes time.
    fn variables(&self, name: &str) -> Variables {
        let (stack, name) = (&self.deployed().stack, if name == BARE { "fields-get" } else { name });
        let changes = [
            ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
            ("AWS_ENDPOINT_URL", stack.aws_url.as_str()),
            ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb_url.as_str()),
        ];
        let mut variables = self.deployed().variables_with(name, &changes);
        for value in variables.values_mut() {
            for (plain, secure) in &self.origins {
                *value = value.replace(plain, secure);
            }
        }
        variables
    }

    /// Returns an event that changes something whenever `number` is another one; for a function that changes nothing, its
    /// event.
    async fn event(&self, name: &str, number: u32) -> String {
        let endpoint = |name: &str| BSS_ENDPOINTS.iter().find(|endpoint| endpoint.name() == name).copied().unwrap();
        let update = || with_seats(event::of(endpoint("subscriptions-update")).unwrap(), 6 + number % 2);
        match name {
            "subscriptions-update" => update().to_string(),
            "connectwise-additions" => {
                let client = sandbox::http_client().unwrap();
                let request = event::Request::from_event(&update());
                let answer = crate::parity::asked(&client, &self.deployed().stack, &request).await;
                assert_eq!(answer["body"]["Code"], 0, "{answer}");
                written().to_string()
            }
            BARE => event::of(endpoint("fields-get")).unwrap().to_string(),
            name => event::of(endpoint(name)).unwrap().to_string(),
        }
    }
}

fn with_seats(mut event: Value, seats: u32) -> Value {
    let mut body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    merge(&mut body, json!({ "Quantity": seats }));
    event["body"] = json!(body.to_string());
    event
}

/// The measurements of one process.
#[derive(Default)]
struct Run {
    start: Duration,
    start_cpu: Duration,
    first: Duration,
    first_cpu: Duration,
    warm: Duration,
    warm_cpu: Duration,
    memory_kb: u64,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; run by tests/bench/run"]
async fn measure() {
    let tls = Tls::new();
    std::fs::write(variable("EXTRA_ROOT"), tls.certificate()).unwrap();
    let places = [("plain", Box::pin(Place::new(None)).await), ("TLS", Box::pin(Place::new(Some(tls))).await)];
    let share = CpuShare::of_memory(MEMORY);
    if share.is_none() {
        println!("No control group can be made here: the events run on whole CPUs.");
    }
    let mut runs: Vec<(String, Vec<Run>)> = Vec::new();
    for round in 0..RUNS {
        let mut row = 0;
        for (connection, place) in &places {
            for name in FUNCTIONS {
                let measured = run(place, name, round, share.as_ref()).await;
                if round == 0 {
                    runs.push((format!("{name}, {connection}"), Vec::new()));
                }
                runs[row].1.push(measured);
                row += 1;
            }
        }
    }
    let base = p50(&runs[0].1, |run| run.start);
    println!("| Function | Start | Ratio | CPU | First event | CPU | Warm event | CPU | Memory |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, runs) in &runs {
        let of = |part: fn(&Run) -> Duration| milliseconds(p50(runs, part));
        println!(
            "| {name} | {} | {:.2} | {} | {} | {} | {} | {} | {} MB |",
            of(|run| run.start),
            p50(runs, |run| run.start).as_secs_f64() / base.as_secs_f64(),
            of(|run| run.start_cpu),
            of(|run| run.first),
            of(|run| run.first_cpu),
            of(|run| run.warm),
            of(|run| run.warm_cpu),
            runs.iter().map(|run| run.memory_kb).max().unwrap_or_default() / 1024,
        );
    }
}

/// Starts a function on whole CPUs, as Lambda does, and measures events at the function's share.
async fn run(place: &Place, name: &str, round: usize, share: Option<&CpuShare>) -> Run {
    let binary = PathBuf::from(variable("BENCH")).join(name).join("bootstrap");
    let mut function = Function::start(binary, &[], &place.variables(name)).await.unwrap();
    let start = function.start_up().await.unwrap();
    let id = function.id().unwrap();
    let start_cpu = cpu(id);
    if let Some(share) = share {
        share.limit(id);
    }
    let first_number = u32::try_from(round).unwrap() * (CALLS + 1);
    let (first, first_cpu) = call(&mut function, &place.event(name, first_number).await).await;
    let (mut warm, mut warm_cpu) = (Vec::new(), Vec::new());
    for number in 1..=CALLS {
        let event = place.event(name, first_number + number).await;
        let (time, cpu) = call(&mut function, &event).await;
        warm.push(time);
        warm_cpu.push(cpu);
    }
    let memory_kb = memory_kb(id);
    // The bare function does not handle the signal.
    function.terminate().await.unwrap();
    Run { start, start_cpu, first, first_cpu, warm: middle(warm), warm_cpu: middle(warm_cpu), memory_kb }
}

/// Returns the time of an event, and its CPU time.
async fn call(function: &mut Function, event: &str) -> (Duration, Duration) {
    let id = function.id().unwrap();
    let (before, started) = (cpu(id), Instant::now());
    let outcome = function.invoke(event).await.unwrap();
    let time = started.elapsed();
    let Outcome::Response(answer) = &outcome else { panic!("{outcome:?}") };
    let is_done = answer["statusCode"] == 200 || answer["batchItemFailures"] == json!([]);
    assert!(is_done && !answer.to_string().contains("\\\"Code\\\":-"), "{answer}");
    (time, cpu(id).saturating_sub(before))
}

fn p50(runs: &[Run], of: impl Fn(&Run) -> Duration) -> Duration {
    middle(runs.iter().map(of).collect())
}

fn middle(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
