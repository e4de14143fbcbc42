//! Requests that read one row. They change nothing, and show that the credentials are valid or a permission is present.

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

/// Returns a request that is answered for valid credentials, even without the permission for it.
pub(super) fn probe_request() -> RawRequest {
    one_row("probe-credentials", "/company/companies")
}

/// Returns a request for the first row of a list.
pub(super) fn one_row(name: &'static str, path: &str) -> RawRequest {
    ListRequest::<IdOnly>::all(name, path).with_page_size(1).page(1)
}
