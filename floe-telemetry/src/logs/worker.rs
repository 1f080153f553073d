//! An exporter of log records and its thread: a bounded queue in front, a report behind.

mod thread;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::logs::{LogExporter, SdkLogRecord};

use self::thread::ExporterThread;
use crate::collector::WorkerSettings;
use crate::config::BatchLogRecordProcessorConfig;
use crate::error::Error;

/// How an exporter is driven.
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    /// Records that are sent at once.
    batch_size: usize,
    /// How long a record waits for its batch.
    delay: Duration,
    /// The queue in front, where records count instead of spans.
    pub(super) worker: WorkerSettings,
}

impl LogSettings {
    /// `worker` is what spans have; the queue of records has a size of its own.
    pub(crate) fn new(worker: &WorkerSettings, batch: &BatchLogRecordProcessorConfig) -> Self {
        Self {
            batch_size: batch.max_export_batch_size,
            delay: batch.schedule_delay(),
            worker: WorkerSettings {
                capacity: batch.max_queue_size,
                ..worker.clone()
            },
        }
    }
}

/// How a flush or a shutdown of an exporter went: its name, and what failed since the last one.
pub(crate) type LogReport = (String, Result<(), String>);

enum Task {
    Record(Box<SdkLogRecord>),
    Flush(Sender<LogReport>),
    Shutdown(Duration, Sender<LogReport>),
}

/// The caller's end.
pub(crate) struct LogWorker {
    name: String,
    tasks: Sender<Task>,
    waiting: Arc<Waiting>,
    settings: LogSettings,
}

/// What both ends count.
#[derive(Debug, Default)]
struct Waiting {
    /// Records that were taken and not exported yet.
    queued: AtomicUsize,
    /// Records that were dropped since the last report.
    dropped: AtomicU64,
}

impl fmt::Debug for LogWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWorker")
            .field("name", &self.name)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl LogWorker {
    pub(super) fn start(
        name: String,
        exporter: impl LogExporter + 'static,
        settings: &LogSettings,
    ) -> Result<Self, Error> {
        let (tasks, receiver) = channel();
        let waiting = Arc::<Waiting>::default();
        let exporting = ExporterThread::new(
            name.clone(),
            exporter,
            Arc::clone(&waiting),
            settings.clone(),
        );
        std::thread::Builder::new()
            .name(format!("floe-logs-{name}"))
            .spawn(move || {
                let _quiet = Context::enter_telemetry_suppressed_scope();
                exporting.work(&receiver);
            })
            .map_err(|error| Error::thread(&name, &error))?;
        Ok(Self {
            name,
            tasks,
            waiting,
            settings: settings.clone(),
        })
    }

    /// Queues a record. If the queue is full it is dropped and counted.
    pub(super) fn push(&self, record: SdkLogRecord) {
        let queued = self.waiting.queued.fetch_add(1, Ordering::Relaxed);
        let is_taken = queued < self.settings.worker.capacity
            && self.tasks.send(Task::Record(Box::new(record))).is_ok();
        if !is_taken {
            self.waiting.queued.fetch_sub(1, Ordering::Relaxed);
            self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
            self.settings
                .worker
                .counters
                .logs_dropped
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn flush(&self, report: &Sender<LogReport>) {
        self.ask(Task::Flush(report.clone()));
    }

    pub(super) fn shut_down(&self, timeout: Duration, report: &Sender<LogReport>) {
        self.ask(Task::Shutdown(timeout, report.clone()));
    }

    /// A thread that has ended has nothing to report: its end of the channel is gone with the task.
    fn ask(&self, task: Task) {
        let _ = self.tasks.send(task);
    }
}
