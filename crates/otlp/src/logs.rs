//! Log records over OTLP, sent by the same kind of transport as spans.

mod encode;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_sdk::__parts::collector::{BatchExporter, ExportFailure, ExporterId};
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::logs::{LogRecord, LogSettings, LogWorker};
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::Signal;
use opentelemetry_sdk::Resource;

use super::exporter::{Otlp, connect, too_large};
use super::span;

/// Sends log records over OTLP. It blocks the calling thread.
struct OtlpLogs {
    otlp: Otlp,
    /// `ResourceLogs.resource` and `ResourceLogs.schema_url`, encoded as fields.
    resource: Vec<u8>,
}

/// Starts the log exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used, or the thread cannot be started.
pub(super) fn start(
    id: &ExporterId,
    target: &OtlpTarget,
    resource: &Resource,
    settings: &LogSettings,
) -> Result<Arc<LogWorker>, Error> {
    let resource = span::resource_fields(resource);
    let target = target.clone();
    let ending = Arc::clone(&settings.worker.counters.ending);
    let make = move || {
        let otlp = connect(&target, Signal::Logs, ending)?;
        Ok(Box::new(OtlpLogs { otlp, resource }) as _)
    };
    LogWorker::start(id, make, settings)
}

impl OtlpLogs {
    /// Sends records in requests of at most the maximum size.
    fn send(&mut self, records: &[Arc<LogRecord>], deadline: Instant) -> Result<(), ExportFailure> {
        let request = encode::request(&self.resource, records);
        if request.len() <= self.otlp.settings.max_request {
            let sent = self.otlp.send(request.into(), deadline);
            return sent.map_err(|failure| failure.of(records.len()));
        }
        drop(request);
        if records.len() <= 1 {
            return too_large(records.len(), self.otlp.settings.max_request);
        }
        let (first, second) = records.split_at(records.len() / 2);
        ExportFailure::both(self.send(first, deadline), self.send(second, deadline))
    }
}

impl BatchExporter<Vec<Arc<LogRecord>>> for OtlpLogs {
    /// Takes at most the export timeout of the settings.
    fn export(&mut self, batch: Vec<Arc<LogRecord>>) -> Result<(), ExportFailure> {
        let deadline = self.otlp.deadline();
        self.send(&batch, deadline)
    }
}
