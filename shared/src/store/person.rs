//! People of an MSP who sign in to the portal as themselves. One item each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::msp::MspId;
use crate::domain::person::PersonAddress;
use crate::domain::role::Role;
use crate::store::{NewHistoryEntry, Store, StoreError, keys};

const PREFIX: &str = "person#";

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The address by which the identity provider names the person.
    pub address: PersonAddress,
    /// The role, which decides about each request.
    pub role: Role,
    /// Time at which the person was added. A person who was removed and added again is another one, without the sessions of before.
    pub added_at: Timestamp,
    /// Time of the last change by an owner.
    pub updated_at: Timestamp,
    /// The person at the identity provider. `None` until the first sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

/// A person as an identity provider identifies it. An address can be given to another person, a subject cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The issuer.
    pub issuer: String,
    /// The id of the portal at the provider. Some providers give each client other ids of people.
    pub client_id: String,
    /// The id of the person.
    pub id: String,
}

impl Subject {
    /// Returns `true` if both are ids of the same provider for the same client, so that they can be compared.
    pub fn is_comparable(&self, other: &Self) -> bool {
        (&self.issuer, &self.client_id) == (&other.issuer, &other.client_id)
    }
}

fn key(msp: MspId, address: &PersonAddress) -> (String, String) {
    (keys::msp(msp), format!("{PREFIX}{address}"))
}

impl Store {
    /// Returns a person of the MSP with one keyed read.
    pub async fn person(&self, msp: MspId, address: &PersonAddress) -> Result<Option<PersonRecord>, StoreError> {
        self.get(key(msp, address)).await
    }

    /// Returns at most `limit` people of the MSP after `after`, ordered by address.
    pub async fn people(
        &self,
        msp: MspId,
        after: Option<&PersonAddress>,
        limit: usize,
    ) -> Result<Vec<PersonRecord>, StoreError> {
        let after = after.map(|address| key(msp, address).1);
        self.query_page(keys::msp(msp), PREFIX, after.as_deref(), limit).await
    }

    /// Writes a person in place of `before`, or removes it if `after` is `None`, with the entry about it. Returns `false` if it was
    /// changed meanwhile.
    pub async fn replace_person(
        &self,
        msp: MspId,
        address: &PersonAddress,
        before: Option<&PersonRecord>,
        after: Option<&PersonRecord>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        self.replace_recorded(key(msp, address), before, after, entry).await
    }
}
