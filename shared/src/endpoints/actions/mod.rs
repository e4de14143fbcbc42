//! What those call who do the actions on mailboxes.

pub mod report;
