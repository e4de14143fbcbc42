//! Runs the fuzz targets and prints what was tried. Usage: `fuzz SECONDS [TARGET...]`.
//!
//! Each target gets changed first inputs for that time. A failing input is reduced to the smallest one that fails.

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fuzz::{TARGETS, Target, inputs};
use proptest::test_runner::{Config, TestError, TestRunner};

/// Inputs between two looks at the clock.
const BATCH: u32 = 200;

/// The outcome of a target.
struct Outcome {
    executions: u64,
    /// The reason and the smallest input that fails.
    crash: Option<(String, Vec<u8>)>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok());
    let names: Vec<String> = arguments.collect();
    let unknown = names.iter().find(|name| !TARGETS.iter().any(|target| target.name == **name));
    let (Some(seconds), None) = (seconds, unknown) else {
        eprintln!("usage: fuzz SECONDS [TARGET...]; targets: {}", TARGETS.map(|target| target.name).join(", "));
        return ExitCode::from(2);
    };
    // Failing inputs are many while one of them is reduced; the smallest one is printed at the end.
    panic::set_hook(Box::new(|_| {}));
    let chosen: Vec<_> =
        TARGETS.iter().filter(|target| names.is_empty() || names.iter().any(|name| name == target.name)).collect();
    let outcomes = run_all(&chosen, Duration::from_secs(seconds));
    println!("{:<11} {:>12} {:>8}  parses", "target", "executions", "crashes");
    let mut crashes = 0;
    for (target, outcome) in chosen.iter().zip(&outcomes) {
        let failures = u32::from(outcome.crash.is_some());
        crashes += failures;
        println!("{:<11} {:>12} {failures:>8}  {}", target.name, outcome.executions, target.parses);
    }
    for (target, outcome) in chosen.iter().zip(&outcomes) {
        if let Some((reason, input)) = &outcome.crash {
            println!("{}: {reason}\n  input: {:?}", target.name, String::from_utf8_lossy(input));
            println!("  bytes: {input:?}");
        }
    }
    let executions: u64 = outcomes.iter().map(|outcome| outcome.executions).sum();
    println!("fuzz: {} targets, {seconds} s each, {executions} executions, {crashes} crashes", chosen.len());
    if crashes == 0 && outcomes.iter().all(|outcome| outcome.executions > 0) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the targets, as many at once as the machine has processors.
fn run_all(targets: &[&Target], time: Duration) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut outcomes: Vec<(usize, Outcome)> = thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(target) = targets.get(index) else { return done };
                done.push((index, run(target, time)));
            }
        };
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn run(target: &Target, time: Duration) -> Outcome {
    let started = Instant::now();
    let executions = AtomicU64::new(0);
    let first = match inputs::first(target.name) {
        Ok(first) => first,
        Err(error) => return Outcome { executions: 0, crash: Some((error.to_string(), Vec::new())) },
    };
    let strategy = inputs::changed(first);
    let config = Config { cases: BATCH, failure_persistence: None, ..Config::default() };
    while started.elapsed() < time {
        // A runner counts the cases of all its runs, so each batch has its own.
        let outcome = TestRunner::new(config.clone()).run(&strategy, |input| {
            executions.fetch_add(1, Ordering::Relaxed);
            (target.run)(&input);
            Ok(())
        });
        let crash = match outcome {
            Ok(()) => continue,
            Err(TestError::Fail(reason, input)) => (reason.to_string(), input),
            Err(TestError::Abort(reason)) => (reason.to_string(), Vec::new()),
        };
        return Outcome { executions: executions.into_inner(), crash: Some(crash) };
    }
    Outcome { executions: executions.into_inner(), crash: None }
}
