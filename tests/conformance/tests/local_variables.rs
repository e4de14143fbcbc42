//! Tests that the functions can be led to the local stack: SAM passes a container only variables that the template names.

use conformance::root;
use conformance::template::{Template, text};
use serde_json::{Map, Value, json};

/// Variables that Lambda itself sets, and SAM too.
const OF_LAMBDA: [&str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn the_template_names_every_variable_of_the_local_stack() {
    let template = Template::read().unwrap();
    let functions = template.resources("AWS::Serverless::Function").into_values();
    let own = functions.filter_map(|function| function.pointer("/Properties/Environment/Variables"));
    let named: Vec<_> =
        own.chain([template.at("/Globals/Function/Environment/Variables")]).filter_map(Value::as_object).collect();
    let local = std::fs::read_to_string(root().join("tests/scripts/local.env")).unwrap();
    let local: Vec<_> = local.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(local.len() > OF_LAMBDA.len());
    for name in local.iter().filter(|name| !OF_LAMBDA.contains(name)) {
        assert!(named.iter().any(|variables| variables.contains_key(*name)), "{name}");
    }
}

/// A container reaches the stack by Docker's name for this machine. Customers' links are opened outside of the container.
#[test]
fn sam_local_and_cargo_lambda_set_the_same_variables() {
    let of_sam = std::fs::read(root().join("tests/scripts/sam-local.json")).unwrap();
    let of_sam: Value = serde_json::from_slice(&of_sam).unwrap();
    let local = std::fs::read_to_string(root().join("tests/scripts/local.env")).unwrap();
    let local = local.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| !OF_LAMBDA.contains(name));
    let in_container = |value: &str| Value::from(value.replace("127.0.0.1", "host.docker.internal"));
    let mut expected: Map<_, _> = local.map(|(name, value)| (name.to_owned(), in_container(value))).collect();
    for name in ["DROPSUITE_PORTAL_URL", "DROPSUITE_RESELLER_PORTAL_URL"] {
        expected.insert(name.to_owned(), "http://127.0.0.1:9001".into());
    }
    assert_eq!(of_sam, json!({ "Parameters": expected }));
}

/// In AWS the functions call AWS.
#[test]
fn endpoints_are_not_set_where_the_template_is_deployed() {
    let template = Template::read().unwrap();
    let variables = template.at("/Globals/Function/Environment/Variables").as_object().unwrap();
    let endpoints: Vec<_> = variables.iter().filter(|(name, _)| name.starts_with("AWS_ENDPOINT_URL_")).collect();
    assert_eq!(endpoints.len(), 5);
    for (name, value) in endpoints {
        assert_eq!(text(value, "/Ref"), "AWS::NoValue", "{name}");
    }
}
