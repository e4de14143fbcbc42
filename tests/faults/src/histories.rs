//! Runs random histories. A history depends only on its seed. `HISTORIES=1000` sets the number, `SEED=…` replays one.

use crate::parallel;

/// Runs `default` histories, or the number set in the environment, and prints the seed and reason of each that
/// diverges. `summary` receives the number of histories, the results of those that did not diverge, and the number of
/// those that did.
///
/// # Panics
/// A history diverges. The summary is printed first.
pub async fn run<T, F>(default: u64, history: impl Fn(u64) -> F, summary: impl FnOnce(u64, Vec<T>, usize))
where
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + Send + 'static,
{
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("HISTORIES").unwrap_or(default),
    };
    let all = seeds.end - seeds.start;
    let results = parallel::run(seeds.clone(), history).await;
    let mut came_to = Vec::new();
    let mut diverged = 0;
    for (seed, result) in seeds.zip(results) {
        match result.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(count) => came_to.push(count),
            Err(why) => {
                diverged += 1;
                println!("seed {seed} diverges: {why}");
            }
        }
    }
    summary(all, came_to, diverged);
    assert_eq!(diverged, 0, "replay one with SEED=<seed>");
}
