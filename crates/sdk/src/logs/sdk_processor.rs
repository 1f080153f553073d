//! Passes records to a processor of OpenTelemetry's SDK.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::LogProcessor;

use super::export_record::ExportRecord;
use super::record_exporter::RecordExporter;
use super::sdk_record::Blank;
use crate::collector::ExportFailure;

/// A processor of the SDK, which each record is emitted to.
#[derive(Debug)]
pub(super) struct SdkLogProcessor<P> {
    processor: P,
    blank: Blank,
}

impl<P: LogProcessor> SdkLogProcessor<P> {
    pub(super) fn new(processor: P) -> Self {
        Self { processor, blank: Blank::new() }
    }

    /// Whether the processor wants this record, as a logger of the SDK asks before it makes one.
    fn is_enabled(&self, record: &ExportRecord) -> bool {
        let severity = record.severity_number.unwrap_or(Severity::Info);
        let target = record.target.as_deref();
        let target = target.unwrap_or_else(|| record.scope.name());
        self.processor.event_enabled(severity, target, record.event_name)
    }
}

impl<P: LogProcessor + 'static> RecordExporter for SdkLogProcessor<P> {
    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }

    fn export(&mut self, batch: &[Arc<ExportRecord>], _: Duration) -> Result<(), ExportFailure> {
        for record in batch {
            if self.is_enabled(record) {
                let mut filled = self.blank.fill(record);
                self.processor.emit(&mut filled, &record.scope);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), String> {
        let flushed = self.processor.force_flush();
        flushed.map_err(|error| error.to_string())
    }

    fn shutdown(&mut self, timeout: Duration) -> Result<(), String> {
        let ended = self.processor.shutdown_with_timeout(timeout);
        ended.map_err(|error| error.to_string())
    }
}
