//! Counters of spans and log records by their outcome.
//!
//! Pending spans have no counter. Their number is the number of written spans minus the number of spans with an
//! outcome. So every span is accounted for at every moment, even after a panic. If a panic interrupts the processing of
//! a span or of a batch, or ends an exporter's thread, the items without an outcome count as failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::ending::Ending;
use super::exports::{Export, Exports};
use crate::config::Signal;
use crate::recorder::{Buffer, LOST, Sampling};

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
///
/// ```standalone_crate
/// let telemetry = floe_telemetry::init()?;
/// let statistics = telemetry.statistics();
/// assert_eq!((statistics.failed, statistics.dropped_queue_full), (0, 0));
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Statistics {
    /// Spans that the collector has read from the threads' buffers.
    pub collected: u64,
    /// Spans that were exported; with several exporters, counted once for each. While an exporter shuts down, its
    /// spans are pending again, because it may only now write them; if the shutdown fails, they have failed.
    pub exported: u64,
    /// Spans whose export failed, or whose processing was interrupted by a panic of the library.
    pub failed: u64,
    /// Spans dropped because an exporter's queue was full, for example while another exporter had room, or while the
    /// buffer of an ended thread had to be freed.
    pub dropped_queue_full: u64,
    /// Spans dropped because the buffers of the threads were full, there was no memory for a buffer, or they started while
    /// their thread or the process ended.
    pub dropped_buffer_full: u64,
    /// Spans dropped because the memory limit
    /// ([`max_memory_bytes`](crate::TelemetryConfig::max_memory_bytes)) was reached.
    pub dropped_memory: u64,
    /// Spans dropped because they were still in a queue or in the buffers of the threads when the timeout of the
    /// shutdown had passed.
    pub dropped_shutdown: u64,
    /// Spans that started or ended between the shutdown of this provider and the start of the next one, or in a fork.
    /// Every root counts, because no sampler runs then.
    pub dropped_without_provider: u64,
    /// Spans that have ended and are not exported yet: in the threads' buffers, in tail sampling, in a
    /// batch or a queue, or being exported.
    pub pending: u64,
    /// Calls without a span that are missing from the metrics of calls since the process started, because the thread's
    /// buffer for such calls was full or could not be allocated.
    pub missed_calls: u64,
    /// Spans that tail sampling currently buffers: their trace is undecided, or an exporter's queue has no room for
    /// them.
    pub tail_buffered: u64,
    /// Spans that tail sampling has discarded, and unsampled spans that were recorded only for processors and metrics.
    pub sampled_out: u64,
    /// Spans that a [`SpanProcessor`](crate::SpanProcessor) has discarded.
    pub discarded: u64,
    /// Spans that were recorded for processors or attributes of log records, although the provider has no exporter of
    /// spans. Without any of the three, spans are not recorded.
    pub without_exporter: u64,
    /// Panics of span processors. The span that was processed is still exported.
    pub processor_panics: u64,
    /// Panics of the program's sampler since the process started. A span whose sampler panics is not sampled.
    pub sampler_panics: u64,
    /// Log records that were exported; with several exporters, counted once for each.
    pub logs_exported: u64,
    /// Log records whose export failed.
    pub logs_failed: u64,
    /// Log records dropped because an exporter's queue was full or the timeout of the shutdown had passed, or in a fork,
    /// where the provider of the parent exports nothing.
    pub logs_dropped: u64,
    /// Log records that are not exported yet: in a batch or a queue, or being exported.
    pub logs_pending: u64,
}

/// The number of spans that were read from the threads' buffers for a `testing::capture`.
static CAPTURED: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_captured() {
    CAPTURED.fetch_add(1, Ordering::Relaxed);
}

/// The counters of the process at one moment. A provider reports their increase since its start.
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
        // The captured spans are counted before the written ones. Each of them was written before it was captured, so
        // the first number cannot exceed the second.
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

    /// Returns the current counters, in which only the spans that the collector has `read` count as written.
    pub(super) fn at(read: u64) -> Self {
        Self { written: read, ..Self::now() }
    }

    /// Returns the number of spans that were written for a provider.
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
    /// The counters at the shutdown, after the collector has read the last span for the provider.
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
    /// The deadline of a running shutdown, if there is one.
    pub ending: Arc<Ending>,
}

/// The numbers of spans or log records by their outcome, once for each exporter.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    pub(crate) exported: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Items dropped because a queue was full, and log records dropped in a fork.
    pub(crate) queue_full: AtomicU64,
    /// Items dropped because of the shutdown.
    pub(super) late: AtomicU64,
}

impl Outcomes {
    pub(super) fn read(&self) -> [u64; 4] {
        let Self { exported, failed, queue_full, late } = self;
        [exported, failed, queue_full, late].map(|number| number.load(Ordering::Acquire))
    }
}

impl Counters {
    /// Returns the outcomes of log records for the signal of logs, otherwise those of spans.
    pub(super) const fn outcomes(&self, signal: Signal) -> &Outcomes {
        match signal {
            Signal::Logs => &self.logs,
            _ => &self.spans,
        }
    }

    /// Counts losses of an exporter, and reports them at most once a minute. During a shutdown, losses are only
    /// counted, because the shutdown reports all of them in one message.
    pub(crate) fn lose(&self, export: &Export, items: u64, error: &str) {
        export.lose(items, error);
        if self.ending.get().is_none() {
            self.exports.say_lost();
        }
    }

    /// Returns the counts since the provider started. Spans that were written after the provider's last span are
    /// counted as spans without a provider.
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

    /// Whether the program has begun no span that the provider would have recorded.
    pub(crate) fn is_without_a_span(&self) -> bool {
        let process = self.process();
        let begun = process.written + process.buffer_full + process.memory + Sampling::open_spans();
        begun == 0
    }

    pub(crate) fn read(&self) -> Statistics {
        // The outcomes are read before the written spans, because every span with an outcome was written earlier.
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
