//! Runs a `SpanExporter` of the OpenTelemetry SDK on the thread of its worker.

use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::collector::{
    BatchExporter, Destination, ExportFailure, ExporterId, SpanDataBatch, WorkerSettings,
    export_within, guarded, panicked,
};
use crate::error::Error;

#[derive(Debug)]
struct SdkExporter<E> {
    exporter: E,
    timeout: Duration,
}

/// Starts an exporter. Its thread has no async runtime, as in the SDK's batch processor, so an exporter must bring the
/// runtime that it needs.
///
/// # Errors
///
/// The exporter panics, or the thread cannot be started.
pub fn plain<E: SpanExporter + 'static>(
    id: &ExporterId,
    mut exporter: E,
    resource: &Resource,
    settings: &WorkerSettings,
) -> Result<Box<dyn Destination>, Error> {
    guarded(|| {
        exporter.set_resource(resource);
        Ok::<_, String>(())
    })
    .map_err(|_| panicked(&id.name))?;
    let exporter = SdkExporter { exporter, timeout: settings.export_timeout };
    settings.start(id, SpanDataBatch::default(), move || Ok(Box::new(exporter) as _))
}

impl<E: SpanExporter> BatchExporter<Vec<SpanData>> for SdkExporter<E> {
    fn export(&mut self, batch: Vec<SpanData>) -> Result<(), ExportFailure> {
        export_within(self.timeout, self.exporter.export(batch))
    }

    fn flush(&mut self) -> Result<(), String> {
        self.exporter.force_flush().map_err(|error| ExportFailure::from(error).reason)
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let ended = self.exporter.shutdown_with_timeout(timeout);
        ended.map_err(|error| ExportFailure::from(error).reason)
    }
}
