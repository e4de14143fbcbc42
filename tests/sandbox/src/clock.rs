//! The time that the sandboxes and the functions under test share, so that a test can let days pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// System time plus an offset that only [`advance`](Self::advance) moves. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct SandboxClock {
    offset_micros: Arc<AtomicI64>,
}

impl SandboxClock {
    /// The time as the sandbox sees it.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_micros(self.offset_micros.load(Ordering::SeqCst));
        Timestamp::now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Moves the time by `step` (back, if negative), for every clone; to the microsecond.
    pub fn advance(&self, step: SignedDuration) {
        let micros = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
        self.offset_micros.fetch_add(micros, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_offset() {
        let clock = SandboxClock::default();
        let before = clock.now();
        clock.clone().advance(SignedDuration::from_hours(24));
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(24));
    }
}
