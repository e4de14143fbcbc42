//! Ids of a vendor's objects, with the instance that gives them out.
//!
//! A vendor counts its ids within an instance of its API. Two instances have equal ids for different objects, so the instance
//! is part of every key that is made of such an id.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{ApplicationId, ExternalId};

/// Text of [`Instance::Own`] where an instance stands alone. No host has this name.
const OWN: &str = "own";

/// An instance of the vendor's API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Instance {
    /// The stack's own: the one that its configuration names.
    #[default]
    Own,
    /// Another host, which the partner's settings name. The text is the host, and its port if it has one, with `_` for each
    /// dot and colon. For ids that an installation gives out itself, the text is its id.
    Other(String),
}

impl Instance {
    /// Returns the instance at a host that is not the stack's own.
    pub fn at(host: &str, port: Option<u16>) -> Self {
        let port = port.map(|port| format!("_{port}")).unwrap_or_default();
        Self::Other(format!("{}{port}", host.replace(['.', ':'], "_")))
    }

    /// Returns the instance of an installation, for ids that it gives out itself because the vendor has none.
    pub fn of_installation(application: ApplicationId) -> Self {
        Self::Other(application.to_string())
    }

    /// Returns the prefix of names that people see: the stack's region `own`, or the other host.
    pub fn region<'a>(&'a self, own: &'a str) -> &'a str {
        match self {
            Self::Own => own,
            Self::Other(host) => host,
        }
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.region(OWN))
    }
}

impl From<Instance> for String {
    fn from(instance: Instance) -> Self {
        instance.to_string()
    }
}

impl From<String> for Instance {
    fn from(text: String) -> Self {
        if text == OWN { Self::Own } else { Self::Other(text) }
    }
}

/// An id that is unique in the whole table: the vendor's id, and the instance that gave it out.
///
/// Its text is the vendor's id alone for the stack's own instance, as in all records that were written before there were
/// others; otherwise `{instance}/{id}`, such as `dropsuite_us/440032-6`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct VendorId {
    /// The instance.
    pub instance: Instance,
    /// The vendor's id.
    pub id: ExternalId,
}

impl VendorId {
    /// Returns an id of the stack's own instance.
    pub fn own(id: ExternalId) -> Self {
        Self { instance: Instance::Own, id }
    }

    /// Parses the text of an id.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            // The name of a host has no underscore, so `_` stands for its dots.
            Some((host, id)) if host.contains('_') => {
                Some(Self { instance: Instance::Other(host.to_owned()), id: ExternalId::parse(id)? })
            }
            Some(_) | None => ExternalId::parse(text).map(Self::own),
        }
    }
}

impl fmt::Display for VendorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instance {
            Instance::Own => self.id.fmt(f),
            Instance::Other(host) => write!(f, "{host}/{}", self.id),
        }
    }
}

impl From<VendorId> for String {
    fn from(id: VendorId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for VendorId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text} is no id of the vendor"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> VendorId {
        VendorId::parse(text).unwrap()
    }

    #[test]
    fn equal_ids_of_two_instances_differ() {
        let (own, other) = (id("440032-6"), id("dropsuite_us/440032-6"));
        assert_eq!(own.id, other.id);
        assert_ne!(own, other);
        assert_ne!(own.to_string(), other.to_string());
        assert_eq!(other.instance, Instance::at("dropsuite.us", None));
        assert_ne!(Instance::at("dropsuite-au.com", None), Instance::at("dropsuite.au.com", None));
    }

    #[test]
    fn an_id_of_the_own_instance_is_stored_as_before() {
        assert_eq!(json!(id("440032-6")), json!("440032-6"));
        assert_eq!(serde_json::from_value::<VendorId>(json!("440032-6")).unwrap(), id("440032-6"));
        for text in ["440032-6", "dropsuite_us/440032-6", "127_0_0_1_9011/440032-6", "a/b"] {
            assert_eq!(id(text).to_string(), text);
        }
        assert!(VendorId::parse("dropsuite_us/").is_none() && VendorId::parse(" ").is_none());
    }

    #[test]
    fn names_begin_with_the_region_or_the_host() {
        assert_eq!(Instance::Own.region("euwest"), "euwest");
        assert_eq!(Instance::at("127.0.0.1", Some(9011)).region("euwest"), "127_0_0_1_9011");
        for instance in [Instance::Own, Instance::at("dropsuite.us", None)] {
            assert_eq!(serde_json::from_value::<Instance>(json!(instance)).unwrap(), instance);
        }
    }
}
