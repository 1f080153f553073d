//! The one background thread: it fetches finished spans from the threads' buffers, stamps wall
//! clock, identity and code location on them, redacts them, and hands them to the exporters.
//!
//! It never exports itself: each exporter has a thread of its own, so that a slow one holds up
//! neither the others nor the fetching.

mod batch;
mod destination;
mod pipeline;
mod prepare;
mod redact;
mod span_data;
mod statistics;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use opentelemetry::Context;

#[cfg(feature = "_otlp")]
pub(crate) use self::batch::Intake;
pub(crate) use self::batch::SpanDataIntake;
pub(crate) use self::destination::{Destination, Lane};
pub(crate) use self::pipeline::{Pipeline, PipelineSettings};
#[cfg(feature = "_otlp")]
pub(crate) use self::prepare::Prepared;
pub(crate) use self::prepare::{Sites, Stamp};
pub(crate) use self::redact::resource as redact_resource;
#[cfg(feature = "_otlp")]
pub(crate) use self::span_data::own_scope;
pub(crate) use self::statistics::Counters;
pub use self::statistics::Statistics;
pub(crate) use self::worker::{BatchExporter, Report, Worker, WorkerSettings};
use crate::clock::{WallClock, monotonic_now};
use crate::error::Error;
use crate::recorder::{self, Buffer};

/// While spans arrive, the collector looks this often even if no buffer fills.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Without spans it looks this often, for the rare span that did not wake it.
const IDLE_PAUSE: Duration = Duration::from_secs(5);

/// At most one warning of a kind in this time.
const WARN_EVERY: Duration = Duration::from_mins(1);

/// Spans taken from one thread's buffer in one turn, so that a busy thread cannot keep the
/// collector from its other duties.
const TURN: usize = 2048;

type Job = Box<dyn FnOnce(&mut Collector) + Send>;

/// What the collector thread works with.
#[derive(Debug)]
pub(crate) struct Collector {
    buffers: Vec<Buffer>,
    clock: WallClock,
    sites: Sites,
    /// Drops that a warning told of, and when the last one did.
    warned_drops: u64,
    warned: Option<Instant>,
    pub(crate) pipeline: Option<Pipeline>,
    #[cfg(feature = "testing")]
    pub(crate) captures: std::collections::HashMap<u64, Vec<opentelemetry_sdk::trace::SpanData>>,
}

struct Handle {
    jobs: Sender<Job>,
    thread: Thread,
}

static HANDLE: Mutex<Option<Handle>> = Mutex::new(None);

/// Runs `job` on the collector thread, which is started if need be. The answer comes through the
/// receiver; if the job panics, none does.
pub(crate) fn run<T: Send + 'static>(
    job: impl FnOnce(&mut Collector) -> T + Send + 'static,
) -> Result<Receiver<T>, Error> {
    let (answer, receiver) = channel();
    let job: Job = Box::new(move |collector| {
        let _ = answer.send(job(collector));
    });
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let handle = match &*handle {
        Some(handle) => handle,
        None => handle.insert(start()?),
    };
    // The collector never ends, so there is always a receiver.
    let _ = handle.jobs.send(job);
    handle.thread.unpark();
    Ok(receiver)
}

fn start() -> Result<Handle, Error> {
    let (jobs, receiver) = channel();
    let thread = thread::Builder::new()
        .name("floe-collector".to_owned())
        .spawn(move || work(&receiver))
        .map_err(|error| Error::thread("collector", &error))?;
    recorder::set_waker(thread.thread().clone());
    Ok(Handle {
        jobs,
        thread: thread.thread().clone(),
    })
}

fn work(jobs: &Receiver<Job>) {
    // Nothing that happens here is itself telemetry.
    let _quiet = Context::enter_telemetry_suppressed_scope();
    let mut collector = Collector::new();
    loop {
        // A defect in one turn must not end the thread: spans would pile up and be dropped.
        if catch_unwind(AssertUnwindSafe(|| collector.turn(jobs))).is_err() {
            tracing::error!("the telemetry collector panicked and goes on");
        }
    }
}

impl Collector {
    fn new() -> Self {
        Self {
            buffers: Vec::new(),
            clock: WallClock::new(),
            sites: Sites::default(),
            warned_drops: 0,
            warned: None,
            pipeline: None,
            #[cfg(feature = "testing")]
            captures: std::collections::HashMap::new(),
        }
    }

    fn turn(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.try_recv() {
            job(self);
        }
        let busy = self.pipeline.as_ref().is_none_or(Pipeline::has_room) && self.fetch() > 0;
        let until_batch = self.pipeline.as_mut().and_then(Pipeline::tick);
        self.warn_of_drops();
        let pause = if busy { BUSY_PAUSE } else { IDLE_PAUSE };
        recorder::sleep_until_woken(!busy, until_batch.map_or(pause, |until| until.min(pause)));
    }

    /// Fetches the spans that are finished by now, and tells how many there were.
    pub(crate) fn fetch(&mut self) -> usize {
        recorder::new_buffers(&mut self.buffers);
        self.clock.refresh();
        let mut buffers = std::mem::take(&mut self.buffers);
        let mut fetched = 0;
        for buffer in &mut buffers {
            for _ in 0..TURN {
                let Some(mut record) = buffer.pop() else {
                    break;
                };
                fetched += 1;
                self.take(&mut record);
                record.clear();
                buffer.recycle(record);
            }
        }
        buffers.retain(|buffer| !buffer.is_done());
        self.buffers = buffers;
        fetched
    }

    fn take(&mut self, record: &mut recorder::SpanRecord) {
        #[cfg(feature = "testing")]
        if let Some(capture) = recorder::captured_by(record.context.trace_id()) {
            if let Some(spans) = self.captures.get_mut(&capture) {
                spans.push((&self.sites.prepare(record, &self.clock, &[])).into());
            }
            return;
        }
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.push(
                &self
                    .sites
                    .prepare(record, &self.clock, &pipeline.identity()),
            );
        }
    }

    fn warn_of_drops(&mut self) {
        let dropped = recorder::dropped_spans();
        let is_due = self.warned.is_none_or(|last| last.elapsed() >= WARN_EVERY);
        if dropped > self.warned_drops && is_due {
            self.warned = Some(monotonic_now());
            tracing::warn!(
                dropped = dropped - self.warned_drops,
                "spans were dropped because a thread's buffer was full"
            );
            self.warned_drops = dropped;
        }
    }
}
