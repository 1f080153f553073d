//! Passes records to an exporter of OpenTelemetry's SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};

use super::export_record::ExportRecord;
use super::record_exporter::RecordExporter;
use super::sdk_record::Blank;
use crate::clock::monotonic_now;
use crate::collector::{ExportFailure, block_on_until};

/// An exporter of the SDK.
#[derive(Debug)]
pub(super) struct SdkLogExporter<E> {
    exporter: E,
    blank: Blank,
}

impl<E> SdkLogExporter<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self { exporter, blank: Blank::new() }
    }
}

impl<E: LogExporter + 'static> RecordExporter for SdkLogExporter<E> {
    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }

    fn export(
        &mut self,
        batch: &[Arc<ExportRecord>],
        timeout: Duration,
    ) -> Result<(), ExportFailure> {
        let records: Vec<_> = batch.iter().map(|record| self.blank.fill(record)).collect();
        let scopes = batch.iter().map(|record| &*record.scope);
        let records: Vec<_> = records.iter().zip(scopes).collect();
        let deadline = monotonic_now().checked_add(timeout);
        match block_on_until(deadline, self.exporter.export(LogBatch::new(&records))) {
            Some(exported) => Ok(exported?),
            None => Err(ExportFailure::timeout(format!("not exported within {timeout:?}"))),
        }
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let ended = self.exporter.shutdown_with_timeout(timeout);
        ended.map_err(|error| error.to_string())
    }
}
