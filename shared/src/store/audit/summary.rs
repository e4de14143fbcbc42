//! Summaries of the last runs of an audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::msp::MspId;
use crate::store::{Finding, FindingKind, MoneyDirection, Store, StoreError, keys, to_item};

const PREFIX: &str = "audit-run#";

/// Number of runs whose summaries are kept.
pub const MAX_SUMMARIES: usize = 13;

/// Money of all findings of a run in one currency, in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingSums {
    /// Amount that companies are not invoiced.
    pub not_invoiced: Decimal,
    /// Amount that companies are invoiced too much.
    pub invoiced_too_much: Decimal,
}

/// Summary of a complete run. Dismissed findings are not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSummary {
    /// Time of the start.
    pub started_at: Timestamp,
    /// Time of the end.
    pub finished_at: Timestamp,
    /// Number of organizations that the vendor listed.
    pub organizations: usize,
    /// Number of open additions of our products.
    pub additions: usize,
    /// Number of findings by kind.
    pub by_kind: BTreeMap<FindingKind, usize>,
    /// Money by currency.
    pub sums: BTreeMap<String, FindingSums>,
}

impl AuditSummary {
    /// Returns the summary of a run with these findings.
    pub fn of<'a>(
        (started_at, finished_at): (Timestamp, Timestamp),
        (organizations, additions): (usize, usize),
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Self {
        let (mut by_kind, mut sums) = (BTreeMap::new(), BTreeMap::<String, FindingSums>::new());
        for finding in findings.into_iter().filter(|finding| finding.dismissed.is_none()) {
            *by_kind.entry(finding.kind).or_default() += 1;
            let Some(money) = &finding.per_month else { continue };
            let sum = sums.entry(money.currency.clone()).or_default();
            match money.direction {
                MoneyDirection::NotInvoiced => sum.not_invoiced += money.amount,
                MoneyDirection::InvoicedTooMuch => sum.invoiced_too_much += money.amount,
                MoneyDirection::Vendor => {}
            }
        }
        Self { started_at, finished_at, organizations, additions, by_kind, sums }
    }

    /// Returns the number of findings.
    pub fn findings(&self) -> usize {
        self.by_kind.values().sum()
    }

    fn key(&self, msp: MspId) -> (String, String) {
        (keys::msp(msp), format!("{PREFIX}{:015}", self.started_at.as_millisecond()))
    }
}

impl Store {
    /// Returns the summaries of the last runs, the oldest first.
    pub async fn audit_summaries(&self, msp: MspId) -> Result<Vec<AuditSummary>, StoreError> {
        self.query_prefix(keys::msp(msp), PREFIX).await
    }

    /// Writes the summary of a run, and deletes those before the last [`MAX_SUMMARIES`].
    pub async fn save_audit_summary(&self, msp: MspId, summary: &AuditSummary) -> Result<(), StoreError> {
        self.put(to_item(summary, summary.key(msp))?).await?;
        let summaries = self.audit_summaries(msp).await?;
        for old in summaries.iter().rev().skip(MAX_SUMMARIES) {
            self.delete(old.key(msp)).await?;
        }
        Ok(())
    }
}
