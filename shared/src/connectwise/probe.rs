//! Calls that read one row. They change nothing, and show that the keys or a right are good.

use crate::connectwise::request::RawRequest;
use crate::connectwise::{Entity, ListRequest};
use serde::Deserialize;

/// A record of which only the id is read.
#[derive(Debug, Deserialize)]
pub(super) struct IdOnly {
    id: u32,
}

impl Entity for IdOnly {
    const FIELDS: &'static str = "id";

    fn id(&self) -> u32 {
        self.id
    }
}

/// Returns a request that valid credentials get an answer to, even if they lack the permission for it.
pub(super) fn probe_request() -> RawRequest {
    one_row("prove-keys", "/company/companies")
}

pub(super) fn one_row(name: &'static str, path: &str) -> RawRequest {
    ListRequest::<IdOnly>::all(name, path).in_pages_of(1).page(1)
}
