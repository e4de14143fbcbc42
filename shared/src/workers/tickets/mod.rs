//! Failures become service tickets that close themselves: a configuration and a ticket for an action that fails, a note for
//! each later attempt, and the end of the ticket when it works again or is given up. Many that fail together are one ticket.
//!
//! Like the [additions](super::additions), tickets are driven by the table's stream, and what is written in ConnectWise follows
//! from what is on record, not from the event. Every create is written down before it is sent, is found again by our own key
//! (the device identifier, the external reference, a note's text), and is not sent a second time before the first one can't
//! be on its way any more.
//!
//! **People come first.** A ticket that somebody closed, merged or deleted is over: nothing is written to it any more, and no
//! other one is made for the same failures, only when it fails again after it worked. One that was moved to another board is
//! closed with that board's closing status.

mod apply;
mod consumer;
mod desired;
mod process;
mod text;

pub use consumer::{consume, tickets, turn};
pub use process::{find_out_of_sync, sync};
