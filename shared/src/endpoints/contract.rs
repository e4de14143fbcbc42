//! The types of an endpoint's bodies, and its query parameters: the source of `tests/conformance/openapi.json`.
//!
//! Schemas need the feature `openapi`, which no function enables. Without it, a contract has none.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type of a body. It has a schema if the feature `openapi` is enabled.
#[cfg(feature = "openapi")]
pub trait Schema: schemars::JsonSchema {}
#[cfg(feature = "openapi")]
impl<T: schemars::JsonSchema> Schema for T {}

/// A type of a body. It has a schema if the feature `openapi` is enabled.
#[cfg(not(feature = "openapi"))]
pub trait Schema {}
#[cfg(not(feature = "openapi"))]
impl<T> Schema for T {}

/// The type of a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryType {
    /// A number from 0 to 4294967295.
    Number,
    /// Text.
    Text,
}

/// A query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryParameter {
    /// The name.
    pub name: &'static str,
    /// The type of the value.
    pub value: QueryType,
    /// `true` if the endpoint refuses a request without it.
    pub required: bool,
}

/// The body of a request.
#[derive(Clone, Copy)]
pub struct RequestBody {
    /// `false` if an empty body counts as `{}`.
    pub required: bool,
    /// Returns the schema, and adds the schemas of its members to the generator.
    #[cfg(feature = "openapi")]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// Returns `true` if a portal request with this body is parsed.
    #[cfg(feature = "openapi")]
    pub parses: fn(&[u8]) -> bool,
}

impl RequestBody {
    const fn of<Request: DeserializeOwned + Schema>(required: bool) -> Self {
        Self {
            required,
            #[cfg(feature = "openapi")]
            schema: schemars::SchemaGenerator::subschema_for::<Request>,
            #[cfg(feature = "openapi")]
            parses: |body| super::portal::body::<Request>(body).is_ok(),
        }
    }
}

/// The types of an endpoint's bodies, and its query parameters.
#[derive(Clone, Copy)]
pub struct Contract {
    /// The query parameters.
    pub query: &'static [QueryParameter],
    /// The request's body, if it has one.
    pub request: Option<RequestBody>,
    /// The media type of a successful response.
    pub media_type: &'static str,
    /// Returns the schema of a successful response's body.
    #[cfg(feature = "openapi")]
    pub response: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl Contract {
    /// The contract of an endpoint whose requests have no body.
    pub const fn get<Response: Serialize + Schema>() -> Self {
        Self {
            query: &[],
            request: None,
            media_type: "application/json",
            #[cfg(feature = "openapi")]
            response: schemars::SchemaGenerator::subschema_for::<Response>,
        }
    }

    /// The contract of an endpoint whose requests have a body.
    pub const fn post<Request: DeserializeOwned + Schema, Response: Serialize + Schema>() -> Self {
        Self { request: Some(RequestBody::of::<Request>(true)), ..Self::get::<Response>() }
    }

    /// The contract of an endpoint whose requests may have a body. An empty body counts as `{}`.
    pub const fn post_or_empty<Request: DeserializeOwned + Schema, Response: Serialize + Schema>() -> Self {
        Self { request: Some(RequestBody::of::<Request>(false)), ..Self::get::<Response>() }
    }

    /// Returns the contract with another media type of a successful response.
    #[must_use]
    pub const fn answering(self, media_type: &'static str) -> Self {
        Self { media_type, ..self }
    }

    /// Returns the contract with these query parameters.
    #[must_use]
    pub const fn with_query(self, query: &'static [QueryParameter]) -> Self {
        Self { query, ..self }
    }
}
