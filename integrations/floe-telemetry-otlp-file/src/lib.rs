//! Spans, metrics and log records of [`floe_telemetry`] as JSON lines of OTLP, in files or on standard output.
//!
//! The crate registers the exporters `otlp_file` and `otlp/stdout`, which a configuration chooses:
//!
//! ```no_run
//! use floe_telemetry::config::ExporterKind;
//! use floe_telemetry::{TelemetryConfig, TelemetryProvider};
//! use floe_telemetry_otlp_file as _; // links the crate
//!
//! // As `OTEL_TRACES_EXPORTER=otlp_file` does for `floe_telemetry::init`.
//! let mut config = TelemetryConfig::new("orders");
//! config.exporters.traces = Some(vec![ExporterKind::OtlpFile]);
//! let telemetry = TelemetryProvider::builder(config).initialize()?; // telemetry/traces.jsonl
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! The files are in [`ExportersConfig::directory`](floe_telemetry::config::ExportersConfig::directory). A file of 100
//! MiB is renamed; the latest five files of each signal are kept.

#![forbid(unsafe_code)]

mod lines;
mod rotating_file;

use std::path::Path;

use floe_telemetry::config::Signal;
use floe_telemetry::exporter::{ExporterFactory, StandardStream, telemetry_exporter};
use floe_telemetry::trace::TelemetryProviderBuilder;

use self::lines::{OtlpLines, Output};
use self::rotating_file::{MAX_BYTES, RotatingFile};

const SIGNALS: &[Signal] = &[Signal::Traces, Signal::Metrics, Signal::Logs];

telemetry_exporter!(ExporterFactory::new("otlp_file", SIGNALS, |signal, provider| {
    let name = Path::new(signal.as_str()).with_extension("jsonl");
    let path = provider.config().exporters.directory.join(name);
    let file = RotatingFile::open(&path, MAX_BYTES)?;
    Ok(add(signal, provider, Output::File(file)))
}));

telemetry_exporter!(ExporterFactory::new("otlp/stdout", SIGNALS, |signal, provider| {
    Ok(add(signal, provider, Output::Stdout(StandardStream::stdout())))
}));

fn add(
    signal: Signal,
    provider: TelemetryProviderBuilder,
    output: Output,
) -> TelemetryProviderBuilder {
    let lines = OtlpLines::new(output, provider.config().metrics.temporality.into());
    match signal {
        Signal::Traces => provider.with_span_exporter(lines),
        Signal::Metrics => provider.with_metric_exporter(lines),
        _ => provider.with_log_exporter(lines),
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
