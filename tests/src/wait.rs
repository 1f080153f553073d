//! The limit of waits in tests, and a wait for a condition.

use std::thread;
use std::time::{Duration, Instant};

/// The limit of waits in tests. A passing test waits much less, however busy the machine is.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for a condition by polling it, because nothing announces the condition.
///
/// # Panics
///
/// The condition does not hold within [`TIMEOUT`].
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "the condition did not hold within {TIMEOUT:?}");
        thread::yield_now();
    }
}
