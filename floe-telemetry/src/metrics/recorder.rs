//! Recording metrics by name.

use std::sync::{OnceLock, PoisonError, RwLock};

use opentelemetry::{InstrumentationScope, KeyValue};

use super::current;
use super::instruments::{Found, Instrument, Instruments, Kind, Measurement};
use super::metric::Metric;
use super::number::MetricNumber;
#[cfg(feature = "provider")]
use super::series::{self, Said};
#[cfg(feature = "redact")]
use crate::sanitizer::sanitize_error;

/// Records the metrics of one component, which is their instrumentation scope.
///
/// Instruments are made when they are first used and kept. What a thread records often with the same
/// attributes it finds by one look into a table of its own (1024 series). All threads may share one recorder; a `static` does.
///
/// A name belongs to the kind and the unit of its first use. Another use of it, a name that
/// OpenTelemetry would not have, or the 2,001st name is reported once and not recorded. So is
/// nothing while there is no provider. Attribute values are redacted like those of spans.
///
/// ```
/// use floe_telemetry::MetricRecorder;
/// use floe_telemetry::metrics::KeyValue;
///
/// let metrics = MetricRecorder::new("floe.pipeline");
/// metrics.increment("floe.pipeline.runs", 1, &[KeyValue::new("floe.pipeline.name", "orders")]);
/// ```
#[derive(Debug)]
pub struct MetricRecorder {
    component: &'static str,
    scope: OnceLock<InstrumentationScope>,
    instruments: RwLock<Option<Instruments>>,
    /// By which threads know it again: another one may be where this one was.
    #[cfg(feature = "provider")]
    number: OnceLock<u64>,
}

impl MetricRecorder {
    /// A recorder for a component.
    #[must_use]
    pub const fn new(component: &'static str) -> Self {
        Self {
            component,
            scope: OnceLock::new(),
            instruments: RwLock::new(None),
            #[cfg(feature = "provider")]
            number: OnceLock::new(),
        }
    }

    /// Adds to a counter.
    #[inline]
    pub fn increment<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: u64,
        attributes: &[KeyValue],
    ) {
        self.record(metric, Measurement::Count(value), attributes);
    }

    /// Sets a gauge. A value that is no finite number is not recorded.
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

    /// Records a value of a distribution. One that is no finite number is not recorded: it would
    /// spoil the sum of all others.
    #[inline]
    pub fn record_histogram<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: impl MetricNumber,
        attributes: &[KeyValue],
    ) {
        let value = value.to_f64();
        if value.is_finite() {
            self.record(metric, Measurement::Distribution(value), attributes);
        }
    }

    #[inline]
    fn record<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        measurement: Measurement,
        attributes: &[KeyValue],
    ) {
        let generation = current::generation();
        if generation != 0 {
            self.record_in(generation, metric.into(), measurement, attributes);
        }
    }

    /// By the shortest way that there is for this series on this thread.
    #[cfg(feature = "provider")]
    fn record_in(
        &self,
        generation: u64,
        metric: Metric<'_>,
        measurement: Measurement,
        attributes: &[KeyValue],
    ) {
        let kind = measurement.kind();
        let said = Said {
            recorder: *self.number.get_or_init(series::next_recorder),
            metric,
            kind,
            attributes,
        };
        if !series::record(generation, &said, measurement) {
            self.with(&metric, kind, |generation, instrument| {
                instrument.record(measurement, attributes);
                series::remember(generation, &said, instrument);
            });
        }
    }

    #[cfg(not(feature = "provider"))]
    fn record_in(
        &self,
        _: u64,
        metric: Metric<'_>,
        measurement: Measurement,
        attributes: &[KeyValue],
    ) {
        self.with(&metric, measurement.kind(), |_, instrument| {
            instrument.record(measurement, attributes);
        });
    }

    /// Finds the instrument, or makes it, and uses it. With it goes the number of its provider.
    fn with(&self, metric: &Metric<'_>, kind: Kind, measure: impl Fn(u64, &Instrument)) {
        // The second look is at what the first one made.
        for _ in 0..2 {
            let known = self
                .instruments
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(instruments) = &*known
                && instruments.generation == current::generation()
            {
                match instruments.find(metric, kind) {
                    Found::Instrument(instrument) => {
                        return measure(instruments.generation, instrument);
                    }
                    Found::Unusable => return,
                    Found::New => {}
                }
            }
            drop(known);
            let scope = self
                .scope
                .get_or_init(|| InstrumentationScope::builder(self.component).build());
            let fault = self
                .instruments
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_default()
                .make(scope, metric, kind);
            // Without a provider there are no instruments, so there is no fault either.
            #[cfg(not(feature = "redact"))]
            let _ = fault;
            #[cfg(feature = "redact")]
            if let Some(fault) = fault {
                tracing::warn!(
                    "metric `{}` {}",
                    sanitize_error(metric.name),
                    sanitize_error(&fault)
                );
            }
        }
    }
}
