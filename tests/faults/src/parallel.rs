//! Cases that run at once. All tests of the process share the slots, so that tests beside each other have the time limits
//! that each has alone.

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinError;

/// Number of concurrent cases. They mostly wait.
const AT_ONCE: usize = 24;

static SLOTS: Semaphore = Semaphore::const_new(AT_ONCE);

/// The tests of the process that run at once. More of them would let each other's calls run out of time.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Waits for the turn of a test, which ends when the returned permit is dropped.
pub async fn turn() -> Option<SemaphorePermit<'static>> {
    // The semaphore is never closed.
    TURNS.acquire().await.ok()
}

/// Runs `case` for each item, in tasks of their own, to use all cores. Returns the results in the order of the items; that
/// of a case that panics is an error.
pub async fn run<I, T, F>(items: impl IntoIterator<Item = I>, case: impl Fn(I) -> F) -> Vec<Result<T, JoinError>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let of_item = |item| {
        let running = case(item);
        tokio::spawn(async move {
            // The semaphore is never closed.
            let _slot = SLOTS.acquire().await;
            running.await
        })
    };
    let all: Vec<_> = items.into_iter().map(of_item).collect();
    futures::future::join_all(all).await
}
