//! Paging, and the envelopes of section 4.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Errors, Refusal};

const DEFAULT_SIZE: usize = 25;
const MAX_SIZE: usize = 100;

/// Maximum number of mailboxes on a page.
pub const MAX_MAILBOXES: usize = 25;

/// The page parameters of a request. Other parameters are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct PageQuery(HashMap<String, String>);

/// A page: 1-based number and size.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    number: usize,
    size: usize,
}

impl PageQuery {
    /// Returns the requested page, by default the first. `None` if no page parameter was sent.
    pub fn page(&self) -> Result<Option<Page>, Refusal> {
        let mut errors = Errors::new();
        let mut read = |name: &str| {
            let text = self.0.get(name)?;
            let number = text.parse::<usize>().ok().filter(|number| *number > 0);
            if number.is_none() {
                errors.insert(name.to_owned(), vec!["must be a positive integer".to_owned()]);
            }
            number
        };
        let (number, size) = (read("page"), read("per_page"));
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        if number.is_none() && size.is_none() {
            return Ok(None);
        }
        Ok(Some(Page { number: number.unwrap_or(1), size: size.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE) }))
    }
}

impl Page {
    /// Limits the page size to `most`.
    pub fn at_most(self, most: usize) -> Self {
        Self { size: self.size.min(most), ..self }
    }
}

/// Returns a plain array of the rows of `records`, or the `result_set` envelope if a page was requested.
pub fn result_set<T>(records: &[T], page: Option<Page>, row: impl Fn(&T) -> Value) -> Value {
    let Some(Page { number, size }) = page else { return records.iter().map(row).collect() };
    let entries = records.len();
    let shown: Vec<Value> = records.iter().skip((number - 1).saturating_mul(size)).take(size).map(row).collect();
    json!({
        "result_set": shown,
        "pagination": { "current_page": number, "total_pages": entries.div_ceil(size), "total_entries": entries }
    })
}

/// Returns the `data` envelope of rows.
pub fn data(rows: &[Value], page: Option<Page>) -> Value {
    let Page { number, size } = page.unwrap_or(Page { number: 1, size: DEFAULT_SIZE });
    let shown: Vec<_> = rows.iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    let mut pagination = json!({ "current_page": number, "per_page": size });
    if let Some(members) = pagination.as_object_mut()
        && number.saturating_mul(size) < rows.len()
    {
        members.insert("next_page".to_owned(), json!(number + 1));
    }
    json!({ "pagination": pagination, "data": shown })
}
