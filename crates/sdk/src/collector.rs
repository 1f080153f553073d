//! The collector, a background thread: in each turn, it fetches finished spans from the threads' buffers, enriches and
//! redacts them, and sends them to the exporters in batches.
//!
//! Each exporter has its own thread, so that a slow exporter delays neither the collector nor other exporters. An OTLP
//! exporter over gRPC has a runtime of its own, so that a flush never needs the program's runtime. While no exporter
//! has room, spans stay in the threads' buffers.

mod block_on;
mod captures;
mod destination;
mod drain;
mod ending;
mod enrich;
mod exemplars;
mod export_failure;
mod exports;
mod fetch;
mod limits;
mod pipeline;
mod processor;
mod rate_limited;
mod redact;
mod shared_attributes;
mod span_data;
mod span_metrics;
mod statistics;
mod tail;
mod warnings;
mod watermarks;
mod worker;

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;

pub(crate) use self::block_on::export_within;
pub use self::captures::{captured_spans, start_capture};
pub(crate) use self::destination::SpanDataBatch;
pub use self::destination::{BatchBuilder, Destination, span_data_bytes};
pub(crate) use self::drain::Drain;
pub use self::ending::Ending;
pub use self::enrich::{EnrichedSpan, Enricher};
pub use self::exemplars::{
    BoundExemplars, CollectedExemplars, Exemplar, Exemplars, collect_exemplars,
};
pub use self::export_failure::ExportFailure;
pub(crate) use self::export_failure::{ALREADY_SHUTDOWN, QUEUE_FULL};
pub(crate) use self::exports::Export;
pub use self::exports::ExporterId;
use self::fetch::Backpressure;
pub(crate) use self::pipeline::Pipeline;
pub use self::processor::{EndingSpan, SpanProcessor};
pub use self::rate_limited::RateLimited;
pub(crate) use self::redact::Policies;
pub use self::redact::{Redaction, Redactor};
pub use self::shared_attributes::SharedAttributes;
pub use self::span_metrics::SpanMetrics;
use self::statistics::Baseline;
pub use self::statistics::{Counters, Statistics};
use self::warnings::DropWarnings;
use self::watermarks::Watermarks;
pub use self::worker::{BatchExporter, WorkerSettings};
pub(crate) use self::worker::{
    Report, START_TIMEOUT, Size, Worker, guarded, not_created, panicked,
};
use crate::caught::caught;
use crate::channel::{Receiver, SendError, Sender, channel};
use crate::clock::Ticks;
use crate::clock::{WallClock, monotonic_now};
use crate::error::Error;
use crate::internal_log::{WaitingMessages, internal_log};
use crate::program_signals;
use crate::recorder::context::suppress;
use crate::recorder::{self, Buffer, Measures, SpanRecord};

/// The interval between two turns while there are spans, unless batches have a shorter delay. The recorder wakes the
/// collector earlier only if buffers fill or memory is short, because waking it delays the recording thread.
const MIN_PAUSE: Duration = Duration::from_millis(50);

/// The lower limit of `MIN_PAUSE` and `MAX_PAUSE` for batches with a short delay.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// The maximum interval between two turns while there are no spans, unless batches have a shorter delay. Threads need
/// not wake the collector for each span, because it polls. An export may be delayed by this interval.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// The time for which a forked process waits for a lock that its parent may have held.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

type Job = Box<dyn FnOnce(&mut Collector) + Send>;

#[derive(Default)]
pub(crate) struct Collector {
    buffers: Vec<Buffer>,
    /// The buffers of measured calls, which have no span.
    measures: Vec<Measures>,
    clock: WallClock,
    /// The number of spans read from the buffers since the collector started.
    read: u64,
    counters: Weak<Counters>,
    /// Flushes and shutdowns. Each stays here until its spans are fetched, so that a panic meanwhile only delays it.
    drains: VecDeque<Drain>,
    warnings: DropWarnings,
    messages: RateLimited,
    pause: Duration,
    pipeline: Option<Pipeline>,
    /// The enricher of captures. The pipeline of a provider has its own enricher with its own redaction.
    enricher: Enricher,
    /// The spans of each capture with their ends, by the capture's id.
    captures: HashMap<u64, Vec<(Ticks, SpanData)>>,
}

struct Handle {
    jobs: Sender<Job>,
    thread: Thread,
    /// The number of forks when the thread started. In a later fork, the thread does not exist.
    forks: u32,
}

static HANDLE: Mutex<Option<Handle>> = Mutex::new(None);

/// Runs `job` on the collector thread, which is started first if necessary. The receiver gets the result, or an error
/// if the job panics.
///
/// # Errors
///
/// The thread cannot be started, the caller runs on it, or the process was forked while another thread held the lock.
pub(crate) fn run<T: Send + 'static>(
    job: impl FnOnce(&mut Collector) -> T + Send + 'static,
) -> Result<Receiver<T>, Error> {
    check_thread()?;
    let (result, receiver) = channel();
    let job: Job = Box::new(move |collector| {
        let _ = result.send(job(collector));
    });
    let mut locked = lock()?;
    let handle = match &mut *locked {
        Some(handle) if handle.forks == recorder::forks() => handle,
        handle => {
            // Not dropped, because in a fork, a thread that does not exist may have locked the channel.
            mem::forget(handle.take());
            handle.insert(start()?)
        }
    };
    if let Err(SendError(job)) = handle.jobs.send(job) {
        // The collector has ended, for example because dropping a panic's payload panicked again.
        *handle = start()?;
        let _ = handle.jobs.send(job);
    }
    handle.thread.unpark();
    Ok(receiver)
}

thread_local! {
    /// Whether this is the thread of a collector. The standard library's own handle of a thread is gone before the last
    /// code of the program runs on it.
    static IS_COLLECTOR: Cell<bool> = const { Cell::new(false) };
}

/// Returns an error on the collector's thread, which would wait for itself.
pub(crate) fn check_thread() -> Result<(), Error> {
    if IS_COLLECTOR.get() {
        return Err(Error::state(
            "telemetry cannot be flushed, started or shut down on the collector's thread: expected a call outside of span processors",
        ));
    }
    Ok(())
}

/// The time for which a start waits until a new collector runs.
const BEGIN_TIMEOUT: Duration = Duration::from_millis(500);

/// The time for which a start waits for a turn of the collector to end.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether the thread of the collector has run.
static HAS_BEGUN: AtomicBool = AtomicBool::new(false);

/// Starts the collector, if necessary, and returns whether it runs. In the constructor of a shared library, no new
/// thread runs before the loader has finished, and the loader waits for the constructor.
///
/// # Errors
///
/// The thread cannot be started, or does not answer: a span processor of the last provider does not return.
pub(crate) fn begin() -> Result<bool, Error> {
    let begun = run(|_| ())?;
    if begun.recv_timeout(BEGIN_TIMEOUT).is_ok() {
        return Ok(true);
    }
    if !HAS_BEGUN.load(Ordering::Acquire) {
        return Ok(false);
    }
    let answered = begun.recv_timeout(TURN_TIMEOUT);
    answered.map(|()| true).map_err(|_| {
        Error::state(
            "the telemetry collector does not answer: a span processor of the last provider does not return",
        )
    })
}

/// Locks the handle. In a fork, waits only a short time, because the holder of the lock may not exist.
fn lock() -> Result<MutexGuard<'static, Option<Handle>>, Error> {
    if recorder::forks() == 0 {
        return Ok(HANDLE.lock().unwrap_or_else(PoisonError::into_inner));
    }
    let deadline = monotonic_now() + LOCK_TIMEOUT;
    loop {
        match HANDLE.try_lock() {
            Ok(handle) => return Ok(handle),
            Err(TryLockError::Poisoned(handle)) => return Ok(handle.into_inner()),
            Err(TryLockError::WouldBlock) if monotonic_now() < deadline => thread::yield_now(),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::state(
                    "telemetry cannot be used in this process: it was forked while another thread started or flushed telemetry",
                ));
            }
        }
    }
}

fn start() -> Result<Handle, Error> {
    #[cfg(target_os = "linux")]
    crate::system::answer();
    let (jobs, receiver) = channel();
    HAS_BEGUN.store(false, Ordering::Relaxed);
    // From here on, no thread of the program writes a message, and so none waits for its reader.
    let waiting = WaitingMessages::of_collector();
    let handle = program_signals::spawn("floe-collector", move || {
        let _waiting = waiting;
        IS_COLLECTOR.set(true);
        HAS_BEGUN.store(true, Ordering::Release);
        // The collector must not record telemetry about itself.
        let _quiet = suppress();
        let mut collector = Collector::default();
        loop {
            let pause = collector.turn_or_recover(&receiver);
            thread::park_timeout(pause);
        }
    })
    .map_err(|error| Error::thread("collector", &error))?;
    let thread = handle.thread().clone();
    Buffer::set_collector(thread.clone());
    Ok(Handle { jobs, thread, forks: recorder::forks() })
}

impl Collector {
    /// Takes a turn, and returns the pause until the next one.
    fn turn_or_recover(&mut self, jobs: &Receiver<Job>) -> Duration {
        // A panic must not end the thread: the buffers would fill and spans would be dropped.
        if let Ok(pause) = caught(|| self.turn(jobs)) {
            return pause;
        }
        // A panic of the recovery must not end the thread either.
        let _ = caught(|| self.pipeline.iter_mut().for_each(Pipeline::recover));
        if self.messages.is_due() {
            internal_log!(error, "the telemetry collector panicked and continues");
        }
        // The thread pauses, because turns that panic again and again must not occupy a processor.
        MIN_PAUSE
    }

    fn turn(&mut self, jobs: &Receiver<Job>) -> Duration {
        while let Ok(job) = jobs.recv_timeout(Duration::ZERO) {
            job(self);
        }
        WaitingMessages::write();
        let mut random = [0; 8];
        if getrandom::fill(&mut random).is_ok() {
            recorder::renew_ids(u64::from_ne_bytes(random));
        }
        self.clock.refresh();
        let fetched = self.count_calls() + self.fetch(Backpressure::Respected);
        self.finish_drains();
        let pipeline = self.pipeline.as_mut();
        let until_batch = pipeline.and_then(Pipeline::tick);
        self.warnings.warn(self.pipeline.as_ref().map(|pipeline| &pipeline.counters));

        let batch = self.pipeline.as_ref().map(|pipeline| pipeline.delay);
        let longest = batch.unwrap_or(MAX_PAUSE).clamp(SHORTEST_PAUSE, MAX_PAUSE);
        let shortest = MIN_PAUSE.min(longest);
        self.pause = if fetched > 0 { shortest } else { (self.pause * 2).clamp(shortest, longest) };
        let first_deadline = self.drains.iter().filter_map(|drain| drain.deadline).min();
        let until_drain =
            first_deadline.map(|deadline| deadline.saturating_duration_since(monotonic_now()));
        // While all queues are full, the exporter that next finishes a batch wakes the collector.
        worker::ROOM.request();
        if self.room() > 0 {
            worker::ROOM.withdraw();
        }
        let deadlines = [until_batch, until_drain].into_iter().flatten();
        deadlines.fold(self.pause, Duration::min)
    }

    /// Replaces the pipeline. Spans that ended earlier are counted for the previous provider, even if its shutdown has
    /// timed out. If the start did not wait for this thread, they may belong to the new provider, and stay.
    pub(crate) fn install(&mut self, pipeline: Pipeline, is_awaited: bool) {
        if is_awaited {
            self.drain(Drain::late());
        }
        while !self.drains.is_empty() {
            self.fetch_rest();
            self.finish_first();
        }
        let start = Baseline::at(self.read);
        if let Some(previous) = self.counters.upgrade() {
            let _ = previous.end.set(start);
        }
        let _ = pipeline.counters.start.set(start);
        self.counters = Arc::downgrade(&pipeline.counters);
        self.warnings.restart();
        self.pipeline = Some(pipeline);
    }

    pub(crate) fn drain(&mut self, mut drain: Drain) {
        Buffer::take_new(&mut self.buffers);
        drain.watermarks = Watermarks::now(&self.buffers);
        self.drains.push_back(drain);
    }

    fn finish_drains(&mut self) {
        for _ in 0..self.drains.len() {
            if self.is_first_ready() {
                self.finish_first();
            } else {
                self.drains.rotate_left(1);
            }
        }
    }

    fn is_first_ready(&mut self) -> bool {
        let Some(drain) = self.drains.front() else {
            return false;
        };
        let is_shutdown = drain.shutdown.is_some();
        if drain.is_late() {
            // After a flush, spans that do not fit into the queues may stay in the buffers.
            if is_shutdown {
                self.fetch_rest();
            }
            return true;
        }
        if !drain.is_fetched(&self.buffers) {
            return false;
        }
        self.release(Backpressure::Respected, is_shutdown)
    }

    /// Fetches the spans that the first drain requires, without waiting for room: spans that do not fit are dropped and
    /// counted.
    fn fetch_rest(&mut self) {
        let is_fetched = |this: &Self| {
            let first = this.drains.front();
            first.is_none_or(|drain| drain.is_fetched(&this.buffers))
        };
        while !is_fetched(self) && self.fetch(Backpressure::Ignored) > 0 {}
        let is_shutdown = self.drains.front().is_some_and(|drain| drain.shutdown.is_some());
        self.release(Backpressure::Ignored, is_shutdown);
    }

    fn finish_first(&mut self) {
        if let Some(drain) = self.drains.pop_front() {
            if drain.shutdown.is_some()
                && let Some(counters) = self.counters.upgrade()
            {
                let _ = counters.last.set(Baseline::at(self.read));
            }
            drain.finish(&mut self.pipeline);
        }
    }

    fn pass(&mut self, record: &mut SpanRecord) {
        let _buffered = Buffered(record.head.heap_bytes());
        if let Some(capture) = record.capture() {
            statistics::count_captured();
            record.settle(true);
            if let Some(spans) = self.captures.get_mut(&capture) {
                let ended = record.head.end;
                let none = SharedAttributes::default();
                let span = self.enricher.enrich(record, &self.clock, &none);
                spans.push((ended, (&span).into()));
            }
            return;
        }
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.push(record, &self.clock);
        }
    }
}

/// The bytes of a span that was removed from a buffer. They are released when this value is dropped, even by a panic.
struct Buffered(usize);

impl Drop for Buffered {
    fn drop(&mut self) {
        if self.0 > 0 {
            Buffer::release(self.0);
        }
    }
}
