//! `demo`: runs a walk-through of the documentation, command by command, on a stack of its own.

mod addresses;
mod document;
mod presenter;
mod rewrite;
mod session;
mod shell;
mod source;

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::Args;
use sandbox::stack::{DEFAULT_PORT, Options};
use service_manager::vendor::VendorName;
use tokio::runtime;

use self::addresses::Addresses;
use self::document::{Topic, Walkthrough};
use self::presenter::Presenter;
use self::session::{Comparison, Session};
use self::source::{Source, Target};
use super::start::{self, StackOptions, port_parser};
use super::{Error, schedules, vendor_parser};

/// The help below the options.
pub const EXAMPLES: &str = "\
Examples:
  cargo run -- demo                      Dropsuite: catalogue, customer, order, add-on, reseller
  cargo run -- demo dropbox --step       Dropbox, with a pause before each command
  cargo run -- demo --port 9100          Beside a stack that uses the default ports
  cargo run -- demo connectwise --check  Compare each output with docs/tutorial/connectwise.md
  cargo run -- demo README.md --check    Compare the console blocks of any Markdown file

The commands need bash and curl. A console block may name its walk-through: ```console is Dropsuite's, the others are
```console dropbox and ```console connectwise. Each walk-through of a file has a fresh stack and a shell of its own.";

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// dropsuite, dropbox, connectwise, or a Markdown file [default: the vendor's]
    #[arg(value_name = "NAME|FILE")]
    pub target: Option<Target>,
    /// Vendor of the walk-through, if none is named [default: dropsuite]
    #[arg(long, value_parser = vendor_parser(), conflicts_with = "target")]
    vendor: Option<VendorName>,
    /// Wait for Enter before each command.
    #[arg(long, conflicts_with_all = ["check", "update"])]
    step: bool,
    /// Compare each output with the printed one; exit with status 1 at the first difference.
    #[arg(long)]
    check: bool,
    /// Write the outputs into the file, in place of the printed ones.
    #[arg(long, conflicts_with = "check")]
    update: bool,
    /// First of the block of seven ports; the addresses in the commands are changed to it [default: 9000]
    #[arg(long, value_name = "PORT", value_parser = port_parser())]
    port: Option<u16>,
    /// IP address to listen on, for functions in containers [default: 127.0.0.1]
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    /// Functions that use this stack, such as those of `sam local start-api`; called instead of the stack's own endpoints
    #[arg(long, value_name = "IP:PORT")]
    functions: Option<SocketAddr>,
}

impl DemoOptions {
    /// These options, and those of `other` that are not among them.
    pub fn or(self, other: &StackOptions) -> Self {
        Self {
            vendor: self.vendor.or(other.vendor),
            port: self.port.or(other.port),
            address: self.address.or(other.address),
            ..self
        }
    }
}

/// Runs each walk-through of the target.
pub fn run(arguments: &DemoOptions) -> Result<ExitCode, Error> {
    let target = match (&arguments.target, arguments.vendor.unwrap_or_default()) {
        (Some(target), _) => target,
        (None, VendorName::Dropsuite) => &Target::Tutorial(Topic::Dropsuite),
        (None, VendorName::Dropbox) => &Target::Tutorial(Topic::Dropbox),
    };
    let mut source = Source::open(target)?;
    for (position, walkthrough) in source.walkthroughs.clone().iter().enumerate() {
        let mut options = Options {
            vendor: walkthrough.topic.vendor(),
            port: arguments.port.unwrap_or(DEFAULT_PORT),
            stream: true,
            ..Options::from_env()
        };
        options.address = arguments.address.unwrap_or(options.address);
        if arguments.functions.is_none() {
            // An engine that is not ours may have been used before: the outputs are those of an empty table.
            options.table = format!("walkthrough-{}-{}", walkthrough.topic.name(), std::process::id());
        }
        // A runtime of its own: when it ends, the ports are free again.
        let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
        let passed = runtime.block_on(run_one(arguments, &mut source, position, walkthrough, &options))?;
        if !passed {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the walk-through at `position` on a new stack. Returns false if an output is not the printed one.
async fn run_one(
    arguments: &DemoOptions,
    source: &mut Source,
    position: usize,
    walkthrough: &Walkthrough,
    options: &Options,
) -> Result<bool, Error> {
    let stack = start::launch(options).await?;
    let _schedules = schedules::start(&stack);
    let (name, path) = (source.name_of(walkthrough), source.path().to_owned());
    let addresses = Addresses::of(&stack, options.address, arguments.functions);
    let mut session = Session::start(walkthrough, &path, &stack, addresses)?;
    if arguments.update {
        let outputs = session.outputs().await?;
        source.write(position, &outputs)?;
        writeln!(io::stdout(), "{name}: outputs written to {}", path.display())?;
        return Ok(true);
    }
    if !arguments.check {
        session.present(Presenter::new(arguments.step)).await?;
        return Ok(true);
    }
    match session.compare().await? {
        Comparison::Same(passed) => writeln!(io::stdout(), "{name}: {passed} passed, 0 failed")?,
        Comparison::Different { passed, report } => {
            writeln!(io::stdout(), "{report}\n{name}: {passed} passed, 1 failed")?;
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
use source::tutorial;
