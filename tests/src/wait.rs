//! How a test waits.

use std::thread;
use std::time::{Duration, Instant};

/// The limit of whatever a test waits for: it passes long before, however busy the machine is, or it fails.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Waits for a condition that nothing announces.
///
/// # Panics
///
/// It does not hold within [`TIMEOUT`].
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "waited {TIMEOUT:?} in vain");
        thread::yield_now();
    }
}
