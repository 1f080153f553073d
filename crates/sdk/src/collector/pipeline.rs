//! The pipeline of a provider: metrics from spans, tail sampling, processors, enrichment and batching.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::KeyValue;

use super::destination::Destination;
use super::enrich::{Enricher, add_baggage};
use super::export_failure::SHUTDOWN;
use super::fetch::Backpressure;
use super::processor::{EndingSpan, SpanProcessor};
use super::rate_limited::RateLimited;
use super::redact::Redactor;
use super::shared_attributes::SharedAttributes;
use super::span_metrics::SpanMetrics;
use super::statistics::Counters;
use super::tail::TailSampler;
use super::worker::Report;
use crate::caught::caught;
use crate::channel::Sender;
use crate::clock::{Instant, WallClock, monotonic_now};
use crate::config::{SamplingConfig, TelemetryConfig};
use crate::internal_log::internal_log;
use crate::recorder::{Buffer, SpanRecord};

/// Reads the exceptions of a span, and may remove their events.
pub(crate) type ReadExceptions = Box<dyn Fn(&mut SpanRecord) + Send>;

/// The path of spans to the exporters: tail sampling, processors, enrichment and the open batch.
pub(crate) struct Pipeline {
    /// The attributes that are added to every span, except for keys that the span sets itself.
    span_attributes: SharedAttributes,
    batch_size: usize,
    /// The time for which the first span of a batch waits for others.
    pub(super) delay: Duration,
    pub(super) counters: Arc<Counters>,
    status_on_success: bool,
    /// The span processors of the program, in the order in which they are called.
    processors: Vec<Box<dyn SpanProcessor>>,
    processor_warnings: RateLimited,
    /// Makes log records of exceptions, if they are requested.
    exceptions: Option<ReadExceptions>,
    enricher: Enricher,
    exporters: Vec<Box<dyn Destination>>,
    tail: Option<TailSampler>,
    metrics: Option<SpanMetrics>,
    /// The number of spans in the open batch.
    spans: usize,
    /// The time at which a non-empty open batch is due.
    due: Option<Instant>,
}

impl Pipeline {
    /// Creates a pipeline whose tail sampling buffers at most `tail_bytes`.
    pub(crate) fn new(
        config: TelemetryConfig,
        tail_bytes: usize,
        counters: &Arc<Counters>,
        mut redactor: Redactor,
        processors: Vec<Box<dyn SpanProcessor>>,
        metrics: Option<SpanMetrics>,
        exporters: Vec<Box<dyn Destination>>,
    ) -> Self {
        let configured =
            config.span_attributes.into_iter().map(|(key, value)| KeyValue::new(key, value));
        let span_attributes = SharedAttributes::new(
            configured.chain(config.resource_attributes.identity()),
            &mut redactor,
        );
        let tail = Some(config.sampling).filter(SamplingConfig::has_tail);
        Self {
            tail: tail.map(|tail| TailSampler::new(tail, tail_bytes, Arc::clone(counters))),
            metrics,
            span_attributes,
            batch_size: config.batch_processor.max_export_batch_size,
            delay: Duration::from_millis(config.batch_processor.schedule_delay_millis),
            counters: Arc::clone(counters),
            status_on_success: config.status_on_success,
            processors,
            processor_warnings: RateLimited::default(),
            exceptions: None,
            enricher: Enricher::new(redactor, config.limits, !config.code_attributes),
            exporters,
            spans: 0,
            due: None,
        }
    }

    /// Reads the exceptions of each span.
    pub(crate) fn with_exceptions(mut self, exceptions: Option<ReadExceptions>) -> Self {
        self.exceptions = exceptions;
        self
    }

    /// Whether the pipeline has an exporter or a processor of spans, or makes log records of exceptions.
    pub(crate) fn takes_spans(&self) -> bool {
        !self.exporters.is_empty() || !self.processors.is_empty() || self.exceptions.is_some()
    }

    /// Returns how many spans may be fetched now. Without tail sampling, these are as many as fit into the queue of at
    /// least one exporter, in addition to the open batch.
    pub(super) fn room(&self) -> usize {
        match &self.tail {
            // Sampled spans come first. New spans are read one by one, because each may complete a trace.
            Some(tail) if tail.has_sampled() => 0,
            Some(_) => self.queue_room().min(1),
            None => self.queue_room(),
        }
    }

    fn queue_room(&self) -> usize {
        let rooms = self.exporters.iter().map(|to| to.room(self.spans));
        rooms.max().unwrap_or(usize::MAX)
    }

    // Not inlined, because `--bin instructions` counts the instructions of this function.
    #[inline(never)]
    pub(super) fn push(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        // Only this thread writes the counter, so it needs no atomic read-modify-write, which would cost as much as the
        // rest of this function.
        let collected = &self.counters.collected;
        collected.store(collected.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let moving = Moving { left: self.exporters.len(), counters: &self.counters };
        record.settle(self.status_on_success);
        self.metrics.iter_mut().for_each(|metrics| metrics.count_call(record, clock));
        if let Some(tail) = &mut self.tail
            && !record.head.flags.is_sampled()
        {
            tail.push(record.take(), clock, monotonic_now());
            mem::forget(moving);
        } else {
            mem::forget(moving);
            self.send(record, clock);
        }
    }

    pub(super) fn count_call(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        record.settle(self.status_on_success);
        self.metrics.iter_mut().for_each(|metrics| metrics.count_call(record, clock));
    }

    /// Whether a decision of tail sampling waits for spans that are not fetched yet.
    pub(super) fn is_settling(&self) -> bool {
        self.tail.as_ref().is_some_and(|tail| !tail.is_settled())
    }

    /// Makes the decisions of tail sampling that are possible, or all of them if `is_end`. Exports sampled spans as far
    /// as `backpressure` allows. Returns whether no sampled span and no ended trace is left.
    pub(super) fn release(
        &mut self,
        buffers: &[Buffer],
        clock: &WallClock,
        backpressure: Backpressure,
        is_end: bool,
    ) -> bool {
        let Some(tail) = &mut self.tail else {
            return true;
        };
        if is_end {
            tail.decide_all();
        } else {
            tail.settle(buffers);
            tail.expire(monotonic_now());
        }
        while backpressure == Backpressure::Ignored || self.queue_room() > 0 {
            let Some(mut record) = self.tail.as_mut().and_then(TailSampler::pop) else {
                break;
            };
            self.send(&mut record, clock);
        }
        let tail = self.tail.as_ref();
        tail.is_none_or(|tail| tail.is_settled() && !tail.has_sampled())
    }

    /// Passes the span to the processors, if there are any, and then to the exporters.
    fn send(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        if !self.processors.is_empty() && !self.process(record, clock) {
            return;
        }
        // With tail sampling, spans without the sampled flag are exported, too.
        if self.tail.is_none() && !record.head.flags.is_sampled() {
            self.counters.sampled_out.fetch_add(1, Ordering::Release);
            return;
        }
        self.add(record, clock);
    }

    /// Passes the span to the processors, and returns whether the span is kept. After the timeout of the shutdown,
    /// spans are dropped, because a slow processor must not delay the next provider.
    fn process(&mut self, record: &mut SpanRecord, clock: &WallClock) -> bool {
        let exporters = self.exporters.len();
        if self.counters.ending.has_passed() {
            self.counters.spans.late.fetch_add(exporters as u64, Ordering::Release);
            self.counters.exports.count_unqueued(1, SHUTDOWN);
            return false;
        }
        let moving = Moving { left: exporters, counters: &self.counters };
        record.write_exception();
        add_baggage(record);
        record.attributes.keep_distinct(usize::MAX);
        let mut span = EndingSpan { record, clock, is_discarded: false };
        for processor in &mut self.processors {
            if caught(|| processor.on_ending(&mut span)).is_err() {
                self.counters.processor_panics.fetch_add(1, Ordering::Relaxed);
                if self.processor_warnings.is_due() {
                    internal_log!(warn, "a span processor panicked");
                }
            }
            if span.is_discarded {
                self.counters.discarded.fetch_add(1, Ordering::Release);
                break;
            }
        }
        mem::forget(moving);
        !span.is_discarded
    }

    fn add(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        let moving = Moving { left: self.exporters.len(), counters: &self.counters };
        if record.more.is_some()
            && let Some(read) = &self.exceptions
        {
            read(record);
        }
        let span = self.enricher.enrich(record, clock, &self.span_attributes);
        let mut is_large = false;
        for to in &mut self.exporters {
            is_large |= to.push(&span);
        }
        mem::forget(moving);
        self.spans += 1;
        if self.spans >= self.batch_size || is_large {
            self.ship();
        } else if self.due.is_none() {
            self.due = Some(monotonic_now() + self.delay);
        }
    }

    /// Ends a turn of the collector: ships the open batch if it is due, or returns the time until it is due.
    pub(super) fn tick(&mut self) -> Option<Duration> {
        self.counters.exports.set_open(self.spans);
        let until = self.due?.saturating_duration_since(monotonic_now());
        if until.is_zero() {
            self.ship();
            return None;
        }
        Some(until)
    }

    fn ship(&mut self) {
        self.due = None;
        let spans = mem::take(&mut self.spans);
        if spans == 0 {
            return;
        }
        let left = spans * self.exporters.len();
        let mut moving = Moving { left, counters: &self.counters };
        for to in &mut self.exporters {
            to.ship(spans);
            moving.left -= spans;
        }
    }

    /// Discards the open batches, which a panic may have damaged, and counts their spans as failed.
    pub(super) fn recover(&mut self) {
        self.due = None;
        let spans = mem::take(&mut self.spans);
        drop(Moving { left: spans * self.exporters.len(), counters: &self.counters });
        for to in &mut self.exporters {
            to.discard();
        }
    }

    /// Ships the open batch and flushes each exporter, which reports after its queue is exported. Returns the number of
    /// expected reports.
    pub(crate) fn flush(&mut self, report: &Sender<Report>) -> usize {
        self.request(|to| to.flush(report))
    }

    /// Ships the open batch and shuts down each exporter. Returns the number of expected reports.
    pub(crate) fn shutdown(mut self, timeout: Duration, report: &Sender<Report>) -> usize {
        self.request(|to| to.shutdown(timeout, report))
    }

    fn request(&mut self, of: impl Fn(&dyn Destination)) -> usize {
        self.ship();
        self.exporters.iter().for_each(|to| of(&**to));
        self.exporters.len()
    }
}

#[cfg(test)]
impl super::Collector {
    pub(crate) fn add(&mut self, exporter: Box<dyn Destination>) {
        if let Some(pipeline) = &mut self.pipeline {
            let id = super::ExporterId::of::<()>();
            let exports = &pipeline.counters.exports;
            exports.list(&exports.create(id, crate::config::Signal::Traces));
            pipeline.exporters.push(exporter);
        }
    }
}

/// Counts spans on their way to a batch or a queue, once per exporter. Spans that a panic leaves here count as failed.
struct Moving<'a> {
    left: usize,
    counters: &'a Counters,
}

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        if self.left > 0 {
            self.counters.spans.failed.fetch_add(self.left as u64, Ordering::Release);
        }
    }
}

impl Drop for Pipeline {
    /// Counts the spans of an open batch as failed, if a panic during the shutdown has left any.
    fn drop(&mut self) {
        self.recover();
        for processor in self.processors.drain(..) {
            let _ = caught(|| drop(processor));
        }
    }
}
