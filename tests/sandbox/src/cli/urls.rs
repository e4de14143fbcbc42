//! `urls`: the addresses to paste into the BSS's registration page.

use std::io::{self, Write};
use std::process::ExitCode;

use service_manager::runtime::registration;
use service_manager::vendor::VendorName;

use super::Error;
use super::base_url::BaseUrl;

/// The help below the options.
pub const EXAMPLES: &str = "\
Examples:
  cargo run -- urls https://euw.dropmyemail.com/api/interworks
  cargo run -- urls --vendor dropbox https://dropbox.example.com/api/interworks";

/// Prints the addresses.
pub fn run(vendor: VendorName, base_url: &BaseUrl) -> Result<ExitCode, Error> {
    if base_url.is_completed() {
        eprintln!("note: the base URL is {base_url}");
    }
    io::stdout().write_all(registration::table(vendor, base_url.as_str()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
