//! Exactly once: every fault at every step, random histories, a vendor that hangs, an outage, floods and replays. A module's
//! tests are run by its name: `cargo test -p faults matrix::`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod additions;
mod channels;
mod checks;
mod flood;
mod histories;
mod matrix;
mod outage;
mod reconcile;
mod replay;
mod tickets;
mod vendor_timeout;
