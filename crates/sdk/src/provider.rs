//! The telemetry of a process: initialization from a configuration, flush and shutdown.
//!
//! ```text
//!            initialize()                 force_flush()
//!  builder ───────────────► INITIALIZED ◄──────────────► FLUSHING
//!     │                          │
//!     │ enabled: false,          │ shutdown() or drop
//!     │ OTEL_SDK_DISABLED        ▼
//!     └──────► NO-OP          SHUTDOWN     (a new provider may be initialized)
//! ```
//!
//! | | INITIALIZED, FLUSHING | SHUTDOWN | NO-OP |
//! |---|---|---|---|
//! | `initialize()` of another provider | an error ([`Error::is_state`]) | allowed | allowed |
//! | `force_flush()` | exports | does nothing | does nothing |
//! | `shutdown()`, drop | exports, then SHUTDOWN | waits for the first one | does nothing |
//!
//! These methods may be called concurrently and from any thread. Each blocks the calling thread until it
//! returns, also inside an async runtime.
//!
//! Only one provider at a time uses the recorder. Flush and shutdown return within their timeout even if a backend does
//! not respond. A second shutdown waits until the first one has ended.

mod builder;
mod delivery;
mod exit;
mod logs;
pub(crate) mod metrics;
mod program_sampler;
mod resource;
mod sampling;
mod shares;
#[cfg_attr(not(all(unix, not(miri))), path = "provider/no_standby.rs")]
mod standby;
mod start_message;
mod targets;
#[cfg(test)]
mod tests;

use std::mem::{self, ManuallyDrop};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use floe_telemetry_core::__sdk::standard_error::write_if_room;
use floe_telemetry_core::RecorderTracerProvider;
use opentelemetry_sdk::Resource;

pub use self::builder::{ExporterFactory, TelemetryProviderBuilder};
use self::delivery::{await_delivery, end_of_exports, is_delivered, lost, time_until, undelivered};
use self::logs::ProviderLogs;
use self::metrics::ProviderMetrics;
use self::standby::is_hurried;
pub(crate) use self::start_message::report_missing_exporter;
use crate::clock::{Instant, monotonic_now};
use crate::collector::{Counters, Ending, Statistics};
use crate::config::TelemetryConfig;
use crate::error::Error;
use crate::internal_log::{is_shown, write_line};
use crate::logs::RecorderLoggerProvider;
use crate::metrics::RecorderMeterProvider;
use crate::recorder::{self, Sampling};
use crate::unheard::without_subscriber;

/// The timeout of the shutdown when the provider is dropped, unless the program sets another one.
pub(crate) const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// The time after its start in which dropping a provider without a span may be a mistake. Later, a program that records
/// no span by choice, for example by a sampler, has more likely ended.
const SOON: Duration = Duration::from_secs(60);

/// The number of the process that has a provider in use, see [`this_process`]; 0 without a provider.
static IN_USE_BY: AtomicU32 = AtomicU32::new(0);

/// Returns a number that differs between a process and its forks, and is not 0.
fn this_process() -> u32 {
    recorder::forks().wrapping_add(1)
}

/// The telemetry of a process. Dropping the provider shuts it down, and exports all finished data, within 5 seconds
/// unless [`with_shutdown_timeout`](Self::with_shutdown_timeout) sets another timeout.
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
#[must_use = "bind it: `let _telemetry = …`, because dropping the provider ends the telemetry"]
pub struct TelemetryProvider {
    inner: Arc<Inner>,
    drop_timeout: Duration,
}

/// The state of a provider, to which the functions for the end of the process have weak references.
#[derive(Debug)]
struct Inner {
    is_noop: bool,
    started: Instant,
    is_shut_down: AtomicBool,
    shutdown_end: Ending,
    /// The process that initialized the provider. Its threads do not exist in a fork.
    process: u32,
    counters: Arc<Counters>,
    /// `None` without a metric exporter. Not dropped in a fork, because dropping waits for threads.
    meters: ManuallyDrop<Option<ProviderMetrics>>,
    logs: ManuallyDrop<ProviderLogs>,
    resource: Resource,
}

impl TelemetryProvider {
    /// Returns a builder for a provider with this configuration.
    pub fn builder(config: TelemetryConfig) -> TelemetryProviderBuilder {
        TelemetryProviderBuilder::new(config)
    }

    pub(crate) fn noop() -> Self {
        let resource = Resource::builder_empty().build();
        Self::of(Inner::new(true, Arc::default(), resource, ProviderLogs::default(), None))
    }

    fn of(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), drop_timeout: DROP_TIMEOUT }
    }

    /// Returns the resource that exporters get: redacted, with the attributes of detectors and of the process. It is
    /// empty if the provider [does nothing](Self::is_noop).
    ///
    /// ```standalone_crate
    /// use floe_telemetry::exporter::MemoryExporter;
    /// use floe_telemetry::{TelemetryConfig, TelemetryProvider};
    ///
    /// let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
    ///     .with_span_exporter(MemoryExporter::new())
    ///     .initialize()?;
    /// let service = telemetry.resource().get(&"service.name".into());
    /// assert_eq!(service.unwrap().as_str(), "orders");
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn resource(&self) -> &Resource {
        &self.inner.resource
    }

    /// Returns an OpenTelemetry tracer provider that uses this library's recorder, for code that uses OpenTelemetry's
    /// API. It can be set as the global tracer provider:
    ///
    /// ```
    /// use floe_telemetry::TelemetryProvider;
    ///
    /// opentelemetry::global::set_tracer_provider(TelemetryProvider::tracer_provider());
    /// ```
    pub fn tracer_provider() -> RecorderTracerProvider {
        RecorderTracerProvider::default()
    }

    /// Returns an OpenTelemetry meter provider that records metrics with the provider in use, for code that uses
    /// OpenTelemetry's API. Measurements are redacted. [`init`](crate::init) sets it as the global meter provider:
    ///
    /// ```
    /// use floe_telemetry::TelemetryProvider;
    ///
    /// opentelemetry::global::set_meter_provider(TelemetryProvider::meter_provider());
    /// ```
    pub fn meter_provider() -> RecorderMeterProvider {
        RecorderMeterProvider
    }

    /// Returns an OpenTelemetry logger provider that uses the log exporters of the provider in use, for bridges that
    /// use OpenTelemetry's logs API. Records are redacted. OpenTelemetry has no global logger provider, so a bridge
    /// gets this one:
    ///
    /// ```
    /// use floe_telemetry::TelemetryProvider;
    /// use floe_telemetry::opentelemetry::logs::{LogRecord, Logger, LoggerProvider, Severity};
    ///
    /// let logger = TelemetryProvider::logger_provider().logger("acme.audit");
    /// let mut record = logger.create_log_record();
    /// record.set_severity_number(Severity::Info);
    /// record.set_event_name("order.placed");
    /// record.add_attribute("order.id", 7);
    /// logger.emit(record);
    /// ```
    pub fn logger_provider() -> RecorderLoggerProvider {
        RecorderLoggerProvider
    }

    /// Returns whether this provider does nothing, for example because the configuration or `OTEL_SDK_DISABLED`
    /// disables telemetry. A provider without exporters is in use like any other, but records no spans.
    pub fn is_noop(&self) -> bool {
        self.inner.is_noop
    }

    /// Returns the numbers of spans and log records by their outcome so far.
    pub fn statistics(&self) -> Statistics {
        self.inner.counters.read()
    }

    /// Exports all spans, metrics and log records that were finished before the call. During a shutdown, this call only
    /// waits until the shutdown has ended. After a shutdown, it does nothing.
    ///
    /// # Errors
    ///
    /// Fails if an export has failed since the last flush, or if `timeout` has passed. In a fork of the
    /// process that has initialized the provider, it fails at once ([`Error::is_state`]).
    pub fn force_flush(&self, timeout: Duration) -> Result<(), Error> {
        self.inner.force_flush(timeout)
    }

    /// Stops recording, exports all spans that have ended, all metrics and all log records, and shuts the exporters
    /// down. A second call waits until the first one has ended, at most for its own `timeout`. If data was lost since
    /// the start or spans are still open, one line on standard error says so.
    ///
    /// # Errors
    ///
    /// Fails if an export has failed since the last flush, or if `timeout` has passed: the error names the
    /// cause and the number of spans that are pending. A second call fails only if its timeout has passed. In
    /// a fork of the process that has initialized the provider, it fails at once ([`Error::is_state`]).
    pub fn shutdown(&self, timeout: Duration) -> Result<(), Error> {
        self.inner.shutdown(timeout)
    }

    /// Shuts the provider down when the process exits by [`std::process::exit`] or by returning from `main`, within
    /// `timeout`. Otherwise only dropping the provider shuts it down, and `exit` drops nothing.
    ///
    /// A thread waits for the exit from now on. A signal handler should not call `exit`: if it has interrupted a thread
    /// that allocates, the telemetry may be lost, and destructors of thread-local values may hang.
    /// [`shutdown_on_signals`](Self::shutdown_on_signals) always delivers. A process that is aborted or killed by a signal
    /// delivers nothing. A warning is written to standard error if the thread cannot be started, or the exit handler
    /// cannot be registered. On systems other than Unix, this method has no effect.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let telemetry = floe_telemetry::init_or_noop();
    /// telemetry.shutdown_at_exit(Duration::from_secs(2));
    /// ```
    pub fn shutdown_at_exit(&self, timeout: Duration) {
        if self.is_noop() {
            return;
        }
        if let Err(error) = exit::at_exit(&self.inner, timeout) {
            write_line(
                "warn",
                &format!("telemetry is not delivered when the process exits: {error}"),
            );
        }
    }

    /// Ends the process at SIGTERM, SIGINT and SIGHUP, with everything delivered within the
    /// [timeout](Self::with_shutdown_timeout): a thread shuts the provider down, and then the process ends by the same
    /// signal, so that its parent sees the cause. Another signal, more than half a second later, ends the process at
    /// once, with the number of the lost spans. If plugins contain copies of this library, the process ends when the last
    /// copy has finished. The provider is also shut down at the exit, as by [`shutdown_at_exit`](Self::shutdown_at_exit).
    ///
    /// A handler that was there before, such as one of Node, Python, a JVM or `ctrlc`, gets the signal once everything is
    /// delivered, and the program ends in its own way: nothing that it records from then on is exported. If it does not
    /// end, the next signal ends the process. A program whose handlers record telemetry calls
    /// [`shutdown`](Self::shutdown) after its own work instead, as does one that handles these signals later, or that
    /// survives one of them, such as a server that reloads its settings at SIGHUP or a prompt that SIGINT interrupts.
    /// If there is also a handler that was installed later and calls the library's handler, it gets the signal twice:
    /// before the delivery and after it.
    ///
    /// A signal that the process ignores, as below `nohup`, stays ignored. A fork ends at once. Without a provider in
    /// use, signals end the process at once. A [no-op provider](Self::is_noop) changes nothing, and neither does any on
    /// systems other than Unix.
    ///
    /// ```
    /// let telemetry = floe_telemetry::init_or_noop();
    /// telemetry.shutdown_on_signals()?;
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The handler of the exit cannot be installed, or the thread that waits for the end cannot be started.
    pub fn shutdown_on_signals(&self) -> Result<(), Error> {
        if self.is_noop() {
            return Ok(());
        }
        exit::at_exit(&self.inner, self.drop_timeout)?;
        standby::end_at_signals();
        Ok(())
    }

    /// Sets the timeout of the shutdown, when the provider is dropped and when the process exits. Default 5 seconds.
    ///
    /// ```standalone_crate
    /// use std::time::Duration;
    ///
    /// let telemetry = floe_telemetry::init()?.with_shutdown_timeout(Duration::from_secs(2));
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.drop_timeout = timeout;
        self.shutdown_at_exit(timeout);
        self
    }

    /// Adds a panic hook that flushes the provider within `timeout` after the previous hook, for programs
    /// that are compiled with `panic = "abort"`: such a program ends right after its panic hook.
    ///
    /// The hook also runs for panics that do not end the process. Each of them blocks its thread until everything is
    /// exported, at most for `timeout` and a second for an error message. Panics on the threads of the library, such as
    /// a panic of an exporter, are caught there and do not flush. Spans that are open at the panic are lost if the
    /// process ends.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let telemetry = floe_telemetry::init_or_noop();
    /// telemetry.flush_on_panic(Duration::from_secs(2));
    /// ```
    pub fn flush_on_panic(&self, timeout: Duration) {
        exit::on_panic(&self.inner, timeout);
    }
}

impl Inner {
    fn new(
        is_noop: bool,
        counters: Arc<Counters>,
        resource: Resource,
        logs: ProviderLogs,
        meters: Option<ProviderMetrics>,
    ) -> Self {
        Self {
            resource,
            is_noop,
            started: monotonic_now(),
            is_shut_down: AtomicBool::new(is_noop),
            shutdown_end: Ending::default(),
            process: this_process(),
            meters: ManuallyDrop::new(meters),
            logs: ManuallyDrop::new(logs),
            counters,
        }
    }

    /// Whether this is a fork of the process that initialized the provider.
    fn is_inherited(&self) -> bool {
        self.process != this_process()
    }

    fn check_process(&self) -> Result<(), Error> {
        if self.is_inherited() {
            return Err(Error::state(
                "the telemetry provider belongs to the parent process, which exports its spans: initialize another one after the fork",
            ));
        }
        Ok(())
    }

    fn force_flush(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop {
            return Ok(());
        }
        self.check_process()?;
        let operation = "flush";
        if self.is_shut_down.load(Ordering::Acquire) {
            return self.await_shutdown(operation, timeout);
        }
        let deadline = monotonic_now().checked_add(timeout);
        let logs = || self.logs.flush();
        let metrics = || self.meters.as_ref().map(ProviderMetrics::flush);
        await_delivery(operation, timeout, deadline, None, &self.counters, logs, metrics)
    }

    fn await_shutdown(&self, operation: &'static str, timeout: Duration) -> Result<(), Error> {
        // The thread of an exporter that shuts the provider down would wait for itself.
        if is_on_telemetry_thread() || self.shutdown_end.wait(timeout) {
            return Ok(());
        }
        let pending = undelivered(&self.counters);
        Err(Error::timeout(operation, timeout, &pending))
    }

    fn shutdown(&self, timeout: Duration) -> Result<(), Error> {
        if self.is_noop {
            return Ok(());
        }
        self.check_process()?;
        crate::collector::check_thread()?;
        let operation = "shutdown";
        if self.is_shut_down.swap(true, Ordering::AcqRel) {
            return self.await_shutdown(operation, timeout);
        }
        let _shutting_down = ShuttingDown(self);
        Sampling::stop();
        let deadline = monotonic_now().checked_add(timeout);
        if let Some(deadline) = deadline {
            let end = end_of_exports(deadline, timeout);
            self.counters.ending.begin(end);
        }
        let logs = || self.logs.shut_down(timeout);
        let metrics = || self.meters.as_ref().map(|meters| meters.shut_down(timeout));
        let counters = &self.counters;
        let limit = Some(timeout);
        let result = await_delivery(operation, timeout, deadline, limit, counters, logs, metrics);
        let error = result.as_ref().err().filter(|_| !(is_hurried() && is_delivered(counters)));
        if let Some(lost) = lost(counters, error) {
            exit::say(&format!("telemetry has ended: {lost}"), time_until(deadline));
        }
        result
    }
}

/// Whether this is a thread of the library or of an exporter, which records no telemetry.
fn is_on_telemetry_thread() -> bool {
    recorder::context::is_suppressed()
}

/// Ends a shutdown when it is dropped, even during a panic.
struct ShuttingDown<'a>(&'a Inner);

impl Drop for ShuttingDown<'_> {
    fn drop(&mut self) {
        IN_USE_BY.store(0, Ordering::Release);
        self.0.shutdown_end.begin(monotonic_now());
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.is_inherited() {
            return;
        }
        // OpenTelemetry's SDK logs when it is dropped, and this thread may hold a lock of the subscriber.
        without_subscriber(|| {
            drop(mem::take(&mut *self.meters));
            *self.logs = ProviderLogs::default();
        });
    }
}

impl Drop for TelemetryProvider {
    fn drop(&mut self) {
        let is_ended = || self.inner.is_shut_down.load(Ordering::Acquire);
        let is_in_use = !self.is_noop() && !self.inner.is_inherited() && !is_ended();
        let is_awaiting = Sampling::is_awaiting();
        let is_soon = monotonic_now().saturating_duration_since(self.inner.started) < SOON;
        let _ = self.shutdown(self.drop_timeout);
        let is_unused = is_awaiting && self.inner.counters.is_without_a_span();
        if is_in_use && is_soon && is_unused && is_shown("error") {
            Sampling::report_first_loss(say_unbound);
        }
    }
}

/// Reports a provider that the program has not bound. It neither allocates nor takes a lock, because this may be a fork.
fn say_unbound() {
    const MESSAGE: &str = "error: no span is recorded: the telemetry provider was dropped soon after its start, \
                           before the first span; bind it in `main`: \
                           `let _telemetry = floe_telemetry::init()?;`\n";

    write_if_room(MESSAGE);
}
