//! Shared by the fault tests: the harness, the faults, the requests, the scenarios, and the models of the expected
//! state.

#![expect(clippy::indexing_slicing, reason = "JSON that the tests make themselves")]

pub mod answer;
pub mod counts;
mod events;
pub mod fault;
pub mod final_answer;
pub mod harness;
pub mod histories;
pub mod model;
pub mod parallel;
pub mod request;
pub mod run;
pub mod scenario;
pub mod state;
