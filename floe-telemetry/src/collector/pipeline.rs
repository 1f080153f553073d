//! Batching: from single spans to what exporters are given.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;

use super::statistics::Counters;
use super::worker::{Report, Worker};
use crate::clock::monotonic_now;

/// The open batch and the exporters it goes to.
#[derive(Debug)]
pub(crate) struct Pipeline {
    identity: Vec<KeyValue>,
    batch: Vec<SpanData>,
    batch_size: usize,
    delay: Duration,
    /// When the open batch is due, if it is not empty.
    due: Option<Instant>,
    workers: Vec<Worker>,
    counters: Arc<Counters>,
}

impl Pipeline {
    pub(crate) fn new(
        identity: Vec<KeyValue>,
        batch_size: usize,
        delay: Duration,
        workers: Vec<Worker>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            identity,
            batch: Vec::with_capacity(batch_size),
            batch_size,
            delay,
            due: None,
            workers,
            counters,
        }
    }

    /// What is stamped on each span that does not say it itself.
    pub(super) fn identity(&self) -> &[KeyValue] {
        &self.identity
    }

    /// Whether any exporter can take more. While none can, spans stay in the threads' buffers.
    pub(super) fn has_room(&self) -> bool {
        self.workers.is_empty() || self.workers.iter().any(Worker::has_room)
    }

    pub(super) fn push(&mut self, span: SpanData) {
        self.counters.collected.fetch_add(1, Ordering::Relaxed);
        self.batch.push(span);
        if self.batch.len() >= self.batch_size {
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
        let batch = mem::replace(&mut self.batch, Vec::with_capacity(self.batch_size));
        if batch.is_empty() {
            return;
        }
        if let Some((last, others)) = self.workers.split_last() {
            for worker in others {
                worker.export(batch.clone());
            }
            last.export(batch);
        }
    }

    /// Ships everything and asks each exporter to report when it has delivered what it was given.
    /// Tells how many reports there will be.
    pub(crate) fn flush(&mut self, report: &Sender<Report>) -> usize {
        self.ship();
        for worker in &self.workers {
            worker.flush(report);
        }
        self.workers.len()
    }

    /// The same, and ends the exporters.
    pub(crate) fn shutdown(mut self, timeout: Duration, report: &Sender<Report>) -> usize {
        self.ship();
        for worker in &self.workers {
            worker.shutdown(timeout, report);
        }
        self.workers.len()
    }
}
