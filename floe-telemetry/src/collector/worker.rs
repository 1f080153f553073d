//! An exporter and its thread: a bounded queue in front, a report behind.

mod thread;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use opentelemetry::Context;

use self::thread::ExporterThread;
#[cfg(feature = "logs")]
pub(crate) use self::thread::guarded;
use super::rate_limited::RateLimited;
use super::redact::Redaction;
use super::statistics::Counters;
use crate::error::Error;

/// Whether the collector waits for an exporter to make room.
static WANTS_ROOM: AtomicBool = AtomicBool::new(false);

/// Asks to be woken when an exporter has made room. Ask first and look then: in the other order an
/// exporter could make room in between and wake nobody.
pub(super) fn wants_room(wants: bool) {
    WANTS_ROOM.store(wants, Ordering::SeqCst);
}

/// What a worker needs of an exporter. It is called from the worker's thread alone.
pub(crate) trait BatchExporter<B>: fmt::Debug {
    fn export(&mut self, batch: B) -> Result<(), String>;
    fn flush(&mut self) -> Result<(), String>;
    fn shutdown(&mut self, timeout: Duration) -> Result<(), String>;
}

/// How a flush or a shutdown of one exporter went: its name, and what failed since the last one.
pub(crate) type Report = (String, Result<(), String>);

enum Task<B> {
    /// How many spans, and the spans.
    Export(usize, B),
    Flush(Sender<Report>),
    Shutdown(Duration, Sender<Report>),
}

/// The collector's end of an exporter.
pub(crate) struct Worker<B> {
    name: String,
    tasks: Sender<Task<B>>,
    /// Spans handed over and not exported yet.
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

/// How a worker is set up.
#[derive(Clone, Debug)]
pub(crate) struct WorkerSettings {
    /// Spans that may wait in front of the exporter.
    pub(crate) capacity: usize,
    pub(crate) counters: Arc<Counters>,
    /// Makes safe what exporters say.
    pub(crate) redaction: Redaction,
}

impl<B: Send + 'static> Worker<B> {
    /// Starts the thread and makes the exporter on it, because an exporter may belong to the
    /// runtime, and so to the thread, that it was made on.
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
            rarely: RateLimited::default(),
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
                    "the exporter `{name}` panicked while it was made"
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

    /// Whether so many more spans fit into the queue.
    pub(super) fn has_room_for(&self, spans: usize) -> bool {
        self.queued.load(Ordering::Relaxed) + spans <= self.capacity
    }

    /// Queues a batch. If the queue is full the batch is dropped and counted.
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
        self.ask(Task::Flush(report.clone()), report);
    }

    pub(super) fn shutdown(&self, timeout: Duration, report: &Sender<Report>) {
        self.ask(Task::Shutdown(timeout, report.clone()), report);
    }

    fn ask(&self, task: Task<B>, report: &Sender<Report>) {
        if self.tasks.send(task).is_err() {
            let _ = report.send((self.name.clone(), Err("its thread has ended".to_owned())));
        }
    }
}
