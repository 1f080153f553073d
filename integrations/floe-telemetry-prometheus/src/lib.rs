#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod families;
mod name;
mod pieces;
mod reader;
mod server;
mod text;

use floe_telemetry::config::Signal;
use floe_telemetry::{ExporterFactory, telemetry_exporter};

use self::reader::ScrapedReader;

telemetry_exporter!(ExporterFactory::new(
    "prometheus",
    &[Signal::Metrics],
    |_, provider| {
        let reader = ScrapedReader::start(&provider.config().metrics.prometheus)?;
        Ok(provider.with_metric_reader(reader))
    }
));
