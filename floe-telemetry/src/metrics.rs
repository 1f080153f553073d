//! Counters, gauges and histograms, exported with the same resource as the spans.
//!
//! ```
//! use floe_telemetry::MetricRecorder;
//! use floe_telemetry::metrics::Metric;
//! use floe_telemetry::opentelemetry::KeyValue;
//!
//! const ROWS: Metric<'_> = Metric::new("orders.rows").with_unit("{row}");
//! static METRICS: MetricRecorder = MetricRecorder::new("orders");
//!
//! METRICS.increment(ROWS, 25_000, &[KeyValue::new("table", "orders")]);
//! METRICS.set_gauge("orders.backlog", 12, &[]);
//! METRICS.add("orders.connections", -1, &[]);
//! METRICS.record_histogram("orders.load.duration", 1.2, &[]);
//! ```
//!
//! Without a provider, each call costs one atomic load.

mod current;
#[cfg(feature = "provider")]
mod flushes;
mod instruments;
#[cfg(feature = "provider")]
mod meters;
mod metric;
mod number;
mod observable;
#[cfg(all(feature = "provider", target_os = "linux"))]
mod process;
#[cfg(feature = "provider")]
mod provider;
pub(crate) mod recorder;
#[cfg(feature = "provider")]
mod redacting;
#[cfg(feature = "provider")]
mod reporting;
#[cfg(feature = "provider")]
mod sdk_metrics;
#[cfg(feature = "provider")]
mod series;
#[cfg(feature = "provider")]
mod views;

pub use self::current::{in_span, is_enabled};
pub use self::metric::Metric;
pub use self::number::MetricNumber;
pub use self::observable::{Observable, Observer};
#[cfg(feature = "provider")]
pub(crate) use self::{
    flushes::MetricReport,
    meters::{Meters, MetricDestination},
};
#[cfg(feature = "provider")]
pub use {
    self::provider::RecorderMeterProvider,
    crate::collector::{CollectedExemplars, Exemplar, ExemplarValue, collect_exemplars},
};
