//! Recording metrics by name.

use std::sync::{OnceLock, PoisonError, RwLock};

use opentelemetry::{InstrumentationScope, KeyValue};

use super::current;
use super::instruments::{Found, Instrument, Instruments, Kind};
use super::metric::Metric;
use super::number::MetricNumber;
use crate::sanitizer::sanitize_error;

/// Records the metrics of one component, which is their instrumentation scope.
///
/// Instruments are made when they are first used and kept, so a call is a look into a table and a
/// measurement of OpenTelemetry's. All threads may share one recorder; a `static` does.
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
}

impl MetricRecorder {
    /// A recorder for a component.
    #[must_use]
    pub const fn new(component: &'static str) -> Self {
        Self {
            component,
            scope: OnceLock::new(),
            instruments: RwLock::new(None),
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
        if current::generation() != 0 {
            self.with(&metric.into(), Kind::Counter, |instrument| {
                if let Instrument::Counter(counter) = instrument {
                    counter.add(value, attributes);
                }
            });
        }
    }

    /// Sets a gauge. A value that is no finite number is not recorded.
    #[inline]
    pub fn set_gauge<'a>(
        &self,
        metric: impl Into<Metric<'a>>,
        value: impl MetricNumber,
        attributes: &[KeyValue],
    ) {
        self.record(&metric.into(), Kind::Gauge, value.to_f64(), attributes);
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
        self.record(&metric.into(), Kind::Histogram, value.to_f64(), attributes);
    }

    #[inline]
    fn record(&self, metric: &Metric<'_>, kind: Kind, value: f64, attributes: &[KeyValue]) {
        if current::generation() != 0 && value.is_finite() {
            self.with(metric, kind, |instrument| match instrument {
                Instrument::Gauge(gauge) => gauge.record(value, attributes),
                Instrument::Histogram(histogram) => histogram.record(value, attributes),
                Instrument::Counter(_) | Instrument::Refused => {}
            });
        }
    }

    /// Finds the instrument, or makes it, and uses it.
    fn with(&self, metric: &Metric<'_>, kind: Kind, measure: impl Fn(&Instrument)) {
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
                    Found::Instrument(instrument) => return measure(instrument),
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
