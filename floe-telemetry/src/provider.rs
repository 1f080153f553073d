//! The telemetry of a process: started from a configuration, flushed, and shut down.
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
//! | `initialize()` of another | an error ([`Error::is_state`]) | allowed | allowed |
//! | `force_flush()` | delivers | nothing | nothing |
//! | `shutdown()`, drop | delivers, then SHUTDOWN | nothing | nothing |
//!
//! All of them may be called from any thread, at once, and inside a runtime, which they hold up.
//!
//! One provider at a time has the recorder. Flush and shutdown end within their timeout whatever
//! the backend does, and shutting down again does nothing.

mod builder;
mod ensure;
mod finish;
#[cfg(feature = "logs")]
mod logs;
mod metrics;
mod sampling;
mod targets;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use self::builder::TelemetryProviderBuilder;
pub use self::ensure::ensure_telemetry_initialized;
use self::finish::finish;
pub use self::sampling::SamplingHandle;
use crate::clock::monotonic_now;
use crate::collector::{Counters, Statistics};
use crate::config::TelemetryConfig;
use crate::error::Error;
#[cfg(feature = "logs")]
use crate::logs::Logs;
use crate::metrics::Meters;
use crate::recorder::{self, RecorderTracerProvider};

/// How long a provider that is dropped may take to deliver what it has.
const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// The only process-wide slot: whether a provider has the recorder.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The telemetry of a process. Dropping it shuts it down.
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
    /// `None`: nobody takes metrics.
    meters: Option<Meters>,
    #[cfg(feature = "logs")]
    logs: Option<Logs>,
    sampling: SamplingHandle,
}

impl TelemetryProvider {
    /// Starts to build a provider.
    pub fn builder(config: TelemetryConfig) -> TelemetryProviderBuilder {
        TelemetryProviderBuilder::new(config)
    }

    /// One that records nothing.
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

    /// An OpenTelemetry tracer provider over the same recorder, for code that knows only
    /// OpenTelemetry. It can be made the global one:
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

    /// Whether nothing is recorded, because the configuration or `OTEL_SDK_DISABLED` says so.
    #[must_use]
    pub const fn is_noop(&self) -> bool {
        self.is_noop
    }

    /// A handle to change, while the program runs, which spans are recorded: the sampling ratio, the
    /// sampling rules and the filter by target and level.
    #[must_use]
    pub fn sampling_handle(&self) -> SamplingHandle {
        self.sampling.clone()
    }

    /// What became of the spans so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.counters.read()
    }

    /// Delivers every span that ended, every metric that was recorded and everything that was logged
    /// before the call. Does nothing after shutdown.
    ///
    /// # Errors
    ///
    /// An exporter failed to deliver since the last flush, or `timeout` passed.
    pub fn force_flush(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop || self.is_shut_down.load(Ordering::Acquire) {
            return Ok(());
        }
        let what = "flush";
        let deadline = monotonic_now().checked_add(timeout);
        #[cfg(feature = "logs")]
        let reports = self.logs.as_ref().map(Logs::flush);
        let metrics = || self.meters.as_ref().map(Meters::flush);
        let result = finish(what, timeout, deadline, None, metrics);
        #[cfg(feature = "logs")]
        let result = result.and(logs::finish(reports, what, timeout, deadline));
        result
    }

    /// Stops recording, delivers every span that has ended, every metric and every log record, and
    /// ends the exporters. A second call does nothing.
    ///
    /// # Errors
    ///
    /// An exporter failed to deliver since the last flush, or `timeout` passed.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop || self.is_shut_down.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        recorder::stop_provider();
        let what = "shutdown";
        let deadline = monotonic_now().checked_add(timeout);
        #[cfg(feature = "logs")]
        let reports = self.logs.as_ref().map(|logs| logs.shut_down(timeout));
        let metrics = || {
            let meters = self.meters.as_ref();
            meters.map(|meters| meters.shut_down(timeout))
        };
        let result = finish(what, timeout, deadline, Some(timeout), metrics);
        #[cfg(feature = "logs")]
        let result = result.and(logs::finish(reports, what, timeout, deadline));
        IN_USE.store(false, Ordering::Release);
        result
    }
}

impl Drop for TelemetryProvider {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown(DROP_TIMEOUT) {
            tracing::warn!(%error, "the telemetry could not be shut down cleanly");
        }
    }
}
