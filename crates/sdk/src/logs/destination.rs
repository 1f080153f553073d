//! An exporter of log records that starts with the provider.

use std::fmt;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter;

use super::record_exporter::RecordExporter;
use super::sdk_exporter::SdkLogExporter;
use super::worker::{LogSettings, LogWorker};
use crate::collector::ExporterId;
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
        Self::new(ExporterId::of::<E>(), SdkLogExporter::new(exporter))
    }

    /// With this exporter.
    pub fn new(id: ExporterId, mut exporter: impl RecordExporter) -> Self {
        Self(Box::new(move |resource, settings| {
            exporter.set_resource(resource);
            LogWorker::start(&id, exporter, settings)
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
