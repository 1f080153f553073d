//! Batching: from single spans to what exporters are given.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::prepare::{Sites, Stamp};
use super::redact::Redactor;
use super::statistics::Counters;
use super::worker::Report;
use crate::clock::{WallClock, monotonic_now};
use crate::config::SpanLimits;
use crate::recorder::SpanRecord;

/// How spans are batched.
#[derive(Debug)]
pub(crate) struct PipelineSettings {
    /// What is stamped on each span that does not say it itself.
    pub(crate) identity: Vec<Stamp>,
    pub(crate) limits: SpanLimits,
    pub(crate) batch_size: usize,
    pub(crate) delay: Duration,
    pub(crate) counters: Arc<Counters>,
    /// Makes the spans safe.
    pub(crate) redactor: Redactor,
}

/// The open batch and the exporters it goes to.
#[derive(Debug)]
pub(crate) struct Pipeline {
    identity: Vec<Stamp>,
    batch_size: usize,
    delay: Duration,
    counters: Arc<Counters>,
    sites: Sites,
    destinations: Vec<Box<dyn Destination>>,
    /// Spans in the open batch.
    spans: usize,
    /// When the open batch is due, if it is not empty.
    due: Option<Instant>,
}

impl Pipeline {
    pub(crate) fn new(settings: PipelineSettings, destinations: Vec<Box<dyn Destination>>) -> Self {
        Self {
            identity: settings.identity,
            batch_size: settings.batch_size,
            delay: settings.delay,
            counters: settings.counters,
            sites: Sites::new(settings.redactor, settings.limits),
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
        let open = self.spans + waiting;
        self.destinations.is_empty() || self.destinations.iter().any(|to| to.has_room(open))
    }

    /// Prepares the span and puts it into the open batch.
    pub(super) fn push(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        self.counters.collected.fetch_add(1, Ordering::Relaxed);
        let span = self.sites.prepare(record, clock, &self.identity);
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
