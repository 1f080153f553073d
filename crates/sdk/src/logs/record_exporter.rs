//! What exports log records: OTLP, or what a program brings.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

use super::export_record::ExportRecord;
use crate::collector::ExportFailure;

/// Exports batches of log records, on a thread of its own.
pub trait RecordExporter: Send + 'static {
    /// Sets the resource of all records, before the first batch.
    fn set_resource(&mut self, resource: &Resource);

    /// Exports a batch. It may block, for `timeout` at most.
    ///
    /// # Errors
    ///
    /// The reason why the batch, or a part of it, was not exported.
    fn export(
        &mut self,
        batch: &[Arc<ExportRecord>],
        timeout: Duration,
    ) -> Result<(), ExportFailure>;

    /// The status of the last response, as an attribute of metrics.
    fn status(&self) -> Option<KeyValue> {
        None
    }

    /// Ends after the last batch.
    ///
    /// # Errors
    ///
    /// The reason why it has not ended.
    fn shutdown(&mut self, timeout: Duration) -> Result<(), String>;
}
