//! Tests that the description has every member that the code reads.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use service_manager::bss::requests::{
    AccountDefinition, AddonDefinition, Address, BillingCycle, ContactDetails, Field, FieldCollection, Place,
    ServiceAttribute, ServiceDefinition,
};
use service_manager::endpoints::portal as of_msp;
use service_manager::endpoints::portal::session::create::Credentials;
use service_manager::endpoints::portal::{additions, links, organizations, plans, settings};
use service_manager::workers::actions::report::{Event, Report};

use super::{at, committed};

/// A deserializer that only records the members or variants that a type reads.
struct Probe<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        struct Expected<V>(V);
        impl<'de, V: Visitor<'de>> fmt::Display for Expected<V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        Err(Error::custom(Expected(visitor)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(variants);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// Returns the members or variants that a type reads, in lower case.
pub fn read_by<T: DeserializeOwned>() -> BTreeSet<String> {
    let mut fields = Vec::new();
    assert!(T::deserialize(Probe(&mut fields)).is_err());
    assert!(!fields.is_empty(), "{} is no struct or enum", std::any::type_name::<T>());
    fields.into_iter().map(str::to_lowercase).collect()
}

#[test]
fn every_member_read_is_described() {
    let description = committed();
    let service = "/ServiceDefinition/properties";
    let account = "/AccountDefinition/properties";
    let types = [
        ("/FilledFieldCollection/properties".to_owned(), read_by::<FieldCollection>()),
        ("/FilledFieldCollection/properties/Fields/items/properties".to_owned(), read_by::<Field>()),
        (account.to_owned(), read_by::<AccountDefinition>()),
        (format!("{account}/ContactDetails/properties"), read_by::<ContactDetails>()),
        (format!("{account}/Address/properties"), read_by::<Address>()),
        (format!("{account}/Address/properties/Country/properties"), read_by::<Place>()),
        (service.to_owned(), read_by::<ServiceDefinition>()),
        (format!("{service}/BillingCycle/properties"), read_by::<BillingCycle>()),
        (format!("{service}/AttributeList/additionalProperties/properties"), read_by::<ServiceAttribute>()),
        (format!("{service}/Addons/items/properties"), read_by::<AddonDefinition>()),
        ("/SessionCredentials/properties".to_owned(), read_by::<Credentials>()),
        ("/CredentialsRequest/properties".to_owned(), read_by::<settings::CredentialsRequest>()),
        ("/SettingsRequest/properties".to_owned(), read_by::<settings::SettingsRequest>()),
        ("/CreatePlan/properties".to_owned(), read_by::<plans::CreatePlan>()),
        ("/UpdatePlan/properties".to_owned(), read_by::<plans::UpdatePlan>()),
        ("/PlanRef/properties".to_owned(), read_by::<plans::PlanRef>()),
        ("/CreateOrganization/properties".to_owned(), read_by::<organizations::CreateOrganization>()),
        ("/UpdateOrganization/properties".to_owned(), read_by::<organizations::UpdateOrganization>()),
        ("/OrganizationRef/properties".to_owned(), read_by::<organizations::OrganizationRef>()),
        ("/CreateLink/properties".to_owned(), read_by::<links::CreateLink>()),
        ("/DeleteLink/properties".to_owned(), read_by::<links::DeleteLink>()),
        ("/RetryAdditions/properties".to_owned(), read_by::<additions::RetryAdditions>()),
        ("/RetryTickets/properties".to_owned(), read_by::<of_msp::tickets::RetryTickets>()),
        ("/Report/properties".to_owned(), read_by::<Report>()),
        ("/Report/properties/events/items/properties".to_owned(), read_by::<Event>()),
    ];
    for (place, read) in types {
        let described = at(&description, &format!("components/schemas{place}")).as_object();
        let described: BTreeSet<_> = described.into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect();
        let missing: Vec<_> = read.difference(&described).collect();
        assert!(
            missing.is_empty(),
            "{place} lacks {missing:?}: the type's schema has another name for it than its deserializer"
        );
    }
}
