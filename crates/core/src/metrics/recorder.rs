//! Records metrics by name.

use std::sync::{OnceLock, PoisonError, RwLock};

use opentelemetry::{InstrumentationScope, KeyValue};

use super::current::{self, Current};
use super::instruments::{Instrument, Instruments, Kind, Lookup, Measurement};
use super::metric::Metric;
use super::number::MetricNumber;
use crate::recorder::fork;

/// Records the metrics of one component, which is their instrumentation scope.
///
/// Instruments are created on first use and cached. Each measurement looks up its instrument and its series. For a
/// series that is recorded often, use a handle ([`counter`](Self::counter), [`histogram`](Self::histogram), …), which
/// avoids these look-ups. Threads may share a recorder, for example through a `static`. A value that is read at each
/// collection needs an observable instrument of OpenTelemetry's API, from `TelemetryProvider::meter_provider()`.
///
/// The first use of a name determines its kind, unit and boundaries. A use of another kind is not recorded, and neither
/// are metrics with an invalid name, unit or boundaries, and names after the 2,000th; warnings report them. After 1,000
/// components, the recorders and meters of further ones share the scope `floe.telemetry.overflow`. Without a provider
/// nothing is recorded. Attribute values are redacted as in spans.
///
/// ```
/// use floe_telemetry::MetricRecorder;
/// use floe_telemetry::opentelemetry::KeyValue;
///
/// let metrics = MetricRecorder::new("orders");
/// metrics.increment("orders.imported", 1, &[KeyValue::new("orders.source", "shop")]);
/// ```
#[derive(Debug)]
pub struct MetricRecorder {
    component: &'static str,
    version: Option<&'static str>,
    scope: OnceLock<InstrumentationScope>,
    instruments: RwLock<Option<Instruments>>,
}

impl MetricRecorder {
    /// Creates a recorder for a component, whose name is the name of the instrumentation scope.
    pub const fn new(component: &'static str) -> Self {
        Self { component, version: None, scope: OnceLock::new(), instruments: RwLock::new(None) }
    }

    /// Sets the version of the component, which is the version of the instrumentation scope. By default, there is none.
    ///
    /// ```
    /// use floe_telemetry::MetricRecorder;
    ///
    /// static METRICS: MetricRecorder =
    ///     MetricRecorder::new("acme-mail").with_version(env!("CARGO_PKG_VERSION"));
    /// # METRICS.increment("mails.sent", 1, &[]);
    /// ```
    #[must_use]
    pub const fn with_version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    fn scope(&self) -> InstrumentationScope {
        let scope = InstrumentationScope::builder(self.component);
        match self.version {
            Some(version) => scope.with_version(version),
            None => scope,
        }
        .build()
    }

    /// Adds `value` to a counter, a sum that never decreases.
    #[inline]
    pub fn increment<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: u64,
        attributes: &[KeyValue],
    ) {
        self.record(metric, Measurement::Counter(value), attributes);
    }

    /// Adds `value`, which may be negative, to an up-down counter, a sum that can decrease, such as the number of
    /// open connections.
    #[inline]
    pub fn add<'a>(&self, metric: impl Into<Metric<'a>>, value: i64, attributes: &[KeyValue]) {
        self.record(metric, Measurement::UpDownCounter(value), attributes);
    }

    /// Sets a gauge to `value`. A value that is not finite is not recorded.
    #[inline]
    pub fn set_gauge<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: impl MetricNumber,
        attributes: &[KeyValue],
    ) {
        let value = value.to_f64();
        if value.is_finite() {
            self.record(metric, Measurement::Gauge(value), attributes);
        }
    }

    /// Records `value` in a histogram. A value that is not finite is not recorded, because it would
    /// make the sum of the histogram useless.
    #[inline]
    pub fn record_histogram<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: impl MetricNumber,
        attributes: &[KeyValue],
    ) {
        let value = value.to_f64();
        if value.is_finite() {
            self.record(metric, Measurement::Histogram(value), attributes);
        }
    }

    #[inline]
    fn record<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        measurement: Measurement,
        attributes: &[KeyValue],
    ) {
        if current::is_enabled() {
            self.record_now(metric.into(), measurement, attributes);
        }
    }

    fn record_now(&self, metric: Metric<'_>, measurement: Measurement, attributes: &[KeyValue]) {
        if current::is_inherited() {
            fork::say_not_exported();
            return;
        }

        self.with_instrument(&metric, measurement.kind(), |_, instrument| {
            instrument.record(measurement, attributes);
        });
    }

    pub(super) fn with_instrument(
        &self,
        metric: &Metric<'_>,
        kind: Kind,
        measure: impl Fn(u64, &Instrument),
    ) {
        // The second iteration finds the instrument that the first one created.
        for _ in 0..2 {
            let guard = self.instruments.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(instruments) = &*guard
                && instruments.generation == current::generation()
            {
                match instruments.find(metric.name, kind) {
                    Lookup::Found(instrument) => {
                        return measure(instruments.generation, instrument);
                    }
                    Lookup::Refused(reason) => {
                        // The lock is released first, because a metric of this recorder may count the warning.
                        drop(guard);
                        return reason.iter().for_each(|reason| warn(metric.name, reason));
                    }
                    Lookup::Missing => {}
                }
            }

            drop(guard);
            let Some(current) = Current::get() else {
                return;
            };

            let scope = self.scope.get_or_init(|| self.scope());
            let meter = current.provider.meter_with_scope(scope.clone());
            let built = metric.check().map(|()| Instrument::build(&meter, metric, kind));
            self.instruments
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_default()
                .add(current.generation, metric.name, kind, built);
        }
    }
}

#[cfg(feature = "redact")]
fn warn(metric: &str, reason: &str) {
    use crate::internal_log::internal_log;
    use crate::redaction::sanitize_error;
    use crate::waiting_messages::later;

    let metric = sanitize_error(metric).into_owned();
    let reason = sanitize_error(reason).into_owned();
    later(move || {
        internal_log!(warn, metric = metric, reason = reason, "a metric is not recorded");
    });
}

/// Logs nothing, because redaction is not compiled in.
#[cfg(not(feature = "redact"))]
const fn warn(_: &str, _: &str) {}
