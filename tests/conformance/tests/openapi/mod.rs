//! Tests that the committed `OpenAPI` description is the made one, that it describes the real requests and responses, and
//! that it refuses the requests that the code refuses.

mod exchanges;
mod members;
mod reports;

use std::collections::BTreeSet;
use std::process::Command;

use conformance::openapi::{self, Schemas};
use conformance::portal::{self, Step};
use conformance::root;
use conformance::schema::{Undescribed, faults, resolved};
use serde_json::{Map, Value, json};
use service_manager::endpoints::{self, BASE_PATH, Endpoint};

use self::exchanges::Exchange;

fn committed() -> Value {
    serde_json::from_slice(&std::fs::read(openapi::file()).unwrap()).unwrap()
}

/// Returns the part of the description at `place`: names with slashes between them. References are followed.
fn at<'d>(description: &'d Value, place: &str) -> &'d Value {
    place.split('/').fold(description, |part, name| resolved(description, &resolved(description, part)[name]))
}

fn operation<'d>(description: &'d Value, endpoint: &Endpoint) -> &'d Value {
    let url = endpoint.url();
    let path = url.strip_prefix(BASE_PATH).unwrap_or(&url).replace('/', "~1");
    description.pointer(&format!("/paths/{path}/{}", endpoint.method.as_str().to_lowercase())).unwrap()
}

/// Returns the schema of a request's or a response's body.
fn schema_of<'d>(description: &'d Value, described: &'d Value) -> &'d Value {
    let content = resolved(description, described)["content"].as_object().unwrap();
    &content.values().next().unwrap()["schema"]
}

#[test]
fn the_committed_description_is_current() {
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        openapi::write().unwrap();
    }
    let checked = openapi::check().map_err(|error| error.to_string());
    assert_eq!(checked, Ok(()), "run this test with UPDATE_OPENAPI=1 and look at the difference");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_requests_and_responses_are_as_described() {
    let description = committed();
    let mut called = BTreeSet::new();
    for Exchange { endpoint, query, request, status, response } in Box::pin(exchanges::all()).await {
        let operation = operation(&description, endpoint);
        let schema = schema_of(&description, &operation["responses"][status.to_string()]);
        let found = faults(&description, schema, &response, Undescribed::Refused);
        assert!(found.is_empty(), "{endpoint:?} answers {status} with {response}: {found:?}");
        match request {
            Some(body) => {
                let schema = schema_of(&description, &operation["requestBody"]);
                let found = faults(&description, schema, &body, Undescribed::Refused);
                assert!(found.is_empty(), "{endpoint:?} is called with {body}: {found:?}");
            }
            None => assert_ne!(operation["requestBody"]["required"], true, "{endpoint:?}"),
        }
        if status == 200 {
            called.insert(endpoint.path);
        }
        let parameters: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
        let named: Vec<_> = query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
        for name in &named {
            assert!(parameters.iter().any(|parameter| parameter["name"] == **name), "{endpoint:?} has no {name}");
        }
        for parameter in parameters.iter().filter(|parameter| parameter["required"] == true) {
            assert!(named.iter().any(|name| parameter["name"] == **name), "{endpoint:?} without {parameter}");
        }
    }
    let uncalled: Vec<_> = endpoints::all_endpoints().filter(|endpoint| !called.contains(endpoint.path)).collect();
    assert!(uncalled.is_empty(), "{uncalled:?}");
}

/// A request of the portal or of a reporter with a missing, an unknown, a null or an ill-typed member is described as valid
/// if, and only if, its type accepts it.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_refuses_the_requests_that_the_code_refuses() {
    let description = committed();
    let mut refused = 0;
    for Exchange { endpoint, request, .. } in Box::pin(exchanges::all()).await {
        let (Some(body), None) = (request, endpoint.registration_entry()) else { continue };
        let schema = schema_of(&description, &operation(&description, endpoint)["requestBody"]);
        for changed in changed(&body) {
            let described = faults(&description, schema, &changed, Undescribed::Accepted);
            let parsed = (endpoint.contract.request.unwrap().parses)(changed.to_string().as_bytes());
            assert_eq!(described.is_empty(), parsed, "{endpoint:?}: {changed}: {described:?}");
            refused += usize::from(!parsed);
        }
    }
    assert!(refused > 100, "{refused}");
}

/// Returns the body with one change each: a member is missing, null or an object, or there is another member.
fn changed(body: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let Some(members) = body.as_object() else { return all };
    let with = |name: &str, value: Value| {
        let mut members = members.clone();
        members.insert(name.to_owned(), value);
        Value::Object(members)
    };
    all.push(with("another", json!(1)));
    for (name, value) in members {
        let others = members.iter().filter(|(other, _)| *other != name);
        all.push(others.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into());
        all.extend([with(name, Value::Null), with(name, json!({ "another": 1 }))]);
        if let Some(first) = value.as_array().and_then(|elements| elements.first()) {
            all.extend(changed(first).into_iter().map(|element| with(name, json!([element]))));
        }
    }
    all
}

#[test]
fn a_name_has_one_schema() {
    let mut schemas = Schemas::default();
    for endpoint in endpoints::all_endpoints() {
        schemas.request(endpoint);
        schemas.response(endpoint);
    }
    let mut known = Map::new();
    for (name, schema) in schemas.definitions().into_iter().flatten() {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name}: two types have one name");
        let held = known.entry(name.clone()).or_insert_with(|| schema.clone());
        assert_eq!(*held, schema, "{name}: two types have one name, or a request differs from a response");
    }
}

#[test]
fn no_function_has_schemas() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["tree", "--package", "functions", "--edges", "normal,features", "--locked", "--offline"];
    let tree = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("service-manager"), "{tree}");
    let schemas: Vec<_> = tree.lines().filter(|line| line.contains("schemars") || line.contains("openapi")).collect();
    assert!(schemas.is_empty(), "{schemas:?}");
}

#[test]
fn the_story_of_the_portal_has_every_endpoint() {
    let story_endpoints: BTreeSet<_> = portal::story()
        .unwrap()
        .into_iter()
        .filter_map(|step| match step {
            Step::Ask(ask) => Some(ask.endpoint.path),
            Step::Stream(_) => None,
        })
        .collect();
    let missing: Vec<_> = endpoints::portal::PORTAL_ENDPOINTS
        .iter()
        .filter(|endpoint| !story_endpoints.contains(endpoint.path))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
