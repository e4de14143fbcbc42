//! The digest: once a day, week or month, one ticket about what needs the MSP's attention; none if nothing does.
//!
//! The schedule of the audits looks hourly whether a digest is due ([`prepare`]): it gathers what needs attention, and writes the
//! text with the key of the period, once. The redrive creates the ticket ([`sync_digest`]), as it does what is pending of the
//! other tickets: the create is recorded before it is sent, and found again by the period in its reference. A digest's ticket is
//! never written to again.

mod attention;
mod create;
mod prepare;
mod trials;

pub use create::sync_digest;
pub use prepare::prepare;
