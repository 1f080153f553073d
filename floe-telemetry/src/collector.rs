//! The one background thread: it fetches finished spans from the threads' buffers, stamps wall
//! clock, identity and code location on them, redacts them, and hands them to the exporters.
//!
//! It never exports itself: each exporter has a thread of its own, so that a slow one holds up
//! neither the others nor the fetching.

mod batch;
mod destination;
mod drain;
mod enrich;
mod exemplars;
mod exports;
mod fetch;
mod goals;
mod limits;
mod measures;
mod panics;
mod pipeline;
mod rate_limited;
mod redact;
mod span_data;
mod span_metrics;
mod stamps;
mod statistics;
mod tail;
mod warnings;
mod worker;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use opentelemetry::Context;

#[cfg(feature = "_otlp")]
pub(crate) use self::batch::Intake;
pub(crate) use self::batch::SpanDataIntake;
pub(crate) use self::destination::{Destination, Lane};
pub(crate) use self::drain::Drain;
#[cfg(feature = "_otlp")]
pub(crate) use self::enrich::EnrichedSpan;
#[cfg(any(test, feature = "testing"))]
pub(crate) use self::enrich::Enricher;
#[cfg(feature = "_otlp")]
pub(crate) use self::exemplars::exemplar;
pub(crate) use self::exports::Queue;
pub(crate) use self::fetch::Room;
pub(crate) use self::pipeline::{Pipeline, PipelineSettings};
#[cfg(any(feature = "_otlp", feature = "logs"))]
pub(crate) use self::rate_limited::RateLimited;
pub use self::redact::RedactionStage;
pub(crate) use self::redact::{Policies, Redaction, Redactor};
#[cfg(feature = "_otlp")]
pub(crate) use self::span_metrics::DURATION;
pub(crate) use self::span_metrics::SpanMetrics;
pub(crate) use self::stamps::Stamps;
pub(crate) use self::statistics::Counters;
pub use self::statistics::Statistics;
use self::warnings::DropWarnings;
#[cfg(feature = "logs")]
pub(crate) use self::worker::guarded;
pub(crate) use self::worker::{BatchExporter, Report, Worker, WorkerSettings};
use crate::clock::{WallClock, monotonic_now};
use crate::error::Error;
use crate::recorder::{self, Buffer, Measures, SpanRecord};

/// How long the collector sleeps when there were spans, unless a buffer fills.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// How long it sleeps at most when there were none. A span waits for its batch to fill in any case,
/// so nobody is kept waiting; and nobody who records a span pays for waking a thread.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Collector) + Send>;

/// What the collector thread works with.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    buffers: Vec<Buffer>,
    /// Calls that have no span.
    measures: Vec<Measures>,
    clock: WallClock,
    /// Roots that wait for the rest of the round: what was fetched from the other threads goes out
    /// before them, so that whoever sees a root has seen its trace.
    roots: Vec<SpanRecord>,
    /// Records that were roots, for their memory.
    blank: Vec<SpanRecord>,
    drains: Vec<Drain>,
    warnings: DropWarnings,
    pause: Duration,
    pipeline: Option<Pipeline>,
    /// What captures need; a provider's pipeline has its own, for its own redaction.
    #[cfg(feature = "testing")]
    sites: Enricher,
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
    recorder::set_collector(thread.thread().clone());
    Ok(Handle {
        jobs,
        thread: thread.thread().clone(),
    })
}

fn work(jobs: &Receiver<Job>) {
    // Nothing that happens here is itself telemetry.
    let _quiet = Context::enter_telemetry_suppressed_scope();
    let mut collector = Collector::default();
    loop {
        // A defect in one turn must not end the thread: spans would pile up and be dropped.
        if catch_unwind(AssertUnwindSafe(|| collector.turn(jobs))).is_err() {
            tracing::error!("the telemetry collector panicked and goes on");
        }
    }
}

impl Collector {
    fn turn(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.try_recv() {
            job(self);
        }
        let fetched = self.count_calls() + self.fetch(Room::Needed);
        self.finish_drains();
        let until_batch = self.pipeline.as_mut().and_then(Pipeline::tick);
        let dropped = self.pipeline.as_ref().map_or(0, Pipeline::dropped);
        self.warnings.warn(dropped);

        self.pause = if fetched > 0 {
            SHORTEST_PAUSE
        } else {
            (self.pause * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
        };
        let until_drain = self.drains.iter().filter_map(Drain::deadline).min();
        let until_drain =
            until_drain.map(|deadline| deadline.saturating_duration_since(monotonic_now()));
        // An exporter that makes room wakes the collector, too.
        worker::wants_room(true);
        if self.has_room() {
            worker::wants_room(false);
        }
        let sooner = [until_batch, until_drain].into_iter().flatten();
        thread::park_timeout(sooner.fold(self.pause, Duration::min));
    }

    /// Makes `pipeline` the one that spans go to.
    pub(crate) fn install(&mut self, pipeline: Pipeline) {
        self.drains.clear();
        self.pipeline = Some(pipeline);
    }

    /// Begins a flush or a shutdown.
    pub(crate) fn drain(&mut self, mut drain: Drain) {
        recorder::new_buffers(&mut self.buffers);
        drain.begin(&self.buffers);
        self.drains.push(drain);
    }

    fn finish_drains(&mut self) {
        for drain in std::mem::take(&mut self.drains) {
            let mut room = Room::Needed;
            if drain.is_late() {
                // Nobody waits any more. What is left is dropped and counted.
                room = Room::Ignored;
                self.fetch(room);
            } else if !drain.is_fetched(&self.buffers) {
                self.drains.push(drain);
                continue;
            }
            self.pass_all();
            if !self.release(room, drain.is_shutdown()) && room == Room::Needed {
                self.drains.push(drain);
                continue;
            }
            drain.finish(&mut self.pipeline);
        }
    }

    fn pass(&mut self, record: &mut SpanRecord) {
        #[cfg(feature = "testing")]
        if let Some(capture) = record.capture() {
            if let Some(spans) = self.captures.get_mut(&capture) {
                spans.push((&self.sites.prepare(record, &self.clock, &Stamps::default())).into());
            }
            return;
        }
        match &mut self.pipeline {
            Some(pipeline) => pipeline.push(record, &self.clock),
            None => statistics::count_without_provider(),
        }
    }
}
