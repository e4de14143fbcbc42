//! Checks the schema tables against the vendor's OpenAPI description.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Kind, fields};
use crate::connectwise::definition::Resource;
use crate::connectwise::openapi::read;

#[test]
fn tables_agree_with_the_vendors_schemas() {
    let document = read();
    for (name, resource) in [
        ("Addition", Resource::Addition),
        ("Agreement", Resource::Agreement),
        ("AgreementType", Resource::AgreementType),
        ("Board", Resource::Board),
        ("BoardStatus", Resource::BoardStatus),
        ("BoardItem", Resource::ServiceItem),
        ("BoardSubType", Resource::ServiceSubtype),
        ("BoardType", Resource::ServiceType),
        ("BoardTypeSubTypeItemAssociation", Resource::ServiceAssociation),
        ("CallbackEntry", Resource::Callback),
        ("CatalogItem", Resource::CatalogItem),
        ("Category", Resource::Category),
        ("Company", Resource::Company),
        ("Company.Configuration", Resource::Configuration),
        ("ConfigurationStatus", Resource::ConfigurationStatus),
        ("ConfigurationType", Resource::ConfigurationType),
        ("Contact", Resource::Contact),
        ("MenuEntry", Resource::MenuEntry),
        ("Priority", Resource::Priority),
        ("ProductType", Resource::ProductType),
        ("ServiceNote", Resource::Note),
        ("Source", Resource::Source),
        ("SubCategory", Resource::Subcategory),
        ("Ticket", Resource::Ticket),
        ("UnitOfMeasure", Resource::UnitOfMeasure),
        ("UserDefinedField", Resource::CustomField),
    ] {
        let schema = &document["components"]["schemas"][name];
        let theirs: BTreeMap<_, _> = schema["properties"].as_object().unwrap().iter().collect();
        let ours: BTreeMap<_, _> = fields(resource.definition().schema).collect();
        let named: BTreeSet<&str> = theirs.keys().map(|name| name.as_str()).filter(|name| *name != "_info").collect();
        assert_eq!(ours.keys().copied().collect::<BTreeSet<_>>(), named, "fields of {name}");
        for (field, kind) in ours {
            let theirs = theirs[&field.to_owned()];
            assert!(agrees(kind, theirs), "{name}.{field}: {kind:?} is not {theirs}");
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let ours: BTreeSet<_> = resource.definition().required.split_whitespace().collect();
        assert!(required.collect::<BTreeSet<_>>().is_subset(&ours), "required of {name}: {ours:?}");
    }
}

fn agrees(kind: Kind, schema: &Value) -> bool {
    let of_type = |name: &str| schema["type"] == name;
    let length = schema["description"].as_str().and_then(|text| text.split("Max length: ").nth(1)?.split(';').next());
    match kind {
        Kind::Text(most) => of_type("string") && length == Some(most.to_string().as_str()),
        Kind::Free => of_type("string") && length.is_none() && schema.get("enum").is_none(),
        Kind::Choice(words) => {
            let theirs = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            theirs.eq(words.split_whitespace())
        }
        Kind::Integer => of_type("integer"),
        Kind::Number => of_type("number"),
        Kind::Flag => of_type("boolean"),
        Kind::Date => of_type("string") && schema["format"] == "date-time",
        Kind::Reference(_) | Kind::Elsewhere => schema.get("$ref").is_some(),
        Kind::Children(_) => schema["items"].get("$ref").is_some(),
        Kind::Integers => schema["items"]["type"] == "integer",
        Kind::Texts => schema["items"]["type"] == "string",
    }
}
