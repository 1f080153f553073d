//! The thread of a log exporter, which batches records and exports the batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use opentelemetry_sdk::logs::{LogBatch, LogExporter};

use super::{LogReport, LogSettings, Queue, Queued, Task};
use crate::channel::{Receiver, RecvTimeoutError, Sender};
use crate::clock::monotonic_now;
use crate::collector::{ExportFailure, StoredFailure, block_on_until, guarded};
use crate::config::Signal;
use crate::internal_log::internal_log;

/// The size in bytes at which a batch is exported before it is full. Receivers accept requests of at
/// most 4 MiB by default.
const MAX_BYTES: usize = 1024 * 1024;

/// The state of the exporter's thread.
pub(super) struct ExporterThread<E> {
    name: String,
    exporter: E,
    /// See [`LogDestination::with_failure`](crate::logs::LogDestination::with_failure).
    stored_failure: StoredFailure,
    batch: Vec<Queued>,
    /// The bytes of the batch.
    bytes: usize,
    /// When the batch is exported even if it is not full.
    due: Option<Instant>,
    queue: Arc<Queue>,
    settings: LogSettings,
    /// The first failure since the last report.
    failure: Option<String>,
}

impl<E: LogExporter> ExporterThread<E> {
    pub(super) fn new(
        name: String,
        exporter: E,
        stored_failure: StoredFailure,
        queue: Arc<Queue>,
        settings: LogSettings,
    ) -> Self {
        Self {
            name,
            exporter,
            stored_failure,
            batch: Vec::new(),
            bytes: 0,
            due: None,
            queue,
            settings,
            failure: None,
        }
    }

    pub(super) fn work(mut self, tasks: &Receiver<Task>) {
        loop {
            match self.next(tasks) {
                Ok(Task::Record(record)) => self.add(record),
                Ok(Task::Flush(report)) => {
                    self.export();
                    self.report(Ok(()), &report);
                }
                Ok(Task::Shutdown(timeout, report)) => {
                    self.export();
                    let ended = guarded(|| {
                        let ended = self.exporter.shutdown_with_timeout(timeout);
                        ended.map_err(|error| error.to_string())
                    });
                    self.report(ended, &report);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => self.export(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.export();
                    break;
                }
            }
        }
        // The exporter's `Drop` may panic, too.
        let _ = guarded(|| {
            drop(self.exporter);
            Ok::<_, String>(())
        });
    }

    fn next(&self, tasks: &Receiver<Task>) -> Result<Task, RecvTimeoutError> {
        match self.due {
            Some(due) => tasks.recv_timeout(due.saturating_duration_since(monotonic_now())),
            None => tasks.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn add(&mut self, record: Queued) {
        self.due = self
            .due
            .or_else(|| monotonic_now().checked_add(self.settings.delay));
        self.bytes += record.bytes;
        self.batch.push(record);
        if self.batch.len() >= self.settings.batch_size || self.bytes >= MAX_BYTES {
            self.export();
        }
    }

    fn export(&mut self) {
        self.due = None;
        self.bytes = 0;
        let mut batch = std::mem::take(&mut self.batch);
        if batch.is_empty() || self.queue.has_ended() {
            return;
        }
        let records: Vec<_> = batch
            .iter()
            .map(|queued| (&*queued.record, &*queued.scope))
            .collect();
        let result = guarded(|| {
            let timeout = self.settings.worker.export_timeout;
            let deadline = monotonic_now().checked_add(timeout);
            match block_on_until(deadline, self.exporter.export(LogBatch::new(&records))) {
                Some(exported) => exported.map_err(|error| {
                    let mut stored = self.stored_failure.lock();
                    let stored = stored.as_mut().ok().and_then(|stored| stored.take());
                    stored.unwrap_or_else(|| error.into())
                }),
                None => Err(ExportFailure::timeout(format!(
                    "not exported within {timeout:?}"
                ))),
            }
        });
        let counters = &self.settings.worker.counters;
        let records = batch.len() as u64;
        let failed = result
            .as_ref()
            .map_or_else(|failure| failure.failed_of(batch.len()), |()| 0);
        counters
            .logs_exported
            .fetch_add(records - failed, Ordering::Release);
        counters.logs_failed.fetch_add(failed, Ordering::Release);
        let error_type = result.as_ref().err().map(|failure| failure.error_type);
        let exports = &counters.exports;
        exports.add_results(
            Signal::Logs,
            &self.name,
            records - failed,
            failed,
            error_type,
        );
        for queued in &mut batch {
            queued.has_result = true;
        }
        drop(batch);
        if let Err(failure) = result {
            let error = self.settings.worker.redaction.failure(failure.reason);
            // Written locally but not exported, because telemetry is suppressed on this thread.
            if counters.exports.is_warning_due(&self.name) {
                internal_log!(
                    warn,
                    exporter = self.name,
                    records = failed,
                    error = error,
                    "log records could not be exported"
                );
            }
            self.failure.get_or_insert(error);
        }
    }

    fn report(&mut self, result: Result<(), String>, report: &Sender<LogReport>) {
        let dropped = self.queue.dropped.swap(0, Ordering::Relaxed);
        let result = match self.failure.take() {
            Some(failure) => Err(failure),
            None if dropped > 0 => Err(format!(
                "{dropped} log records were dropped because the queue was full"
            )),
            None => result.map_err(|error| self.settings.worker.redaction.failure(error)),
        };
        // The caller may have timed out.
        let _ = report.send((self.name.clone(), result));
    }
}
