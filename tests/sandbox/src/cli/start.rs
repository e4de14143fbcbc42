//! `start`, the default command: runs the stack until it is stopped.

use std::io::{self, ErrorKind, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::TypedValueParser;
use clap::{Args, value_parser};
use sandbox::stack::{DEFAULT_PORT, DataError, ListenError, Options, Stack};
use service_manager::config;
use service_manager::vendor::VendorName;
use service_manager::vendor::dropbox::CancelAfterWindow;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::{Error, refuse, schedules, screen, vendor_parser};

/// The options of a stack.
#[derive(Debug, Default, Args)]
pub struct StackOptions {
    /// Vendor that is sold [default: dropsuite]
    #[arg(long, value_parser = vendor_parser())]
    pub vendor: Option<VendorName>,
    /// First of the block of seven ports, 0 for any free ones [default: 9000]
    #[arg(long, value_name = "PORT", value_parser = port_parser())]
    pub port: Option<u16>,
    /// IP address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "IP")]
    pub address: Option<IpAddr>,
    /// Folder to keep the data in; it is made if it is not there [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl StackOptions {
    /// These options, and those of `other` that are not among them.
    pub fn or(self, other: Self) -> Self {
        Self {
            vendor: self.vendor.or(other.vendor),
            port: self.port.or(other.port),
            address: self.address.or(other.address),
            data: self.data.or(other.data),
        }
    }

    /// Ends the process with a message if an option is given that `command` does not have.
    pub fn refuse_all_but(&self, allowed: &[&str], command: &str) {
        let given = [
            ("--vendor", self.vendor.is_some()),
            ("--port", self.port.is_some()),
            ("--address", self.address.is_some()),
            ("--data", self.data.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(option, is_given)| *is_given && !allowed.contains(option)) {
            refuse(&format!("the option '{option}' cannot be used with '{command}'"));
        }
    }
}

/// A port with five more above it.
pub fn port_parser() -> impl TypedValueParser<Value = u16> {
    value_parser!(u16).range(..=i64::from(u16::MAX - 5))
}

/// Runs the stack until Ctrl-C or SIGTERM.
pub fn run(arguments: &StackOptions) -> Result<ExitCode, Error> {
    let mut options = Options {
        vendor: arguments.vendor.unwrap_or_default(),
        port: arguments.port.unwrap_or(DEFAULT_PORT),
        data: arguments.data.clone(),
        stream: true,
        cancel_after_window: config::parsed("DROPBOX_CANCEL_AFTER_WINDOW", CancelAfterWindow::default())?,
        ..Options::from_env()
    };
    options.address = arguments.address.unwrap_or(options.address);
    runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(&options))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(options: &Options) -> Result<(), Error> {
    let mut terminated = signal(SignalKind::terminate())?;
    let stack = launch(options).await?;
    let _schedules = schedules::start(&stack);
    // The stack serves also those that have closed our output.
    let _ = io::stdout().write_all(screen::text(options, &stack).as_bytes());
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// Starts a stack. Its errors say which option helps.
pub async fn launch(options: &Options) -> Result<Stack, Error> {
    Stack::start(options).await.map_err(explained)
}

fn explained(error: Error) -> Error {
    let advice = if let Some(ListenError { address, source }) = error.downcast_ref() {
        match source.kind() {
            ErrorKind::AddrInUse => in_use(address.port()),
            ErrorKind::AddrNotAvailable => "--address must be an IP address of this machine.".to_owned(),
            _ => "Choose another block of seven ports with --port.".to_owned(),
        }
    } else if error.is::<DataError>() {
        "--data must name a folder of an earlier stack, or one that can be made and written.".to_owned()
    } else {
        return error;
    };
    format!("{error}\n{advice}").into()
}

fn in_use(port: u16) -> String {
    let other = if port < 9500 { 9500 } else { DEFAULT_PORT };
    format!(
        "Perhaps another local stack is running. Stop the program that uses port {port}, or choose another block of seven \
         ports with --port, like --port {other}."
    )
}
