//! An exporter of log records that starts with the provider.

use std::fmt;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter;

use super::sdk_exporter::SdkLogExporter;
use super::worker::{LogRecordBatch, LogSettings, LogWorker};
use crate::collector::{BatchExporter, ExporterId};
use crate::error::Error;

/// Starts an exporter.
type Start = Box<dyn FnOnce(&Resource, &LogSettings) -> Result<LogWorker, Error> + Send>;

/// An exporter whose thread starts with the provider.
pub struct LogDestination(Start);

impl fmt::Debug for LogDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogDestination")
    }
}

impl LogDestination {
    /// With an exporter of OpenTelemetry's SDK.
    pub(crate) fn of_sdk<E: LogExporter + 'static>(exporter: E) -> Self {
        Self(Box::new(move |resource, settings| {
            let timeout = settings.worker.export_timeout;
            let exporter = SdkLogExporter::new(exporter, resource, timeout);
            LogWorker::start(&ExporterId::of::<E>(), Box::new(exporter), settings)
        }))
    }

    /// With the exporter of records with a resource.
    pub fn new<E: BatchExporter<LogRecordBatch> + 'static>(
        id: ExporterId,
        of: impl FnOnce(&Resource) -> E + Send + 'static,
    ) -> Self {
        Self(Box::new(move |resource, settings| {
            LogWorker::start(&id, Box::new(of(resource)), settings)
        }))
    }

    pub(crate) fn start(
        self,
        resource: &Resource,
        settings: &LogSettings,
    ) -> Result<LogWorker, Error> {
        (self.0)(resource, settings)
    }
}
