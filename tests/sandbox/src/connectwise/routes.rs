//! Routes requests on the vendor's paths to their operations.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{COMPANY, Credentials, Level, Member, Module, VERSION, accept, client_id, content_type};
use super::attach;
use super::definition::Resource;
use super::list::{part, project, rows};
use super::path::{Target, target};
use super::query::Parameters;
use super::refusal::Refusal;
use super::row::row;
use super::state::{Context, State};
use super::write::{self, Parent};
use super::{BASE, ConnectWiseSandbox};

const LOOK_UP: &str = "/login/companyinfo/";
const MAX_URL: usize = 10_000;

/// A successful response.
#[derive(Debug)]
pub enum Answer {
    /// An existing row.
    Row(Value),
    /// A created row.
    Created(Value),
    /// Rows and the `Link` header.
    Rows(Vec<Value>, Option<String>),
    /// The row was deleted.
    Gone,
}

impl Answer {
    /// Returns the HTTP response, in the pinned version of the models.
    fn of_version(self, version: &str) -> Response {
        let (status, body, link) = match self {
            Self::Row(row) => (StatusCode::OK, row, None),
            Self::Created(row) => (StatusCode::CREATED, row, None),
            Self::Rows(rows, link) => (StatusCode::OK, Value::Array(rows), link),
            Self::Gone => return StatusCode::NO_CONTENT.into_response(),
        };
        let mut response = (status, Json(body)).into_response();
        let content_type = format!("application/vnd.connectwise.com+json; version={version}; charset=utf-8");
        for (name, value) in [(header::CONTENT_TYPE, Some(content_type)), (header::LINK, link)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A request, without method and path.
struct Call<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

/// Handles every path that is not a control path.
pub async fn answer(
    sandbox: Extracted<ConnectWiseSandbox>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { method: &method, uri: &uri, headers: &headers, body: &body };
    let mut response = serve(&sandbox, &call).unwrap_or_else(IntoResponse::into_response);
    let number = sandbox.next_request_id();
    for (name, value) in
        [("x-cw-request-id", number.as_str()), ("api-current-version", VERSION), ("x-server-name", "cw1")]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn serve(sandbox: &ConnectWiseSandbox, call: &Call<'_>) -> Result<Response, Refusal> {
    let path = call.uri.path();
    if call.uri.to_string().len() > MAX_URL {
        return Err(Refusal::TooLong);
    }
    if let Some(company) = after(path, LOOK_UP) {
        return Ok(Json(company_info(company)).into_response());
    }
    let below = after(path, BASE).filter(|below| below.is_empty() || below.starts_with('/'));
    let Some(below) = below.filter(|below| !below.contains("/apis/")) else {
        return Err(if path.contains("/apis/") { Refusal::CannotRoute } else { Refusal::Nowhere });
    };
    let credentials = Credentials::of(call.headers);
    if credentials.as_ref().is_some_and(|credentials| !credentials.is_here()) {
        return Err(Refusal::CannotRoute);
    }
    let now = sandbox.clock().now();
    let work = |state: &mut State| {
        let limit = state.settings.requests_per_minute;
        state.limiter.admit(limit, now)?;
        let target = target(below);
        // Some instances serve this without keys, so a success proves nothing about the keys.
        if let (Some(Target::Info), &Method::GET) = (&target, call.method) {
            return Ok(Json(info()).into_response());
        }
        let member = credentials.and_then(|credentials| credentials.member(&state.members).cloned());
        let member = member.ok_or(Refusal::Unauthenticated)?;
        let client_id = client_id(call.headers)?.to_string();
        let version = accept(call.headers)?;
        let target = target.ok_or(Refusal::Nowhere)?;
        let context = Context { member, client_id, now };
        let answer = perform(state, &context, &target, call)?;
        Ok(answer.of_version(&version))
    };
    if *call.method == Method::GET { work(&mut sandbox.state()) } else { sandbox.work(work) }
}

fn after<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let (head, rest) = path.split_at_checked(base.len())?;
    head.eq_ignore_ascii_case(base).then_some(rest)
}

/// Returns `null` if there is no such company.
fn company_info(company: &str) -> Value {
    if !company.eq_ignore_ascii_case(COMPANY) {
        return Value::Null;
    }
    json!({
        "CompanyName": "Demo MSP",
        "Codebase": "v4_6_release/",
        "VersionCode": format!("v{VERSION}"),
        "VersionNumber": "v4.6.104731",
        "CompanyID": COMPANY,
        "IsCloud": "True",
    })
}

fn info() -> Value {
    json!({
        "version": format!("v{VERSION}"),
        "isCloud": true,
        "serverTimeZone": "Eastern Standard Time",
        "licenseBits": [{ "name": "CwSuite", "activeFlag": true }],
        "cloudRegion": "NA",
        "maxWorkFlowRecordsAllowed": 5000,
    })
}

fn perform(state: &mut State, context: &Context, target: &Target, call: &Call<'_>) -> Result<Answer, Refusal> {
    let member = &context.member;
    if [Method::POST, Method::PUT, Method::PATCH].contains(call.method) {
        content_type(call.headers)?;
    }
    match (target, call.method) {
        (Target::List(resource, parent), &Method::GET) => {
            may(member, *resource, Level::Inquire)?;
            list(state, context.now, *resource, *parent, call, &Parameters::of(call.uri)?)
        }
        (Target::Count(resource, parent), &Method::GET) => {
            may(member, *resource, Level::Inquire)?;
            let query = Parameters::of(call.uri)?.query(*resource, false, &state.settings)?;
            exists(state, *parent)?;
            let rows = rows(state, *resource, *parent, &query, context.now);
            Ok(Answer::Row(json!({ "count": rows.len() })))
        }
        (Target::Search(resource), &Method::POST) => {
            may(member, *resource, Level::Inquire)?;
            let filter = serde_json::from_slice(call.body).map_err(|error| Refusal::Malformed(error.to_string()))?;
            let parameters = Parameters::of(call.uri)?.with(filter);
            list(state, context.now, *resource, None, call, &parameters)
        }
        (Target::List(resource, parent), &Method::POST) => {
            may(member, *resource, Level::Add)?;
            let id = write::create(state, context, *resource, *parent, call.body)?;
            show(state, context.now, *resource, *parent, id).map(Answer::Created)
        }
        (Target::One(resource, parent, id), method) => one(state, context, (*resource, *parent, *id), method, call),
        (Target::Attachments(..) | Target::AttachmentCount(..) | Target::Attachment(..), method) => {
            attach::perform(state, context, target, method, call.body)
        }
        (Target::Info | Target::List(..) | Target::Count(..) | Target::Search(..), _) => Err(Refusal::MethodNotAllowed),
    }
}

fn one(
    state: &mut State,
    context: &Context,
    (resource, parent, id): (Resource, Option<Parent>, u32),
    method: &Method,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let member = &context.member;
    match *method {
        Method::GET => {
            may(member, resource, Level::Inquire)?;
            let fields = Parameters::of(call.uri)?.fields(resource)?;
            write::get_in(state, resource, parent, id)?;
            let row = show(state, context.now, resource, parent, id)?;
            Ok(Answer::Row(project(&row, fields.as_deref())))
        }
        Method::PUT => {
            may(member, resource, Level::Edit)?;
            write::replace(state, context, resource, parent, id, call.body)?;
            show(state, context.now, resource, parent, id).map(Answer::Row)
        }
        Method::PATCH => {
            may(member, resource, Level::Edit)?;
            write::patch(state, context, resource, parent, id, call.body)?;
            show(state, context.now, resource, parent, id).map(Answer::Row)
        }
        Method::DELETE => {
            may(member, resource, Level::Delete)?;
            write::delete(state, resource, parent, id)?;
            Ok(Answer::Gone)
        }
        _ => Err(Refusal::MethodNotAllowed),
    }
}

fn list(
    state: &mut State,
    now: Timestamp,
    resource: Resource,
    parent: Option<Parent>,
    call: &Call<'_>,
    parameters: &Parameters,
) -> Result<Answer, Refusal> {
    exists(state, parent)?;
    let forward_only = call.headers.get("pagination-type").is_some_and(|value| value == "forward-only");
    let query = parameters.query(resource, forward_only, &state.settings)?;
    let mut rows = rows(state, resource, parent, &query, now);
    if let Some(parent) = parent {
        for row in &mut rows {
            parent.remove_hidden(row);
        }
    }
    let (rows, link) = part(rows, &query, call.uri.path(), parameters);
    Ok(Answer::Rows(rows.iter().map(|row| project(row, query.fields.as_deref())).collect(), link))
}

fn show(state: &State, now: Timestamp, resource: Resource, parent: Option<Parent>, id: u32) -> Result<Value, Refusal> {
    let record = state.get(resource, id)?;
    let mut row = Value::Object(row(state, resource, id, record, &record.fields, now));
    if let Some(parent) = parent {
        parent.remove_hidden(&mut row);
    }
    Ok(row)
}

fn exists(state: &State, parent: Option<Parent>) -> Result<(), Refusal> {
    match parent {
        Some(parent) => state.get(parent.resource, parent.id).map(|_| ()),
        None => Ok(()),
    }
}

/// Checks the member's permission. Reading set-up tables requires none.
fn may(member: &Member, resource: Resource, level: Level) -> Result<(), Refusal> {
    match (resource.definition().module, level) {
        (Module::TableSetup, Level::Inquire) => Ok(()),
        (module, level) => member.authorize(module, level),
    }
}
