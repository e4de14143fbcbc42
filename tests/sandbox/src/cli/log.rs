//! The log of the stack, on standard error.

use std::io::{self, IsTerminal};

use clap::{Args, ValueEnum};
use service_manager::runtime::logging;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The options of the log.
#[derive(Debug, Args)]
pub struct LogOptions {
    /// Log level, on standard error [default: warn on a terminal, else info; off for demo and check]
    #[arg(long = "log", global = true, display_order = 900, value_name = "LEVEL")]
    level: Option<Level>,
    /// Log format; auto is text on a terminal, else JSON
    #[arg(long = "log-format", global = true, display_order = 900, value_name = "FORMAT", default_value = "auto")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Auto,
    Text,
    Json,
}

/// The level without `--log`.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Requests, or only warnings on a terminal.
    Stack,
    /// Nothing.
    Off,
}

impl LogOptions {
    /// Starts logging.
    pub fn init(&self, default: Default) {
        let is_terminal = io::stderr().is_terminal();
        let level = match (self.level, default) {
            (Some(level), _) => level.into(),
            (None, Default::Off) => LevelFilter::OFF,
            (None, Default::Stack) if is_terminal => LevelFilter::WARN,
            (None, Default::Stack) => LevelFilter::INFO,
        };
        let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
        let lines = match self.format {
            Format::Text => lines.compact().with_ansi(false).boxed(),
            Format::Auto if is_terminal => lines.compact().with_ansi(false).boxed(),
            Format::Auto | Format::Json => lines.json().boxed(),
        };
        let filter = logging::filter(level).with_target("sandbox", level);
        tracing_subscriber::registry().with(lines.with_filter(filter)).init();
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::OFF,
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}
