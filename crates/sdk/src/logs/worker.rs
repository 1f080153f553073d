//! The open batch of a log exporter, to which any thread adds records, and its worker.
//!
//! The worker is woken by the first record of a batch, which starts the delay, and by a complete batch. Waking it for
//! each record would cost more than all other work on a record.

use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::log_record::LogRecord;
use crate::channel::Sender;
use crate::clock::monotonic_now;
use crate::collector::{
    BatchExporter, ExporterId, QUEUE_FULL, Report, Size, Worker, WorkerSettings,
};
use crate::config::{BatchLogRecordProcessorConfig, Signal};
use crate::error::Error;
use crate::lock::lock;
use crate::recorder;

/// The size at which a batch is exported before it is full, in bytes. By default, receivers accept requests of at most
/// 4 MiB.
const MAX_BYTES: usize = 1024 * 1024;

/// The records of one export.
pub(super) type LogRecordBatch = Vec<Arc<LogRecord>>;

/// The batch size, the delay and the queue of an exporter.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// The size of a batch, in records.
    batch_size: usize,
    /// The maximum time for which a record waits in an incomplete batch.
    delay: Duration,
    /// The settings of the queue, whose capacity counts records.
    pub worker: WorkerSettings,
}

impl LogSettings {
    /// Returns the settings of the span exporters, with the sizes and times that `batch` sets for records.
    pub(crate) fn new(worker: &WorkerSettings, batch: &BatchLogRecordProcessorConfig) -> Self {
        Self {
            batch_size: batch.max_export_batch_size.clamp(1, batch.max_queue_size.max(1)),
            delay: Duration::from_millis(batch.schedule_delay_millis),
            worker: WorkerSettings {
                signal: Signal::Logs,
                capacity: Size { spans: batch.max_queue_size, ..worker.capacity },
                export_timeout: Duration::from_millis(batch.export_timeout_millis),
                ..worker.clone()
            },
        }
    }
}

/// A log exporter with its open batch.
#[derive(Debug)]
pub struct LogWorker {
    open: Mutex<Open>,
    worker: Worker<LogRecordBatch>,
    settings: LogSettings,
    /// The number of forks when the thread started. In a later fork, the thread does not exist.
    forks: u32,
}

#[derive(Debug, Default)]
struct Open {
    records: LogRecordBatch,
    bytes: usize,
    is_closed: bool,
}

impl LogWorker {
    /// Starts an exporter, see [`Worker::start`].
    ///
    /// # Errors
    ///
    /// The thread or the exporter cannot be started.
    pub fn start(
        id: &ExporterId,
        make: impl FnOnce() -> Result<Box<dyn BatchExporter<LogRecordBatch>>, Error> + Send + 'static,
        settings: &LogSettings,
    ) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            open: Mutex::default(),
            worker: Worker::start(id, make, &settings.worker)?,
            settings: settings.clone(),
            forks: recorder::forks(),
        }))
    }

    /// Adds a record to the open batch. If the queue is full, or this is a fork, the record is dropped and counted. After
    /// the shutdown, there are no records.
    pub fn push(self: &Arc<Self>, record: Arc<LogRecord>) {
        let Self { worker, settings, forks, .. } = &**self;
        let counters = &settings.worker.counters;
        // A record is counted before its outcome.
        let count = || _ = counters.logs_emitted.fetch_add(1, Ordering::Release);
        if *forks != recorder::forks() {
            recorder::say_not_exported();
            count();
            // The batch is not locked, because in a fork the holder of the lock may not exist.
            counters.logs.queue_full.fetch_add(1, Ordering::Release);
            return;
        }
        let bytes = record.size();
        let mut open = self.lock();
        if open.is_closed {
            return;
        }
        count();
        let room = worker.room(Size { spans: open.records.len(), bytes: open.bytes });
        if room.spans == 0 || room.bytes == 0 {
            return worker.drop_items(1, QUEUE_FULL);
        }
        open.records.push(record);
        open.bytes += bytes;
        worker.set_open(open.records.len());
        if open.records.len() >= settings.batch_size || open.bytes >= MAX_BYTES {
            self.ship(&mut open);
        } else if open.records.len() == 1
            && let Some(due) = monotonic_now().checked_add(settings.delay)
        {
            let this = Arc::downgrade(self);
            worker.call_at(due, move || {
                if let Some(this) = this.upgrade() {
                    this.ship(&mut this.lock());
                }
            });
        }
    }

    /// Queues the open batch, and flushes the exporter after its queue is exported.
    pub fn flush(&self, report: &Sender<Report>) {
        self.ship(&mut self.lock());
        self.worker.flush(report);
    }

    /// Shuts the exporter down after its queue is exported. Records still queued after `timeout` are dropped.
    pub fn shut_down(&self, timeout: Duration, report: &Sender<Report>) {
        let mut open = self.lock();
        open.is_closed = true;
        self.ship(&mut open);
        self.worker.shutdown(timeout, report);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }

    /// Queues the batch, which stays locked meanwhile, so that a flush cannot overtake it.
    fn ship(&self, open: &mut Open) {
        let size = Size { spans: open.records.len(), bytes: mem::take(&mut open.bytes) };
        if size.spans > 0 {
            let next = Vec::with_capacity(size.spans);
            self.worker.export(size, mem::replace(&mut open.records, next));
        }
    }
}
