//! The account item: what the BSS's account is at the vendor, and the work in flight on it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AccountKey, Item, Store, StoreError, from_item, keys, to_item, to_value, work_index};
use crate::domain::account::{AccountDetails, Email, Role};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::domain::job::Job;

/// An account of the BSS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The installation that it belongs to.
    pub application: ApplicationId,
    /// The BSS's id.
    pub id: AccountId,
    /// What it is at the vendor; settled at its first synchronization.
    #[serde(default)]
    pub role: Role,
    /// The vendor's id of it; none until its first synchronization succeeded.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Whether we made the vendor's object, rather than found it there.
    #[serde(default)]
    pub created_by_us: bool,
    /// Name and email as last told the vendor.
    #[serde(default)]
    pub profile: Option<Fingerprint>,
    /// What it was last synchronized with, where the vendor hears of it with an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_details: Option<AccountDetails>,
    /// What the vendor made for its subscriptions, where that is not the account itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<VendorTenant>,
    /// A tenant of which it is not known whether the vendor made it. Only a call for the subscription that asked for it ends
    /// the doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_tenant: Option<Box<PendingTenantCreate>>,
    /// The one subscription that is not cancelled.
    #[serde(default)]
    pub live_subscription: Option<SubscriptionId>,
    /// The last change that was about to be sent to the vendor, as long as the work that it belongs to is not done. A claim
    /// does not touch it, so that no crash makes us forget it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_step: Option<String>,
    /// What that work created at the vendor and the record does not name yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_created_id: Option<ExternalId>,
    /// The wish that was last carried out.
    #[serde(default)]
    pub last_applied: Option<Fingerprint>,
    /// The work in flight, or left behind by a call that did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<InFlightJob>,
    /// Counts the writes.
    pub version: u64,
    /// When the account was first heard of.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl AccountRecord {
    /// An account of which nothing is known but its key.
    pub fn new(key: &AccountKey, now: Timestamp) -> Self {
        Self {
            application: key.application,
            id: key.account.clone(),
            role: Role::default(),
            external_id: None,
            created_by_us: false,
            profile: None,
            account_details: None,
            tenant: None,
            pending_tenant: None,
            live_subscription: None,
            pending_step: None,
            pending_created_id: None,
            last_applied: None,
            job: None,
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether it says nothing that would be missed.
    pub fn is_empty(&self) -> bool {
        self.external_id.is_none()
            && self.live_subscription.is_none()
            && self.last_applied.is_none()
            && self.job.is_none()
            && self.pending_step.is_none()
            && self.pending_created_id.is_none()
            && self.pending_tenant.is_none()
    }

    /// Its key.
    pub fn key(&self) -> AccountKey {
        AccountKey { application: self.application, account: self.id.clone() }
    }

    /// Its item, which stands in the index of work as long as there is work.
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let mut item = to_item(self, self.key().record())?;
        if let Some(work) = &self.job {
            item.extend(work_index::entry(work_index::shard(&self.key()), work.lease_until));
        }
        Ok(item)
    }
}

/// A tenant at the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorTenant {
    /// The vendor's id of it.
    pub id: ExternalId,
    /// Who administers it; the vendor gives an address to one tenant only.
    pub login: Email,
    /// The reseller that it was made for, by its id in the vendor's partner portal.
    pub reseller_id: String,
    /// Since when its subscription is suspended or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl VendorTenant {
    /// What links an address with the account whose tenant it administers.
    pub fn login_link(login: &Email) -> Option<ExternalId> {
        let fingerprint = Fingerprint::hash(&login.as_str().to_ascii_lowercase());
        ExternalId::parse(&format!("login-{fingerprint}"))
    }

    /// The external ids that lead from it to its account.
    pub fn links(&self) -> impl Iterator<Item = ExternalId> {
        std::iter::once(self.id.clone()).chain(Self::login_link(&self.login))
    }
}

/// A create of a tenant that was sent, perhaps more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTenantCreate {
    /// Who administers it.
    pub login: Email,
    /// The reseller that it is made for.
    pub reseller_id: String,
    /// What was asked for each time, as the vendor was sent it.
    pub sent_bodies: Vec<serde_json::Value>,
    /// What was there before and could be taken for it.
    pub pre_existing: Vec<ExternalId>,
    /// Its id, once the vendor answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_id: Option<ExternalId>,
    /// What it was sent for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<InFlightJob>,
}

/// A call at work on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlightJob {
    /// What is to be done.
    pub job: Job,
    /// Its fingerprint, by which callers with the same wish know each other.
    pub fingerprint: Fingerprint,
    /// The partner that it is done for; none if its credentials could not be kept.
    #[serde(default)]
    pub credentials_id: Option<Fingerprint>,
    /// The call that holds the lease, by its request id.
    pub owner: String,
    /// When others may take over, in milliseconds since the epoch.
    pub lease_until: i64,
    /// When the call began.
    pub started_at: Timestamp,
}

/// How a claim ended.
#[derive(Clone, Debug)]
pub enum ClaimResult {
    /// The lease is the caller's.
    Acquired {
        /// The record as it is now, with the caller's work.
        record: Box<AccountRecord>,
        /// As it was before; its work, if any, is what a call left behind.
        before: Box<AccountRecord>,
    },
    /// Somebody else holds it.
    Contended,
}

impl Store {
    /// The account, one keyed read.
    pub async fn account(&self, key: &AccountKey) -> Result<Option<AccountRecord>, StoreError> {
        self.get(key.record()).await
    }

    /// Takes the account's lease with one conditional write, if nobody holds it; makes the record if there is none.
    ///
    /// With `abandoned`, only if that is still the work that was left behind.
    pub async fn claim(
        &self,
        key: &AccountKey,
        work: InFlightJob,
        abandoned: Option<&InFlightJob>,
        now: Timestamp,
    ) -> Result<ClaimResult, StoreError> {
        let (condition, mut values) = match abandoned {
            Some(left) => (
                "(#work.#owner = :left_by AND lease_until = :left_at) OR #work.#owner = :owner",
                Item::from([
                    (":left_by".to_owned(), AttributeValue::S(left.owner.clone())),
                    (":left_at".to_owned(), AttributeValue::N(left.lease_until.to_string())),
                ]),
            ),
            None => (
                "attribute_not_exists(#work) OR lease_until <= :now_ms OR #work.#owner = :owner",
                Item::from([(":now_ms".to_owned(), AttributeValue::N(now.as_millisecond().to_string()))]),
            ),
        };
        values.extend([
            (":application".to_owned(), to_value(key.application)?),
            (":id".to_owned(), to_value(&key.account)?),
            (":work".to_owned(), to_value(&work)?),
            (":shard".to_owned(), AttributeValue::S(work_index::shard(key))),
            (":until".to_owned(), AttributeValue::N(work.lease_until.to_string())),
            (":owner".to_owned(), AttributeValue::S(work.owner.clone())),
            (":now".to_owned(), to_value(now)?),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
        ]);
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key.record())))
            .update_expression(
                "SET application = :application, id = :id, #work = :work, work_shard = :shard, lease_until = :until, \
                 created_at = if_not_exists(created_at, :now), updated_at = :now ADD version :one",
            )
            .condition_expression(condition)
            .expression_attribute_names("#work", "job")
            .expression_attribute_names("#owner", "owner")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let before: Option<AccountRecord> = match answer {
            Ok(output) => output.attributes.filter(is_record).map(from_item).transpose()?,
            Err(error) => {
                return match error.as_service_error() {
                    Some(
                        UpdateItemError::ConditionalCheckFailedException(_)
                        | UpdateItemError::TransactionConflictException(_),
                    ) => Ok(ClaimResult::Contended),
                    _ => Err(StoreError::unavailable(error)),
                };
            }
        };
        let before = before.unwrap_or_else(|| AccountRecord::new(key, now));
        let record = AccountRecord { job: Some(work), version: before.version + 1, updated_at: now, ..before.clone() };
        Ok(ClaimResult::Acquired { record: Box::new(record), before: Box::new(before) })
    }
}

/// Some engines answer a new item's keys as if they were its old attributes.
fn is_record(item: &Item) -> bool {
    item.contains_key("version")
}
