//! Tickets: failing actions become service tickets that close automatically. A failing action has a configuration and a
//! ticket, and each later attempt adds a note. The ticket is closed when the action works again or is abandoned. Many
//! actions of an organization that fail together share one group ticket.
//!
//! Like the [additions](super::additions), tickets are driven by the table's stream, and the desired state is computed from
//! the records, not from the event. Every create is recorded before it is sent and is found again by our own key: the
//! device identifier, the external reference, a note's text. It is not sent again while the first request may still
//! complete.
//!
//! **People take precedence.** A ticket that a person closed, merged or deleted is over: nothing more is written to it (it is
//! read immediately before each write, since ConnectWise has no conditional one), it is not reopened, and
//! the same failures open no other ticket. A failure after a recovery does. A ticket that was moved to another board is
//! closed with that board's closing status.

mod apply;
mod completed;
mod consumer;
mod create;
mod desired;
pub mod fields;
pub mod hold;
mod process;
pub mod refusal;
mod text;

pub use consumer::{consume, sync_ticket, tickets};
pub use process::{find_out_of_sync, live_since, live_subscription, sync};
