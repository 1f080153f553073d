//! The memory of a provider's exporters.

use std::sync::Arc;
use std::time::Duration;

use super::targets::OtlpTargets;
use crate::collector::{Redaction, Size, WorkerSettings};
use crate::config::{ExporterKind, Signal, TelemetryConfig};
use crate::logs::LogRecords;
use crate::parts;

/// The exporters of spans and of log records have equal shares of the memory, and so has tail sampling.
pub(super) struct Shares {
    /// Whether spans are printed.
    pub(super) has_console: bool,
    /// The size of a share.
    pub(super) bytes: usize,
}

impl Shares {
    /// Returns the shares of the configured exporters and of the numbers of exporters that the program has added.
    pub(super) fn of(
        config: &TelemetryConfig,
        otlp: &OtlpTargets,
        of_spans: usize,
        of_logs: usize,
    ) -> Self {
        let spans = of_spans + otlp.of(Signal::Traces).count();
        let has_console = config
            .exporters
            .chooses(Signal::Traces, ExporterKind::Console)
            .unwrap_or(spans == 0 && !otlp.leaves_out(Signal::Traces) && parts::has("console"));
        let logs = match LogRecords::linked() {
            Some(_) => of_logs + otlp.of(Signal::Logs).count(),
            None => 0,
        };
        // The console has a second share, for traces that are not complete.
        let exporters = spans + 2 * usize::from(has_console) + logs;
        let shares = exporters + usize::from(config.sampling.has_tail());
        // Half of the memory belongs to the threads' buffers.
        Self { has_console, bytes: config.max_memory_bytes / 2 / shares.max(1) }
    }

    /// Returns the settings of an exporter of spans.
    pub(super) fn settings(
        &self,
        config: &TelemetryConfig,
        start_timeout: Duration,
        redaction: Redaction,
    ) -> WorkerSettings {
        let batch = &config.batch_processor;
        WorkerSettings {
            signal: Signal::Traces,
            // The other half of the share is for the open batch, for the last batch, which may exceed the room in the
            // queue, and for the reserve of the queue.
            capacity: Size { spans: batch.max_queue_size, bytes: self.bytes / 2 },
            export_timeout: Duration::from_millis(batch.export_timeout_millis),
            start_timeout,
            counters: Arc::default(),
            redaction,
        }
    }
}
