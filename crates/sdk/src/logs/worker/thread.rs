//! What a log exporter's thread does: it batches records and exports the batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::queue::{Batch, Queue};
use super::{LogReport, LogSettings, Task};
use crate::channel::{Receiver, RecvTimeoutError, Sender};
use crate::clock::{Instant, monotonic_now};
use crate::collector::{Component, guarded};
use crate::config::Signal;
use crate::logs::record_exporter::RecordExporter;

/// What calls the exporter.
pub(super) struct Exporting<E> {
    name: String,
    component: Arc<Component>,
    exporter: E,
    /// When the records that wait are exported even if they do not fill a batch.
    due: Option<Instant>,
    queue: Arc<Queue>,
    settings: LogSettings,
    /// The first failure since the last report.
    failure: Option<String>,
}

impl<E: RecordExporter> Exporting<E> {
    pub(super) fn new(
        name: String,
        component: Arc<Component>,
        exporter: E,
        queue: Arc<Queue>,
        settings: LogSettings,
    ) -> Self {
        Self { name, component, exporter, due: None, queue, settings, failure: None }
    }

    pub(super) fn work(mut self, tasks: &Receiver<Task>) {
        loop {
            match self.next(tasks) {
                Ok(Task::Waiting) => self.set_due(),
                Ok(Task::Full) => self.export(self.queue.waiting_in_full_batches()),
                Ok(Task::Flush(report)) => {
                    self.export(self.queue.waiting());
                    self.report(Ok(()), &report);
                }
                Ok(Task::Shutdown(timeout, report)) => {
                    self.export(self.queue.waiting());
                    let ended = guarded(|| self.exporter.shutdown(timeout));
                    self.report(ended, &report);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => self.export(self.queue.waiting()),
                Err(RecvTimeoutError::Disconnected) => {
                    self.export(self.queue.waiting());
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

    fn set_due(&mut self) {
        self.due = self.due.or_else(|| monotonic_now().checked_add(self.settings.delay));
    }

    /// Exports at least so many of the records that wait, or one batch.
    fn export(&mut self, records: usize) {
        self.due = None;
        let mut left = records;
        loop {
            let batch = self.queue.take();
            let count = batch.records.len();
            left = left.saturating_sub(count);
            if count == 0 || self.queue.has_ended() {
                self.queue.drop_batch(&batch);
            } else {
                self.export_batch(&batch);
            }
            if count == 0 || left == 0 {
                break;
            }
        }
        if self.queue.waiting() > 0 {
            self.set_due();
        }
    }

    fn export_batch(&mut self, batch: &Batch) {
        let records = batch.records.len() as u64;
        self.queue.processor.finish(records, None);
        let worker = &self.settings.worker;
        let export = self.component.begin(batch.records.len());
        let result = guarded(|| self.exporter.export(&batch.records, worker.export_timeout));
        let failed = export.end(result.as_ref().copied(), self.exporter.status());
        let counters = &self.settings.worker.counters;
        counters.logs_exported.fetch_add(records - failed, Ordering::Release);
        counters.logs_failed.fetch_add(failed, Ordering::Release);
        self.queue.leave(batch);
        if let Err(failure) = result {
            let error = self.settings.worker.redaction.failure(failure.reason);
            // Written locally but not exported, because telemetry is suppressed on this thread.
            counters.lose(Signal::Logs, &self.name, failed, &error);
            self.failure.get_or_insert(error);
        }
    }

    fn report(&mut self, result: Result<(), String>, report: &Sender<LogReport>) {
        let dropped = self.queue.take_dropped();
        let result = match self.failure.take() {
            Some(failure) => Err(failure),
            None if dropped > 0 => {
                Err(format!("{dropped} log records were dropped because the queue was full"))
            }
            None => result.map_err(|error| self.settings.worker.redaction.failure(error)),
        };
        // The caller may have timed out.
        let _ = report.send((self.name.clone(), result));
    }
}
