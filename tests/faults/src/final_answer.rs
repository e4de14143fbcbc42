//! The final answer of a call, as a model expects it, and the retries that lead to it.

use service_manager::domain::error_code::ErrorCode;

use crate::answer::Answer;
use crate::harness::{Harness, LEASE};
use crate::request::Request;

/// Maximum number of retries of a call. An operator would escalate after that.
const PATIENCE: u32 = 6;

/// The final answer of a call.
pub type Final = Result<(), ErrorCode>;

/// Checks that an answer is the final one.
///
/// # Errors
/// The difference.
pub fn agrees(request: &Request, answer: &Answer, outcome: Final) -> Result<(), String> {
    let code = outcome.map_or_else(|code| i64::from(code.number()), |()| 0);
    if answer.code() == code { Ok(()) } else { Err(format!("{request:?} answers {answer:?} and not {code}")) }
}

/// Repeats the call until it succeeds or is rejected, each time after the lease of the call before.
///
/// # Errors
/// The difference between the final answer and `outcome`, or the last answer if there is no final one.
pub async fn call_until_final(harness: &Harness, request: &Request, outcome: Final) -> Result<(), String> {
    let mut last = None;
    for _ in 0..PATIENCE {
        let answer = harness.call(request).await;
        if !answer.asks_for_retry() || agrees(request, &answer, outcome).is_ok() {
            return agrees(request, &answer, outcome);
        }
        last = Some(answer);
        harness.stack.clock.advance(LEASE);
    }
    Err(format!("no final answer to {request:?}, but {last:?}"))
}
