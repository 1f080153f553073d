//! A log exporter on a thread of its own, behind a bounded queue.

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

/// Batch size, delay and queue of an exporter.
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    /// The most records of a batch.
    batch_size: usize,
    /// The longest time that a record stays in an incomplete batch.
    delay: Duration,
    /// The queue; its capacity counts records.
    pub(super) worker: WorkerSettings,
}

impl LogSettings {
    /// Takes the settings of the span exporters, with the queue size configured for records.
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

/// The result of a flush or a shutdown: the exporter's name and the last failure since the previous
/// report.
pub(crate) type LogReport = (String, Result<(), String>);

enum Task {
    Record(Box<SdkLogRecord>),
    Flush(Sender<LogReport>),
    Shutdown(Duration, Sender<LogReport>),
}

/// The sending side of an exporter's queue.
pub(crate) struct LogWorker {
    name: String,
    tasks: Sender<Task>,
    queue: Arc<QueueCounters>,
    settings: LogSettings,
}

/// Counters that both sides of the queue share.
#[derive(Debug, Default)]
struct QueueCounters {
    /// Records that are queued or in a batch that is not exported yet.
    queued: AtomicUsize,
    /// Records that were dropped since the last report.
    dropped: AtomicU64,
}

impl fmt::Debug for LogWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWorker")
            .field("name", &self.name)
            .field("queue", &self.queue)
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
        let queue = Arc::<QueueCounters>::default();
        let exporting =
            ExporterThread::new(name.clone(), exporter, Arc::clone(&queue), settings.clone());
        std::thread::Builder::new()
            .name(format!("floe-logs-{name}"))
            .spawn(move || {
                let _suppressed = Context::enter_telemetry_suppressed_scope();
                exporting.work(&receiver);
            })
            .map_err(|error| Error::thread(&name, &error))?;
        Ok(Self {
            name,
            tasks,
            queue,
            settings: settings.clone(),
        })
    }

    /// Queues a record. If the queue is full, the record is dropped and counted.
    pub(super) fn push(&self, record: SdkLogRecord) {
        let queued = self.queue.queued.fetch_add(1, Ordering::Relaxed);
        let is_queued = queued < self.settings.worker.capacity
            && self.tasks.send(Task::Record(Box::new(record))).is_ok();
        if !is_queued {
            self.queue.queued.fetch_sub(1, Ordering::Relaxed);
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
            self.settings
                .worker
                .counters
                .logs_dropped
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn flush(&self, report: &Sender<LogReport>) {
        self.send(Task::Flush(report.clone()));
    }

    pub(super) fn shut_down(&self, timeout: Duration, report: &Sender<LogReport>) {
        self.send(Task::Shutdown(timeout, report.clone()));
    }

    /// If the thread has ended, the task and its report sender are dropped, so that the caller does not
    /// wait for a report.
    fn send(&self, task: Task) {
        let _ = self.tasks.send(task);
    }
}
