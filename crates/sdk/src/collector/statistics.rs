//! Counters of spans and log records by their outcome.
//!
//! Pending spans are not counted: their number is written spans minus spans with an outcome. So every span is accounted
//! for at every moment, even after a panic. A span on its way through the collector, a batch, or a log record in a
//! queue counts as lost unless it gets another outcome.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::ending::Ending;
use super::exports::{Export, Exports};
use crate::config::Signal;
use crate::recorder::{Buffer, LOST};

/// The numbers of spans and log records of a provider by their outcome.
///
/// Every recorded span that has ended is in exactly one of these numbers, at every moment, even during and after a
/// shutdown that has timed out. With one exporter or none:
///
/// ```text
/// spans = exported + failed
///       + dropped_queue_full + dropped_buffer_full + dropped_memory
///       + dropped_shutdown + dropped_without_provider
///       + sampled_out + discarded
///       + without_exporter + pending
/// ```
///
/// With several exporters, `exported`, `failed`, `dropped_queue_full`, `dropped_shutdown` and `pending` count a span
/// once per exporter. Spans that head sampling does not record are not counted.
///
/// Every log record that was emitted before the shutdown is counted in the same way, once for each exporter of
/// log records:
///
/// ```text
/// log records = logs_exported + logs_failed + logs_dropped + logs_pending
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Spans that the collector has read from the threads' buffers.
    pub collected: u64,
    /// Spans that were exported; with several exporters, counted once for each.
    pub exported: u64,
    /// Spans in batches whose export failed, or that a panic of the library interrupted.
    pub failed: u64,
    /// Spans dropped because an exporter's queue was full, while another exporter had room, or because their thread had
    /// ended and its buffer could not be kept.
    pub dropped_queue_full: u64,
    /// Spans dropped because the buffers of the threads were full, or there was no memory for a buffer.
    pub dropped_buffer_full: u64,
    /// Spans dropped because the memory limit
    /// ([`max_memory_bytes`](crate::TelemetryConfig::max_memory_bytes)) was reached.
    pub dropped_memory: u64,
    /// Spans dropped because they were still in a queue or in the buffers of the threads at the end of the shutdown's
    /// timeout.
    pub dropped_shutdown: u64,
    /// Spans that started or ended after the shutdown of the provider, or in a fork, before the start of the next
    /// provider. No sampler decides then, so every root counts.
    pub dropped_without_provider: u64,
    /// Spans that have ended and are not exported yet: in the threads' buffers, in tail sampling, in a
    /// batch or a queue, or being exported.
    pub pending: u64,
    /// Calls without a span that are missing from the metrics derived from calls, since the process started: a thread's
    /// buffer for such calls was full or had no memory.
    pub missed_calls: u64,
    /// Spans that tail sampling currently buffers: their trace is undecided, or an exporter's queue has no room for
    /// them.
    pub tail_buffered: u64,
    /// Spans that tail sampling has buffered and discarded, and spans that were recorded only for processors and
    /// metrics, without being sampled.
    pub sampled_out: u64,
    /// Spans that a [`SpanProcessor`](crate::SpanProcessor) has discarded.
    pub discarded: u64,
    /// Spans that were recorded without an exporter of spans, for processors or attributes of log records.
    /// Without any of these, spans are not recorded.
    pub without_exporter: u64,
    /// Panics of span processors. The span that was processed is still exported.
    pub processor_panics: u64,
    /// Panics of the program's sampler, since the process started. The span is not sampled.
    pub sampler_panics: u64,
    /// Log records that were exported; with several exporters, counted once for each.
    pub logs_exported: u64,
    /// Log records in batches that could not be exported.
    pub logs_failed: u64,
    /// Log records dropped because an exporter's queue was full, because they were still queued when the
    /// timeout of the shutdown had passed, or in a fork, where the provider of the parent exports nothing.
    pub logs_dropped: u64,
    /// Log records that are not exported yet: in a queue, or being exported.
    pub logs_pending: u64,
}

/// Spans that were read from the threads' buffers and belong to a `testing::capture`.
static CAPTURED: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_captured() {
    CAPTURED.fetch_add(1, Ordering::Relaxed);
}

/// The counters of the process at a moment. A provider counts relative to those at its start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Baseline {
    /// Spans written to the threads' buffers.
    written: u64,
    /// Written spans that went to a `testing::capture`.
    captured: u64,
    buffer_full: u64,
    memory: u64,
    /// Spans that started after the shutdown of a provider.
    after_shutdown: u64,
}

impl Baseline {
    fn now() -> Self {
        // Read before the number of spans, because every captured span was written before.
        let captured = CAPTURED.load(Ordering::Acquire);
        let memory = LOST.for_memory.load(Ordering::Relaxed);
        Self {
            buffer_full: LOST.spans.load(Ordering::Relaxed).saturating_sub(memory),
            memory,
            after_shutdown: LOST.after_shutdown.load(Ordering::Relaxed),
            captured,
            written: Buffer::written_by_all(),
        }
    }

    /// The counters when the collector has read this number of spans. Later spans do not count.
    pub(super) fn at(read: u64) -> Self {
        Self { written: read, ..Self::now() }
    }

    /// The spans for a provider.
    const fn spans(&self) -> u64 {
        self.written.saturating_sub(self.captured)
    }

    fn since(self, start: Self) -> Self {
        Self {
            written: self.written.saturating_sub(start.written),
            captured: self.captured.saturating_sub(start.captured),
            buffer_full: self.buffer_full.saturating_sub(start.buffer_full),
            memory: self.memory.saturating_sub(start.memory),
            after_shutdown: self.after_shutdown.saturating_sub(start.after_shutdown),
        }
    }
}

/// The counters behind [`Statistics`].
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) collected: AtomicU64,
    pub(crate) spans: Outcomes,
    pub(crate) logs: Outcomes,
    pub(super) start: OnceLock<Baseline>,
    /// The counters when the collector has read the last span for the provider.
    pub(super) last: OnceLock<Baseline>,
    /// The counters at the start of the next provider.
    pub(super) end: OnceLock<Baseline>,
    pub(super) tail_buffered: AtomicU64,
    pub(super) sampled_out: AtomicU64,
    pub(super) discarded: AtomicU64,
    pub(super) processor_panics: AtomicU64,
    /// Log records passed to exporters, once for each exporter.
    pub(crate) logs_emitted: AtomicU64,
    pub(crate) exports: Exports,
    /// Tells the exporters that the provider shuts down.
    pub ending: Arc<Ending>,
}

/// The numbers of spans or log records by their outcome, once for each exporter.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    pub(crate) exported: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Items dropped because a queue was full.
    pub(crate) queue_full: AtomicU64,
    /// Items dropped because the time of the shutdown had passed.
    pub(super) late: AtomicU64,
}

impl Outcomes {
    pub(super) fn read(&self) -> [u64; 4] {
        let Self { exported, failed, queue_full, late } = self;
        [exported, failed, queue_full, late].map(|number| number.load(Ordering::Acquire))
    }
}

impl Counters {
    /// The outcomes of spans, unless the signal is logs.
    pub(super) const fn outcomes(&self, signal: Signal) -> &Outcomes {
        match signal {
            Signal::Logs => &self.logs,
            _ => &self.spans,
        }
    }

    /// Counts losses of an exporter, and reports them at most once a minute. A provider that shuts down reports all
    /// losses in one message.
    pub(crate) fn lose(&self, export: &Export, items: u64, error: &str) {
        export.lose(items, error);
        if self.ending.get().is_none() {
            self.exports.say_lost();
        }
    }

    /// The counts of the process since the provider started. The spans that were written too late for it are among those
    /// without a provider.
    fn process(&self) -> Baseline {
        let Some(start) = self.start.get() else {
            return Baseline::default();
        };
        let now = self.end.get().copied().unwrap_or_else(Baseline::now);
        let last = self.last.get().copied().unwrap_or(now);
        Baseline {
            written: last.since(*start).spans(),
            after_shutdown: now.since(*start).after_shutdown + now.since(last).spans(),
            ..now.since(*start)
        }
    }

    pub(crate) fn read(&self) -> Statistics {
        // The outcomes are read before the number of spans, because every span with an outcome was written before.
        let [exported, failed, dropped_queue_full, dropped_shutdown] = self.spans.read();
        let sampled_out = self.sampled_out.load(Ordering::Acquire);
        let discarded = self.discarded.load(Ordering::Acquire);
        let process = self.process();
        let [logs_exported, logs_failed, queue_full, late] = self.logs.read();
        let logs_dropped = queue_full + late;
        let logs_done = logs_exported + logs_failed + logs_dropped;
        let logs_emitted = self.logs_emitted.load(Ordering::Acquire);
        let own = process.written.saturating_sub(sampled_out + discarded);
        let exporters = self.exports.exporter_count() as u64;
        let expected = own * exporters;
        let done = exported + failed + dropped_queue_full + dropped_shutdown;
        Statistics {
            collected: self.collected.load(Ordering::Relaxed),
            exported,
            failed,
            dropped_queue_full,
            dropped_buffer_full: process.buffer_full,
            dropped_memory: process.memory,
            dropped_shutdown,
            dropped_without_provider: process.after_shutdown,
            pending: expected.saturating_sub(done),
            tail_buffered: self.tail_buffered.load(Ordering::Relaxed),
            sampled_out,
            discarded,
            without_exporter: if exporters == 0 { own } else { 0 },
            processor_panics: self.processor_panics.load(Ordering::Relaxed),
            sampler_panics: LOST.decisions.load(Ordering::Relaxed),
            logs_exported,
            logs_failed,
            logs_dropped,
            logs_pending: logs_emitted.saturating_sub(logs_done),
            missed_calls: LOST.calls.load(Ordering::Relaxed),
        }
    }
}
