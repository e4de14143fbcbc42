//! Lookup of a record by our own key, and creation if it does not exist.

use std::fmt;

use crate::connectwise::{Client, ConnectWiseError, Entity, ListRequest, RejectionReason, SingleRequest};

/// A lookup of the one record that has our key.
pub struct Lookup<T> {
    /// Description of the record, for messages.
    label: String,
    list: ListRequest<T>,
    /// A list that has the record as well and does not depend on the condition of the first.
    wider: Option<ListRequest<T>>,
    /// A search by another field that has the key.
    other: Option<ListRequest<T>>,
    matches: Box<dyn Fn(&T) -> bool + Send + Sync>,
}

impl<T: Entity> Lookup<T> {
    pub(super) fn new(
        label: String,
        list: ListRequest<T>,
        matches: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { label, list, wider: None, other: None, matches: Box::new(matches) }
    }

    /// Sets a wider list: for instances that do not support the condition of the first, and for
    /// [`Client::find_widely`].
    pub(super) fn or_among(self, wider: ListRequest<T>) -> Self {
        Self { wider: Some(wider), ..self }
    }

    /// Sets a search by another field that has the key, for [`Client::find_twice`].
    pub(super) fn or_by(self, other: ListRequest<T>) -> Self {
        Self { other: Some(other), ..self }
    }
}

impl<T> fmt::Debug for Lookup<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lookup").field(&self.label).finish()
    }
}

/// A record that must exist once.
#[derive(Debug)]
pub struct FindOrCreate<T> {
    /// The lookup.
    pub lookup: Lookup<T>,
    /// The create request.
    pub create: SingleRequest<T>,
}

impl Client<'_> {
    /// Returns the record that has the key, if there is one. A search can lag behind a write, so keep the ids that
    /// creates return.
    ///
    /// # Errors
    /// [`ConnectWiseError::Ambiguous`] if more than one record has the key. A person must decide which one is ours.
    pub async fn find<T: Entity>(&self, lookup: &Lookup<T>) -> Result<Option<T>, ConnectWiseError> {
        let rows = match (self.list_all(&lookup.list).await, &lookup.wider) {
            (Err(ConnectWiseError::Rejected(rejection)), Some(wider))
                if rejection.has_reason(&RejectionReason::ApiFindCondition) =>
            {
                self.list_all(wider).await?
            }
            (rows, _) => rows?,
        };
        Self::one(lookup, rows)
    }

    /// Returns the record that has the key, if there is one. If the first look finds none, looks again, at the wider list if
    /// there is one: one answer is no proof that a create did not arrive.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_widely<T: Entity>(&self, lookup: &Lookup<T>) -> Result<Option<T>, ConnectWiseError> {
        self.find_or_look(lookup, lookup.wider.as_ref()).await
    }

    /// Returns the record that has the key, if there is one. If the first search finds none, makes another one, by another
    /// field if the record has the key in two: at the cost of a request, however many records there are.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_twice<T: Entity>(&self, lookup: &Lookup<T>) -> Result<Option<T>, ConnectWiseError> {
        self.find_or_look(lookup, lookup.other.as_ref()).await
    }

    /// Finds the record, or looks a second time: at `second`, or at the same list again.
    async fn find_or_look<T: Entity>(
        &self,
        lookup: &Lookup<T>,
        second: Option<&ListRequest<T>>,
    ) -> Result<Option<T>, ConnectWiseError> {
        match self.find(lookup).await? {
            None if !cfg!(feature = "trust-first-answer") => {
                Self::one(lookup, self.list_all(second.unwrap_or(&lookup.list)).await?)
            }
            found => Ok(found),
        }
    }

    fn one<T: Entity>(lookup: &Lookup<T>, rows: Vec<T>) -> Result<Option<T>, ConnectWiseError> {
        let mut found: Vec<T> = rows.into_iter().filter(|row| (lookup.matches)(row)).collect();
        found.sort_by_key(Entity::id);
        found.dedup_by_key(|row| row.id());
        if found.len() > 1 {
            let ids = found.iter().map(Entity::id).collect();
            return Err(ConnectWiseError::Ambiguous { label: lookup.label.clone(), ids });
        }
        Ok(found.pop())
    }

    /// Returns the record that has the key, and creates it if there is none. If the create's outcome is unknown, or
    /// ConnectWise reports that the record exists, the record is [looked up widely](Self::find_widely). One call never creates
    /// twice. After [`ConnectWiseError::OutcomeUnknown`], wait before calling again, because searches lag behind writes.
    pub async fn find_or_create<T: Entity>(&self, request: &FindOrCreate<T>) -> Result<T, ConnectWiseError> {
        if let Some(found) = self.find(&request.lookup).await? {
            return Ok(found);
        }
        let error = match self.send(&request.create).await {
            Err(error) if error.may_have_created() => error,
            other => return other,
        };
        match self.find_widely(&request.lookup).await {
            Ok(Some(found)) => Ok(found),
            Err(ambiguous @ ConnectWiseError::Ambiguous { .. }) => Err(ambiguous),
            // A failed lookup does not change the fact that the record may have been created.
            Ok(None) | Err(_) => Err(error),
        }
    }
}
