//! The log of a function: level and format as Lambda's logging configuration sets them.

use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use lambda_runtime::tracing::subscriber::layer::SubscriberExt;
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use lambda_runtime::tracing::subscriber::{Layer, fmt, registry};

use crate::config;

/// Returns the filter of a log at `level`. Only this package's lines are logged below `INFO`: its dependencies would log
/// events, headers and bodies there, with the credentials in them.
pub fn filter(level: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(level.min(LevelFilter::INFO))
}

/// Starts logging to the standard output. Reads `AWS_LAMBDA_LOG_LEVEL` (default `INFO`) and `AWS_LAMBDA_LOG_FORMAT` (`JSON`, or
/// text by default).
pub fn init() {
    let level =
        config::optional("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let lines = fmt::layer().with_target(false).without_time();
    let is_json = config::optional("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = if is_json { lines.json().boxed() } else { lines.boxed() };
    registry().with(lines.with_filter(filter(level))).init();
}

#[cfg(test)]
mod tests {
    use lambda_runtime::tracing::Level;

    use super::*;

    #[test]
    fn dependencies_log_nothing_below_info() {
        let shows = |level, target, of| filter(level).would_enable(target, &of);
        assert!(shows(LevelFilter::TRACE, "service_manager::runtime", Level::TRACE));
        assert!(shows(LevelFilter::TRACE, "lambda_runtime", Level::INFO));
        for dependency in ["lambda_runtime::layers", "hyper::proto::h1", "aws_smithy_runtime", "h2", "reqwest"] {
            for of in [Level::TRACE, Level::DEBUG] {
                assert!(!shows(LevelFilter::TRACE, dependency, of), "{dependency}");
            }
        }
        assert!(!shows(LevelFilter::WARN, "lambda_runtime", Level::INFO));
    }
}
