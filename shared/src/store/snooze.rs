//! Snoozes: failures of which the MSP wants no ticket, for a time or for good. One item each.

use futures::FutureExt;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::action::error_kind::ErrorKind;
use crate::domain::msp::MspId;
use crate::store::{NewHistoryEntry, Store, StoreError, keys};

const PREFIX: &str = "snooze#";

/// Greatest length of a [`SnoozeScope::key`], in bytes: the table's limit of a sort key, less the prefix.
pub const MAX_SNOOZE_KEY: usize = 1024 - PREFIX.len();

/// Time for which a snooze is kept after its end.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The subject of a snooze.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeScope {
    /// All failures of a company's mailboxes.
    Company(CompanyId),
    /// All failures of the mailboxes with this address, in lower case.
    Mailbox(String),
    /// All failures with an error of this kind.
    Error(ErrorKind),
}

impl SnoozeScope {
    /// Returns the scope of the mailboxes with this address.
    pub fn of_mailbox(address: &str) -> Self {
        Self::Mailbox(address.trim().to_lowercase())
    }

    /// Returns the scopes that a failure is in.
    pub fn of_failure(company: CompanyId, address: &str, kind: ErrorKind) -> [Self; 3] {
        [Self::Company(company), Self::of_mailbox(address), Self::Error(kind)]
    }

    /// Returns the part of the sort key after the prefix, which is the cursor of the list as well.
    pub fn key(&self) -> String {
        match self {
            Self::Company(company) => format!("company#{:010}", company.get()),
            Self::Mailbox(address) => format!("mailbox#{address}"),
            Self::Error(kind) => format!("error#{kind}"),
        }
    }
}

/// A snooze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Its subject.
    pub scope: SnoozeScope,
    /// Its end. `None` if the failures are left out for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The MSP's reason.
    pub reason: String,
    /// Who snoozed, as entered.
    pub by: String,
    /// Time of the last write.
    pub at: Timestamp,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(flatten)]
    snooze: Snooze,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute). `None` without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl From<&Snooze> for Item {
    fn from(snooze: &Snooze) -> Self {
        let expires = snooze.until.and_then(|until| until.saturating_add(RETENTION).ok());
        Self { snooze: snooze.clone(), expires_at: expires.map(Timestamp::as_second) }
    }
}

impl Snooze {
    /// Returns `true` if the snooze has not ended.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl Store {
    /// Returns a snooze, which may have ended, with one keyed read.
    pub async fn snooze(&self, msp: MspId, scope: &SnoozeScope) -> Result<Option<Snooze>, StoreError> {
        let item: Option<Item> = self.get((keys::msp(msp), format!("{PREFIX}{}", scope.key()))).await?;
        Ok(item.map(|item| item.snooze))
    }

    /// Returns the active snoozes that cover a failure, with three keyed reads.
    pub async fn snoozes_of(
        &self,
        msp: MspId,
        company: CompanyId,
        address: &str,
        kind: ErrorKind,
        now: Timestamp,
    ) -> Result<Vec<Snooze>, StoreError> {
        let scopes = SnoozeScope::of_failure(company, address, kind);
        let reads = scopes.iter().map(|scope| self.snooze(msp, scope).boxed());
        let found = try_join_all(reads).await?;
        Ok(found.into_iter().flatten().filter(|snooze| snooze.is_active(now)).collect())
    }

    /// Returns at most `limit` snoozes after the key `after`: those of companies, then of kinds of errors, then of mailboxes.
    pub async fn snoozes(&self, msp: MspId, after: Option<&str>, limit: usize) -> Result<Vec<Snooze>, StoreError> {
        let after = after.map(|after| format!("{PREFIX}{after}"));
        let items: Vec<Item> = self.query_page(keys::msp(msp), PREFIX, after.as_deref(), limit).await?;
        Ok(items.into_iter().map(|item| item.snooze).collect())
    }

    /// Writes a snooze in place of `before`, the one of the same scope, or deletes it if `after` is `None`, with the entry about
    /// it. Returns `false` if it was changed meanwhile.
    pub async fn replace_snooze(
        &self,
        msp: MspId,
        scope: &SnoozeScope,
        before: Option<&Snooze>,
        after: Option<&Snooze>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let key = (keys::msp(msp), format!("{PREFIX}{}", scope.key()));
        let [before, after] = [before, after].map(|snooze| snooze.map(Item::from));
        self.replace_recorded(key, before.as_ref(), after.as_ref(), entry).await
    }
}
