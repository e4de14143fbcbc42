//! Entry point for `tests/fuzz`: every decoder of Dropsuite's responses.

use jiff::Timestamp;
use serde_json::Value;

use super::decode;
use super::mailboxes::Row as MailboxRow;
use super::organization::Row;
use super::plan::{Plan, Plans};
use crate::domain::ids::ExternalId;
use crate::http_client::Response;
use crate::vendor::{VendorError, decode_json};

/// Decodes `response` as everything that Dropsuite answers, and uses what was decoded. Returns the first error.
///
/// # Errors
/// The response has no success, or is no list of known rows.
pub fn decode_all(response: &Response) -> Result<(), VendorError> {
    let value = decode::success(response)?;
    decode_row(value.clone());
    for row in decode::page(value)?.rows {
        decode_row(row);
    }
    Ok(())
}

fn decode_row(row: Value) {
    if let Ok(organization) = decode_json::<Row>(row.clone()) {
        organization.name();
        organization.unusable_reason();
        ExternalId::parse(&organization.id);
    }
    if let Ok(plan) = decode_json::<Plan>(row.clone()) {
        plan.offered();
        plan.same_billing(&plan);
        let _ = Plans::new(vec![plan]).default_plan();
    }
    if let Ok(row) = decode_json::<MailboxRow>(row) {
        row.mailbox(false, Timestamp::UNIX_EPOCH);
        row.mailbox(true, Timestamp::MAX);
    }
}
