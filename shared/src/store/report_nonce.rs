//! Reports that were taken, so that none is taken twice.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::fingerprint::Fingerprint;
use crate::store::{Store, StoreError, keys, to_item};

#[derive(Serialize)]
struct ReportNonce {
    /// The table's TTL attribute, in seconds since the epoch.
    expires_at: i64,
}

impl Store {
    /// Writes down that a report is taken, which is forgotten after `until`. False if it was taken already.
    pub async fn record_report_once(&self, report: &Fingerprint, until: Timestamp) -> Result<bool, StoreError> {
        let item = to_item(&ReportNonce { expires_at: until.as_second() }, keys::report(report))?;
        let put = self.client.put_item().set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        self.put_conditional(put).await
    }
}
