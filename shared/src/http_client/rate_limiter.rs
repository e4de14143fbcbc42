//! How many requests a minute one instance makes, for vendors that count them.

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

/// What is left for the answer at least: a request that is sent with no time for it ends in doubt.
const RESPONSE_RESERVE_OF_CALL: Duration = Duration::from_secs(1);

/// Lets a quarter of a minute's requests through at once, and the others evenly, so that no minute has more than it may.
#[derive(Debug)]
pub struct RequestLimiter {
    limiter: RateLimiter<NotKeyed, InMemoryState, Elapsed, NoOpMiddleware<Duration>>,
    clock: Elapsed,
}

impl RequestLimiter {
    /// At most `per_minute` requests in any minute, but at least one at once and one more.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let burst = NonZeroU32::new(per_minute.get() / 4).unwrap_or(NonZeroU32::MIN);
        let others = per_minute.get().saturating_sub(burst.get()).max(1);
        let clock = Elapsed(Instant::now());
        let quota = Quota::with_period(MINUTE / others).unwrap_or(Quota::per_minute(per_minute)).allow_burst(burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, clock.clone()), clock }
    }

    /// Waits until one more request may be made.
    ///
    /// # Errors
    /// [`HttpError::RateLimited`] if that is not before `deadline`.
    pub async fn acquire(&self, deadline: Deadline) -> Result<(), HttpError> {
        while let Err(not_yet) = self.limiter.check() {
            let wait = not_yet.wait_time_from(self.clock.now());
            if wait + RESPONSE_RESERVE_OF_CALL >= deadline.remaining_for_calls() {
                return Err(HttpError::RateLimited { retry_after: Some(wait) });
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}

/// The runtime's clock, which a test can stop.
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
    async fn no_minute_has_more_than_it_may() {
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
    async fn nobody_waits_beyond_the_deadline() {
        let limiter = RequestLimiter::new(NonZeroU32::MIN);
        limiter.acquire(Deadline::after(Duration::from_secs(5))).await.unwrap();
        let refused = limiter.acquire(Deadline::after(Duration::from_secs(5))).await.unwrap_err();
        assert!(matches!(refused, HttpError::RateLimited { retry_after: Some(wait) } if wait == MINUTE), "{refused}");
        limiter.acquire(Deadline::after(Duration::from_mins(2))).await.unwrap();
    }
}
