//! Entry point for `tests/fuzz`: every decoder of Dropbox's responses.

use jiff::Timestamp;

use super::catalogue::{Catalogue, Commitment};
use super::decode::{self, Team};
use super::package::Package;
use super::user_message::user_error;
use crate::http_client::Response;
use crate::vendor::{VendorError, decode_json};

/// Decodes `response` as everything that Dropbox answers, and uses what was decoded.
///
/// # Errors
/// The response has no success, or is no list of teams.
pub fn decode_all(response: &Response, catalogue: &Catalogue) -> Result<(), VendorError> {
    let value = decode::success(response).inspect_err(|error| {
        user_error(error.clone());
    })?;
    if let Ok(team) = decode_json::<Team>(value.clone()) {
        for commitment in [Commitment::Monthly, Commitment::Annual] {
            team.term_start(commitment);
        }
        team.trial_is_over(Timestamp::UNIX_EPOCH);
        let _ = Package::from_skus(catalogue, &team.renewal_state().skus());
        let _ = Package::from_skus(catalogue, &team.current_state.skus());
    }
    decode::teams(value).map(drop)
}
