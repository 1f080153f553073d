//! What an exporter's thread does, one task after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use super::{BatchExporter, Report, Task, WANTS_ROOM};
use crate::clock::monotonic_now;
use crate::collector::rate_limited::RateLimited;
use crate::collector::redact::Redaction;
use crate::collector::statistics::Counters;
use crate::recorder::{self, panic_message};

/// What lives on the exporter's thread.
pub(super) struct ExporterThread {
    pub(super) name: String,
    pub(super) queued: Arc<AtomicUsize>,
    pub(super) dropped: Arc<AtomicU64>,
    pub(super) counters: Arc<Counters>,
    pub(super) redaction: Redaction,
    /// The last failure since the last report.
    pub(super) failure: Option<String>,
    pub(super) rarely: RateLimited,
}

impl ExporterThread {
    pub(super) fn work<B>(
        mut self,
        mut exporter: Box<dyn BatchExporter<B>>,
        tasks: &Receiver<Task<B>>,
    ) {
        while let Ok(task) = tasks.recv() {
            match task {
                Task::Export(spans, batch) => self.export(&mut *exporter, spans, batch),
                Task::Flush(report) => {
                    let flushed = guarded(|| exporter.flush());
                    self.report(flushed, &report);
                }
                Task::Shutdown(timeout, report) => {
                    let ended = guarded(|| exporter.shutdown(timeout));
                    self.report(ended, &report);
                    break;
                }
            }
        }
        // An exporter's own `Drop` must not take the thread down with noise either.
        let _ = guarded(|| {
            drop(exporter);
            Ok(())
        });
    }

    fn export<B>(&mut self, exporter: &mut dyn BatchExporter<B>, spans: usize, batch: B) {
        let began = monotonic_now();
        let result = guarded(|| exporter.export(batch));
        let exports = &self.counters.exports;
        exports.took(&self.name, began.elapsed(), result.is_ok());
        self.queued.fetch_sub(spans, Ordering::Relaxed);
        if WANTS_ROOM.swap(false, Ordering::SeqCst) {
            recorder::wake_collector();
        }
        let counter = match &result {
            Ok(()) => &self.counters.exported,
            Err(_) => &self.counters.failed,
        };
        counter.fetch_add(spans as u64, Ordering::Relaxed);
        if let Err(error) = result {
            // Endpoints and headers carry credentials, and errors quote them.
            let error = self.redaction.safe(error);
            self.warn(spans, &error);
            self.failure = Some(error);
        }
    }

    fn warn(&mut self, spans: usize, error: &str) {
        if self.rarely.is_due() {
            tracing::warn!(
                exporter = self.name,
                spans,
                error,
                "spans could not be exported"
            );
        }
    }

    fn report(&mut self, result: Result<(), String>, report: &Sender<Report>) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        let result = match self.failure.take() {
            Some(failure) => Err(failure),
            None if dropped > 0 => Err(format!("{dropped} spans were dropped: its queue was full")),
            None => result.map_err(|error| self.redaction.safe(error)),
        };
        let _ = report.send((self.name.clone(), result));
    }
}

/// Runs an exporter, which may be the user's own, so that its panic is one failed export.
pub(crate) fn guarded(run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        Err(format!(
            "the exporter panicked: {}",
            panic_message(&*payload)
        ))
    })
}
