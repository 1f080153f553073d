//! The pipeline of a provider: metrics from spans, tail sampling, enrichment and batching.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::destination::Destination;
use super::enrich::{EnrichedSpan, Enricher};
use super::exceptions::Exceptions;
use super::export_failure::{OTHER_ERROR, SHUTDOWN};
use super::fetch::Backpressure;
use super::panics;
use super::processing::Processing;
use super::redact::Redactor;
use super::shared_attributes::SharedAttributes;
use super::span_metrics::SpanMetrics;
use super::statistics::Counters;
use super::tail::TailSampler;
use super::worker::{Report, Size};
use crate::channel::Sender;
use crate::clock::{Instant, WallClock, monotonic_now};
#[cfg(test)]
use crate::config::Signal;
use crate::config::{CodeAttributes, ErrorsConfig, SamplingConfig, SpanLimits};
use crate::recorder::{Buffer, SpanRecord, Threshold, with_threshold};

/// The settings of a pipeline.
#[derive(Debug)]
pub(crate) struct PipelineSettings {
    /// Attributes of every span that does not set them itself.
    pub(crate) span_attributes: SharedAttributes,
    pub(crate) limits: SpanLimits,
    /// Which spans have `code.*`.
    pub(crate) code: CodeAttributes,
    pub(crate) errors: ErrorsConfig,
    /// Whether a call that has succeeded has the status OK.
    pub(crate) status_on_success: bool,
    /// Emits exceptions as log records, if that is configured.
    pub(crate) exceptions: Option<Exceptions>,
    /// The settings of tail sampling, if it is enabled.
    pub(crate) tail_sampling: Option<SamplingConfig>,
    /// The most bytes that tail sampling buffers.
    pub(crate) tail_bytes: usize,
    /// Whether spans without the sampled flag are exported.
    pub(crate) exports_unsampled: bool,
    pub(crate) batch_size: usize,
    pub(crate) delay: Duration,
    pub(crate) counters: Arc<Counters>,
    /// The span processors of the program, if there are any.
    pub(crate) processing: Option<Processing>,
    /// Redacts the spans.
    pub(crate) redactor: Redactor,
    /// The same for spans that are not sampled.
    pub(crate) unsampled_redactor: Redactor,
    /// Computes metrics from the spans, if metrics are enabled.
    pub(crate) metrics: Option<SpanMetrics>,
}

/// An exporter of the pipeline.
#[derive(Debug)]
pub(crate) struct Exporter {
    pub(crate) to: Box<dyn Destination>,
    /// Whether it also takes the spans that are not sampled.
    pub(crate) takes_unsampled: bool,
    /// The number of spans in its open batch.
    spans: usize,
}

impl Exporter {
    pub(crate) const fn new(to: Box<dyn Destination>, takes_unsampled: bool) -> Self {
        Self { to, takes_unsampled, spans: 0 }
    }

    /// Adds a span to the open batch. Returns whether the batch has so many bytes that it must be queued.
    fn push(&mut self, span: &EnrichedSpan<'_>) -> bool {
        self.spans += 1;
        self.to.push(span)
    }

    /// Queues the open batch, if it is not empty. Returns whether it was not.
    fn ship(&mut self) -> bool {
        let has_spans = self.spans > 0;
        if has_spans {
            self.to.ship(self.spans);
            self.spans = 0;
        }
        has_spans
    }
}

/// The open batch and the exporters it goes to.
#[derive(Debug)]
pub(crate) struct Pipeline {
    span_attributes: SharedAttributes,
    batch_size: usize,
    delay: Duration,
    counters: Arc<Counters>,
    errors: ErrorsConfig,
    status_on_success: bool,
    processing: Option<Processing>,
    enricher: Enricher,
    /// For spans that are not sampled, whose requests do not contain what the others share.
    unsampled_enricher: Enricher,
    exporters: Vec<Exporter>,
    tail: Option<TailSampler>,
    exports_unsampled: bool,
    metrics: Option<SpanMetrics>,
    /// The number of spans in the open batch.
    spans: usize,
    /// When the open batch is due, if it is not empty.
    due: Option<Instant>,
    /// Spans on their way to a batch or a queue, once for each exporter. Only a panic leaves some.
    moving: usize,
    /// Whether nobody waits for the spans any more: then the processors have no time.
    is_late: bool,
}

impl Pipeline {
    pub(crate) fn new(settings: PipelineSettings, exporters: Vec<Exporter>) -> Self {
        let counters = &settings.counters;
        let tail = settings
            .tail_sampling
            .map(|config| TailSampler::new(config, settings.tail_bytes, Arc::clone(counters)));
        let mut enricher = Enricher::new(settings.redactor, settings.limits);
        enricher.set_code_attributes(settings.code);
        let mut unsampled_enricher = Enricher::new(settings.unsampled_redactor, settings.limits);
        unsampled_enricher.set_code_attributes(settings.code);
        if let Some(exceptions) = settings.exceptions {
            enricher.emit_exceptions(exceptions);
        }
        Self {
            tail,
            exports_unsampled: settings.exports_unsampled,
            metrics: settings.metrics,
            span_attributes: settings.span_attributes,
            batch_size: settings.batch_size,
            delay: settings.delay,
            counters: settings.counters,
            errors: settings.errors,
            status_on_success: settings.status_on_success,
            processing: settings.processing,
            enricher,
            unsampled_enricher,
            exporters,
            spans: 0,
            due: None,
            moving: 0,
            is_late: false,
        }
    }

    /// Whether anything takes spans: an exporter, a processor, metrics of all spans, or the log records of exceptions.
    pub(crate) fn takes_spans(&self) -> bool {
        !self.exporters.is_empty()
            || self.processing.is_some()
            || self.metrics.as_ref().is_some_and(SpanMetrics::counts_all)
            || self.enricher.emits_exceptions()
    }

    /// Whether an exporter takes the spans that are not sampled.
    pub(crate) fn takes_unsampled(&self) -> bool {
        self.exporters.iter().any(|of| of.takes_unsampled)
    }

    /// Drops what would wait for the processors from now on.
    pub(super) const fn end_processing(&mut self) {
        self.is_late = true;
    }

    pub(super) const fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// The number of spans that were dropped because an exporter's queue was full.
    pub(super) fn dropped(&self) -> u64 {
        self.counters.dropped_queue_full.load(Ordering::Relaxed)
    }

    /// The number of spans that the queue of any exporter has room for, beyond the open batch and `pending`
    /// spans, while the processors have time. While it is 0, spans stay in the threads' buffers.
    pub(super) fn room(&self, pending: Size, is_of_unsampled: bool) -> usize {
        if !self.has_time() {
            return 0;
        }
        match &self.tail {
            // Spans that tail sampling has released take precedence, and each span may release some.
            Some(tail) if tail.has_sampled() => 0,
            Some(_) => self.queue_room(pending, is_of_unsampled).min(1),
            None => self.queue_room(pending, is_of_unsampled),
        }
    }

    /// Whether the processors have time for more spans in this turn. Nobody waits for them at the end.
    pub(super) fn has_time(&self) -> bool {
        let processing = self.processing.as_ref();
        self.is_late || processing.is_none_or(Processing::has_time)
    }

    fn queue_room(&self, pending: Size, is_of_unsampled: bool) -> usize {
        let waiting = self.processing.as_ref().map_or(0, Processing::waiting);
        let room = |of: &Exporter| of.to.room(of.spans + waiting, pending);
        let of_kind = |takes_unsampled| {
            let exporters = self.exporters.iter();
            exporters.filter(move |of| of.takes_unsampled == takes_unsampled)
        };
        let unsampled = of_kind(true).map(room).min().unwrap_or(usize::MAX);
        if is_of_unsampled {
            return unsampled;
        }
        let sampled = of_kind(false).map(room).max().unwrap_or(usize::MAX);
        sampled.min(unsampled)
    }

    /// Adds the span to the open batch, or passes it to tail sampling.
    // Not inlined: its instructions are counted by `--bin instructions`.
    #[inline(never)]
    pub(super) fn push(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        // Only this thread writes the counter, so it needs no atomic read-modify-write, which would cost
        // as much as the rest of this function.
        let head = &record.head;
        let started = &self.counters.started[head.parent_origin()];
        let started = &started[usize::from(head.flags.is_sampled())];
        started.store(started.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let exporters = self.exporters.len();
        self.moving += exporters;
        self.count_call(record, clock);
        if let Some(tail) = &mut self.tail
            && TailSampler::needs(record)
        {
            tail.push(record.take(), clock, monotonic_now());
            self.moving -= exporters;
        } else {
            self.moving -= exporters;
            self.send(record, clock);
        }
    }

    /// Settles the status of a span, or of a call without a span, and updates the metrics by it.
    pub(super) fn count_call(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        record.settle(self.status_on_success);
        if let Some(metrics) = &mut self.metrics {
            metrics.count(record, clock);
        }
    }

    /// Whether a trace has ended whose decision needs spans that are not fetched yet.
    pub(super) fn is_settling(&self) -> bool {
        self.tail.as_ref().is_some_and(|tail| !tail.is_settled())
    }

    /// Decides the traces that tail sampling can decide, or all of them if `is_end`, and exports the
    /// sampled ones as far as there is room, and the spans that wait for the processors. Returns whether no decided span
    /// and no ended trace is left.
    pub(super) fn release(
        &mut self,
        buffers: &[Buffer],
        clock: &WallClock,
        backpressure: Backpressure,
        is_end: bool,
    ) -> bool {
        let is_settled = self.release_traces(buffers, clock, backpressure, is_end);
        self.process(clock);
        is_settled
    }

    fn release_traces(
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
        while self.has_time()
            && (backpressure == Backpressure::Ignored
                || self.queue_room(Size::default(), false) > 0)
        {
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
        if !self.errors.panic_messages {
            panics::remove_messages(record);
        }
        let Some(processing) = &mut self.processing else {
            return self.export(record, clock);
        };
        if processing.add(record.take()) {
            self.process(clock);
        }
    }

    /// Passes the spans that wait to the processors, and those that they do not discard to the exporters.
    fn process(&mut self, clock: &WallClock) {
        let Some(processing) = &mut self.processing else {
            return;
        };
        let exporters = self.exporters.len();
        let waiting = processing.waiting();
        if waiting == 0 {
            return;
        }
        if self.is_late {
            let lost = processing.discard_waiting();
            let counter = &self.counters.dropped_shutdown;
            counter.fetch_add((lost * exporters) as u64, Ordering::Release);
            self.counters.exports.count_unqueued(lost, SHUTDOWN);
            return;
        }
        self.moving += waiting * exporters;
        let Some(spans) = processing.process(clock) else {
            self.moving -= waiting * exporters;
            let lost = (waiting * exporters) as u64;
            self.counters.failed.fetch_add(lost, Ordering::Release);
            self.counters.exports.count_unqueued(waiting, OTHER_ERROR);
            return;
        };
        self.moving -= (waiting - spans.len()) * exporters;
        for mut record in spans {
            self.moving -= exporters;
            self.export(&mut record, clock);
        }
    }

    /// Adds the span to the open batch, unless it is not sampled.
    fn export(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        // The tail exports spans without the flag, too.
        if self.tail.is_none() && !record.head.flags.is_sampled() {
            if !self.exports_unsampled {
                self.counters.sampled_out.fetch_add(1, Ordering::Release);
                return self.add_unexported(record, clock);
            }
            // As the tail marks what it keeps: the span represents only itself.
            let state = &mut record.more_mut().trace_state;
            *state = with_threshold(state, Some(Threshold::ALWAYS));
        }
        self.add(record, clock);
    }

    /// Adds a span that is not exported otherwise to the batches of the exporters that take those, too.
    fn add_unexported(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        if !self.takes_unsampled() {
            return;
        }
        let enricher = &mut self.unsampled_enricher;
        let span = enricher.enrich(record, clock, &self.span_attributes);
        let mut is_shipped = false;
        for of in &mut self.exporters {
            if !of.takes_unsampled {
                continue;
            }
            self.counters.unexported.fetch_add(1, Ordering::Relaxed);
            if of.push(&span) || of.spans >= self.batch_size {
                is_shipped |= of.ship();
            }
        }
        if is_shipped {
            enricher.begin_batch();
        }
    }

    /// Queues the open batches of exporters that take spans that are not sampled, which need no delay.
    fn ship_unsampled(&mut self) {
        let takers = self.exporters.iter_mut().filter(|of| of.takes_unsampled);
        if takers.fold(false, |is_shipped, of| of.ship() | is_shipped) {
            self.unsampled_enricher.begin_batch();
        }
    }

    /// Enriches the span and adds it to the open batch.
    fn add(&mut self, record: &mut SpanRecord, clock: &WallClock) {
        let exporters = self.exporters.len();
        self.moving += exporters;
        let span = self.enricher.enrich(record, clock, &self.span_attributes);
        let mut is_large = false;
        for of in &mut self.exporters {
            self.moving -= 1;
            if !of.takes_unsampled {
                is_large |= of.push(&span);
            } else if of.push(&span.as_first()) {
                of.ship();
                self.unsampled_enricher.begin_batch();
            }
        }
        self.spans += 1;
        if self.spans >= self.batch_size || is_large {
            self.ship();
        } else if self.due.is_none() {
            self.due = Some(monotonic_now() + self.delay);
        }
    }

    /// How long the first span of a batch waits for others.
    pub(super) const fn batch_delay(&self) -> Duration {
        self.delay
    }

    /// Ends a turn of the collector: ships the open batch if it is due. Returns the time until then otherwise.
    pub(super) fn tick(&mut self) -> Option<Duration> {
        if let Some(processing) = &mut self.processing {
            processing.begin_turn();
        }
        self.ship_unsampled();
        let until = self.due?.saturating_duration_since(monotonic_now());
        if until.is_zero() {
            self.ship();
            return None;
        }
        Some(until)
    }

    /// Ships the open batch.
    fn ship(&mut self) {
        self.due = None;
        self.enricher.begin_batch();
        let spans = mem::take(&mut self.spans);
        if spans == 0 {
            return;
        }
        for of in &mut self.exporters {
            of.ship();
        }
        self.unsampled_enricher.begin_batch();
    }

    /// Continues after a panic. The spans that it has interrupted and the open batches, which may be damaged,
    /// have failed.
    pub(super) fn recover(&mut self) {
        self.due = None;
        self.enricher.begin_batch();
        self.unsampled_enricher.begin_batch();
        let waiting = (self.processing.as_mut()).map_or(0, Processing::discard_waiting);
        self.spans = 0;
        let mut failed = mem::take(&mut self.moving) + waiting * self.exporters.len();
        for of in &mut self.exporters {
            failed += mem::take(&mut of.spans);
            of.to.discard();
        }
        self.counters.failed.fetch_add(failed as u64, Ordering::Release);
    }

    /// Ships the open batch and flushes each exporter, which reports once its queue is exported. Returns
    /// the number of reports to expect.
    pub(crate) fn flush(&mut self, report: &Sender<Report>) -> usize {
        self.ship();
        self.ship_unsampled();
        for of in &self.exporters {
            of.to.flush(report);
        }
        self.exporters.len() + self.report_lost(report)
    }

    /// Reports what the processors have lost. Returns the number of reports.
    fn report_lost(&mut self, report: &Sender<Report>) -> usize {
        let processing = self.processing.as_mut();
        usize::from(processing.is_some_and(|it| it.report(report)))
    }

    /// Ships the open batch and shuts down each exporter. Returns the number of reports to expect.
    pub(crate) fn shutdown(
        mut self,
        timeout: Duration,
        end: Option<Instant>,
        report: &Sender<Report>,
    ) -> usize {
        self.ship();
        self.ship_unsampled();
        for of in &self.exporters {
            of.to.shutdown(timeout, end, report);
        }
        self.exporters.len() + self.report_lost(report)
    }
}

#[cfg(test)]
impl super::Collector {
    /// Adds an exporter to the provider that is installed.
    pub(crate) fn add(&mut self, exporter: Box<dyn Destination>) {
        if let Some(pipeline) = &mut self.pipeline {
            let exports = &pipeline.counters.exports;
            let id = super::ExporterId::of::<()>();
            let (processor, _) = (exports.components).add_exporter(Signal::Traces, &id, 1);
            exports.add("added", processor);
            pipeline.exporters.push(Exporter::new(exporter, false));
        }
    }
}

impl Drop for Pipeline {
    /// Counts what is left if a panic has interrupted the shutdown.
    fn drop(&mut self) {
        self.recover();
    }
}
