//! The thread of the program's span processors.
//!
//! They are code of the program, which may never return: neither the exporters nor a later provider may wait for it
//! for ever. So they are called on a thread of their own, which gets the spans in batches, and is given up if a call
//! takes too long.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use opentelemetry::Context;

use super::enrich::add_baggage;
use super::guarded_message::guarded_message;
use super::processor::{EndingSpan, SpanProcessor};
use super::rate_limited::RateLimited;
use super::statistics::Counters;
use crate::caught::caught;
use crate::clock::WallClock;
use crate::error::Error;
use crate::program_signals;
use crate::recorder::SpanRecord;

/// How long one call of a processor may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A batch is processed once it has this many spans, or this many bytes.
const MAX_SPANS: usize = 256;
const MAX_BYTES: usize = 1 << 20;

/// The processors of a provider, in the order in which they were added, and the spans that wait for them.
#[derive(Default)]
pub(crate) struct Processors {
    all: Vec<Box<dyn SpanProcessor>>,
    thread: Option<ProcessorThread>,
    waiting: Vec<SpanRecord>,
    /// The bytes of the spans that wait.
    bytes: usize,
}

/// Processes batches until it is dropped.
struct ProcessorThread {
    batches: Sender<Batch>,
    /// Each batch comes back without the spans that were discarded.
    processed: Receiver<Batch>,
    /// The number of calls that have returned.
    returned: Arc<AtomicU64>,
}

struct Batch {
    spans: Vec<SpanRecord>,
    clock: WallClock,
}

impl fmt::Debug for Processors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processors")
            .field("all", &self.all.len())
            .finish_non_exhaustive()
    }
}

impl Processors {
    pub(crate) fn add(&mut self, processor: impl SpanProcessor + 'static) {
        self.all.push(Box::new(processor));
    }

    /// Starts the thread, if there is a processor.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub(crate) fn start(&mut self, counters: &Arc<Counters>) -> Result<(), Error> {
        if self.all.is_empty() {
            return Ok(());
        }
        let (batches, incoming) = channel::<Batch>();
        let (outgoing, processed) = channel();
        let returned = Arc::new(AtomicU64::new(0));
        let mut calls = Calls {
            all: std::mem::take(&mut self.all),
            counters: Arc::clone(counters),
            returned: Arc::clone(&returned),
            warnings: RateLimited::default(),
        };
        let thread = thread::Builder::new().name("floe-processors".to_owned());
        program_signals::spawn(thread, move || {
            // Processors must not record telemetry about telemetry.
            let _quiet = Context::enter_telemetry_suppressed_scope();
            for mut batch in incoming {
                let clock = &batch.clock;
                batch.spans.retain_mut(|span| calls.process(span, clock));
                if outgoing.send(batch).is_err() {
                    break;
                }
            }
            // Before `outgoing`, by whose end they are known to be dropped.
            drop(calls);
        })
        .map_err(|error| Error::thread("span processors", &error))?;
        self.thread = Some(ProcessorThread {
            batches,
            processed,
            returned,
        });
        Ok(())
    }

    /// Whether spans pass a processor.
    #[inline]
    pub(super) const fn are_called(&self) -> bool {
        self.thread.is_some()
    }

    /// The number of spans that wait.
    #[inline]
    pub(super) const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a span to those that wait. Returns whether they are enough for a batch.
    pub(super) fn add_waiting(&mut self, span: SpanRecord) -> bool {
        self.bytes += span.stored_bytes();
        self.waiting.push(span);
        self.waiting.len() >= MAX_SPANS || self.bytes >= MAX_BYTES
    }

    /// Removes the spans that wait, and returns their number.
    pub(super) fn discard_waiting(&mut self) -> usize {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).len()
    }

    /// Processes the spans that wait, and returns those that are not discarded.
    ///
    /// # Errors
    ///
    /// A processor does not return. The spans are lost; their number is returned.
    pub(super) fn process(
        &mut self,
        clock: &WallClock,
        counters: &Counters,
    ) -> Result<Vec<SpanRecord>, usize> {
        self.bytes = 0;
        let spans = std::mem::take(&mut self.waiting);
        let number = spans.len();
        let Some(thread) = &self.thread else {
            return Ok(spans);
        };
        let clock = clock.clone();
        let _ = thread.batches.send(Batch { spans, clock });
        let Some(spans) = thread.await_batch(PATIENCE) else {
            self.thread = None;
            guarded_message(|| {
                tracing::error!(
                    spans = number,
                    "a span processor does not return: these spans are lost, and later ones are exported without the program's processors"
                );
            });
            return Err(number);
        };
        // Counted here, because what a processor does after it was given up does not count.
        let discarded = (number - spans.len()) as u64;
        counters.discarded.fetch_add(discarded, Ordering::Release);
        Ok(spans)
    }
}

impl Drop for Processors {
    /// Waits until the processors are dropped: one may write what it has counted.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            drop(thread.batches);
            let _ = thread.processed.recv_timeout(PATIENCE);
        }
    }
}

impl ProcessorThread {
    /// Waits for a batch as long as calls return; `None` if they do not, or if the thread has ended.
    fn await_batch(&self, patience: Duration) -> Option<Vec<SpanRecord>> {
        let mut returned = self.returned.load(Ordering::Relaxed);
        loop {
            match self.processed.recv_timeout(patience) {
                Ok(batch) => return Some(batch.spans),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    let before = returned;
                    returned = self.returned.load(Ordering::Relaxed);
                    if before == returned {
                        return None;
                    }
                }
            }
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
    /// Passes a span to each processor. Returns whether it is exported.
    fn process(&mut self, record: &mut SpanRecord, clock: &WallClock) -> bool {
        record.write_exception();
        add_baggage(record);
        record.attributes.keep_distinct(usize::MAX);
        let mut span = EndingSpan {
            record,
            clock,
            is_discarded: false,
        };
        for processor in &mut self.all {
            let processed = caught(|| processor.on_ending(&mut span));
            self.returned.fetch_add(1, Ordering::Relaxed);
            if processed.is_err() {
                let panics = &self.counters.processor_panics;
                panics.fetch_add(1, Ordering::Relaxed);
                if self.warnings.is_due() {
                    guarded_message(|| tracing::warn!("a span processor panicked"));
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
