//! The committed `OpenAPI` description is the one that the code makes, and knows every member that the code reads.

use std::collections::BTreeSet;
use std::fmt;

use conformance::event::{self, Request, story};
use conformance::openapi::{Exchange, document};
use conformance::root;
use sandbox::stack::{Options, Stack};
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::Value;
use service_manager::bss::requests::{
    AccountDefinition, AddonDefinition, Address, BillingCycle, ContactDetails, Field, FieldCollection, Place,
    ServiceAttribute, ServiceDefinition,
};

/// The whole story on the local stack, and what `accounts/exists` says in its middle.
async fn exchanges() -> Vec<Exchange> {
    let stack =
        Stack::start(&Options { port: 0, dynamodb: None, dropsuite: None, ..Options::from_env() }).await.unwrap();
    let mut told = story().unwrap();
    let exists = told.iter().copied().find(|endpoint| endpoint.path == "accounts/exists").unwrap();
    told.insert(6, exists);
    let mut exchanges = Vec::new();
    for endpoint in told {
        let request = Request::from_event(&event::of(endpoint).unwrap());
        let url = format!("{}/{}", stack.base_url, endpoint.path);
        let mut builder = reqwest::Client::new().request(endpoint.method.clone(), url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let response = builder.body(request.body.clone().unwrap_or_default()).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", endpoint.path);
        let request = request.body.map(|body| serde_json::from_slice(&body).unwrap());
        exchanges.push(Exchange { endpoint, request, response: response.json().await.unwrap() });
    }
    exchanges
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_description_is_what_the_code_makes() {
    let made = serde_json::to_string_pretty(&document(&exchanges().await)).unwrap() + "\n";
    let file = root().join("tests/conformance/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = committed.lines().zip(made.lines()).find(|(committed, made)| committed != made);
    assert!(committed == made, "{differs:?}: run this test with UPDATE_OPENAPI=1 and look at the difference");
}

/// A deserializer that only finds out which members a type reads.
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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn read_by<T: DeserializeOwned>() -> BTreeSet<String> {
    let mut fields = Vec::new();
    assert!(T::deserialize(Probe(&mut fields)).is_err());
    assert!(!fields.is_empty(), "{} is no struct", std::any::type_name::<T>());
    fields.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_member_that_is_read_is_described() {
    let file = std::fs::read(root().join("tests/conformance/openapi.json")).unwrap();
    let description: Value = serde_json::from_slice(&file).unwrap();
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
    ];
    for (place, read) in types {
        let described = description.pointer(&format!("/components/schemas{place}")).and_then(Value::as_object);
        let described: BTreeSet<_> = described.into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect();
        let missing: Vec<_> = read.difference(&described).collect();
        assert!(missing.is_empty(), "{place} lacks {missing:?}: add it to the events in tests/events");
    }
}
