//! Tests that the functions can be led to the local stack: SAM passes a container only variables that the template names.

use conformance::root;
use conformance::template::{Template, text};
use serde_json::Value;

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
