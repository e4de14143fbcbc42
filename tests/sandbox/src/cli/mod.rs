//! The command line of the local stack.

mod base_url;
mod check;
mod credentials;
mod demo;
mod log;
mod schedules;
mod screen;
mod start;
mod urls;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory, Parser, Subcommand};
use sandbox::stack::StartError;
use service_manager::vendor::VendorName;

use self::base_url::BaseUrl;
use self::check::CheckOptions;
use self::demo::DemoOptions;
use self::log::LogOptions;
use self::start::StackOptions;

/// An error that is printed as it is.
pub type Error = StartError;

const EXAMPLES: &str = "\
Examples:
  cargo run                                     Start everything on 127.0.0.1, with Dropsuite
  cargo run -- --vendor dropbox --data .local   With Dropbox, and keep the data in the folder .local
  cargo run -- --port 9500                      On ports 9500 to 9505
  cargo run -- --address 0.0.0.0                On every address, in a container
  cargo run -- demo --step                      Run the walk-through, command by command
  cargo run -- check http://127.0.0.1:9000/api/interworks

Environment variables (each replaces a part of the stack; the built-in one still starts, but is not used):
  AWS_ENDPOINT_URL_DYNAMODB   Another DynamoDB engine
  DROPSUITE_BASE_URL          Another Dropsuite, like http://127.0.0.1:9001/api
  CONNECTWISE_BASE_URL        Another ConnectWise, like http://127.0.0.1:9002
  DROPBOX_BASE_URL            Another Dropbox, like http://127.0.0.1:9003/2
  TABLE_NAME                  The table [default: service-manager]

Environment variable of the service manager, with --vendor dropbox:
  DROPBOX_CANCEL_AFTER_WINDOW  Effect of a cancellation after the 14 days: refuse or doNotRenew [default: refuse]";

/// The service manager on this machine: all endpoints, a DynamoDB engine and a sandbox of each vendor, in one process.
#[derive(Debug, Parser)]
#[command(name = "local-stack", version, after_help = EXAMPLES, subcommand_precedence_over_arg = true)]
struct CommandLine {
    #[command(flatten)]
    stack: StackOptions,
    #[command(flatten)]
    log: LogOptions,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the local stack (the default command)
    Start(StackOptions),
    /// Run a walk-through of the documentation, command by command
    #[command(after_help = demo::EXAMPLES)]
    Demo(DemoOptions),
    /// Test a running stack, local or deployed; changes nothing
    #[command(after_help = check::EXAMPLES)]
    Check(CheckOptions),
    /// Print the addresses to paste into the BSS's registration page
    #[command(after_help = urls::EXAMPLES)]
    Urls {
        /// Vendor of the service manager [default: dropsuite]
        #[arg(long, value_parser = vendor_parser())]
        vendor: Option<VendorName>,
        /// Base URL of the service manager.
        #[arg(help = "Base URL of the service manager, like https://euw.dropmyemail.com/api/interworks")]
        base_url: BaseUrl,
    },
}

fn vendor_parser() -> impl TypedValueParser<Value = VendorName> {
    PossibleValuesParser::new(VendorName::ALL.map(VendorName::as_str)).try_map(|name| name.parse::<VendorName>())
}

/// Runs the command line and returns the process's exit status: 0 for success, 1 for a failure, 2 for wrong usage.
pub fn run() -> ExitCode {
    match execute(CommandLine::parse()) {
        Ok(status) => status,
        // The reader of our output has seen enough, like `head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: CommandLine) -> Result<ExitCode, Error> {
    let CommandLine { stack, log, command } = arguments;
    match command {
        None => {
            log.init(log::Default::Stack);
            start::run(&stack)
        }
        Some(Command::Start(own)) => {
            log.init(log::Default::Stack);
            start::run(&own.or(stack))
        }
        Some(Command::Demo(own)) => {
            match own.target {
                None => stack.refuse_all_but(&["--address", "--port", "--vendor"], "demo"),
                Some(_) => stack.refuse_all_but(&["--address", "--port"], "demo NAME"),
            }
            log.init(log::Default::Off);
            demo::run(&own.or(&stack))
        }
        Some(Command::Check(own)) => {
            stack.refuse_all_but(&[], "check");
            log.init(log::Default::Off);
            check::run(&own)
        }
        Some(Command::Urls { vendor, base_url }) => {
            stack.refuse_all_but(&["--vendor"], "urls");
            urls::run(vendor.or(stack.vendor).unwrap_or_default(), &base_url)
        }
    }
}

/// Ends the process with a message about wrong usage.
fn refuse(message: &str) {
    CommandLine::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit();
}

fn is_broken_pipe(error: &Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        let parsed = |arguments: &str| CommandLine::try_parse_from(arguments.split(' ')).unwrap();
        let before = parsed("local-stack --vendor dropbox urls https://a.example");
        assert_eq!(before.stack.vendor, Some(VendorName::Dropbox));
        let after = parsed("local-stack urls --vendor dropbox https://a.example");
        assert!(matches!(after.command, Some(Command::Urls { vendor: Some(VendorName::Dropbox), .. })));
        let both = parsed("local-stack --port 9500 --vendor dropbox start --port 9600");
        let Some(Command::Start(own)) = both.command else { panic!("start") };
        let options = own.or(both.stack);
        assert_eq!((options.port, options.vendor), (Some(9600), Some(VendorName::Dropbox)));
    }
}
