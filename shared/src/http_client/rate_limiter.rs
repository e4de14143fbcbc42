//! Rate limit of one instance, in requests per minute, for vendors that limit them.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::error::HttpError;
use crate::http_client::Deadline;

const MINUTE: Duration = Duration::from_mins(1);

/// Minimum time for a call after the wait. A request that is sent with less may end without a known outcome.
const MIN_CALL_TIME: Duration = Duration::from_secs(1);

/// Admits a quarter of the requests of a minute at once and spaces the others evenly, so that no minute exceeds the
/// limit.
#[derive(Debug)]
pub struct RequestLimiter {
    limiter: RateLimiter<NotKeyed, InMemoryState, Elapsed, NoOpMiddleware<Duration>>,
    clock: Elapsed,
}

impl RequestLimiter {
    /// Returns a limiter that admits at most `per_minute` requests in any minute. The minimum is two.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let burst = NonZeroU32::new(per_minute.get() / 4).unwrap_or(NonZeroU32::MIN);
        let others = per_minute.get().saturating_sub(burst.get()).max(1);
        let clock = Elapsed(Instant::now());
        let quota = Quota::with_period(MINUTE / others).unwrap_or(Quota::per_minute(per_minute)).allow_burst(burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, clock.clone()), clock }
    }

    /// Waits until the limit admits one more request.
    ///
    /// # Errors
    /// [`HttpError::RateLimited`] if the wait does not end before `deadline`.
    pub async fn acquire(&self, deadline: Deadline) -> Result<(), HttpError> {
        while let Err(not_yet) = self.limiter.check() {
            let wait = not_yet.wait_time_from(self.clock.now());
            if wait + MIN_CALL_TIME >= deadline.remaining_for_calls() {
                return Err(HttpError::RateLimited { retry_after: Some(wait) });
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}

/// The clock of the async runtime, which tests can pause.
#[derive(Clone, Debug)]
struct Elapsed(Instant);

impl Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_exceeds_the_limit() {
        let limiter = RequestLimiter::new(NonZeroU32::new(40).unwrap());
        let deadline = Deadline::after(Duration::from_hours(1));
        let started = Instant::now();
        let mut admitted = Vec::new();
        for _ in 0..200 {
            limiter.acquire(deadline).await.unwrap();
            admitted.push(started.elapsed());
        }
        assert_eq!(admitted[9], Duration::ZERO);
        assert!(admitted[10] > Duration::ZERO);
        for window in admitted.windows(41) {
            assert!(window[40] >= window[0] + MINUTE, "{:?}", window[0]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_request_waits_beyond_the_deadline() {
        let limiter = RequestLimiter::new(NonZeroU32::MIN);
        limiter.acquire(Deadline::after(Duration::from_secs(5))).await.unwrap();
        let error = limiter.acquire(Deadline::after(Duration::from_secs(5))).await.unwrap_err();
        assert!(matches!(error, HttpError::RateLimited { retry_after: Some(wait) } if wait == MINUTE), "{error}");
        limiter.acquire(Deadline::after(Duration::from_mins(2))).await.unwrap();
    }
}
