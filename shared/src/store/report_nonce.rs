//! Accepted reports, so that none is accepted twice.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::fingerprint::Fingerprint;
use crate::store::{Store, StoreError, keys, to_item};

#[derive(Serialize)]
struct ReportNonce {
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    expires_at: i64,
}

impl Store {
    /// Records an accepted report until `until`. Returns `false` if it was accepted before.
    pub async fn record_report_once(&self, report: &Fingerprint, until: Timestamp) -> Result<bool, StoreError> {
        let item = to_item(&ReportNonce { expires_at: until.as_second() }, keys::report(report))?;
        let put = self.client.put_item().set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        self.put_conditional(put).await
    }
}
