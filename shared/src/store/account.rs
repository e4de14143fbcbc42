//! The account item: the vendor's object behind a BSS account, and the job in flight on it.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AccountKey, Item, Store, StoreError, SubscriptionKey, from_item, keys, to_item, to_value, work_index};
use crate::domain::account::{AccountDetails, Email, Role};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, PartnerId, SubscriptionId};
use crate::domain::job::{Job, TenantMigration};
use crate::domain::vendor_id::{Instance, VendorId};

/// An account of the BSS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The installation that the account belongs to.
    pub application: ApplicationId,
    /// The BSS's id of the account.
    pub id: AccountId,
    /// The account's role at the vendor. The first synchronization fixes it.
    #[serde(default)]
    pub role: Role,
    /// The vendor's id. `None` until the first synchronization succeeded.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// The instance of the vendor's API that gave out `external_id` and the tenant's id. `None` until the account's link in
    /// the whole table is written, which records of earlier releases lack: their next change writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Instance>,
    /// The partner to whose credentials the vendor last showed the object. Only these can prove that it is gone. `None` in
    /// records of earlier releases until their next change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_to: Option<PartnerId>,
    /// The reseller that the account belongs to, as last synchronized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<AccountId>,
    /// `true` if we created the vendor's object, `false` if we linked an existing one.
    #[serde(default)]
    pub created_by_us: bool,
    /// Fingerprint of the profile (name, email, contact, country) that the vendor last had for certain.
    #[serde(default)]
    pub profile: Option<Fingerprint>,
    /// `true` from the first change that a synchronization sends until it is committed: the vendor may have another profile
    /// than `profile`. A later synchronization sends its own one then, whatever ran in between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub profile_in_doubt: bool,
    /// Details of the last synchronization, for vendors that receive them with the first order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_details: Option<AccountDetails>,
    /// The vendor's tenant for the account's subscriptions, for vendors where it differs from the account itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<VendorTenant>,
    /// A tenant creation with an unknown outcome. Only a request for the subscription that sent it can resolve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_tenant: Option<Box<PendingTenantCreate>>,
    /// The one subscription that is not cancelled.
    #[serde(default)]
    pub live_subscription: Option<SubscriptionId>,
    /// The last change that was about to be sent to the vendor, until its job is committed. Acquiring the lease does
    /// not change this field, so it survives a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_step: Option<String>,
    /// Id of an object that the job created at the vendor and that the record does not name yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_created_id: Option<ExternalId>,
    /// Fingerprint of the desired state that was last applied.
    #[serde(default)]
    pub last_applied: Option<Fingerprint>,
    /// The job in flight, or a job that its request abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<InFlightJob>,
    /// Number of writes.
    pub version: u64,
    /// Time of the first write.
    pub created_at: Timestamp,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

impl AccountRecord {
    /// Returns a new record in which only the key is set.
    pub fn new(key: &AccountKey, now: Timestamp) -> Self {
        Self {
            application: key.application,
            id: key.account.clone(),
            role: Role::default(),
            external_id: None,
            instance: None,
            shown_to: None,
            reseller: None,
            created_by_us: false,
            profile: None,
            profile_in_doubt: false,
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

    /// Returns `true` if deleting the record would lose no information.
    pub fn is_empty(&self) -> bool {
        self.external_id.is_none()
            && self.live_subscription.is_none()
            && self.last_applied.is_none()
            && self.job.is_none()
            && self.pending_step.is_none()
            && self.pending_created_id.is_none()
            && self.pending_tenant.is_none()
    }

    /// Returns `true` if no call works on the account, and none has left one unfinished.
    pub fn is_settled(&self) -> bool {
        self.job.is_none()
            && self.pending_step.is_none()
            && self.pending_created_id.is_none()
            && self.pending_tenant.is_none()
    }

    /// Returns the id of the vendor's object. A record of an earlier release has one of the stack's own instance.
    pub fn vendor_id(&self) -> Option<VendorId> {
        let id = self.external_id.clone()?;
        Some(VendorId { instance: self.instance.clone().unwrap_or_default(), id })
    }

    /// Returns the account's reseller. Of a record of an earlier release, it is known for Dropbox only.
    pub fn reseller(&self) -> Option<&AccountId> {
        self.reseller.as_ref().or_else(|| self.account_details.as_ref()?.reseller.as_ref())
    }

    /// Returns the job of a move of `tenant` that may have been sent and is not completed. A tenant whose subscription was
    /// suspended or cancelled meanwhile is not moved.
    pub fn unfinished_move_of(&self, tenant: &VendorTenant) -> Option<&InFlightJob> {
        let in_flight = self.job.as_ref().filter(|_| self.pending_step.is_some() && tenant.ended_at.is_none())?;
        let Job::MigrateTenant(TenantMigration { tenant: id, from, .. }) = &in_flight.job else { return None };
        (tenant.id == *id && tenant.reseller_id == *from).then_some(in_flight)
    }

    /// Returns the account's key.
    pub fn key(&self) -> AccountKey {
        AccountKey { application: self.application, account: self.id.clone() }
    }

    /// Returns the item. It has the keys of the work index while the record has a job.
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let mut item = to_item(self, self.key().record())?;
        if let Some(job) = &self.job {
            item.extend(work_index::index_keys(work_index::job_shard(&self.key()), job.lease_expires_at));
        }
        Ok(item)
    }
}

/// A tenant at the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorTenant {
    /// The vendor's id of the tenant.
    pub id: ExternalId,
    /// Email address of the administrator. At the vendor, an address belongs to one tenant only.
    pub login: Email,
    /// The reseller that the tenant belongs to: its id in the vendor's partner portal.
    pub reseller_id: String,
    /// The last move to `reseller_id`; `None` if the tenant was created for that reseller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<TenantMove>,
    /// Time since which the tenant's subscription is suspended or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// The move of a tenant to another reseller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantMove {
    /// The reseller that it belonged to before.
    pub from: String,
    /// Time at which the move was recorded.
    pub recorded_at: Timestamp,
    /// First day, in UTC, that the vendor bills to the new reseller. The days before are the former one's.
    pub billed_from: Date,
}

impl VendorTenant {
    /// Returns the external id that links an administrator's address to the account of its tenant.
    pub fn login_link(login: &Email) -> Option<ExternalId> {
        let fingerprint = Fingerprint::hash(&login.as_str().to_ascii_lowercase());
        ExternalId::parse(&format!("login-{fingerprint}"))
    }

    /// Returns the external ids that link the tenant to its account.
    pub fn links(&self) -> impl Iterator<Item = ExternalId> {
        std::iter::once(self.id.clone()).chain(Self::login_link(&self.login))
    }
}

/// A tenant creation that was sent once or more and whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingTenantCreate {
    /// Email address of the administrator.
    pub login: Email,
    /// The reseller that the tenant is created for.
    pub reseller_id: String,
    /// The body of each request that was sent.
    pub sent_bodies: Vec<serde_json::Value>,
    /// Tenants that existed before the creation and could be mistaken for its result.
    pub pre_existing: Vec<ExternalId>,
    /// The tenant's id, once the vendor reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_id: Option<ExternalId>,
    /// The job that sent the creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<InFlightJob>,
}

/// A job on an account, and the lease of the request that runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlightJob {
    /// The job's data.
    pub job: Job,
    /// The job's fingerprint. Requests for the same desired state have the same fingerprint.
    pub fingerprint: Fingerprint,
    /// Fingerprint of the partner credentials that the job runs with. `None` if they could not be stored.
    #[serde(default)]
    pub credentials_id: Option<Fingerprint>,
    /// The request id of the lease's owner.
    pub owner: String,
    /// End of the lease, in milliseconds since the epoch. From then on other requests can acquire it.
    pub lease_expires_at: i64,
    /// Start of the request.
    pub started_at: Timestamp,
    /// `true` if the job ended because the vendor did not have the object any more. The recovery job looks a second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recheck: bool,
}

impl InFlightJob {
    /// Returns the job as the owner of another one leaves it at `now`: abandoned.
    #[must_use]
    pub fn left_by(self, owner: &str, now: Timestamp) -> Self {
        Self { owner: owner.to_owned(), lease_expires_at: now.as_millisecond(), ..self }
    }
}

/// Result of acquiring an account's lease.
#[derive(Clone, Debug)]
pub enum ClaimResult {
    /// The caller owns the lease.
    Acquired {
        /// The record after the write, with the caller's job.
        record: Box<AccountRecord>,
        /// The record before the write. Its job, if any, was abandoned.
        before: Box<AccountRecord>,
    },
    /// Another request owns the lease.
    Contended,
}

impl Store {
    /// Returns the account with one keyed read.
    pub async fn account(&self, key: &AccountKey) -> Result<Option<AccountRecord>, StoreError> {
        self.get(key.record()).await
    }

    /// Returns the account's live subscription with one keyed read; `None` without one, or without the account.
    pub async fn live_subscription(&self, key: &AccountKey) -> Result<Option<SubscriptionKey>, StoreError> {
        let live = self.account(key).await?.and_then(|account| account.live_subscription);
        Ok(live.map(|subscription| SubscriptionKey { application: key.application, subscription }))
    }

    /// Acquires the account's lease with one conditional write, unless another request owns it. Creates the record if
    /// it does not exist.
    ///
    /// With `abandoned`, the lease is acquired only if that job is still the record's job.
    pub async fn claim(
        &self,
        key: &AccountKey,
        job: InFlightJob,
        abandoned: Option<&InFlightJob>,
        now: Timestamp,
    ) -> Result<ClaimResult, StoreError> {
        let (condition, mut values) = match abandoned {
            Some(abandoned) => (
                "(#job.#owner = :abandoned_owner AND #job.lease_expires_at = :abandoned_at) OR #job.#owner = :owner",
                Item::from([
                    (":abandoned_owner".to_owned(), AttributeValue::S(abandoned.owner.clone())),
                    (":abandoned_at".to_owned(), AttributeValue::N(abandoned.lease_expires_at.to_string())),
                ]),
            ),
            None => (
                "attribute_not_exists(#job) OR #job.lease_expires_at <= :now_ms OR #job.#owner = :owner",
                Item::from([(":now_ms".to_owned(), AttributeValue::N(now.as_millisecond().to_string()))]),
            ),
        };
        values.extend([
            (":application".to_owned(), to_value(key.application)?),
            (":id".to_owned(), to_value(&key.account)?),
            (":job".to_owned(), to_value(&job)?),
            (":shard".to_owned(), AttributeValue::S(work_index::job_shard(key))),
            (":expires_at".to_owned(), AttributeValue::N(job.lease_expires_at.to_string())),
            (":owner".to_owned(), AttributeValue::S(job.owner.clone())),
            (":now".to_owned(), to_value(now)?),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
        ]);
        let response = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key.record())))
            .update_expression(
                "SET application = :application, id = :id, #job = :job, work_shard = :shard, work_due_at = :expires_at, \
                 created_at = if_not_exists(created_at, :now), updated_at = :now ADD version :one",
            )
            .condition_expression(condition)
            .expression_attribute_names("#job", "job")
            .expression_attribute_names("#owner", "owner")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let before: Option<AccountRecord> = match response {
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
        let record = AccountRecord { job: Some(job), version: before.version + 1, updated_at: now, ..before.clone() };
        Ok(ClaimResult::Acquired { record: Box::new(record), before: Box::new(before) })
    }
}

/// Returns `true` if the item is a record. Some engines return a new item's keys as if they were its old attributes.
fn is_record(item: &Item) -> bool {
    item.contains_key("version")
}
