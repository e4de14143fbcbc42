//! Capacity units that operations consume, as the engine tells them.

use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use serde_json::{Value, json};

use super::READS;
use crate::serve::MAX_BODY;

/// An operation, and the units that it consumed.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumed {
    /// Name of the operation: `GetItem`, `TransactWriteItems`, …
    pub operation: String,
    /// Read units.
    pub reads: f64,
    /// Write units, of the table and its index.
    pub writes: f64,
}

/// The operations since the meter was switched on. It is off at first, because each response is decoded for it.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Option<Vec<Consumed>>>);

impl Meter {
    pub(super) fn switch_on(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    pub(super) fn take(&self) -> Vec<Consumed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Records the units in `response`, which is returned unchanged.
    pub(super) async fn record(&self, operation: &str, response: Response) -> Response {
        let (head, body) = response.into_parts();
        let Ok(body) = to_bytes(body, MAX_BODY).await else { return Response::from_parts(head, Body::empty()) };
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let units = answer.get("ConsumedCapacity").map_or(0.0, units);
        let (reads, writes) = if READS.contains(&operation) { (units, 0.0) } else { (0.0, units) };
        if let Some(consumed) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            consumed.push(Consumed { operation: operation.to_owned(), reads, writes });
        }
        Response::from_parts(head, body.into())
    }
}

/// Returns a request that asks for the consumed capacity.
pub(super) fn with_capacity(body: &Bytes) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(members) = request.as_object_mut() {
        members.insert("ReturnConsumedCapacity".to_owned(), json!("TOTAL"));
    }
    request.to_string().into()
}

/// Returns the sum of the units of one table, or of each table of a list.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        one => one.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default(),
    }
}
