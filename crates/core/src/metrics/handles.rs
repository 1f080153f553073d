//! Handles: one series each of a counter, an up-down counter, a gauge or a histogram, also as `static`s.

mod handle;
mod pending;

use opentelemetry::KeyValue;

pub use self::handle::drain;
use self::handle::{Handle, finite};
use self::pending::{Change, Count, Last, Values};
use super::metric::Metric;
use super::number::MetricNumber;
use super::recorder::MetricRecorder;

/// What all handles have in common.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $pending:ident) => {
        $(#[$doc])*
        ///
        /// It is one series. Its first use looks the instrument up and redacts the attributes, once for each provider;
        /// the others write a number of their own, which is aggregated when metrics are collected, under the same
        /// views and with the same temporality as all measurements. What a handle records while there is no provider
        /// is not recorded, as with [`MetricRecorder`]. A name that the recorder has for another kind or unit is
        /// reported in one warning, with the place at which the handle was made, and not recorded. Exemplars are
        /// taken from the first 256 measurements after each collection, and then from one in 16.
        ///
        /// A series that is bound while its instrument has reached the limit of series stays in the overflow series.
        #[derive(Debug)]
        pub struct $name(Handle<$pending>);

        impl $name {
            /// Sets attributes whose values are constant. Default none.
            #[must_use]
            pub const fn with_attributes(
                mut self,
                attributes: &'static [(&'static str, &'static str)],
            ) -> Self {
                self.0.set_constant(attributes);
                self
            }

            /// Returns a handle with these attributes in addition to its own, to be kept: each new one is looked up.
            ///
            /// The first 4,096 handles of a process that exist at the same time cost what is written here; further
            /// ones look their series up for each measurement.
            #[must_use]
            pub fn bind(&self, attributes: &[KeyValue]) -> Self {
                Self(self.0.with(attributes))
            }
        }
    };
}

handle!(
    /// A handle of a counter, a sum that never decreases. [`MetricRecorder::counter`] makes it.
    Counter, Count
);
handle!(
    /// A handle of an up-down counter, a sum that can decrease. [`MetricRecorder::up_down_counter`] makes it.
    UpDownCounter, Change
);
handle!(
    /// A handle of a gauge, whose last value counts. [`MetricRecorder::gauge`] makes it.
    Gauge, Last
);
handle!(
    /// A handle of a histogram. [`MetricRecorder::histogram`] makes it.
    ///
    /// Each of 8 groups of threads keeps up to 2,048 values between two collections. The thread that fills its group
    /// aggregates them all, in some 50 µs.
    Histogram, Values
);

impl Counter {
    /// Adds `value`.
    #[inline]
    pub fn add(&self, value: u64) {
        self.0.record(value);
    }
}

impl UpDownCounter {
    /// Adds `value`, which may be negative.
    #[inline]
    pub fn add(&self, value: i64) {
        self.0.record(value);
    }
}

impl Gauge {
    /// Sets the gauge to `value`. A value that is not finite is not recorded.
    #[inline]
    pub fn record(&self, value: impl MetricNumber) {
        finite(&self.0, value.to_f64());
    }
}

impl Histogram {
    /// Records `value`. A value that is not finite is not recorded.
    #[inline]
    pub fn record(&self, value: impl MetricNumber) {
        finite(&self.0, value.to_f64());
    }
}

/// Handles of this recorder's metrics.
impl MetricRecorder {
    /// Makes a handle of a counter, for a series that is recorded often.
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
    #[must_use]
    #[track_caller]
    pub const fn counter(&'static self, metric: Metric<'static>) -> Counter {
        Counter(Handle::new(self, metric))
    }

    /// Makes a handle of an up-down counter, for a series that is recorded often.
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
    #[must_use]
    #[track_caller]
    pub const fn up_down_counter(&'static self, metric: Metric<'static>) -> UpDownCounter {
        UpDownCounter(Handle::new(self, metric))
    }

    /// Makes a handle of a gauge, for a series that is recorded often.
    ///
    /// ```
    /// # use floe_telemetry::MetricRecorder;
    /// # use floe_telemetry::metrics::{Gauge, Metric};
    /// # static METRICS: MetricRecorder = MetricRecorder::new("orders");
    /// static BACKLOG: Gauge = METRICS.gauge(Metric::new("orders.backlog"));
    ///
    /// BACKLOG.record(12);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn gauge(&'static self, metric: Metric<'static>) -> Gauge {
        Gauge(Handle::new(self, metric))
    }

    /// Makes a handle of a histogram, for a series that is recorded often. It has the boundaries of the metric, or is
    /// exponential where the configuration or a view says so.
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
    #[must_use]
    #[track_caller]
    pub const fn histogram(&'static self, metric: Metric<'static>) -> Histogram {
        Histogram(Handle::new(self, metric))
    }
}
