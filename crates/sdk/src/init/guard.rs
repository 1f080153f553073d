//! The guard that ends the telemetry of a program.

use std::ops::Deref;
use std::time::Duration;

use crate::provider::TelemetryProvider;

/// Ends the telemetry of a program when it is dropped, and exports all finished data, within 5 seconds unless
/// [`with_shutdown_timeout`](Self::with_shutdown_timeout) sets another timeout. It is returned by
/// [`init`](crate::init).
///
/// It dereferences to the [`TelemetryProvider`]. `std::process::exit` does not drop the guard, but also shuts the
/// provider down.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// let telemetry = floe_telemetry::init()?.with_shutdown_timeout(Duration::from_secs(2));
/// telemetry.force_flush(Duration::from_secs(1))?;
/// assert_eq!(telemetry.statistics().failed, 0);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the guard ends the telemetry"]
pub struct TelemetryGuard {
    provider: TelemetryProvider,
    timeout: Duration,
}

impl TelemetryGuard {
    pub(super) const fn new(provider: TelemetryProvider, timeout: Duration) -> Self {
        Self { provider, timeout }
    }

    /// Sets the timeout of the shutdown, when the guard is dropped and when the process exits. Default 5 seconds.
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        if !self.provider.is_noop() {
            self.provider.shutdown_at_exit(timeout);
        }
        self
    }
}

impl Deref for TelemetryGuard {
    type Target = TelemetryProvider;

    fn deref(&self) -> &TelemetryProvider {
        &self.provider
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        let _ = self.provider.shutdown(self.timeout);
    }
}
