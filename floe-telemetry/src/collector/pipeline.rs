//! Batching: from single spans to what exporters are given.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::enrich::Enricher;
use super::fetch::Room;
use super::redact::Redactor;
use super::span_metrics::SpanMetrics;
use super::stamps::Stamps;
use super::statistics::Counters;
use super::tail::TailSampler;
use super::worker::Report;
use crate::clock::{WallClock, monotonic_now};
use crate::config::{ErrorsConfig, SpanLimits, TailSampling};
use crate::recorder::{Buffer, SpanRecord};

/// How spans are batched.
#[derive(Debug)]
pub(crate) struct PipelineSettings {
    /// Attributes of every span that does not set them itself.
    pub(crate) span_attributes: Stamps,
    pub(crate) limits: SpanLimits,
    pub(crate) errors: ErrorsConfig,
    /// Which traces that are not sampled are exported all the same.
    pub(crate) tail_sampling: Option<TailSampling>,
    pub(crate) batch_size: usize,
    pub(crate) delay: Duration,
    pub(crate) counters: Arc<Counters>,
    /// Makes the spans safe.
    pub(crate) redactor: Redactor,
    /// Makes metrics of them, if anybody takes metrics.
    pub(crate) metrics: Option<SpanMetrics>,
}

/// The open batch and the exporters it goes to.
#[derive(Debug)]
pub(crate) struct Pipeline {
    span_attributes: Stamps,
    batch_size: usize,
    delay: Duration,
    counters: Arc<Counters>,
    sites: Enricher,
    destinations: Vec<Box<dyn Destination>>,
    hold: Option<TailSampler>,
    metrics: Option<SpanMetrics>,
    /// Spans in the open batch.
    spans: usize,
    /// When the open batch is due, if it is not empty.
    due: Option<Instant>,
}

impl Pipeline {
    pub(crate) fn new(settings: PipelineSettings, destinations: Vec<Box<dyn Destination>>) -> Self {
        let counters = &settings.counters;
        let hold = settings
            .tail_sampling
            .map(|tail| TailSampler::new(tail, Arc::clone(counters)));
        Self {
            hold,
            metrics: settings.metrics,
            span_attributes: settings.span_attributes,
            batch_size: settings.batch_size,
            delay: settings.delay,
            counters: settings.counters,
            sites: Enricher::new(settings.redactor, settings.limits, settings.errors),
            destinations,
            spans: 0,
            due: None,
        }
    }

    /// Spans that an exporter's queue had no room for.
    pub(super) fn dropped(&self) -> u64 {
        self.counters.dropped_queue_full.load(Ordering::Relaxed)
    }

    /// Whether any exporter can take one more span than the open batch and `waiting` others. While
    /// none can, spans stay in the threads' buffers.
    pub(super) fn has_room(&self, waiting: usize) -> bool {
        // What is kept comes first.
        !self.hold.as_ref().is_some_and(TailSampler::has_kept) && self.can_take(waiting)
    }

    fn can_take(&self, waiting: usize) -> bool {
        let open = self.spans + waiting;
        self.destinations.is_empty() || self.destinations.iter().any(|to| to.has_room(open))
    }

    /// Puts the span into the open batch, or holds it if the ratio left it out.
    pub(super) fn push(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        // Nobody else writes it, and adding to it at once would take as long as the rest of this.
        let collected = &self.counters.collected;
        collected.store(collected.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.count(record, clock);
        match &mut self.hold {
            Some(hold) if !record.head.flags.is_sampled() => {
                hold.push(record.take(), clock, monotonic_now());
            }
            _ => self.send(record, clock),
        }
    }

    /// Makes metrics of a span, or of a call that has none.
    pub(super) fn count(&mut self, record: &SpanRecord, clock: &WallClock) {
        if let Some(metrics) = &mut self.metrics {
            metrics.count(record, clock);
        }
    }

    /// Whether a trace that is held waits for what was fetched in the meantime.
    pub(super) fn is_settling(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| !hold.is_settled())
    }

    /// Decides what can be decided of what is held; at the end, everything. Sends what is kept, as
    /// far as there is room. Whether nothing is left for which there is a reason to wait.
    pub(super) fn release(
        &mut self,
        buffers: &[Buffer],
        clock: &WallClock,
        room: Room,
        is_end: bool,
    ) -> bool {
        let Some(hold) = &mut self.hold else {
            return true;
        };
        if is_end {
            hold.decide_all();
        } else {
            hold.settle(buffers);
            hold.expire(monotonic_now());
        }
        while room == Room::Ignored || self.can_take(0) {
            let Some(mut record) = self.hold.as_mut().and_then(TailSampler::pop) else {
                break;
            };
            self.send(&mut record, clock);
        }
        let hold = self.hold.as_ref();
        hold.is_none_or(|hold| hold.is_settled() && !hold.has_kept())
    }

    /// Prepares the span and puts it into the open batch.
    fn send(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        let span = self.sites.prepare(record, clock, &self.span_attributes);
        for to in &mut self.destinations {
            to.push(&span);
        }
        self.spans += 1;
        if self.spans >= self.batch_size {
            self.ship();
        } else if self.due.is_none() {
            self.due = Some(monotonic_now() + self.delay);
        }
    }

    /// Ships the open batch if it is due; otherwise tells how long that is off.
    pub(super) fn tick(&mut self) -> Option<Duration> {
        let until = self.due?.saturating_duration_since(monotonic_now());
        if until.is_zero() {
            self.ship();
            return None;
        }
        Some(until)
    }

    fn ship(&mut self) {
        self.due = None;
        let spans = std::mem::take(&mut self.spans);
        if spans == 0 {
            return;
        }
        for to in &mut self.destinations {
            to.ship(spans);
        }
    }

    /// Ships everything and asks each exporter to report when it has delivered what it was given.
    /// Tells how many reports there will be.
    pub(crate) fn flush(&mut self, report: &Sender<Report>) -> usize {
        self.ship();
        for to in &self.destinations {
            to.flush(report);
        }
        self.destinations.len()
    }

    /// The same, and ends the exporters.
    pub(crate) fn shutdown(mut self, timeout: Duration, report: &Sender<Report>) -> usize {
        self.ship();
        for to in &self.destinations {
            to.shutdown(timeout, report);
        }
        self.destinations.len()
    }
}
