//! Additions: each subscription that is linked with an agreement has one open addition in the MSP's ConnectWise, with the
//! billed plan and quantity.
//!
//! A sale does not wait for this. The table's stream reports which subscription or link changed, and the consumer reads the
//! current items. So events in any order, late or more than once lead to the same result:
//!
//! ```text
//!                 in sync already: ConnectWise is not called
//!                    ▲
//!   event ──▶ read subscription, link, record ──▶ acquire the lease ──▶ converge in ConnectWise ──▶ synced
//!                                                                         │            │
//!                     a person must act: failed, with the reason ◀────────┘            └──▶ pending, with the reason:
//!                                                                                           retried automatically
//! ```
//!
//! **Exactly once.** ConnectWise offers no idempotency keys. Before an addition is created, the record states that the
//! create is about to be sent, with the ids of the product's open additions at that time. If the answer is lost, the
//! addition is searched for among those that appeared since. The create is sent again only if none appears within
//! [`CONNECTWISE_CREATE_WINDOW`](super::sync::CONNECTWISE_CREATE_WINDOW). An addition belongs to one subscription: two
//! subscriptions that are billed by the same agreement never take each other's.

mod apply;
mod close;
mod consumer;
mod create;
pub mod dates;
pub mod desired;
pub mod former;
mod process;

pub use consumer::{consume, subscriptions, sync_subscription};
pub use process::{find_out_of_sync, sync};
