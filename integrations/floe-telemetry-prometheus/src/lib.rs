//! An endpoint from which [Prometheus](https://prometheus.io) scrapes the metrics of [`floe_telemetry`].
//!
//! The crate registers the exporter `prometheus`, which a configuration chooses:
//!
//! ```no_run
//! use floe_telemetry::config::ExporterKind;
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider};
//! use floe_telemetry_prometheus as _; // links the crate
//!
//! // As `OTEL_METRICS_EXPORTER=prometheus` does for `floe_telemetry::init`.
//! let mut config = TelemetryConfig::new("orders");
//! config.exporters.metrics = Some(vec![ExporterKind::Prometheus]);
//! let telemetry = TelemetryProvider::builder(config).initialize()?; // http://localhost:9464/metrics
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! [`PrometheusConfig`](floe_telemetry::config::PrometheusConfig) contains the address of the endpoint.

#![forbid(unsafe_code)]

mod reader;
mod server;
mod text;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{ExporterFactory, telemetry_exporter};

use self::reader::Prometheus;

telemetry_exporter!(ExporterFactory::new("prometheus", &[Signal::Metrics], |_, provider| {
    let reader = Prometheus::start(&provider.config().metrics.prometheus)?;
    Ok(provider.with_metric_reader(reader))
}));

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
