//! Subscriptions become additions of agreements: what was sold, changed or ended stands in the MSP's ConnectWise, once.
//!
//! Nobody who sells waits for this. The table's stream says which subscription or link was written; what it says besides is
//! not believed, but read again. So events in any order, late or more than once lead to the same end:
//!
//! ```text
//!                 the record has this very wish applied: nothing to do, and ConnectWise is not asked
//!                    ▲
//!   event ──▶ read subscription, link, record ──▶ claim the record ──▶ make it so in ConnectWise ──▶ applied
//!                                                                        │            │
//!                     somebody must mend something: failed, with why ◀───┘            └──▶ pending, with why:
//!                                                                                          tried again by itself
//! ```
//!
//! **Once.** ConnectWise knows no idempotency keys. Before an addition is created, that is written down, with the open
//! additions of that product which were there before. If the answer is lost, the addition is looked for among those that
//! appeared since; only when none has for [`ON_ITS_WAY`](super::sync::ON_ITS_WAY) is it sent again. An addition is one
//! subscription's: two that are billed by one agreement never take each other's.

mod apply;
mod close;
mod consumer;
mod create;
pub mod desired;
mod process;

pub use consumer::{consume, subscriptions, sync_subscription};
pub use process::{find_out_of_sync, sync};
