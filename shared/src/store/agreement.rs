//! The ConnectWise agreement that bills an account's subscriptions.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AccountKey, NewHistoryEntry, Store, StoreError, keys, to_item, to_value};
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::billing_dates::{BillingDates, ChosenDates};
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;

const LIST_PREFIX: &str = "agreement#";
const ACCOUNT: &str = "account";

/// An account's link to an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementLink {
    /// The MSP that owns the agreement.
    pub msp: MspId,
    /// The account.
    pub account: AccountKey,
    /// The account's organization.
    pub organization: Option<VendorId>,
    /// The company.
    pub company: CompanyId,
    /// The agreement.
    pub agreement: AgreementId,
    /// Price of a unit. `None` leaves the price to the catalog and the MSP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// How the billed seats follow the seats in use. `None` if the seats are billed that were sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_seats: Option<UsedSeats>,
    /// The days from which and to which the account is billed. `None` for the default rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_dates: Option<ChosenDates>,
    /// Time of the link.
    pub linked_at: Timestamp,
    /// Time at which the customer left the MSP for another reseller. The addition ends by the rule of the link, and then the link
    /// is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
}

/// Billing by the seats in use: the vendor's billable seats, which the audit counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedSeats {
    /// Fewest seats that are billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
    /// Most seats that are billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// The vendor's billable seats when they were last counted. `None` before the first count; then the seats are billed that
    /// were sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<u32>,
}

impl UsedSeats {
    /// Returns `seats` within the bounds.
    pub fn within_bounds(&self, seats: u32) -> u32 {
        seats.max(self.minimum.unwrap_or(0)).min(self.maximum.unwrap_or(u32::MAX))
    }
}

/// The account of an organization.
#[derive(Debug, Serialize, Deserialize)]
struct Account {
    account: AccountKey,
}

impl AgreementLink {
    /// Returns the seats to bill if `sold` were sold.
    pub fn billed_seats(&self, sold: u32) -> u32 {
        self.used_seats.as_ref().map_or(sold, |used| used.within_bounds(used.counted.unwrap_or(sold)))
    }

    /// Returns the rule of billing dates that applies to an event at `time`.
    pub fn dates_at(&self, time: Timestamp) -> BillingDates {
        ChosenDates::at(self.billing_dates.as_ref(), time)
    }

    /// Returns `true` if `other` bills the account in the same way, whenever each was made.
    pub fn bills_like(&self, other: &Self) -> bool {
        let rule = |link: &Self| ChosenDates::last(link.billing_dates.as_ref());
        let bounds = |link: &Self| link.used_seats.as_ref().map(|used| (used.minimum, used.maximum));
        (self.msp, &self.account, self.company, self.agreement, self.unit_price, self.left_at)
            == (other.msp, &other.account, other.company, other.agreement, other.unit_price, other.left_at)
            && bounds(self) == bounds(other)
            && rule(self) == rule(other)
    }

    fn list_key(&self) -> (String, String) {
        list_key(self.msp, &self.account)
    }
}

fn list_key(msp: MspId, account: &AccountKey) -> (String, String) {
    (keys::msp(msp), format!("{LIST_PREFIX}{}", account.reference()))
}

impl NewHistoryEntry {
    /// Adds the customer of a link.
    #[must_use]
    pub fn with_link(self, link: &AgreementLink) -> Self {
        self.with_customer(link.organization.as_ref().map(|object| object.id.clone()), Some(link.company))
    }
}

impl Store {
    /// Returns the account's link with one keyed read.
    pub async fn agreement(&self, account: &AccountKey) -> Result<Option<AgreementLink>, StoreError> {
        self.get(account.agreement()).await
    }

    /// Returns the links of all accounts of the MSP, ordered by the accounts' references.
    pub async fn agreements(&self, msp: MspId) -> Result<Vec<AgreementLink>, StoreError> {
        self.query_prefix(keys::msp(msp), LIST_PREFIX).await
    }

    /// Returns the links of at most `limit` accounts of the MSP after `after`, ordered by the accounts' references. Fewer
    /// than `limit` are the last ones.
    pub async fn listed_agreements(
        &self,
        msp: MspId,
        after: Option<&AccountKey>,
        limit: usize,
    ) -> Result<Vec<AgreementLink>, StoreError> {
        let after = after.map(|account| list_key(msp, account).1);
        self.query_page(keys::msp(msp), LIST_PREFIX, after.as_deref(), limit).await
    }

    /// Links an account to an agreement in place of `before`, the link of the same MSP as it was read. Returns `false` if the
    /// account is linked for another MSP, was linked since `before` was read as `None`, its seats were counted since, or its
    /// customer has left, or if its organization is linked for another account. An organization whose account no longer names it
    /// is free. `entry` is the history's, if the change has one.
    pub async fn link_agreement(
        &self,
        link: &AgreementLink,
        before: Option<&AgreementLink>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let account_write =
            Put::builder().table_name(&self.table).set_item(Some(to_item(link, link.account.agreement())?));
        let account_write = match before.map(|before| before.used_seats.as_ref()) {
            None => account_write.condition_expression("attribute_not_exists(pk)"),
            Some(None) => account_write
                .condition_expression("attribute_not_exists(pk) OR (msp = :msp AND attribute_not_exists(left_at))")
                .expression_attribute_values(":msp", to_value(link.msp)?),
            Some(Some(used)) => account_write
                .condition_expression(
                    "attribute_not_exists(pk) OR (msp = :msp AND used_seats = :used AND attribute_not_exists(left_at))",
                )
                .expression_attribute_values(":msp", to_value(link.msp)?)
                .expression_attribute_values(":used", to_value(used)?),
        };
        let account_write = account_write.build()?;
        let list_write =
            Put::builder().table_name(&self.table).set_item(Some(to_item(link, link.list_key())?)).build()?;
        let mut items = vec![
            TransactWriteItem::builder().put(account_write).build(),
            TransactWriteItem::builder().put(list_write).build(),
        ];
        if let Some(organization) = &link.organization {
            let Some(owner) = self.replaceable_owner(organization, &link.account).await? else { return Ok(false) };
            let key = (keys::organization(organization), ACCOUNT);
            let account = Account { account: link.account.clone() };
            let organization_write = Put::builder()
                .table_name(&self.table)
                .set_item(Some(to_item(&account, key)?))
                .condition_expression("attribute_not_exists(pk) OR #account = :owner")
                .expression_attribute_names("#account", ACCOUNT)
                .expression_attribute_values(":owner", to_value(owner)?)
                .build()?;
            items.push(TransactWriteItem::builder().put(organization_write).build());
        }
        items.extend(entry.map(|entry| entry.write(&self.table)).transpose()?);
        self.transact(items).await
    }

    /// Records the vendor's billable seats in a link as it was read, with the entry about it. Returns `false` if the link changed
    /// meanwhile, or does not bill the seats in use.
    pub async fn save_counted_seats(
        &self,
        link: &AgreementLink,
        counted: u32,
        entry: &NewHistoryEntry,
    ) -> Result<bool, StoreError> {
        let Some(before) = &link.used_seats else { return Ok(false) };
        let after = UsedSeats { counted: Some(counted), ..before.clone() };
        let update = Update::builder()
            .update_expression("SET used_seats = :after")
            .condition_expression("used_seats = :before AND linked_at = :linked_at AND agreement = :agreement")
            .expression_attribute_values(":after", to_value(&after)?)
            .expression_attribute_values(":before", to_value(before)?);
        self.update_link(link, update, Some(entry)).await
    }

    /// Records in a link as it was read that the customer leaves the MSP at `at`. Returns `false` if the link changed meanwhile.
    pub async fn leave_agreement(&self, link: &AgreementLink, at: Timestamp) -> Result<bool, StoreError> {
        let update = Update::builder()
            .update_expression("SET left_at = :at")
            .condition_expression(
                "msp = :msp AND linked_at = :linked_at AND agreement = :agreement AND organization = :organization AND attribute_not_exists(left_at)",
            )
            .expression_attribute_values(":at", to_value(at)?)
            .expression_attribute_values(":msp", to_value(link.msp)?)
            .expression_attribute_values(":organization", to_value(&link.organization)?);
        self.update_link(link, update, None).await
    }

    /// Makes the same update of the link's item and of its item in the MSP's list, with the entry about it. The condition of
    /// `update` names `:linked_at` and `:agreement`, by which the link is the one that was read. Returns `false` if it does not
    /// hold.
    async fn update_link(
        &self,
        link: &AgreementLink,
        update: UpdateBuilder,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let keys = [(link.account.agreement().0, link.account.agreement().1.to_owned()), link.list_key()];
        let mut items = Vec::new();
        for key in keys {
            let update = update
                .clone()
                .table_name(&self.table)
                .set_key(Some(keys::item(key)))
                .expression_attribute_values(":linked_at", to_value(link.linked_at)?)
                .expression_attribute_values(":agreement", to_value(link.agreement)?)
                .build()?;
            items.push(TransactWriteItem::builder().update(update).build());
        }
        items.extend(entry.map(|entry| entry.write(&self.table)).transpose()?);
        self.transact(items).await
    }

    /// Returns the account that `account` may replace as the organization's: itself, or one whose link no longer names
    /// the organization. `None` if the organization is another account's.
    async fn replaceable_owner(
        &self,
        organization: &VendorId,
        account: &AccountKey,
    ) -> Result<Option<AccountKey>, StoreError> {
        let recorded = self.account_of(organization).await?.filter(|owner| owner != account);
        let Some(owner) = recorded else { return Ok(Some(account.clone())) };
        let names_it =
            self.agreement(&owner).await?.is_some_and(|link| link.organization.as_ref() == Some(organization));
        Ok((!names_it).then_some(owner))
    }

    async fn account_of(&self, organization: &VendorId) -> Result<Option<AccountKey>, StoreError> {
        let account: Option<Account> = self.get((keys::organization(organization), ACCOUNT)).await?;
        Ok(account.map(|Account { account }| account))
    }

    /// Returns the link of an organization's account. `None` if it has none.
    pub async fn agreement_of(&self, organization: &VendorId) -> Result<Option<AgreementLink>, StoreError> {
        let Some(account) = self.account_of(organization).await? else { return Ok(None) };
        let link = self.agreement(&account).await?;
        Ok(link.filter(|link| link.organization.as_ref() == Some(organization)))
    }

    /// Deletes the account's link if it belongs to the MSP, with the entry about it. Returns `false` if it belongs to another MSP.
    /// Without an entry it may be missing.
    pub async fn unlink_agreement(
        &self,
        msp: MspId,
        account: &AccountKey,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let condition = if entry.is_some() { "msp = :msp" } else { "attribute_not_exists(pk) OR msp = :msp" };
        self.delete_agreement(msp, account, condition, entry).await
    }

    /// Deletes a link whose customer has left. Returns `false` if it was deleted and made again meanwhile.
    pub async fn unlink_left_agreement(&self, link: &AgreementLink) -> Result<bool, StoreError> {
        let condition = "attribute_not_exists(pk) OR (msp = :msp AND attribute_exists(left_at))";
        self.delete_agreement(link.msp, &link.account, condition, None).await
    }

    async fn delete_agreement(
        &self,
        msp: MspId,
        account: &AccountKey,
        condition: &str,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let account_write = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(account.agreement())))
            .condition_expression(condition)
            .expression_attribute_values(":msp", to_value(msp)?)
            .build()?;
        let list_write =
            Delete::builder().table_name(&self.table).set_key(Some(keys::item(list_key(msp, account)))).build()?;
        let deletions = [account_write, list_write].map(|delete| TransactWriteItem::builder().delete(delete).build());
        let entry = entry.map(|entry| entry.write(&self.table)).transpose()?;
        self.transact(deletions.into_iter().chain(entry).collect()).await
    }
}
