//! The thread of the program's span processors.
//!
//! They are code of the program and may never return, but neither the exporters nor a later provider may wait forever.
//! So a separate thread calls them, which gets the spans in batches. While it does not answer, spans are exported
//! unprocessed.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;

use super::enrich::add_baggage;
use super::processor::{EndingSpan, SpanProcessor};
use super::rate_limited::RateLimited;
use super::statistics::Counters;
use super::worker::Report;
use crate::caught::caught;
use crate::channel::{Receiver, RecvTimeoutError, Sender, channel};
use crate::clock::{WallClock, monotonic_now};
use crate::error::Error;
use crate::internal_log::internal_log;
use crate::program_signals;
use crate::recorder::SpanRecord;

/// The maximum duration of one call of a processor.
const PATIENCE: Duration = Duration::from_secs(1);

/// The maximum duration of a batch, as a multiple of `PATIENCE`, even if each call returns in time.
const MAX_WAITS: u32 = 5;

/// The maximum duration of processing in one turn of the collector, which also has other work.
const TURN: Duration = Duration::from_millis(250);

/// A batch is processed when it has this number of spans, or this number of bytes.
const MAX_SPANS: usize = 64;
const MAX_BYTES: usize = 1 << 20;

/// The processors of a provider, and the spans waiting for them.
pub(crate) struct Processing {
    batches: Sender<Batch>,
    /// Receives each batch without its discarded spans.
    processed: Receiver<Batch>,
    /// The number of returned calls.
    returned: Arc<AtomicU64>,
    /// Whether the last batch was not returned in time.
    is_stuck: bool,
    waiting: Vec<SpanRecord>,
    /// The bytes of the waiting spans.
    bytes: usize,
    /// The duration of processing in this turn.
    taken: Duration,
    /// The number of lost spans that were not reported yet.
    lost: usize,
    counters: Arc<Counters>,
    warnings: RateLimited,
}

struct Batch {
    spans: Vec<SpanRecord>,
    clock: WallClock,
}

impl fmt::Debug for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processing")
            .field("is_stuck", &self.is_stuck)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

impl Processing {
    /// Starts the thread, which calls the processors in their order. Returns `None` without processors.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub(crate) fn start(
        all: Vec<Box<dyn SpanProcessor>>,
        counters: &Arc<Counters>,
    ) -> Result<Option<Self>, Error> {
        if all.is_empty() {
            return Ok(None);
        }
        let (outgoing, processed) = channel();
        let returned = Arc::new(AtomicU64::new(0));
        let mut calls = Calls {
            all,
            counters: Arc::clone(counters),
            returned: Arc::clone(&returned),
            warnings: RateLimited::default(),
        };
        let (batches, incoming) = channel::<Batch>();
        program_signals::spawn("floe-processors", move || {
            // Processors must not record telemetry about themselves.
            let _quiet = Context::enter_telemetry_suppressed_scope();
            while let Ok(batch) = incoming.recv() {
                if outgoing.send(calls.process_all(batch)).is_err() {
                    break;
                }
            }
            // The processors are dropped before `outgoing`, whose end tells that they were dropped.
            drop(calls);
        })
        .map_err(|error| Error::thread("span processors", &error))?;
        Ok(Some(Self {
            batches,
            processed,
            returned,
            is_stuck: false,
            waiting: Vec::new(),
            bytes: 0,
            taken: Duration::ZERO,
            lost: 0,
            counters: Arc::clone(counters),
            warnings: RateLimited::default(),
        }))
    }

    pub(super) const fn begin_turn(&mut self) {
        self.taken = Duration::ZERO;
    }

    pub(super) fn has_time(&self) -> bool {
        self.taken < TURN
    }

    /// Reports the spans that were lost since the last report.
    pub(super) fn report(&mut self, report: &Sender<Report>) -> bool {
        let lost = mem::take(&mut self.lost);
        let message = || format!("{lost} spans failed: a span processor did not return");
        lost > 0 && report.send(("span processors".into(), Err(message()))).is_ok()
    }

    pub(super) const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a waiting span, whose bytes the buffers no longer count. Returns whether a batch is complete.
    pub(super) fn add(&mut self, span: SpanRecord) -> bool {
        self.bytes += span.stored_bytes();
        self.waiting.push(span);
        self.waiting.len() >= MAX_SPANS || self.bytes >= MAX_BYTES
    }

    /// Removes the waiting spans, and returns their number.
    pub(super) fn discard_waiting(&mut self) -> usize {
        self.bytes = 0;
        mem::take(&mut self.waiting).len()
    }

    /// Processes the waiting spans, and returns the spans that were kept. `None` if the processors do not answer in
    /// time, which loses the spans.
    pub(super) fn process(&mut self, clock: &WallClock) -> Option<Vec<SpanRecord>> {
        self.bytes = 0;
        let spans = mem::take(&mut self.waiting);
        let number = spans.len();
        // A batch that is returned too late has already been counted as lost.
        self.is_stuck &= self.processed.try_recv().is_err();
        if self.is_stuck {
            let unprocessed = &self.counters.unprocessed;
            unprocessed.fetch_add(number as u64, Ordering::Relaxed);
            return Some(spans);
        }
        let clock = clock.clone();
        let start = monotonic_now();
        let _ = self.batches.send(Batch { spans, clock });
        let spans = self.await_batch();
        self.taken += start.elapsed();
        let Some(spans) = spans else {
            self.is_stuck = true;
            self.lost += number;
            if self.warnings.is_due() {
                internal_log!(
                    error,
                    spans = number,
                    "a span processor does not return: spans are lost, and later ones are exported without the program's processors"
                );
            }
            return None;
        };
        // Counted here, because spans that are discarded later were counted as lost.
        let discarded = (number - spans.len()) as u64;
        let counter = &self.counters.discarded;
        counter.fetch_add(discarded, Ordering::Release);
        Some(spans)
    }

    /// Waits for a batch while calls return; `None` if no call returns, or if the thread has ended.
    fn await_batch(&self) -> Option<Vec<SpanRecord>> {
        let mut returned = self.returned.load(Ordering::Relaxed);
        for _ in 0..MAX_WAITS {
            match self.processed.recv_timeout(PATIENCE) {
                Ok(batch) => return Some(batch.spans),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    let before = mem::replace(&mut returned, self.returned.load(Ordering::Relaxed));
                    if before == returned {
                        return None;
                    }
                }
            }
        }
        None
    }
}

impl Drop for Processing {
    /// Waits until the processors are dropped, because a processor may write its results then.
    fn drop(&mut self) {
        self.batches = channel().0;
        if !self.is_stuck {
            let _ = self.processed.recv_timeout(PATIENCE * MAX_WAITS);
        }
    }
}

/// The processors, on their thread.
struct Calls {
    all: Vec<Box<dyn SpanProcessor>>,
    counters: Arc<Counters>,
    returned: Arc<AtomicU64>,
    warnings: RateLimited,
}

impl Calls {
    fn process_all(&mut self, mut batch: Batch) -> Batch {
        let clock = &batch.clock;
        batch.spans.retain_mut(|span| self.process(span, clock));
        batch
    }

    /// Passes a span to each processor. Returns whether the span is kept.
    fn process(&mut self, record: &mut SpanRecord, clock: &WallClock) -> bool {
        record.write_exception();
        add_baggage(record);
        record.attributes.keep_distinct(usize::MAX);
        let mut span = EndingSpan { record, clock, is_discarded: false };
        for processor in &mut self.all {
            let processed = caught(|| processor.on_ending(&mut span));
            self.returned.fetch_add(1, Ordering::Relaxed);
            if processed.is_err() {
                let panics = &self.counters.processor_panics;
                panics.fetch_add(1, Ordering::Relaxed);
                if self.warnings.is_due() {
                    internal_log!(warn, "a span processor panicked");
                }
            }
            if span.is_discarded {
                return false;
            }
        }
        true
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        for processor in self.all.drain(..) {
            let _ = caught(|| drop(processor));
        }
    }
}
