//! A log exporter on a thread of its own, behind a bounded queue.

mod thread;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Context, InstrumentationScope, Key};
use opentelemetry_sdk::logs::{LogExporter, SdkLogRecord};

use self::thread::ExporterThread;
use crate::channel::{Sender, channel};
use crate::clock::monotonic_now;
use crate::collector::{Counters, Size, StoredFailure, WorkerSettings};
use crate::config::BatchLogRecordProcessorConfig;
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
                capacity: Size {
                    spans: batch.max_queue_size,
                    ..worker.capacity
                },
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
    Record(Queued),
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

/// A record that waits for its export.
struct Queued {
    record: Box<SdkLogRecord>,
    scope: Arc<InstrumentationScope>,
    bytes: usize,
    /// Whether it is exported or failed. A record without a result is counted as dropped when this is dropped,
    /// also if the thread has ended.
    has_result: bool,
    queue: Arc<Queue>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        if !self.has_result {
            let dropped = &self.queue.counters.logs_dropped;
            dropped.fetch_add(1, Ordering::Release);
        }
        self.queue.records.fetch_sub(1, Ordering::Relaxed);
        self.queue.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What both sides of the queue share.
#[derive(Debug)]
struct Queue {
    /// Records that are queued or in a batch that is not exported yet.
    records: AtomicUsize,
    /// The bytes of these records.
    bytes: AtomicUsize,
    /// Records that were dropped since the last report.
    dropped: AtomicU64,
    /// When the records that are still queued are dropped, once the exporter shuts down.
    end: OnceLock<Instant>,
    counters: Arc<Counters>,
}

impl Queue {
    fn has_ended(&self) -> bool {
        self.end.get().is_some_and(|end| *end <= monotonic_now())
    }
}

/// The bytes of a record: its texts, and an estimate of the rest.
fn size(record: &SdkLogRecord) -> usize {
    let attributes = record
        .attributes_iter()
        .map(|(key, value)| size_of::<(Key, AnyValue)>() + key.as_str().len() + heap_bytes(value));
    size_of::<SdkLogRecord>() + record.body().map_or(0, heap_bytes) + attributes.sum::<usize>()
}

/// The bytes that a value owns.
fn heap_bytes(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(items) => {
            let nested = items.iter().map(heap_bytes);
            size_of_val(&items[..]) + nested.sum::<usize>()
        }
        AnyValue::Map(items) => {
            let nested = items
                .iter()
                .map(|(key, value)| key.as_str().len() + heap_bytes(value));
            items.len() * size_of::<(Key, AnyValue)>() + nested.sum::<usize>()
        }
        _ => 0,
    }
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
        failure: StoredFailure,
        settings: &LogSettings,
    ) -> Result<Self, Error> {
        let (tasks, receiver) = channel();
        let queue = Arc::new(Queue {
            records: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            end: OnceLock::new(),
            counters: Arc::clone(&settings.worker.counters),
        });
        let (shared, own) = (Arc::clone(&queue), settings.clone());
        let exporting = ExporterThread::new(name.clone(), exporter, failure, shared, own);
        let thread = program_signals::thread(format!("floe-logs-{name}"));
        program_signals::spawn(thread, move || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            exporting.work(&receiver);
        })
        .map_err(|error| Error::thread(&name, &error))?;
        Ok(Self {
            name,
            tasks,
            queue,
            settings: settings.clone(),
            forks: recorder::forks(),
        })
    }

    /// Queues a record. If the queue is full, or this is a fork, the record is dropped and counted.
    pub fn push(&self, record: SdkLogRecord, scope: Arc<InstrumentationScope>) {
        // Counted before its result.
        let emitted = &self.queue.counters.logs_emitted;
        emitted.fetch_add(1, Ordering::Release);
        let size = size(&record);
        let records = self.queue.records.fetch_add(1, Ordering::Relaxed);
        let bytes = self.queue.bytes.fetch_add(size, Ordering::Relaxed);
        let capacity = self.settings.worker.capacity;
        let record = Queued {
            record: Box::new(record),
            scope,
            bytes: size,
            has_result: false,
            queue: Arc::clone(&self.queue),
        };
        let is_inherited = self.forks != recorder::forks();
        if is_inherited {
            recorder::say_not_exported();
        }
        let has_room = !is_inherited && records < capacity.spans && bytes < capacity.bytes;
        if !has_room || self.tasks.send(Task::Record(record)).is_err() {
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
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
            let _ = self.queue.end.set(end);
        }
        self.send(Task::Shutdown(timeout, report.clone()));
    }

    /// If the thread has ended, the task and its report sender are dropped, so that the caller does not
    /// wait for a report.
    fn send(&self, task: Task) {
        let _ = self.tasks.send(task);
    }
}
