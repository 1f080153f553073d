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
//! A call by name looks up the instrument and the series. For a frequently recorded series, keep a handle, which needs
//! no lookup:
//!
//! ```
//! use floe_telemetry::MetricRecorder;
//! use floe_telemetry::metrics::{Counter, Histogram, Metric};
//!
//! static METRICS: MetricRecorder = MetricRecorder::new("orders");
//! static ROWS: Counter = METRICS.counter(Metric::new("orders.rows").with_unit("{row}"));
//! static SECONDS: Histogram = METRICS
//!     .histogram(Metric::new("orders.load.duration").with_unit("s").with_boundaries(&[0.1, 1.0]))
//!     .with_attributes(&[("orders.source", "shop")]);
//!
//! ROWS.add(1);
//! SECONDS.record(0.25);
//! ```
//!
//! Without a provider, each call costs one atomic load.

pub use floe_telemetry_core::metrics::*;
#[cfg(feature = "provider")]
pub use floe_telemetry_sdk::metrics::*;
