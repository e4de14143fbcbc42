//! The actions of an organization that have a configuration in ConnectWise, and the completed ones that a report names.
//!
//! Parts of bounded size stand in the partition of the organization, so one query reads all of them, and a check in which
//! nothing is new writes nothing.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, from_item, keys, to_item};
use crate::connectwise::CompanyId;
use crate::domain::action::ActionKey;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;
use crate::store::MspRecord;

/// Beginning of the sort keys of parts and requests, and that of requests alone.
const CONFIGURATIONS: &str = "configurations#";
const REQUESTED: &str = "configurations#requested#";

/// Size of a part's actions, in bytes, from which on the next ones go into another part.
const PART_SIZE: usize = 8 * 1024;

/// Time for which a configuration that a check was about to create may still appear: the check's 15 minutes, and the five in
/// which ConnectWise may complete an unconfirmed request.
pub const CREATING_WINDOW: SignedDuration = SignedDuration::from_mins(20);

/// Place of configurations: a company in the ConnectWise of an MSP, and a configuration type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfigurationPlace(Fingerprint);

impl ConfigurationPlace {
    /// Returns the place of a company's configurations.
    pub fn new(msp: MspId, settings: &MspRecord, company: CompanyId) -> Self {
        let (connection, kind) = (&settings.connection, settings.configuration_type);
        Self(Fingerprint::hash(&(msp, &connection.site, &connection.company, company, kind)))
    }

    fn prefix(&self) -> String {
        format!("{CONFIGURATIONS}{}#", self.0)
    }
}

/// A part of the actions that have a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfiguredActions {
    /// The vendor's id of the organization.
    pub organization: VendorId,
    /// The place of the configurations.
    pub place: ConfigurationPlace,
    /// Number of the part, from 1.
    pub number: u32,
    /// The actions, `{region}.{kind}.{id}`.
    pub actions: Vec<String>,
    /// Time at which a check began to create configurations, until it has recorded them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creating_since: Option<Timestamp>,
    /// The actions whose configurations it creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creating: Vec<String>,
    /// Time at which ConnectWise rejected all that a check sent. Absent after a check that created any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_at: Option<Timestamp>,
    /// Number of writes.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

/// Completed actions that a report names and that had no configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedConfigurations {
    /// The vendor's id of the organization.
    pub organization: VendorId,
    /// The actions. One report has at most 1,000.
    pub actions: Vec<ActionKey>,
}

/// All that is recorded of an organization's configurations in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigurationLedger {
    /// The parts, ordered by number.
    pub parts: Vec<ConfiguredActions>,
    /// Requests of reports, ordered by fingerprint.
    pub requests: Vec<RequestedConfigurations>,
}

impl ConfiguredActions {
    fn key(&self) -> (String, String) {
        (keys::organization(&self.organization), format!("{}{:06}", self.place.prefix(), self.number))
    }

    /// Returns `true` if a check creates configurations, or one that it created is not confirmed.
    pub fn is_creating(&self, now: Timestamp) -> bool {
        self.creating_since.is_some_and(|since| now.duration_since(since) < CREATING_WINDOW)
    }

    fn is_full(&self) -> bool {
        self.actions.iter().map(String::len).sum::<usize>() >= PART_SIZE
    }
}

impl RequestedConfigurations {
    /// Returns `true` if all of its actions are among `known`.
    pub fn is_done(&self, known: &HashSet<&str>) -> bool {
        self.actions.iter().all(|key| known.contains(key.to_string().as_str()))
    }

    fn key(&self) -> (String, String) {
        (keys::organization(&self.organization), format!("{REQUESTED}{}", Fingerprint::hash(&self.actions)))
    }
}

impl ConfigurationLedger {
    /// Returns the actions that have a configuration.
    pub fn known(&self) -> HashSet<&str> {
        self.parts.iter().flat_map(|part| &part.actions).map(String::as_str).collect()
    }

    /// Returns the part to which actions are added: the last one, or a new one if that is full.
    pub fn open_part(&self, organization: &VendorId, place: &ConfigurationPlace, now: Timestamp) -> ConfiguredActions {
        let last = self.parts.last();
        last.filter(|part| !part.is_full()).cloned().unwrap_or_else(|| ConfiguredActions {
            organization: organization.clone(),
            place: place.clone(),
            number: last.map_or(0, |part| part.number) + 1,
            actions: Vec::new(),
            creating_since: None,
            creating: Vec::new(),
            rejected_at: None,
            version: 0,
            updated_at: now,
        })
    }
}

impl Store {
    /// Returns what is recorded of an organization's configurations in `place`, with one query.
    pub async fn configuration_ledger(
        &self,
        organization: &VendorId,
        place: &ConfigurationPlace,
    ) -> Result<ConfigurationLedger, StoreError> {
        let mut ledger = ConfigurationLedger::default();
        let mut items =
            self.query_below(keys::organization(organization), CONFIGURATIONS).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(StoreError::unavailable)?;
            if keys::sort_of(&item).is_some_and(|sort| sort.starts_with(REQUESTED)) {
                ledger.requests.push(from_item(item)?);
            } else {
                ledger.parts.push(from_item(item)?);
            }
        }
        // The parts of another company's configurations, after the organization was linked elsewhere.
        ledger.parts.retain(|part| part.place == *place);
        Ok(ledger)
    }

    /// Returns the last part of an organization's configurations in `place`. It says whether a check creates any now, and has
    /// those that were created last.
    pub async fn last_configured_actions(
        &self,
        organization: &VendorId,
        place: &ConfigurationPlace,
    ) -> Result<Option<ConfiguredActions>, StoreError> {
        let query = self.query_below(keys::organization(organization), &place.prefix());
        let page = query.scan_index_forward(false).limit(1).send().await.map_err(StoreError::unavailable)?;
        page.items.unwrap_or_default().pop().map(from_item).transpose()
    }

    /// Replaces the previous version of a part. Returns `false` if another version was written concurrently.
    pub async fn save_configured_actions(&self, part: &ConfiguredActions) -> Result<bool, StoreError> {
        self.put_version(to_item(part, part.key())?, part.version).await
    }

    /// Writes a request for configurations. Idempotent.
    pub async fn request_configurations(&self, request: &RequestedConfigurations) -> Result<(), StoreError> {
        self.put(to_item(request, request.key())?).await
    }

    /// Deletes a request for configurations.
    pub async fn delete_configuration_request(&self, request: &RequestedConfigurations) -> Result<(), StoreError> {
        self.delete(request.key()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_part_is_followed_by_another_one() {
        let organization = VendorId::parse("440032-6").unwrap();
        let place = ConfigurationPlace(Fingerprint::hash(&1));
        let now = Timestamp::UNIX_EPOCH;
        let mut ledger = ConfigurationLedger::default();
        let mut added = 0;
        while ledger.parts.len() < 4 {
            let mut part = ledger.open_part(&organization, &place, now);
            part.actions.extend((0..150).map(|number| format!("euwest.backup.{}", added + number)));
            added += 150;
            assert!(part.actions.iter().map(String::len).sum::<usize>() < 2 * PART_SIZE);
            ledger.parts.retain(|other| other.number != part.number);
            ledger.parts.push(part);
        }
        assert_eq!(ledger.parts.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(ledger.known().len(), added);
    }
}
