//! A log exporter behind a bounded queue, on a thread of its own.
//!
//! The thread is woken for the first record of a batch, of which it takes the time, and for the last one. To wake it for
//! each record would cost more than all else that happens to one.

mod queue;
mod thread;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::yield_now;
use std::time::Duration;

use opentelemetry::Context;

use self::queue::Queue;
use self::thread::Exporting;
use super::export_record::ExportRecord;
use super::record_exporter::RecordExporter;
use crate::channel::{Sender, channel};
use crate::clock::monotonic_now;
use crate::collector::{ExporterId, Size, WorkerSettings};
use crate::config::{BatchLogRecordProcessorConfig, Signal};
use crate::error::Error;
use crate::program_signals;
use crate::recorder;

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
                capacity: Size { spans: batch.max_queue_size, ..worker.capacity },
                export_timeout: batch.export_timeout(),
                ..worker.clone()
            },
        }
    }
}

/// The result of a flush or a shutdown: the exporter's name and the first failure since the previous
/// report.
pub(crate) type LogReport = (String, Result<(), String>);

enum Task {
    /// Records wait, of which there were none.
    Waiting,
    /// As many records wait as a batch has.
    Full,
    Flush(Sender<LogReport>),
    Shutdown(Duration, Sender<LogReport>),
}

/// The sending side of an exporter's queue.
pub struct LogWorker {
    name: String,
    tasks: Sender<Task>,
    queue: Arc<Queue>,
    settings: LogSettings,
    /// The process that the thread runs in: it does not exist in a fork.
    forks: u32,
}

/// Closes the queue when it is dropped.
struct Closing(Arc<Queue>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for LogWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWorker").field("name", &self.name).finish_non_exhaustive()
    }
}

impl LogWorker {
    pub(super) fn start(
        id: &ExporterId,
        exporter: impl RecordExporter,
        settings: &LogSettings,
    ) -> Result<Self, Error> {
        let name = id.name.clone().into_owned();
        let components = &settings.worker.counters.exports.components;
        let capacity = settings.worker.capacity.spans;
        let (processor, component) = components.add_exporter(Signal::Logs, id, capacity);
        let queue = Arc::new(Queue::new(settings, processor));
        let (shared, own) = (Arc::clone(&queue), settings.clone());
        let closed = Arc::clone(&queue);
        let exporting = Exporting::new(name.clone(), component, exporter, shared, own);
        // Dropped at the end, also by a panic.
        let closing = Closing(closed);
        let (tasks, receiver) = channel();
        let thread = program_signals::thread(format!("floe-logs-{name}"));
        program_signals::spawn(thread, move || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            let _closing = closing;
            exporting.work(&receiver);
        })
        .map_err(|error| Error::thread(&name, &error))?;
        Ok(Self { name, tasks, queue, settings: settings.clone(), forks: recorder::forks() })
    }

    /// Queues a record. If the queue is full, or this is a fork, the record is dropped and counted.
    pub fn push(&self, record: Arc<ExportRecord>) {
        // Counted before its result.
        let emitted = &self.settings.worker.counters.logs_emitted;
        emitted.fetch_add(1, Ordering::Release);
        if self.forks != recorder::forks() {
            recorder::say_not_exported();
            // Another thread may have had the lock of the queue when the process was forked.
            return self.queue.count_lost();
        }
        let pushed = self.queue.push(record);
        if let Some(task) = pushed.task {
            self.send(task);
        }
        // A loop that logs is faster than its export, which gets its turn before records are dropped.
        if pushed.is_half_full {
            yield_now();
        }
    }

    /// Counts a record that comes after the shutdown.
    pub fn count_late(&self) {
        if self.forks == recorder::forks() {
            self.queue.count_late();
        }
    }

    /// Exports what is queued.
    pub fn flush(&self, report: &Sender<LogReport>) {
        self.send(Task::Flush(report.clone()));
    }

    /// Shuts the exporter down once its queue is exported. Records that are still queued after `timeout` are
    /// dropped.
    pub fn shut_down(&self, timeout: Duration, report: &Sender<LogReport>) {
        if let Some(end) = monotonic_now().checked_add(timeout) {
            self.queue.end_at(end);
        }
        self.send(Task::Shutdown(timeout, report.clone()));
    }

    /// If the thread has ended, the task and its report sender are dropped, so that the caller does not
    /// wait for a report.
    fn send(&self, task: Task) {
        let _ = self.tasks.send(task);
    }
}
