//! Handles of single series: counters, up-down counters, gauges and histograms. A handle can be a `static`.

mod handle;

use opentelemetry::KeyValue;

use self::handle::Handle;
use super::instruments::{Kind, Measurement};
use super::metric::Metric;
use super::number::MetricNumber;
use super::recorder::MetricRecorder;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// A handle records one series. Its first use looks up the instrument and redacts the attributes; after the
        /// provider was replaced, each use does so. As with [`MetricRecorder`], nothing is recorded without a provider,
        /// or if the name is invalid or has another kind, which one warning reports.
        ///
        /// A series that is bound after its instrument has reached the limit of series stays in the overflow series.
        #[derive(Debug)]
        pub struct $name(Handle);

        impl $name {
            /// Sets attributes whose values are constant. By default, there are none.
            #[must_use]
            pub const fn with_attributes(
                mut self,
                attributes: &'static [(&'static str, &'static str)],
            ) -> Self {
                self.0.set_constant(attributes);
                self
            }

            /// Returns a handle with additional attributes. Keep it, because each new handle looks up its series again.
            #[must_use]
            pub fn bind(&self, attributes: &[KeyValue]) -> Self {
                Self(self.0.with(attributes))
            }
        }
    };
}

handle!(
    /// A handle of a counter, a sum that never decreases. [`MetricRecorder::counter`] creates it.
    ///
    /// ```
    /// use floe_telemetry::MetricRecorder;
    /// use floe_telemetry::metrics::{Counter, Metric};
    ///
    /// static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static ROWS: Counter = METRICS.counter(Metric::new("orders.rows"));
    ///
    /// ROWS.add(1);
    /// ```
    Counter
);
handle!(
    /// A handle of an up-down counter, a sum that can decrease. [`MetricRecorder::up_down_counter`] creates it.
    UpDownCounter
);
handle!(
    /// A handle of a gauge, which keeps its last value. [`MetricRecorder::gauge`] creates it.
    Gauge
);
handle!(
    /// A handle of a histogram. [`MetricRecorder::histogram`] creates it.
    Histogram
);

impl Counter {
    /// Adds `value`.
    #[inline]
    pub fn add(&self, value: u64) {
        self.0.record(Measurement::Counter(value));
    }
}

impl UpDownCounter {
    /// Adds `value`, which may be negative.
    #[inline]
    pub fn add(&self, value: i64) {
        self.0.record(Measurement::UpDownCounter(value));
    }
}

impl Gauge {
    /// Sets the gauge to `value`. A value that is not finite is not recorded.
    #[inline]
    pub fn record(&self, value: impl MetricNumber) {
        let value = value.to_f64();
        if value.is_finite() {
            self.0.record(Measurement::Gauge(value));
        }
    }
}

impl Histogram {
    /// Records `value`. A value that is not finite is not recorded.
    #[inline]
    pub fn record(&self, value: impl MetricNumber) {
        let value = value.to_f64();
        if value.is_finite() {
            self.0.record(Measurement::Histogram(value));
        }
    }
}

/// Handles of this recorder's metrics.
impl MetricRecorder {
    /// Returns a handle of a counter, for a series that is recorded often.
    ///
    /// ```
    /// use floe_telemetry::MetricRecorder;
    /// use floe_telemetry::metrics::{Counter, Metric};
    /// use floe_telemetry::opentelemetry::KeyValue;
    ///
    /// static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static READ: Counter = METRICS.counter(Metric::new("orders.rows").with_unit("{row}"));
    /// static FAILED: Counter = METRICS
    ///     .counter(Metric::new("orders.failed"))
    ///     .with_attributes(&[("error.type", "timeout")]);
    ///
    /// READ.add(25_000);
    /// FAILED.add(1);
    /// let of_shop = READ.bind(&[KeyValue::new("orders.shop", 7)]);
    /// of_shop.add(12);
    /// ```
    pub const fn counter(&'static self, metric: Metric<'static>) -> Counter {
        Counter(Handle::new(self, metric, Kind::Counter))
    }

    /// Returns a handle of an up-down counter, for a series that is recorded often.
    ///
    /// ```
    /// # use floe_telemetry::MetricRecorder;
    /// # use floe_telemetry::metrics::{Metric, UpDownCounter};
    /// # static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static OPEN: UpDownCounter = METRICS.up_down_counter(Metric::new("orders.open"));
    ///
    /// OPEN.add(1);
    /// OPEN.add(-1);
    /// ```
    pub const fn up_down_counter(&'static self, metric: Metric<'static>) -> UpDownCounter {
        UpDownCounter(Handle::new(self, metric, Kind::UpDownCounter))
    }

    /// Returns a handle of a gauge, for a series that is recorded often.
    ///
    /// ```
    /// # use floe_telemetry::MetricRecorder;
    /// # use floe_telemetry::metrics::{Gauge, Metric};
    /// # static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static BACKLOG: Gauge = METRICS.gauge(Metric::new("orders.backlog"));
    ///
    /// BACKLOG.record(12);
    /// ```
    pub const fn gauge(&'static self, metric: Metric<'static>) -> Gauge {
        Gauge(Handle::new(self, metric, Kind::Gauge))
    }

    /// Returns a handle of a histogram, for a series that is recorded often. The histogram has the boundaries of the
    /// metric, unless the configuration or a view sets other buckets.
    ///
    /// ```
    /// # use floe_telemetry::MetricRecorder;
    /// # use floe_telemetry::metrics::{Histogram, Metric};
    /// # static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static SECONDS: Histogram = METRICS
    ///     .histogram(Metric::new("orders.load.duration").with_unit("s").with_boundaries(&[0.1, 1.0]));
    ///
    /// SECONDS.record(0.25);
    /// ```
    pub const fn histogram(&'static self, metric: Metric<'static>) -> Histogram {
        Histogram(Handle::new(self, metric, Kind::Histogram))
    }
}
