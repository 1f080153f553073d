//! A flight recorder: the spans of the last seconds, in memory.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod dump;
mod dumper;
mod failures;
mod marker;
mod panics;
mod ring;
mod signal;
mod writer;

use floe_telemetry::config::Signal;
use floe_telemetry::{ExporterFactory, telemetry_exporter};

use self::writer::Writer;

telemetry_exporter!(ExporterFactory::new(
    "flight_recorder",
    &[Signal::Traces],
    |signal, provider| {
        let writer = Writer::start(provider.config())?;
        Ok(provider.with_otlp_writer(signal, writer))
    }
));
