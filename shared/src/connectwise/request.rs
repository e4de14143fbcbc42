//! Requests as values: the data to send, and the type of the response.

use std::marker::PhantomData;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connectwise::patch::Patch;
use crate::connectwise::query::Condition;
use crate::http_client::Effect;

/// The most rows that ConnectWise returns in one page.
pub const PAGE_SIZE: u16 = 1000;

/// A record type.
pub trait Entity: DeserializeOwned {
    /// The fields to read, in the format of the query parameter `fields`. Empty for all fields.
    const FIELDS: &'static str;

    /// Returns the record's id.
    fn id(&self) -> u32;
}

/// A request without site and credentials.
#[derive(Clone, Debug)]
pub(super) struct RawRequest {
    /// The request's name in the log.
    pub name: &'static str,
    pub method: Method,
    /// Path below the base of the API.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    /// The fields that a patch changes.
    pub touched: Vec<&'static str>,
}

impl RawRequest {
    /// Returns the effect, which follows from the method.
    pub fn effect(&self) -> Effect {
        if self.method == Method::GET { Effect::Read } else { Effect::Write }
    }

    /// Returns the path without its ids. Every id in a path is a number.
    pub fn path_template(&self) -> String {
        let is_id = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(|part| if is_id(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
    }
}

/// A request whose response is one record.
#[derive(Clone, Debug)]
pub struct SingleRequest<T> {
    pub(super) raw: RawRequest,
    response: PhantomData<fn() -> T>,
}

impl<T: Entity> SingleRequest<T> {
    pub(super) fn get(name: &'static str, path: String) -> Self {
        let query = fields::<T>().into_iter().collect();
        Self::new(RawRequest { name, method: Method::GET, path, query, body: None, touched: Vec::new() })
    }

    /// Members of `body` that are `null` are not sent.
    pub(super) fn post(name: &'static str, path: String, mut body: Value) -> Self {
        if let Value::Object(members) = &mut body {
            members.retain(|_, value| !value.is_null());
        }
        Self::new(RawRequest {
            name,
            method: Method::POST,
            path,
            query: Vec::new(),
            body: Some(body),
            touched: Vec::new(),
        })
    }

    pub(super) fn patch(name: &'static str, path: String, changes: &Patch) -> Self {
        Self::new(RawRequest {
            name,
            method: Method::PATCH,
            path,
            query: Vec::new(),
            body: Some(changes.body()),
            touched: changes.fields(),
        })
    }

    fn new(raw: RawRequest) -> Self {
        Self { raw, response: PhantomData }
    }
}

/// A request whose response is a list of records, page by page.
#[derive(Clone, Debug)]
pub struct ListRequest<T> {
    name: &'static str,
    path: String,
    condition: Option<Condition>,
    filter: Option<fn(&T) -> bool>,
    order: &'static str,
    pub(super) page_size: u16,
    response: PhantomData<fn() -> T>,
}

impl<T: Entity> ListRequest<T> {
    /// Returns a request for all records, ordered by id.
    pub(super) fn all(name: &'static str, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { name, path, condition: None, filter: None, order: "id", page_size: PAGE_SIZE, response: PhantomData }
    }

    /// Requests only the rows that meet the condition.
    pub(super) fn with_condition(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Keeps only the rows for which `filter` is true. ConnectWise is not asked to.
    pub(super) fn filtered_by(self, filter: fn(&T) -> bool) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Returns `true` if the list keeps the row.
    pub(super) fn keeps(&self, row: &T) -> bool {
        self.filter.is_none_or(|filter| filter(row))
    }

    pub(super) fn ordered_by(self, order: &'static str) -> Self {
        Self { order, ..self }
    }

    /// Sets the number of rows in a page, at most 1,000.
    #[must_use]
    pub fn with_page_size(self, page_size: u16) -> Self {
        Self { page_size, ..self }
    }

    pub(super) fn page(&self, number: u32) -> RawRequest {
        let condition = self.condition.as_ref().map(|condition| ("conditions", condition.to_string()));
        let rest = [
            ("orderBy", self.order.to_owned()),
            ("pageSize", self.page_size.to_string()),
            ("page", number.to_string()),
        ];
        RawRequest {
            name: self.name,
            method: Method::GET,
            path: self.path.clone(),
            query: condition.into_iter().chain(fields::<T>()).chain(rest).collect(),
            body: None,
            touched: Vec::new(),
        }
    }
}

fn fields<T: Entity>() -> Option<(&'static str, String)> {
    (!T::FIELDS.is_empty()).then(|| ("fields", T::FIELDS.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_template_has_no_id() {
        let path = "/finance/agreements/101/additions/3".to_owned();
        let request = RawRequest {
            name: "addition",
            method: Method::GET,
            path,
            query: Vec::new(),
            body: None,
            touched: Vec::new(),
        };
        assert_eq!(request.path_template(), "finance/agreements/{id}/additions/{id}");
    }
}
