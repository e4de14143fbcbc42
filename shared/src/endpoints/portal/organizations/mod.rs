//! Customers that are sold a plan in the portal.

pub mod activate;
pub mod create;
pub mod suspend;
pub mod unsubscribe;
pub mod update;
