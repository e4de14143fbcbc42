//! Findings: differences between the vendor, our records and ConnectWise.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::connectwise::{AdditionId, AgreementId, CompanyId};
use crate::domain::ids::{ExternalId, SubscriptionId};
use crate::domain::msp::MspId;
use crate::store::{AccountKey, NewHistoryEntry, Store, StoreError, keys, to_item};

const PREFIX: &str = "finding#";

/// Kind of a finding. The order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FindingKind {
    /// The vendor bills an organization that no open addition bills.
    NotBilled,
    /// The addition has fewer seats than are due.
    TooFew,
    /// The addition has more seats than are due.
    TooMany,
    /// An open addition bills an organization that has ended.
    AfterEnd,
    /// Another addition bills the organization's product to the same company.
    BilledTwice,
    /// The addition has the product of another plan.
    WrongProduct,
    /// The addition is in an agreement of another company.
    WrongCompany,
    /// The unit price is not the catalog's, or the link's.
    PriceDiffers,
    /// The vendor bills an organization that is not linked.
    OrganizationWithoutLink,
    /// No organization belongs to an open addition.
    AdditionWithoutOrganization,
    /// The sides could not be compared.
    NotCompared,
    /// Deactivated seats are about to cost, or cost already.
    FairUse,
}

impl FindingKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 12] = [
        Self::NotBilled,
        Self::TooFew,
        Self::TooMany,
        Self::AfterEnd,
        Self::BilledTwice,
        Self::WrongProduct,
        Self::WrongCompany,
        Self::PriceDiffers,
        Self::OrganizationWithoutLink,
        Self::AdditionWithoutOrganization,
        Self::NotCompared,
        Self::FairUse,
    ];

    /// Returns the name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotBilled => "notBilled",
            Self::TooFew => "tooFew",
            Self::TooMany => "tooMany",
            Self::AfterEnd => "afterEnd",
            Self::BilledTwice => "billedTwice",
            Self::WrongProduct => "wrongProduct",
            Self::WrongCompany => "wrongCompany",
            Self::PriceDiffers => "priceDiffers",
            Self::OrganizationWithoutLink => "organizationWithoutLink",
            Self::AdditionWithoutOrganization => "additionWithoutOrganization",
            Self::NotCompared => "notCompared",
            Self::FairUse => "fairUse",
        }
    }

    /// Returns the kind with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the beginning of the sort keys of its findings.
    fn prefix(self) -> String {
        format!("{PREFIX}{:02}#", self as u8)
    }
}

/// Who loses by a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum MoneyDirection {
    /// The MSP: the company is not invoiced.
    NotInvoiced,
    /// The company: it is invoiced too much.
    InvoicedTooMuch,
    /// The MSP: the vendor bills it.
    Vendor,
}

impl MoneyDirection {
    /// Returns the direction of what is due minus what is invoiced. Zero has none; it returns [`NotInvoiced`](Self::NotInvoiced).
    pub fn of(difference: Decimal) -> Self {
        if difference.is_sign_positive() { Self::NotInvoiced } else { Self::InvoicedTooMuch }
    }
}

/// Money of a finding in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// ISO 4217 currency code.
    pub currency: String,
    /// The amount, not negative.
    pub amount: Decimal,
    /// Who loses it.
    pub direction: MoneyDirection,
}

/// A way to end a finding that needs no other input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Fix {
    /// Link the organization, at `portal/links/create`.
    Link,
    /// Try the synchronization again.
    Retry,
    /// Set the addition to what was sold, or create it again.
    Recreate,
    /// Take over the addition.
    Adopt,
    /// Order the seats that the vendor bills.
    ChangeSeats,
}

/// The MSP's note that a finding is in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// The note.
    pub note: String,
    /// Time of the dismissal.
    pub at: Timestamp,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// The organization, or the addition if there is none. With the kind, it identifies the finding.
    pub subject: String,
    /// The vendor's id of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<ExternalId>,
    /// Name of the organization; empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountKey>,
    /// The account's subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SubscriptionId>,
    /// The company that is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// The agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// The addition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addition: Option<AdditionId>,
    /// The quantity that ConnectWise invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billed: Option<Decimal>,
    /// The quantity to invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u32>,
    /// The money; `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_month: Option<Money>,
    /// The MSP's business day on which it was found first.
    pub since: Date,
    /// The difference, as a sentence.
    pub text: String,
    /// The action to take, as a sentence.
    pub advice: String,
    /// The fix that needs no other input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// `true` if an audit tried the fix. It is tried again when the finding changes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tried: bool,
    /// The MSP's dismissal. It ends when the finding changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dismissed: Option<Dismissal>,
}

impl Finding {
    /// Returns the id: `{kind}/{subject}`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind.name(), self.subject)
    }

    /// Returns the finding as it is recorded after `before`, the one with the same id: with the day on which it was found
    /// first and, if nothing else differs, the dismissal and the try.
    #[must_use]
    pub fn following(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        let same = Self { since: before.since, tried: before.tried, dismissed: before.dismissed.clone(), ..self };
        if same == *before { same } else { Self { tried: false, dismissed: None, ..same } }
    }

    /// Returns the kind that an id names. `None` if the text is no id.
    pub fn kind_of(id: &str) -> Option<FindingKind> {
        let (kind, subject) = id.split_once('/')?;
        FindingKind::parse(kind).filter(|_| !subject.is_empty())
    }

    fn sort_key(&self) -> String {
        format!("{}{}", self.kind.prefix(), self.subject)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "shaped for serde")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Returns the sort key of the finding with this id. `None` if the text is no id.
fn sort_key_of(id: &str) -> Option<String> {
    let (_, subject) = id.split_once('/')?;
    Finding::kind_of(id).map(|kind| format!("{}{subject}", kind.prefix()))
}

impl Store {
    /// Returns all findings of the MSP, ordered by kind and subject.
    pub async fn findings(&self, msp: MspId) -> Result<Vec<Finding>, StoreError> {
        self.query_prefix(keys::msp(msp), PREFIX).await
    }

    /// Returns at most `limit` findings of the MSP after the one with the id `after`, ordered by kind and subject; of one kind
    /// if `kind` names it. Fewer than `limit` are the last ones.
    pub async fn listed_findings(
        &self,
        msp: MspId,
        kind: Option<FindingKind>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Finding>, StoreError> {
        let prefix = kind.map_or_else(|| PREFIX.to_owned(), FindingKind::prefix);
        let after = after.and_then(sort_key_of);
        self.query_page(keys::msp(msp), &prefix, after.as_deref(), limit).await
    }

    /// Returns the finding with this id. `None` for a text that is no id.
    pub async fn finding(&self, msp: MspId, id: &str) -> Result<Option<Finding>, StoreError> {
        match sort_key_of(id) {
            Some(sort) => self.get((keys::msp(msp), sort)).await,
            None => Ok(None),
        }
    }

    /// Writes a finding.
    pub async fn save_finding(&self, msp: MspId, finding: &Finding) -> Result<(), StoreError> {
        self.put(to_item(finding, (keys::msp(msp), finding.sort_key()))?).await
    }

    /// Writes a finding if there is one with its id and its text, with the entry about it. Returns `false` if there is none.
    pub async fn update_finding(
        &self,
        msp: MspId,
        finding: &Finding,
        entry: &NewHistoryEntry,
    ) -> Result<bool, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(finding, (keys::msp(msp), finding.sort_key()))?))
            .condition_expression("#text = :text")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":text", AttributeValue::S(finding.text.clone()))
            .build()?;
        self.transact(vec![TransactWriteItem::builder().put(put).build(), entry.write(&self.table)?]).await
    }

    /// Deletes a finding.
    pub async fn delete_finding(&self, msp: MspId, finding: &Finding) -> Result<(), StoreError> {
        self.delete((keys::msp(msp), finding.sort_key())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        Finding {
            kind: FindingKind::TooFew,
            subject: "440032-6".to_owned(),
            organization: ExternalId::parse("440032-6"),
            name: String::new(),
            account: None,
            subscription: None,
            company: None,
            agreement: None,
            addition: None,
            billed: Some(Decimal::from(5)),
            due: Some(8),
            per_month: None,
            since: Date::constant(2026, 11, 2),
            text: "5 instead of 8 seats are billed.".to_owned(),
            advice: String::new(),
            fix: None,
            tried: false,
            dismissed: None,
        }
    }

    #[test]
    fn a_dismissal_ends_when_the_finding_changes() {
        let dismissal = Dismissal { note: "as agreed".to_owned(), at: Timestamp::UNIX_EPOCH };
        let (since, dismissed) = (Date::constant(2026, 11, 1), Some(dismissal));
        let before = Finding { since, dismissed, tried: true, ..finding() };
        assert_eq!(finding().following(Some(&before)), before);
        let changed = Finding { due: Some(9), ..finding() }.following(Some(&before));
        assert_eq!((changed.dismissed, changed.tried, changed.since), (None, false, before.since));
        assert_eq!(finding().following(None), finding());
    }

    #[test]
    fn an_id_leads_to_the_key() {
        assert_eq!(sort_key_of(&finding().id()), Some(finding().sort_key()));
        for wrong in ["", "tooFew", "tooFew/", "unknown/440032-6"] {
            assert_eq!(sort_key_of(wrong), None, "{wrong}");
        }
        let names: Vec<_> = FindingKind::ALL.iter().map(|kind| serde_json::to_value(kind).unwrap()).collect();
        assert_eq!(names, FindingKind::ALL.map(FindingKind::name));
    }
}
