//! AWS permissions of functions, as data: each endpoint declares its grants, and so does each function without a URL
//! (`shared/src/workers/functions.rs`).
//!
//! The roles stand in `template.yaml`. `tests/conformance` compares them with the grants, and knows the IAM actions.

/// A permission of a function, besides the permissions that each function has: writing its log and sending traces.
///
/// The table, the secrets and the queues are encrypted with the stack's key. Each grant includes the use of the key through
/// the service that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grant {
    /// Gets items of the table. A transaction requires the grants of its parts.
    Get,
    /// Puts items into the table.
    Put,
    /// Updates items of the table. Acquiring the lease of an account is an update.
    Update,
    /// Deletes items of the table. Releasing a lock and deleting a cursor are deletions.
    Delete,
    /// Queries a partition of the table.
    Query,
    /// Queries the index of due work.
    QueryDue,
    /// Is triggered by the table's stream.
    ConsumeStream,
    /// Reads those records of the table's stream that a dead letter names.
    ReadStream,
    /// Reads the secret with the keys of the BSS's applications, which authenticates them.
    ReadApplications,
    /// Reads the secret with the keys of the reporters, which authenticates them.
    ReadReporters,
    /// Decrypts stored credentials, with their tenant as encryption context.
    Decrypt,
    /// Encrypts credentials that are stored, with their tenant as encryption context.
    Encrypt,
    /// Sends messages to a queue.
    Send(Queue),
    /// Receives and deletes messages of a queue.
    Receive(Queue),
    /// Reads the number of messages in a queue. Lambda requires it of a function that a queue triggers.
    Count(Queue),
}

/// A queue of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Organizations whose mailboxes are to be checked.
    Checks,
    /// Audits to carry out.
    Audits,
    /// Failed runs of scheduled functions.
    DeadLetters,
    /// Batches of the table's stream that the ConnectWise functions could not process.
    ConnectWiseDeadLetters,
}
