//! Cases that run at once. All tests of the process share the slots, so that tests beside each other have the time limits
//! that each has alone.

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinError;

/// Number of concurrent cases that mostly wait.
const WAITING: usize = 24;

/// Number of concurrent cases that compute, and wait for a second at most.
const COMPUTING: usize = 16;

static WAITING_SLOTS: Semaphore = Semaphore::const_new(WAITING);
static COMPUTING_SLOTS: Semaphore = Semaphore::const_new(COMPUTING);

/// The tests of the process that run at once. More of them would let each other's calls run out of time.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Waits for the turn of a test, which ends when the returned permit is dropped.
pub async fn turn() -> Option<SemaphorePermit<'static>> {
    // The semaphore is never closed.
    TURNS.acquire().await.ok()
}

/// Runs `case`, which mostly waits, for each item, in tasks of their own, to use all cores. Returns the results in the order of
/// the items; that of a case that panics is an error.
pub async fn run<I, T, F>(items: impl IntoIterator<Item = I>, case: impl Fn(I) -> F) -> Vec<Result<T, JoinError>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    run_in(&WAITING_SLOTS, items, case).await
}

/// Does what [`run`] does for cases that wait for a second at most.
pub async fn run_computing<I, T, F>(
    items: impl IntoIterator<Item = I>,
    case: impl Fn(I) -> F,
) -> Vec<Result<T, JoinError>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    run_in(&COMPUTING_SLOTS, items, case).await
}

async fn run_in<I, T, F>(
    slots: &'static Semaphore,
    items: impl IntoIterator<Item = I>,
    case: impl Fn(I) -> F,
) -> Vec<Result<T, JoinError>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let of_item = |item| {
        let running = case(item);
        tokio::spawn(async move {
            // The semaphore is never closed.
            let _slot = slots.acquire().await;
            running.await
        })
    };
    let all: Vec<_> = items.into_iter().map(of_item).collect();
    futures::future::join_all(all).await
}
