//! Any `SpanExporter` of the OpenTelemetry SDK on a worker's thread.

use std::time::Duration;

use futures_executor::block_on;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::collector::{BatchExporter, Destination, Lane, SpanDataIntake, Worker, WorkerSettings};
use crate::error::Error;

#[derive(Debug)]
struct Plain<E>(E);

/// Starts an exporter on a thread of its own. It is driven as the SDK's own batch processor does it:
/// without a runtime, so that it brings the one it needs.
pub(crate) fn plain<E: SpanExporter + 'static>(
    name: &str,
    mut exporter: E,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    exporter.set_resource(resource);
    let worker = Worker::start(name, move || Ok(Box::new(Plain(exporter)) as _), settings)?;
    Ok(Box::new(Lane {
        intake: SpanDataIntake::default(),
        worker,
    }))
}

impl<E: SpanExporter> BatchExporter<Vec<SpanData>> for Plain<E> {
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
