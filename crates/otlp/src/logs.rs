//! Log records over OTLP, sent over the transport of the spans.

mod encode;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;

use self::encode::LogRequests;
use super::exporter::too_large;
use super::sender::Sender;
use floe_telemetry_core::__sdk::clock::Instant;
use floe_telemetry_sdk::__parts::collector::{BatchExporter, Counters, ExportFailure, ExporterId};
use floe_telemetry_sdk::__parts::config::Signal;
use floe_telemetry_sdk::__parts::exporter::OtlpTarget;
use floe_telemetry_sdk::__parts::logs::{LogDestination, LogRecord, LogRecordBatch};
use floe_telemetry_sdk::Error;

/// Sends log records over OTLP. It blocks the calling thread.
#[derive(Debug)]
struct OtlpLogs {
    sender: Sender,
    requests: LogRequests,
    max_request: usize,
}

/// Creates the log exporter for `target`.
///
/// # Errors
///
/// The settings of the target cannot be used.
pub(super) fn destination(
    id: ExporterId,
    target: &OtlpTarget,
    counters: &Counters,
) -> Result<LogDestination, Error> {
    let sender = Sender::new(target, Signal::Logs, counters)?;
    let max_request = target.config.otlp.max_request(Signal::Logs);
    Ok(LogDestination::new(id, move |resource| OtlpLogs {
        sender,
        requests: LogRequests::new(resource),
        max_request,
    }))
}

impl OtlpLogs {
    /// Sends records in requests that are as large as a request may be.
    fn send(&self, records: &[Arc<LogRecord>], deadline: Instant) -> Result<(), ExportFailure> {
        let request = self.requests.encode(records);
        if request.len() <= self.max_request {
            let sent = self.sender.send(request.into(), deadline);
            return sent.map_err(|failure| failure.of(records.len()));
        }
        drop(request);
        if records.len() <= 1 {
            return too_large(records.len(), self.max_request);
        }
        let (first, second) = records.split_at(records.len() / 2);
        ExportFailure::both(self.send(first, deadline), self.send(second, deadline))
    }
}

impl BatchExporter<LogRecordBatch> for OtlpLogs {
    /// Takes at most the time that the transport is configured with.
    fn export(&mut self, batch: LogRecordBatch) -> Result<(), ExportFailure> {
        self.send(&batch, self.sender.deadline())
    }

    fn status(&self) -> Option<KeyValue> {
        self.sender.status()
    }

    fn flush(&mut self) -> Result<(), String> {
        Ok(())
    }

    fn shutdown(&mut self, _: Duration) -> Result<(), String> {
        self.sender.close();
        Ok(())
    }
}
