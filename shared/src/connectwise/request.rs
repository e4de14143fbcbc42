//! Calls as values: what is sent, and what the answer is read as.

use std::marker::PhantomData;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connectwise::patch::Patch;
use crate::connectwise::query::Conditions;

/// The most rows that ConnectWise gives at once.
const PAGE_SIZE: u16 = 1000;

/// A kind of records.
pub trait Record: DeserializeOwned {
    /// The fields that are read, as the query parameter `fields` names them; empty for all.
    const FIELDS: &'static str;

    /// Its number.
    fn id(&self) -> u32;
}

/// A request, but for the site and the keys.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// For the log.
    pub name: &'static str,
    pub method: Method,
    /// Below the base of the API.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    /// The fields that a patch touches.
    pub touched: Vec<&'static str>,
}

/// A call that is answered with one record.
#[derive(Clone, Debug)]
pub struct One<T> {
    pub(super) call: Call,
    answer: PhantomData<fn() -> T>,
}

impl<T: Record> One<T> {
    pub(super) fn get(name: &'static str, path: String) -> Self {
        let query = fields::<T>().into_iter().collect();
        Self::new(Call { name, method: Method::GET, path, query, body: None, touched: Vec::new() })
    }

    /// Members of `body` that are `null` are not sent.
    pub(super) fn post(name: &'static str, path: String, mut body: Value) -> Self {
        if let Value::Object(members) = &mut body {
            members.retain(|_, value| !value.is_null());
        }
        Self::new(Call { name, method: Method::POST, path, query: Vec::new(), body: Some(body), touched: Vec::new() })
    }

    pub(super) fn patch(name: &'static str, path: String, changes: &Patch) -> Self {
        Self::new(Call {
            name,
            method: Method::PATCH,
            path,
            query: Vec::new(),
            body: Some(changes.body()),
            touched: changes.fields(),
        })
    }

    fn new(call: Call) -> Self {
        Self { call, answer: PhantomData }
    }
}

/// A call that is answered with a list of records, page by page.
#[derive(Clone, Debug)]
pub struct List<T> {
    name: &'static str,
    path: String,
    conditions: Conditions,
    order: &'static str,
    page_size: u16,
    answer: PhantomData<fn() -> T>,
}

impl<T: Record> List<T> {
    /// All records, ordered by their numbers.
    pub(super) fn all(name: &'static str, path: impl Into<String>) -> Self {
        let (path, conditions) = (path.into(), Conditions::new());
        Self { name, path, conditions, order: "id", page_size: PAGE_SIZE, answer: PhantomData }
    }

    pub(super) fn only(self, conditions: Conditions) -> Self {
        Self { conditions, ..self }
    }

    pub(super) fn by(self, order: &'static str) -> Self {
        Self { order, ..self }
    }

    /// The list, asked for so many rows at a time; 1,000 is the most.
    #[must_use]
    pub fn in_pages_of(self, page_size: u16) -> Self {
        Self { page_size, ..self }
    }

    pub(super) fn page(&self, number: u32) -> Call {
        let conditions = (!self.conditions.is_empty()).then(|| ("conditions", self.conditions.to_string()));
        let rest = [
            ("orderBy", self.order.to_owned()),
            ("pageSize", self.page_size.to_string()),
            ("page", number.to_string()),
        ];
        Call {
            name: self.name,
            method: Method::GET,
            path: self.path.clone(),
            query: conditions.into_iter().chain(fields::<T>()).chain(rest).collect(),
            body: None,
            touched: Vec::new(),
        }
    }
}

fn fields<T: Record>() -> Option<(&'static str, String)> {
    (!T::FIELDS.is_empty()).then(|| ("fields", T::FIELDS.to_owned()))
}
