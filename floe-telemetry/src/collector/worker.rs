//! An exporter on a thread of its own, behind a bounded queue.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use opentelemetry::Context;

use super::rate_limited::RateLimited;
use super::redact::Redaction;
use super::statistics::Counters;
use crate::clock::monotonic_now;
use crate::error::Error;
use crate::recorder::{self, panic_message};

/// Whether the collector is to be woken when an exporter's queue has room again.
static WAKE_COLLECTOR: AtomicBool = AtomicBool::new(false);

/// Sets whether an exporter that finishes an export wakes the collector. Set this before checking
/// the queues: if the check came first, an exporter could finish in between without a wake-up.
pub(super) fn wake_collector_on_room(wake: bool) {
    WAKE_COLLECTOR.store(wake, Ordering::SeqCst);
}

/// An exporter of batches. Only the worker's thread calls it.
pub(crate) trait BatchExporter<B>: fmt::Debug {
    fn export(&mut self, batch: B) -> Result<(), String>;
    fn flush(&mut self) -> Result<(), String>;
    fn shutdown(&mut self, timeout: Duration) -> Result<(), String>;
}

/// The result of a flush or a shutdown: the name of the exporter, and the last failure since the
/// previous report.
pub(crate) type Report = (String, Result<(), String>);

enum Task<B> {
    /// The number of spans, and their batch.
    Export(usize, B),
    Flush(Sender<Report>),
    Shutdown(Duration, Sender<Report>),
}

/// The handle of an exporter's thread.
pub(crate) struct Worker<B> {
    name: String,
    tasks: Sender<Task<B>>,
    /// Spans that are queued or being exported.
    queued: Arc<AtomicUsize>,
    /// Spans dropped since the last report.
    dropped: Arc<AtomicU64>,
    capacity: usize,
    counters: Arc<Counters>,
}

impl<B> fmt::Debug for Worker<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .field("queued", &self.queued)
            .finish_non_exhaustive()
    }
}

/// The settings of a worker.
#[derive(Clone, Debug)]
pub(crate) struct WorkerSettings {
    /// The most spans that are queued or being exported.
    pub(crate) capacity: usize,
    pub(crate) counters: Arc<Counters>,
    /// Redacts the error messages of the exporter.
    pub(crate) redaction: Redaction,
}

impl<B: Send + 'static> Worker<B> {
    /// Starts the thread and creates the exporter on it: an exporter may be bound to the runtime,
    /// and so to the thread, on which it was created.
    ///
    /// # Errors
    ///
    /// The thread cannot be started, or `make` fails or panics.
    pub(crate) fn start(
        name: &str,
        make: impl FnOnce() -> Result<Box<dyn BatchExporter<B>>, Error> + Send + 'static,
        settings: &WorkerSettings,
    ) -> Result<Self, Error> {
        let (tasks, receiver) = channel();
        let (ready, is_ready) = channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let dropped = Arc::new(AtomicU64::new(0));
        let thread = ExporterThread {
            name: name.to_owned(),
            queued: Arc::clone(&queued),
            dropped: Arc::clone(&dropped),
            counters: Arc::clone(&settings.counters),
            redaction: settings.redaction.clone(),
            failure: None,
            warnings: RateLimited::default(),
        };
        settings
            .counters
            .exports
            .add(name, Arc::clone(&queued), settings.capacity);
        Builder::new()
            .name(format!("floe-{name}"))
            .spawn(move || {
                let _quiet = Context::enter_telemetry_suppressed_scope();
                match make() {
                    Ok(exporter) => {
                        let _ = ready.send(Ok(()));
                        thread.work(exporter, &receiver);
                    }
                    Err(error) => {
                        let _ = ready.send(Err(error));
                    }
                }
            })
            .map_err(|error| Error::thread(name, &error))?;
        match is_ready.recv() {
            Ok(result) => result?,
            Err(_) => {
                return Err(Error::export(format!(
                    "the exporter `{name}` panicked while it was created"
                )));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            tasks,
            queued,
            dropped,
            capacity: settings.capacity,
            counters: Arc::clone(&settings.counters),
        })
    }

    /// Whether the queue has room for this many more spans.
    pub(super) fn has_room_for(&self, spans: usize) -> bool {
        self.queued.load(Ordering::Relaxed) + spans <= self.capacity
    }

    /// Queues a batch. If the queue is full, the batch is dropped and counted.
    pub(super) fn export(&self, spans: usize, batch: B) {
        if self.has_room_for(spans) {
            self.queued.fetch_add(spans, Ordering::Relaxed);
            if self.tasks.send(Task::Export(spans, batch)).is_ok() {
                return;
            }
        }
        self.dropped.fetch_add(spans as u64, Ordering::Relaxed);
        self.counters
            .dropped_queue_full
            .fetch_add(spans as u64, Ordering::Relaxed);
    }

    pub(super) fn flush(&self, report: &Sender<Report>) {
        self.request(Task::Flush(report.clone()), report);
    }

    pub(super) fn shutdown(&self, timeout: Duration, report: &Sender<Report>) {
        self.request(Task::Shutdown(timeout, report.clone()), report);
    }

    fn request(&self, task: Task<B>, report: &Sender<Report>) {
        if self.tasks.send(task).is_err() {
            let _ = report.send((self.name.clone(), Err("its thread has ended".to_owned())));
        }
    }
}

/// The state of the exporter's thread.
struct ExporterThread {
    name: String,
    queued: Arc<AtomicUsize>,
    dropped: Arc<AtomicU64>,
    counters: Arc<Counters>,
    redaction: Redaction,
    /// The last failure since the last report.
    failure: Option<String>,
    warnings: RateLimited,
}

impl ExporterThread {
    /// Executes tasks until a shutdown, or until the handle is dropped.
    fn work<B>(mut self, mut exporter: Box<dyn BatchExporter<B>>, tasks: &Receiver<Task<B>>) {
        while let Ok(task) = tasks.recv() {
            match task {
                Task::Export(spans, batch) => self.export(&mut *exporter, spans, batch),
                Task::Flush(report) => {
                    let flushed = guarded(|| exporter.flush());
                    self.report(flushed, &report);
                }
                Task::Shutdown(timeout, report) => {
                    let closed = guarded(|| exporter.shutdown(timeout));
                    self.report(closed, &report);
                    break;
                }
            }
        }
        // The exporter's `Drop` may be user code that panics.
        let _ = guarded(|| {
            drop(exporter);
            Ok(())
        });
    }

    fn export<B>(&mut self, exporter: &mut dyn BatchExporter<B>, spans: usize, batch: B) {
        let start = monotonic_now();
        let result = guarded(|| exporter.export(batch));
        let exports = &self.counters.exports;
        exports.record(&self.name, start.elapsed(), result.is_ok());
        self.queued.fetch_sub(spans, Ordering::Relaxed);
        if WAKE_COLLECTOR.swap(false, Ordering::SeqCst) {
            recorder::wake_collector();
        }
        let counter = match &result {
            Ok(()) => &self.counters.exported,
            Err(_) => &self.counters.failed,
        };
        counter.fetch_add(spans as u64, Ordering::Relaxed);
        if let Err(error) = result {
            // Error messages quote endpoints and headers, which may contain credentials.
            let error = self.redaction.message_or_same(error);
            self.warn(spans, &error);
            self.failure = Some(error);
        }
    }

    fn warn(&mut self, spans: usize, error: &str) {
        if self.warnings.is_due() {
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
            None => result.map_err(|error| self.redaction.message_or_same(error)),
        };
        let _ = report.send((self.name.clone(), result));
    }
}

/// Calls an exporter, which may be user code, and turns its panic into an error.
pub(crate) fn guarded(run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        Err(format!(
            "the exporter panicked: {}",
            panic_message(&*payload)
        ))
    })
}
