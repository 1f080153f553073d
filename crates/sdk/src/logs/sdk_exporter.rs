//! Passes records to an exporter of OpenTelemetry's SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};

use super::sdk_record::sdk_record;
use super::worker::{LogRecordBatch, LogSettings, LogWorker};
use crate::collector::{BatchExporter, ExportFailure, ExporterId, export_within};
use crate::error::Error;

/// Starts an exporter that was added to the builder.
pub(crate) type StartLogs =
    Box<dyn FnOnce(&Resource, &LogSettings) -> Result<Arc<LogWorker>, Error> + Send>;

#[derive(Debug)]
struct SdkLogExporter<E> {
    exporter: E,
    timeout: Duration,
}

impl LogWorker {
    pub(crate) fn of_sdk<E: LogExporter + 'static>(mut exporter: E) -> StartLogs {
        Box::new(move |resource, settings| {
            exporter.set_resource(resource);
            let timeout = settings.worker.export_timeout;
            let exporter = SdkLogExporter { exporter, timeout };
            LogWorker::start(&ExporterId::of::<E>(), || Ok(Box::new(exporter)), settings)
        })
    }
}

impl<E: LogExporter + 'static> BatchExporter<LogRecordBatch> for SdkLogExporter<E> {
    fn export(&mut self, batch: LogRecordBatch) -> Result<(), ExportFailure> {
        let records: Vec<_> = batch.iter().map(|record| sdk_record(record)).collect();
        let scopes = batch.iter().map(|record| record.scope());
        let records: Vec<_> = records.iter().zip(scopes).collect();
        export_within(self.timeout, self.exporter.export(LogBatch::new(&records)))
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let ended = self.exporter.shutdown_with_timeout(timeout);
        ended.map_err(|error| error.to_string())
    }
}
