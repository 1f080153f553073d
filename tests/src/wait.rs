//! Waits of tests.

use std::thread;
use std::time::{Duration, Instant};

/// The limit of every wait of a test. A test that passes waits much less, however busy the machine is.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for a condition that nothing announces.
///
/// # Panics
///
/// The condition does not hold within [`TIMEOUT`].
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "waited {TIMEOUT:?} in vain");
        thread::yield_now();
    }
}
