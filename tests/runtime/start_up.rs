//! Measures the time of binaries from their start to the first poll of the Runtime API, their memory, and the cost of
//! calls. Run by `tests/bench/start-up`, which lists the binaries in `BINARIES`. The first is the baseline.

use std::path::Path;
use std::time::{Duration, Instant};

use conformance::event::Request;
use conformance::runtime_api::{Function, Outcome};
use service_manager::endpoints::BSS_ENDPOINTS;

use crate::deployed::Deployed;
use crate::parity::asked;

const RUNS: usize = 30;
const WARM_CALLS: u32 = 100;

/// The measurements of one process.
struct Run {
    start_up: Duration,
    start_up_cpu: Duration,
    first_call: Duration,
    warm_call: Duration,
    warm_call_cpu: Duration,
    memory_kb: u64,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; run by tests/bench/start-up"]
async fn measure_start_up() {
    let deployed = Deployed::new().await;
    let stack = &deployed.stack;
    // An account, so that orders call the vendor.
    let synchronize = BSS_ENDPOINTS.iter().find(|endpoint| endpoint.path == "accounts/synchronize").unwrap();
    let synchronize = Request::from_event(&conformance::event::of(synchronize).unwrap());
    assert_eq!(asked(&sandbox::http_client().unwrap(), stack, &synchronize).await["body"]["Code"], 0);
    let binaries = std::env::var("BINARIES").expect("BINARIES is not set");
    let binaries: Vec<&Path> = binaries.split(':').map(Path::new).collect();
    let mut runs: Vec<Vec<Run>> = binaries.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
        // Alternating, so that other load on the machine affects all alike.
        for (binary, runs) in binaries.iter().zip(&mut runs) {
            let endpoint = BSS_ENDPOINTS.iter().find(|endpoint| binary.parent().unwrap().ends_with(endpoint.name()));
            let endpoint = endpoint.unwrap_or(&BSS_ENDPOINTS[0]);
            let event = conformance::event::of(endpoint).unwrap().to_string();
            let changes = [
                ("AWS_LAMBDA_LOG_LEVEL", "WARN"),
                // All root certificates in one file, as on Amazon Linux. Debian also has a directory of hundreds.
                ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"),
                // Without the judge, which takes time.
                ("AWS_ENDPOINT_URL", &stack.aws_url),
                ("AWS_ENDPOINT_URL_DYNAMODB", &stack.dynamodb_url),
            ];
            let variables = deployed.variables_with(&endpoint.name(), &changes);
            let mut function = Function::start(binary, &[], &variables).await.unwrap();
            runs.push(run(&mut function, &event).await);
        }
    }
    println!("p50 of {RUNS} runs   start-up (CPU)         first call   warm call (CPU)       memory");
    let base = p50(&runs[0], |run| run.start_up);
    for (binary, runs) in binaries.iter().zip(&runs) {
        let start_up = p50(runs, |run| run.start_up);
        let name = binary.parent().unwrap().file_name().unwrap().to_str().unwrap();
        println!(
            "{name:<22} {start_up:>8.1?} ({:>6.1?}) x{:<5.1} {:>8.1?}   {:>8.2?} ({:>6.2?})   {:>3} MB",
            p50(runs, |run| run.start_up_cpu),
            start_up.as_secs_f64() / base.as_secs_f64(),
            p50(runs, |run| run.first_call),
            p50(runs, |run| run.warm_call),
            p50(runs, |run| run.warm_call_cpu),
            runs.iter().map(|run| run.memory_kb).max().unwrap() / 1024,
        );
    }
}

async fn run(function: &mut Function, event: &str) -> Run {
    let start_up = function.start_up().await.unwrap();
    let id = function.id().unwrap();
    let start_up_cpu = cpu(id);
    let first_call = call(function, event).await;
    let (cpu_before, started) = (cpu(id), Instant::now());
    for _ in 0..WARM_CALLS {
        call(function, event).await;
    }
    let warm_call = started.elapsed() / WARM_CALLS;
    let warm_call_cpu = cpu(id).saturating_sub(cpu_before) / WARM_CALLS;
    Run { start_up, start_up_cpu, first_call, warm_call, warm_call_cpu, memory_kb: memory_kb(id) }
}

async fn call(function: &mut Function, event: &str) -> Duration {
    let started = Instant::now();
    let outcome = function.invoke(event).await.unwrap();
    assert!(matches!(&outcome, Outcome::Response(answer) if answer["statusCode"] == 200), "{outcome:?}");
    started.elapsed()
}

/// Returns the CPU time so far, of all threads.
fn cpu(id: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let on_cpu = tasks.map(|task| {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(on_cpu.sum())
}

/// Returns the peak memory, in KiB.
pub fn memory_kb(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn p50(runs: &[Run], of: impl Fn(&Run) -> Duration) -> Duration {
    let mut all: Vec<_> = runs.iter().map(of).collect();
    all.sort_unstable();
    all[all.len() / 2]
}
