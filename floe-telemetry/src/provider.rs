//! The telemetry of a process: initialisation from a configuration, flush and shutdown.
//!
//! ```text
//!            initialize()                 force_flush()
//!  builder ───────────────► INITIALIZED ◄──────────────► FLUSHING
//!     │                          │
//!     │ enabled: false,          │ shutdown() or drop
//!     │ OTEL_SDK_DISABLED        ▼
//!     └──────► NO-OP          SHUTDOWN     (a new provider may be initialised)
//! ```
//!
//! | | INITIALIZED, FLUSHING | SHUTDOWN | NO-OP |
//! |---|---|---|---|
//! | `initialize()` of another provider | an error ([`Error::is_state`]) | allowed | allowed |
//! | `force_flush()` | exports | does nothing | does nothing |
//! | `shutdown()`, drop | exports, then SHUTDOWN | does nothing | does nothing |
//!
//! These methods may be called concurrently and from any thread. Each blocks the calling thread until it
//! returns, also inside an async runtime.
//!
//! Only one provider at a time uses the recorder. Flush and shutdown return within their timeout even
//! if a backend does not respond, and a second shutdown does nothing.

mod builder;
mod delivery;
mod ensure;
#[cfg(feature = "logs")]
mod logs;
mod metrics;
mod sampling;
mod targets;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use self::builder::TelemetryProviderBuilder;
use self::delivery::await_delivery;
pub use self::ensure::ensure_telemetry_initialized;
pub use self::sampling::SamplingHandle;
use crate::clock::monotonic_now;
use crate::collector::{Counters, Statistics};
use crate::config::TelemetryConfig;
use crate::error::Error;
#[cfg(feature = "logs")]
use crate::logs::Logs;
use crate::metrics::Meters;
use crate::recorder::{self, RecorderTracerProvider};

/// The timeout of the shutdown that dropping a provider performs.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a provider is in use. A process has at most one.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The telemetry of a process. Dropping the provider shuts it down.
///
/// ```standalone_crate
/// use std::time::Duration;
/// use floe_telemetry::{TelemetryConfig, TelemetryProvider, exporter::MemoryExporter};
///
/// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
///     .with_span_exporter(MemoryExporter::new())
///     .initialize()?;
/// telemetry.force_flush(Duration::from_secs(5))?;
/// telemetry.shutdown(Duration::from_secs(5))?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the provider shuts it down"]
pub struct TelemetryProvider {
    is_noop: bool,
    is_shut_down: AtomicBool,
    counters: Arc<Counters>,
    /// `None` if there is no metric exporter.
    meters: Option<Meters>,
    #[cfg(feature = "logs")]
    logs: Option<Logs>,
    sampling: SamplingHandle,
}

impl TelemetryProvider {
    /// Returns a builder for a provider with this configuration.
    pub fn builder(config: TelemetryConfig) -> TelemetryProviderBuilder {
        TelemetryProviderBuilder::new(config)
    }

    /// A provider that records nothing.
    fn noop() -> Self {
        Self {
            is_noop: true,
            is_shut_down: AtomicBool::new(true),
            counters: Arc::default(),
            meters: None,
            #[cfg(feature = "logs")]
            logs: None,
            sampling: SamplingHandle::new(&TelemetryConfig::new("noop")),
        }
    }

    /// Returns an OpenTelemetry tracer provider over the same recorder, for code that uses
    /// OpenTelemetry's API. It can be set as the global tracer provider:
    ///
    /// ```
    /// use floe_telemetry::TelemetryProvider;
    ///
    /// opentelemetry::global::set_tracer_provider(TelemetryProvider::tracer_provider());
    /// ```
    #[must_use]
    pub fn tracer_provider() -> RecorderTracerProvider {
        RecorderTracerProvider
    }

    /// Returns whether this provider records nothing, for example because the configuration or
    /// `OTEL_SDK_DISABLED` disables telemetry.
    #[must_use]
    pub const fn is_noop(&self) -> bool {
        self.is_noop
    }

    /// Returns a handle that changes the sampling ratio, the sampling rules and the filter by target and
    /// level while the program runs.
    #[must_use]
    pub fn sampling_handle(&self) -> SamplingHandle {
        self.sampling.clone()
    }

    /// Returns the numbers of spans and log records by their outcome so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.counters.read()
    }

    /// Exports all spans that ended, all metrics that were recorded and all log records that were
    /// emitted before the call. Does nothing after shutdown.
    ///
    /// # Errors
    ///
    /// Fails if an export has failed since the last flush, or if `timeout` has passed.
    pub fn force_flush(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop || self.is_shut_down.load(Ordering::Acquire) {
            return Ok(());
        }
        let operation = "flush";
        let deadline = monotonic_now().checked_add(timeout);
        #[cfg(feature = "logs")]
        let reports = self.logs.as_ref().map(Logs::flush);
        let metrics = || self.meters.as_ref().map(Meters::flush);
        let result = await_delivery(operation, timeout, deadline, None, &self.counters, metrics);
        #[cfg(feature = "logs")]
        let result = result.and(logs::await_delivery(reports, operation, timeout, deadline));
        result
    }

    /// Stops recording, exports all spans that have ended, all metrics and all log records, and shuts
    /// the exporters down. A second call does nothing.
    ///
    /// # Errors
    ///
    /// Fails if an export has failed since the last flush, or if `timeout` has passed.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop || self.is_shut_down.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        recorder::stop_provider();
        let operation = "shutdown";
        let deadline = monotonic_now().checked_add(timeout);
        #[cfg(feature = "logs")]
        let reports = self.logs.as_ref().map(|logs| logs.shut_down(timeout));
        let metrics = || {
            let meters = self.meters.as_ref();
            meters.map(|meters| meters.shut_down(timeout))
        };
        let result = await_delivery(
            operation,
            timeout,
            deadline,
            Some(timeout),
            &self.counters,
            metrics,
        );
        #[cfg(feature = "logs")]
        let result = result.and(logs::await_delivery(reports, operation, timeout, deadline));
        IN_USE.store(false, Ordering::Release);
        result
    }
}

impl Drop for TelemetryProvider {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown(DROP_TIMEOUT) {
            tracing::warn!(%error, "the telemetry provider could not be shut down cleanly");
        }
    }
}
