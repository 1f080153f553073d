//! Any `SpanExporter` of the OpenTelemetry SDK on a worker's thread.

use std::time::Duration;

use futures_executor::block_on;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::collector::BatchExporter;

#[derive(Debug)]
struct Plain<E>(E);

/// Wraps an exporter as a worker needs it. It is driven as the SDK's own batch processor does it:
/// without a runtime, so that it brings the one it needs.
pub(crate) fn plain<E: SpanExporter + 'static>(
    mut exporter: E,
    resource: &Resource,
) -> Box<dyn BatchExporter + Send> {
    exporter.set_resource(resource);
    Box::new(Plain(exporter))
}

impl<E: SpanExporter> BatchExporter for Plain<E> {
    fn export(&mut self, batch: Vec<SpanData>) -> Result<(), String> {
        block_on(self.0.export(batch)).map_err(|error| error.to_string())
    }

    fn flush(&mut self) -> Result<(), String> {
        self.0.force_flush().map_err(|error| error.to_string())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        self.0
            .shutdown_with_timeout(timeout)
            .map_err(|error| error.to_string())
    }
}
