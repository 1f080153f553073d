//! An exporter behind a bounded queue, on its own thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::export_failure::{ExportFailure, QUEUE_FULL, SHUTDOWN};
use super::exports::{Export, ExporterId};
use super::redact::Redaction;
use super::statistics::{Counters, Outcomes};
use crate::caught::caught;
use crate::channel::{Receiver, RecvTimeoutError, SendError, Sender, channel};
use crate::clock::{Instant, monotonic_now};
use crate::config::Signal;
use crate::error::Error;
use crate::program_signals;
use crate::recorder::context::suppress;
use crate::recorder::{Buffer, WakeUp};

/// The time for which the start of a provider waits for one of its threads.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Set while the collector waits for room in an exporter's queue.
pub(super) static ROOM: WakeUp = WakeUp(AtomicBool::new(false));

/// An exporter of batches. Only the worker's thread calls it.
pub trait BatchExporter<B>: Send {
    /// Exports a batch.
    ///
    /// # Errors
    ///
    /// The batch, or a part of it, was not exported.
    fn export(&mut self, batch: B) -> Result<(), ExportFailure>;

    /// Delivers delayed data.
    ///
    /// # Errors
    ///
    /// The reason why it was not delivered.
    fn flush(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Shuts the exporter down after the last batch.
    ///
    /// # Errors
    ///
    /// The reason why data was not delivered.
    fn shutdown(&mut self, _timeout: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// The name of an exporter, and the result of its flush or shutdown, with the losses since the previous report.
pub(crate) type Report = (String, Result<(), String>);

enum Task<B> {
    Export(Queued, B),
    /// Calls the function at this time. A new function replaces a pending one.
    CallAt(Instant, Call),
    Flush(Sender<Report>),
    Shutdown(Duration, Sender<Report>),
}

type Call = Box<dyn FnOnce() + Send>;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// The number of spans or log records.
    pub(crate) spans: usize,
    pub(crate) bytes: usize,
}

/// The entry of a batch in the queue. When it is dropped, its spans without a result count as failed, even if the
/// thread has panicked.
struct Queued {
    size: Size,
    /// The number of spans without a result.
    left: u64,
    shared: Arc<Shared>,
}

impl Queued {
    fn count_spans(&mut self, result: &AtomicU64, spans: u64) {
        result.fetch_add(spans, Ordering::Release);
        self.left -= spans;
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.shared.outcomes().failed.fetch_add(self.left, Ordering::Release);
        self.shared.release(self.size);
    }
}

/// The state that an exporter's thread shares with its handle.
#[derive(Debug)]
struct Shared {
    counters: Arc<Counters>,
    export: Arc<Export>,
    bytes: AtomicUsize,
    /// The items lost since the last report.
    lost: Outcomes,
}

/// The handle of an exporter.
#[derive(Debug)]
pub(crate) struct Worker<B> {
    tasks: Sender<Task<B>>,
    shared: Arc<Shared>,
    capacity: Size,
}

/// The settings of a worker.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    pub(crate) signal: Signal,
    /// The maximum number of spans queued or being exported, and the number of bytes at which the queue is full.
    pub(crate) capacity: Size,
    pub(crate) export_timeout: Duration,
    /// The time for which the start waits until the exporter is created; zero while no new thread runs.
    pub(crate) start_timeout: Duration,
    /// The counters of the provider.
    pub counters: Arc<Counters>,
    pub(crate) redaction: Redaction,
}

impl<B: Send + 'static> Worker<B> {
    /// Starts the thread, and creates the exporter on it, because an exporter may be bound to the runtime, and
    /// therefore to the thread, that created it.
    ///
    /// # Errors
    ///
    /// The thread cannot be started, or `make` fails, panics or does not return. If the start does not wait, a later
    /// failure is a message.
    pub(crate) fn start(
        id: &ExporterId,
        make: impl FnOnce() -> Result<Box<dyn BatchExporter<B>>, Error> + Send + 'static,
        settings: &WorkerSettings,
    ) -> Result<Self, Error> {
        let name = &*id.name;
        let WorkerSettings { signal, counters, .. } = settings;
        let export = counters.exports.create(id.clone(), *signal);
        let shared = Arc::new(Shared {
            counters: Arc::clone(counters),
            export,
            bytes: AtomicUsize::new(0),
            lost: Outcomes::default(),
        });
        let exporting = Exporting {
            shared: Arc::clone(&shared),
            redaction: settings.redaction.clone(),
            exported: 0,
            failure: None,
        };
        let (tasks, receiver) = channel();
        let worker = Self { tasks, shared, capacity: settings.capacity };
        let (ready, is_ready) = channel();
        let of = if *signal == Signal::Logs { "logs-" } else { "" };
        program_signals::spawn(format!("floe-{of}{name}"), move || {
            let _quiet = suppress();
            match make() {
                Ok(exporter) => {
                    let _ = ready.send(Ok(()));
                    exporting.work(exporter, &receiver);
                }
                Err(error) => {
                    if let Err(SendError(Err(error))) = ready.send(Err(error)) {
                        exporting.shared.lose(0, &error.to_string());
                    }
                }
            }
        })
        .map_err(|error| Error::thread(name, &error))?;
        if !settings.start_timeout.is_zero() {
            let created = is_ready.recv_timeout(settings.start_timeout);
            created.map_err(|error| match error {
                RecvTimeoutError::Timeout => not_created(name, settings.start_timeout),
                RecvTimeoutError::Disconnected => panicked(name),
            })??;
        }
        // Exporters of metrics are listed with their readers.
        if *signal != Signal::Metrics {
            counters.exports.list(&worker.shared.export);
        }
        Ok(worker)
    }

    /// Returns the room that the queue would have if it also contained `more`.
    pub(crate) fn room(&self, more: Size) -> Size {
        let spans = self.shared.export.present() + more.spans;
        let bytes = self.shared.bytes.load(Ordering::Relaxed) + more.bytes;
        Size {
            spans: self.capacity.spans.saturating_sub(spans),
            bytes: self.capacity.bytes.saturating_sub(bytes),
        }
    }

    /// Returns the number of bytes at which an open batch is queued, even if it has few spans.
    pub(super) const fn largest_batch(&self) -> usize {
        self.capacity.bytes / 4
    }

    /// Whether a batch of this number of spans can be queued. Only the bytes already in the queue are checked, because
    /// a batch larger than the queue must be exported, too. They may exceed the capacity by one batch, because the
    /// bytes of a span are only estimated before it is added to a batch.
    fn accepts(&self, spans: usize) -> bool {
        self.shared.export.present() + spans <= self.capacity.spans
            && self.shared.bytes.load(Ordering::Relaxed)
                < self.capacity.bytes + self.largest_batch()
    }

    pub(crate) fn set_open(&self, items: usize) {
        self.shared.export.open.store(items, Ordering::Relaxed);
    }

    /// Queues the open batch. If the queue is full, the batch is dropped and counted as lost by a full queue. After the
    /// timeout of the shutdown, it is counted as late, because all buffers are then emptied without regard to room.
    pub(crate) fn export(&self, size: Size, batch: B) {
        let spans = size.spans;
        let shared = &self.shared;
        self.set_open(0);
        if !self.accepts(spans) {
            let is_late = shared.counters.ending.has_passed();
            return self.drop_items(spans, if is_late { SHUTDOWN } else { QUEUE_FULL });
        }
        shared.export.present.fetch_add(spans, Ordering::Relaxed);
        shared.bytes.fetch_add(size.bytes, Ordering::Relaxed);
        let queued = Queued { size, left: spans as u64, shared: Arc::clone(shared) };
        // If the thread has ended, the spans count as failed.
        let _ = self.tasks.send(Task::Export(queued, batch));
    }

    /// Counts items as dropped for this reason.
    pub(crate) fn drop_items(&self, items: usize, reason: &'static str) {
        self.shared.drop_items(items, reason);
    }

    /// Calls the function at this time on the exporter's thread. A new function replaces a pending one.
    pub(crate) fn call_at(&self, at: Instant, call: impl FnOnce() + Send + 'static) {
        let _ = self.tasks.send(Task::CallAt(at, Box::new(call)));
    }

    pub(crate) fn flush(&self, report: &Sender<Report>) {
        self.request(Task::Flush(report.clone()), report);
    }

    /// Shuts the exporter down within `timeout`, after its queue is exported. Spans still queued at the end of the
    /// provider's shutdown are dropped.
    pub(crate) fn shutdown(&self, timeout: Duration, report: &Sender<Report>) {
        self.request(Task::Shutdown(timeout, report.clone()), report);
    }

    fn request(&self, task: Task<B>, report: &Sender<Report>) {
        if self.tasks.send(task).is_err() {
            let name = self.shared.export.name().to_owned();
            let _ = report.send((name, Err("its thread has ended".to_owned())));
        }
    }
}

impl Shared {
    fn outcomes(&self) -> &Outcomes {
        self.counters.outcomes(self.export.signal)
    }

    fn drop_items(&self, items: usize, reason: &'static str) {
        let items = items as u64;
        for outcomes in [&self.lost, self.outcomes()] {
            let number = if reason == QUEUE_FULL { &outcomes.queue_full } else { &outcomes.late };
            number.fetch_add(items, Ordering::Release);
        }
        self.export.processor.finish(items, Some(reason));
    }

    fn lose(&self, spans: u64, error: &str) {
        self.counters.lose(&self.export, spans, error);
    }

    fn items(&self, number: u64) -> String {
        let item = self.export.signal.item();
        format!("{number} {item}{}", if number == 1 { "" } else { "s" })
    }

    /// Subtracts a batch that has left the queue, and wakes the collector if it waits for room.
    fn release(&self, size: Size) {
        self.export.present.fetch_sub(size.spans, Ordering::Relaxed);
        self.bytes.fetch_sub(size.bytes, Ordering::Relaxed);
        if ROOM.take() {
            Buffer::wake_collector();
        }
    }
}

/// The state of the thread that calls the exporter.
struct Exporting {
    shared: Arc<Shared>,
    redaction: Redaction,
    /// The number of exported items.
    exported: u64,
    /// The first failure since the last report.
    failure: Option<String>,
}

impl Exporting {
    /// Executes tasks until a shutdown, or until the handle is dropped.
    fn work<B>(mut self, mut exporter: Box<dyn BatchExporter<B>>, tasks: &Receiver<Task<B>>) {
        let mut next: Option<(Instant, Call)> = None;
        loop {
            let pause = |(at, _): &(Instant, Call)| at.saturating_duration_since(monotonic_now());
            match tasks.recv_timeout(next.as_ref().map_or(Duration::MAX, pause)) {
                Ok(Task::Export(mut queued, _)) if self.shared.counters.ending.has_passed() => {
                    queued.left = 0;
                    self.shared.drop_items(queued.size.spans, SHUTDOWN);
                }
                Ok(Task::Export(queued, batch)) => self.export(&mut *exporter, queued, batch),
                Ok(Task::CallAt(at, call)) => next = Some((at, call)),
                // If no caller waits any longer, the flush is left to the next caller.
                Ok(Task::Flush(report)) if !report.has_receiver() => {}
                Ok(Task::Flush(report)) => {
                    let flushed = guarded(|| exporter.flush());
                    self.report(flushed, &report);
                }
                Ok(Task::Shutdown(timeout, report)) => {
                    let closed = self.close(&mut *exporter, timeout);
                    self.report(closed, &report);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some((_, call)) = next.take() {
                        call();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // The exporter's `Drop` may be user code, which may panic.
        let _ = guarded(|| {
            drop(exporter);
            Ok::<_, String>(())
        });
    }

    fn export<B>(&mut self, exporter: &mut dyn BatchExporter<B>, mut queued: Queued, batch: B) {
        let spans = queued.size.spans;
        let export = &self.shared.export;
        export.processor.finish(spans as u64, None);
        let result = guarded(|| exporter.export(batch));
        let failed = export.exported(spans, result.as_ref().copied());
        let delivered = spans as u64 - failed;
        queued.count_spans(&self.shared.outcomes().exported, delivered);
        self.exported += delivered;
        drop(queued);
        // Error messages quote endpoints and headers, which may contain credentials.
        let error = result.err().map(|failure| self.redaction.failure(failure.reason));
        export.set_failure(error.as_deref());
        if let Some(error) = error {
            self.shared.lose(failed, &error);
            self.shared.lost.failed.fetch_add(failed, Ordering::Relaxed);
            // The first failure is kept: after a timeout, later failures only report that no time is left.
            self.failure.get_or_insert(error);
        }
    }

    /// Shuts the exporter down. Until it has, it may not have written what it has collected, so its items are pending
    /// again, and if it fails, they have failed.
    fn close<B>(
        &mut self,
        exporter: &mut dyn BatchExporter<B>,
        timeout: Duration,
    ) -> Result<(), String> {
        let is_closing = &self.shared.export.is_closing;
        let Outcomes { exported, failed, .. } = self.shared.outcomes();
        is_closing.store(true, Ordering::Relaxed);
        exported.fetch_sub(self.exported, Ordering::Release);
        let closed = guarded(|| exporter.shutdown(timeout));
        let outcome = if closed.is_ok() { exported } else { failed };
        outcome.fetch_add(self.exported, Ordering::Release);
        is_closing.store(false, Ordering::Relaxed);
        if let Err(error) = &closed
            && self.exported > 0
        {
            self.shared.lost.failed.fetch_add(self.exported, Ordering::Relaxed);
            self.failure.get_or_insert_with(|| self.redaction.failure(error.clone()));
        }
        closed
    }

    /// Reports the losses since the last received report or, if there are none, `result`.
    fn report(&mut self, result: Result<(), String>, report: &Sender<Report>) {
        let shared = &self.shared;
        let Outcomes { failed, queue_full, late, .. } = &shared.lost;
        let failure = format!("failed: {}", self.failure.as_deref().unwrap_or_default());
        let lost = [
            (failed, &*failure),
            (queue_full, "dropped: its queue was full"),
            (late, "dropped by the shutdown"),
        ]
        .map(|(number, fate)| (number, number.swap(0, Ordering::Relaxed), fate));
        let losses: Vec<_> = lost
            .iter()
            .filter(|(_, found, _)| *found > 0)
            .map(|(_, found, fate)| format!("{} {fate}", shared.items(*found)))
            .collect();
        let result = if losses.is_empty() {
            result.map_err(|error| self.redaction.failure(error))
        } else {
            Err(losses.join("; "))
        };
        if report.send((shared.export.name().to_owned(), result)).is_ok() {
            self.failure = None;
        } else {
            // The caller has stopped waiting, so the next report contains the losses.
            for (number, found, _) in lost {
                number.fetch_add(found, Ordering::Relaxed);
            }
        }
    }
}

/// Returns the error of an exporter that is not created in time, for example because its disk does not answer.
pub(crate) fn not_created(name: &str, timeout: Duration) -> Error {
    let operation = format!("the start of the exporter `{name}`");
    Error::timeout(&operation, timeout, "the exporter has not been created")
}

pub(crate) fn panicked(name: &str) -> Error {
    Error::export(format!("the exporter `{name}` panicked while it was created"))
}

/// Calls an exporter, which may be user code, and turns a panic into an error.
pub(crate) fn guarded<E: From<String>>(run: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    caught(run).unwrap_or_else(|message| Err(format!("the exporter panicked: {message}").into()))
}
