//! What every function is sent: the event of its file, and what may become of it on its way.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::event::{self, Request, encoded, merge};
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::endpoints::Endpoint;
use service_manager::runtime::http_api::MAX_BODY;

/// One request, as a client sends it to the gateway, and as the function gets it.
pub struct Case {
    pub name: &'static str,
    pub request: Request,
    pub event: Value,
    pub status: u16,
}

/// The cases of `endpoint`; those that are carried out have the same effect.
pub fn of(endpoint: &Endpoint) -> Vec<Case> {
    let file = event::of(endpoint).unwrap();
    let plain = Request::from_event(&file);
    let case = |name, status, change: &dyn Fn(&mut Request)| {
        let mut request = plain.clone();
        change(&mut request);
        Case { name, event: request.to_event(&file), request, status }
    };
    let shaped = |name, event: Value| Case { name, request: plain.clone(), event, status: 200 };
    let with = |changes: Value| {
        let mut event = file.clone();
        merge(&mut event, changes);
        event
    };
    let path = &plain.path;
    let refused_body = if endpoint.method == http::Method::POST { 400 } else { 200 };
    let too_large = if endpoint.method == http::Method::POST { 413 } else { 200 };
    let other_method = if endpoint.method == http::Method::POST { "GET" } else { "POST" };
    vec![
        case("without credentials", 401, &|request| {
            request.headers.retain(|(name, _)| !name.starts_with("x-cloudplatform"));
        }),
        case("with a wrong key", 401, &|request| set(request, "x-cloudplatform-apikey", &STANDARD.encode("wrong"))),
        case("of an unknown application", 401, &|request| {
            set(request, "x-cloudplatform-applicationid", "00000000-0000-4000-8000-000000000000");
        }),
        case("with an id sent twice", 401, &|request| {
            request.headers.push(("x-cloudplatform-applicationid".to_owned(), APPLICATION_ID.to_owned()));
        }),
        case("to an unknown route", 404, &|request| request.path.push_str("/more")),
        case("to another function's route", 404, &|request| "/api/interworks".clone_into(&mut request.path)),
        case("by another method", 405, &|request| other_method.clone_into(&mut request.method)),
        case("with a malformed body", refused_body, &|request| request.body = Some(b"{\"ID\": ".to_vec())),
        case("with a body of another shape", refused_body, &|request| request.body = Some(b"[1, 2]".to_vec())),
        case("with a body that is not UTF-8", refused_body, &|request| {
            request.body = Some(b"{\"ID\": \"\xFF\"}".to_vec());
        }),
        case("without a body", refused_body, &|request| request.body = None),
        case("with an oversized body", too_large, &|request| request.body = Some(vec![b' '; MAX_BODY + 1])),
        shaped("as documented", file.clone()),
        shaped("with a base64 body", encoded(file.clone())),
        shaped("with header names in mixed case", in_mixed_case(file.clone())),
        case("with a header sent twice", 200, &|request| {
            request.headers.push(("X-CloudPlatform-TrackId".to_owned(), "again".to_owned()));
            request.headers.push(("Accept".to_owned(), "text/html".to_owned()));
        }),
        case("with the id in another spelling", 200, &|request| {
            set(request, "x-cloudplatform-applicationid", &format!("{{{}}}", APPLICATION_ID.to_lowercase()));
        }),
        case("with a query", 200, &|request| "a=1&a=2&b=%20".clone_into(&mut request.query)),
        shaped("below a stage", with(json!({"rawPath": format!("/prod{path}"), "requestContext": {"stage": "prod"}}))),
        shaped(
            "below a base path",
            with(json!({
                "rawPath": format!("/dropsuite{path}"),
                "requestContext": {"domainName": "euw.example.com", "http": {"path": format!("/dropsuite{path}")}}
            })),
        ),
        case("with a slash at the end", 200, &|request| request.path.push('/')),
    ]
}

fn set(request: &mut Request, header: &str, value: &str) {
    for (_, old) in request.headers.iter_mut().filter(|(name, _)| name == header) {
        value.clone_into(old);
    }
}

/// As other front doors than API Gateway send them.
fn in_mixed_case(mut event: Value) -> Value {
    let headers = event["headers"].as_object().unwrap().iter();
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    let name = |name: &str| name.split('-').map(capital).collect::<Vec<_>>().join("-");
    event["headers"] = headers.map(|(header, value)| (name(header), value.clone())).collect();
    event
}
