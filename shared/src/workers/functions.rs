//! The functions without a URL, with their triggers and grants. `tests/conformance` compares the list with the binaries and
//! with `template.yaml`.

use crate::app::grant::Grant::{
    ConsumeStream, Count, Decrypt, Delete, Encrypt, Get, Put, Query, QueryDue, ReadStream, Receive, Send, Update,
};
use crate::app::grant::{Grant, Queue};

/// A function without a URL.
#[derive(Clone, Copy, Debug)]
pub struct BackgroundFunction {
    /// Name of the function and of its binary.
    pub name: &'static str,
    /// Event source.
    pub trigger: Trigger,
    /// AWS permissions.
    pub grants: &'static [Grant],
}

/// The event source of a function without a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The table's stream.
    Stream,
    /// Messages of a queue.
    Queue(Queue),
    /// A rate or a time, such as `rate(5 minutes)`.
    Schedule(&'static str),
    /// An operator, with `aws lambda invoke`. The function has no event source.
    Operator,
}

/// All functions without a URL.
pub static BACKGROUND_FUNCTIONS: [BackgroundFunction; 11] = [
    // Finds abandoned jobs in the index, decrypts the settings stored with them, and completes them. The runtime sends a
    // failed run to the dead-letter queue.
    BackgroundFunction {
        name: "work-reconcile",
        trigger: Trigger::Schedule("rate(5 minutes)"),
        grants: &[Get, Query, Put, Update, Delete, QueryDue, Decrypt, Send(Queue::DeadLetters)],
    },
    // Failed batches go to the dead-letter queue.
    BackgroundFunction {
        name: "connectwise-additions",
        trigger: Trigger::Stream,
        grants: &[ConsumeStream, Get, Put, Update, Query, Decrypt, Send(Queue::ConnectWiseDeadLetters)],
    },
    // The same.
    BackgroundFunction {
        name: "connectwise-tickets",
        trigger: Trigger::Stream,
        grants: &[ConsumeStream, Get, Put, Update, Query, Decrypt, Send(Queue::ConnectWiseDeadLetters)],
    },
    // Processes due work, dead letters and retry requests. Reads the stream's records that dead letters name, and sends the
    // rest of a batch that is too long for one read as another dead letter.
    BackgroundFunction {
        name: "connectwise-redrive",
        trigger: Trigger::Schedule("rate(5 minutes)"),
        grants: &[
            Get,
            Put,
            Update,
            Delete,
            Query,
            QueryDue,
            ReadStream,
            Decrypt,
            Receive(Queue::ConnectWiseDeadLetters),
            Send(Queue::ConnectWiseDeadLetters),
            Send(Queue::DeadLetters),
        ],
    },
    // Lists linked organizations, saves and deletes its cursor, and queues checks, unless enough are queued.
    BackgroundFunction {
        name: "actions-monitor",
        trigger: Trigger::Schedule("rate(1 hour)"),
        grants: &[Get, Put, Delete, Query, Send(Queue::Checks), Count(Queue::Checks), Send(Queue::DeadLetters)],
    },
    // Decrypts the partner's settings and the MSP's keys, and records events, configurations and refused credentials.
    BackgroundFunction {
        name: "actions-check",
        trigger: Trigger::Queue(Queue::Checks),
        grants: &[Get, Put, Update, Delete, Query, Decrypt, Receive(Queue::Checks), Count(Queue::Checks)],
    },
    // Reads the MSPs, their settings and last audits, and starts those that are due. For a digest, reads what failed in the index
    // of due work.
    BackgroundFunction {
        name: "connectwise-schedule",
        trigger: Trigger::Schedule("rate(1 hour)"),
        grants: &[Get, Put, Query, QueryDue, Send(Queue::Audits), Send(Queue::DeadLetters)],
    },
    // Decrypts the partner's settings and the MSP's keys, records findings and counted seats, applies fixes if the MSP wants
    // that, and sends itself the rest of an audit that takes longer than one call.
    BackgroundFunction {
        name: "connectwise-audit",
        trigger: Trigger::Queue(Queue::Audits),
        grants: &[
            Get,
            Put,
            Update,
            Delete,
            Query,
            Decrypt,
            Receive(Queue::Audits),
            Count(Queue::Audits),
            Send(Queue::Audits),
        ],
    },
    // Decrypts the sign-ins of both MSPs, marks the link as left, and deletes it once its additions have ended.
    BackgroundFunction {
        name: "customers-move",
        trigger: Trigger::Operator,
        grants: &[Get, Update, Delete, Query, Decrypt],
    },
    // Decrypts the sign-ins with both tokens, encrypts the new one for the MSP, and records the replacement in a transaction that
    // deletes the new token's own enrolment. Counts what the MSP has.
    BackgroundFunction {
        name: "tokens-replace",
        trigger: Trigger::Operator,
        grants: &[Get, Put, Delete, Query, Decrypt, Encrypt],
    },
    // Decrypts the distributor's settings, holds the lease of the account while Dropbox moves its team, and records the new reseller.
    BackgroundFunction { name: "teams-migrate", trigger: Trigger::Operator, grants: &[Get, Put, Update, Decrypt] },
];
