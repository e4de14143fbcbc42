//! Signs a report as a reporter does (`shared/src/auth/reporters.rs`).

use hmac::{Hmac, KeyInit, Mac};
use sandbox::stack::REPORTER_ID;
use serde_json::Value;
use service_manager::endpoints::actions::report::ENDPOINT;
use sha2::Sha256;

use crate::Error;
use crate::event::Request;

/// Returns the report of `body` by the local stack's reporter, signed with `key` at `stamp`, in seconds since the
/// epoch.
pub fn signed(body: &Value, stamp: i64, key: &str) -> Result<Request, Error> {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())?;
    mac.update(format!("{stamp}.{body}").as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let headers = [
        ("Content-Type", "application/json".to_owned()),
        ("X-Reporter-Id", REPORTER_ID.to_owned()),
        ("X-Timestamp", stamp.to_string()),
        ("X-Signature", signature),
    ];
    Ok(Request {
        method: ENDPOINT.method.to_string(),
        path: ENDPOINT.url(),
        query: String::new(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body: Some(body.into_bytes()),
    })
}
