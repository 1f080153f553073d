//! An exporter of log records that starts with the provider.

use std::fmt;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogExporter;

use super::worker::{LogSettings, LogWorker};
use crate::collector::StoredFailure;
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
    pub(crate) fn new(name: &str, exporter: impl LogExporter + 'static) -> Self {
        Self::with_failure(name, exporter, StoredFailure::default())
    }

    /// With an exporter that stores its failure before it returns an error: the error of the SDK's trait has no room
    /// for the number of records and the class.
    pub fn with_failure(
        name: &str,
        mut exporter: impl LogExporter + 'static,
        failure: StoredFailure,
    ) -> Self {
        let name = name.to_owned();
        Self(Box::new(move |resource, settings| {
            exporter.set_resource(resource);
            LogWorker::start(name, exporter, failure, settings)
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
