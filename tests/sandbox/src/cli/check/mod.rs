//! `check`: a smoke test of a running service manager with the caller's own credentials. It only calls what changes
//! nothing.

mod access;
mod client;
mod declared;
mod probes;

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::runtime;
use uuid::Uuid;

use self::access::Access;
use self::client::Client;
use self::probes::Counts;
use super::Error;
use super::base_url::BaseUrl;

/// The help below the options.
pub const EXAMPLES: &str = "\
Examples:
  cargo run -- check http://127.0.0.1:9000/api/interworks

  export SERVICE_MANAGER_APPLICATION_ID=B1A7C0DE-0000-4000-8000-000000000001
  read -rs SERVICE_MANAGER_API_KEY && export SERVICE_MANAGER_API_KEY
  read -rs SERVICE_MANAGER_SETTING_ACCESSTOKEN && export SERVICE_MANAGER_SETTING_ACCESSTOKEN
  cargo run -- check https://euw.dropmyemail.com/api/interworks --setting ResellerToken=...

Secrets on the command line stay in the shell's history. Pass them in the environment (a setting NAME in
SERVICE_MANAGER_SETTING_NAME, in any letter case), or as \"-\" to read a line of standard input for each, the API key first.
On 127.0.0.1 the defaults are the local stack's credentials.

Exit status: 0 if every check is OK, 1 if one has failed.";

/// The arguments of `check`.
#[derive(Args)]
pub struct CheckOptions {
    /// Base URL of the service manager.
    #[arg(help = "Base URL of the service manager, like https://euw.dropmyemail.com/api/interworks")]
    base_url: BaseUrl,
    /// Application id of the installation, a GUID
    #[arg(long, value_name = "ID", env = "SERVICE_MANAGER_APPLICATION_ID")]
    application_id: Option<String>,
    /// API key as the BSS shows it, not its base64; "-" reads it from standard input
    #[arg(
        long,
        value_name = "KEY",
        env = "SERVICE_MANAGER_API_KEY",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    api_key: Option<String>,
    /// A partner's setting; repeatable; "-" as VALUE reads it from standard input
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Seconds to wait for each answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

impl fmt::Debug for CheckOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckOptions").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Runs all checks and prints a line for each.
pub fn run(arguments: &CheckOptions) -> Result<ExitCode, Error> {
    let mut access = Access::new(arguments)?;
    let track_id = format!("check-{}", Uuid::new_v4());
    let client = Client::new(&arguments.base_url, &track_id, Duration::from_secs(arguments.timeout))?;
    writeln!(io::stdout(), "Checking {} (TrackId {track_id})", arguments.base_url)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let Counts { ok, failed, .. } = runtime.block_on(probes::run(&client, &mut access))?;
    writeln!(io::stdout(), "{} checks: {ok} OK, {failed} failed", ok + failed)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
