//! Looking for a record by our own key, and creating it if it is not there.

use std::fmt;

use crate::connectwise::{Client, ConnectWiseError, List, One, Reason, Record};

/// A look for the one record that has our key.
pub struct Search<T> {
    /// What is looked for, for people.
    what: String,
    list: List<T>,
    /// A list of more than that, for instances that don't know the condition of the first.
    wider: Option<List<T>>,
    is_it: Box<dyn Fn(&T) -> bool + Send + Sync>,
}

impl<T: Record> Search<T> {
    pub(super) fn new(what: String, list: List<T>, is_it: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Self { what, list, wider: None, is_it: Box::new(is_it) }
    }

    pub(super) fn or_among(self, wider: List<T>) -> Self {
        Self { wider: Some(wider), ..self }
    }
}

impl<T> fmt::Debug for Search<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Search").field(&self.what).finish()
    }
}

/// A record that is to be there, once.
#[derive(Debug)]
pub struct Wanted<T> {
    /// How it is found.
    pub search: Search<T>,
    /// How it is made.
    pub create: One<T>,
}

impl Client<'_> {
    /// The record that has the key, if there is one. What was written a moment ago may not be found yet: keep the ids that
    /// creates give.
    ///
    /// # Errors
    /// [`ConnectWiseError::Ambiguous`] if there are several: which one is ours, people must say.
    pub async fn find<T: Record>(&self, search: &Search<T>) -> Result<Option<T>, ConnectWiseError> {
        let rows = match (self.all(&search.list).await, &search.wider) {
            (Err(ConnectWiseError::Refused(refusal)), Some(wider)) if refusal.is_for(&Reason::ApiFindCondition) => {
                self.all(wider).await?
            }
            (rows, _) => rows?,
        };
        let mut found: Vec<T> = rows.into_iter().filter(|row| (search.is_it)(row)).collect();
        found.sort_by_key(Record::id);
        found.dedup_by_key(|row| row.id());
        if found.len() > 1 {
            let ids = found.iter().map(Record::id).collect();
            return Err(ConnectWiseError::Ambiguous { what: search.what.clone(), ids });
        }
        Ok(found.pop())
    }

    /// The record that has the key; it is created if there is none, and looked for again if it may have been made or is said
    /// to be there. It is never created twice in one call, but whoever calls again after [`ConnectWiseError::Unknown`] should
    /// do so some time later, since searches lag behind writes.
    pub async fn find_or_create<T: Record>(&self, wanted: &Wanted<T>) -> Result<T, ConnectWiseError> {
        if let Some(found) = self.find(&wanted.search).await? {
            return Ok(found);
        }
        let error = match self.one(&wanted.create).await {
            Err(error) if error.may_be_there() => error,
            other => return other,
        };
        match self.find(&wanted.search).await {
            Ok(Some(found)) => Ok(found),
            Err(ambiguous @ ConnectWiseError::Ambiguous { .. }) => Err(ambiguous),
            // That the look failed does not undo what may have been made.
            Ok(None) | Err(_) => Err(error),
        }
    }
}
