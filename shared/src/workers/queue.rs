//! The messages of a queue, as Lambda passes them to a function.

use serde::Deserialize;

/// A batch of queue messages.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A queue message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id, by which it is reported as not processed.
    pub message_id: String,
    /// The content.
    pub body: String,
}
