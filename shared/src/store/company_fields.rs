//! The fields of a company's tickets that differ from the MSP's settings. A company has at most one item.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connectwise::api::ticket_field::TicketFields;
use crate::connectwise::{BoardId, CompanyId, ContactId};
use crate::domain::msp::MspId;
use crate::store::{NewHistoryEntry, Store, StoreError, keys};

const PREFIX: &str = "ticket-fields#";

/// The fields of a company's tickets. What is not set is as in the MSP's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyTicketFields {
    /// The company.
    pub company: CompanyId,
    /// The board whose type, subtype and item the fields name. They do not apply to another board.
    pub board: BoardId,
    /// The fields.
    pub fields: TicketFields,
    /// The contact, one of the company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

/// Returns the key, whose sort keys are in the order of the numbers.
fn key(msp: MspId, company: CompanyId) -> (String, String) {
    (keys::msp(msp), sort(company))
}

fn sort(company: CompanyId) -> String {
    format!("{PREFIX}{:010}", company.get())
}

impl Store {
    /// Returns the fields of a company's tickets with one keyed read.
    pub async fn company_ticket_fields(
        &self,
        msp: MspId,
        company: CompanyId,
    ) -> Result<Option<CompanyTicketFields>, StoreError> {
        self.get(key(msp, company)).await
    }

    /// Returns at most `limit` companies with fields of their own after `after`, ordered by number.
    pub async fn companies_with_ticket_fields(
        &self,
        msp: MspId,
        after: Option<CompanyId>,
        limit: usize,
    ) -> Result<Vec<CompanyTicketFields>, StoreError> {
        let after = after.map(sort);
        self.query_page(keys::msp(msp), PREFIX, after.as_deref(), limit).await
    }

    /// Writes the fields of a company's tickets in place of `before`, or deletes them if `after` is `None`, with the entry about
    /// it. Returns `false` if they were changed meanwhile.
    pub async fn replace_company_ticket_fields(
        &self,
        msp: MspId,
        company: CompanyId,
        before: Option<&CompanyTicketFields>,
        after: Option<&CompanyTicketFields>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        self.replace_recorded(key(msp, company), before, after, entry).await
    }
}
