//! Runs a `SpanExporter` of the OpenTelemetry SDK on a worker thread.

use std::time::Duration;

use futures_executor::block_on;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::collector::{
    BatchExporter, BatchingDestination, Destination, SpanDataBatch, Worker, WorkerSettings,
};
use crate::error::Error;

#[derive(Debug)]
struct SdkExporter<E>(E);

/// Starts an exporter on a thread of its own. The thread has no async runtime, as that of the SDK's
/// batch processor, so an exporter must bring the runtime it needs.
pub(crate) fn plain<E: SpanExporter + 'static>(
    name: &str,
    mut exporter: E,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    exporter.set_resource(resource);
    let worker = Worker::start(
        name,
        move || Ok(Box::new(SdkExporter(exporter)) as _),
        settings,
    )?;
    Ok(Box::new(BatchingDestination {
        builder: SpanDataBatch::default(),
        worker,
    }))
}

impl<E: SpanExporter> BatchExporter<Vec<SpanData>> for SdkExporter<E> {
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
