//! What an account's subscriptions are billed by: an agreement of one of the MSP's companies.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::commit::{invalid, refused_item};
use super::{AccountKey, Store, StoreError, keys, to_item, to_value};
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;

const PREFIX: &str = "agreement#";
const ACCOUNT: &str = "account";

/// An account's agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementLink {
    /// Whose agreement.
    pub msp: MspId,
    /// The account.
    pub account: AccountKey,
    /// What the account is at the vendor.
    pub organization: Option<ExternalId>,
    /// The company.
    pub company: CompanyId,
    /// The agreement.
    pub agreement: AgreementId,
    /// What a unit is sold for; none leaves it to the catalog and to the MSP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// Since when.
    pub linked_at: Timestamp,
}

/// Which account an organization is.
#[derive(Debug, Serialize, Deserialize)]
struct Account {
    account: AccountKey,
}

impl AgreementLink {
    fn listed(&self) -> (String, String) {
        listed(self.msp, &self.account)
    }
}

fn listed(msp: MspId, account: &AccountKey) -> (String, String) {
    (keys::msp(msp), format!("{PREFIX}{}", account.reference()))
}

impl Store {
    /// The account's agreement, one keyed read.
    pub async fn agreement(&self, account: &AccountKey) -> Result<Option<AgreementLink>, StoreError> {
        self.get(account.agreement()).await
    }

    /// The agreements of all accounts that the MSP has linked, in the order of the accounts' references.
    pub async fn agreements(&self, msp: MspId) -> Result<Vec<AgreementLink>, StoreError> {
        self.query_prefix(keys::msp(msp), PREFIX).await
    }

    /// Links an account with an agreement, in the place of the one that it had. False if it is another MSP's.
    pub async fn link_agreement(&self, link: &AgreementLink) -> Result<bool, StoreError> {
        let of_account = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(link, link.account.agreement())?))
            .condition_expression("attribute_not_exists(pk) OR msp = :msp")
            .expression_attribute_values(":msp", to_value(link.msp)?)
            .build()
            .map_err(invalid)?;
        let of_msp = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(link, link.listed())?))
            .build()
            .map_err(invalid)?;
        let mut items = vec![
            TransactWriteItem::builder().put(of_account).build(),
            TransactWriteItem::builder().put(of_msp).build(),
        ];
        if let Some(organization) = &link.organization {
            let key = (keys::organization(organization), ACCOUNT);
            let account = Account { account: link.account.clone() };
            let of_organization = Put::builder()
                .table_name(&self.table)
                .set_item(Some(to_item(&account, key)?))
                .build()
                .map_err(invalid)?;
            items.push(TransactWriteItem::builder().put(of_organization).build());
        }
        self.transact(items).await
    }

    /// What an organization is billed by; none if no account of it is linked.
    pub async fn agreement_of(&self, organization: &ExternalId) -> Result<Option<AgreementLink>, StoreError> {
        let account: Option<Account> = self.get((keys::organization(organization), ACCOUNT)).await?;
        let Some(Account { account }) = account else { return Ok(None) };
        let link = self.agreement(&account).await?;
        Ok(link.filter(|link| link.organization.as_ref() == Some(organization)))
    }

    /// Ends the link of an account, if it is the MSP's. False if it is another's.
    pub async fn unlink_agreement(&self, msp: MspId, account: &AccountKey) -> Result<bool, StoreError> {
        let of_account = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(account.agreement())))
            .condition_expression("attribute_not_exists(pk) OR msp = :msp")
            .expression_attribute_values(":msp", to_value(msp)?)
            .build()
            .map_err(invalid)?;
        let of_msp = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(listed(msp, account))))
            .build()
            .map_err(invalid)?;
        let items = [of_account, of_msp].map(|delete| TransactWriteItem::builder().delete(delete).build());
        self.transact(items.to_vec()).await
    }

    /// Writes all or nothing; false if a condition did not hold.
    async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(true),
            Err(error) if refused(error.as_service_error()) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

fn refused(error: Option<&TransactWriteItemsError>) -> bool {
    error.and_then(refused_item).is_some()
}
