//! What the plain OpenTelemetry API says to the span of an annotated function while it is open.
//!
//! The record of such a span belongs to the call, which no other code can reach; what is in the
//! `Context` has a [`Handle`]. Few spans are spoken to, so the call must learn that nothing was
//! said without a lock and without an atomic read-modify-write, which would wait for the memory.
//!
//! A [`Late`] lives as long as the process and serves one span after the other, each with a number
//! of its own. A handle that outlives its span finds another number and does nothing. A write at
//! the same time as the end may come too late: then it is kept under the number of its span, and
//! who finds it later sees that it is not theirs. `tests/loom` runs this file in all orders that
//! threads can come in.

use super::record::SpanRecord;
use super::sync::{AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};

/// Where one open span after the other is spoken to.
#[derive(Debug)]
pub(super) struct Late {
    /// The number of the span that it serves. Written by its call alone.
    number: AtomicU64,
    /// Whether anything was said since this was false.
    touched: AtomicBool,
    said: Mutex<Option<Said>>,
}

#[derive(Debug)]
pub(super) struct Said {
    number: u64,
    pub(super) record: SpanRecord,
    /// The plain API has ended the span, though the call goes on.
    pub(super) ended: bool,
}

/// Access to an open span, or to one that was.
#[derive(Debug)]
pub(super) struct Handle {
    late: &'static Late,
    number: u64,
}

impl Late {
    pub(super) fn new() -> Self {
        Self {
            number: AtomicU64::new(0),
            touched: AtomicBool::new(false),
            said: Mutex::new(None),
        }
    }

    #[inline]
    pub(super) fn handle(&'static self) -> Handle {
        Handle {
            late: self,
            number: self.number.load(Ordering::Relaxed),
        }
    }

    /// Ends the span's number. Gives what was said before that.
    #[inline]
    pub(super) fn close(&self) -> Option<Said> {
        let number = self.number.load(Ordering::Relaxed);
        // What happened before the end is seen, whatever the order is: it is one variable.
        let said = if self.touched.load(Ordering::Relaxed) {
            self.take_said(number)
        } else {
            None
        };
        self.number.store(number + 1, Ordering::Release);
        said
    }

    #[cold]
    fn take_said(&self, number: u64) -> Option<Said> {
        let mut said = self.lock();
        self.touched.store(false, Ordering::Relaxed);
        said.take().filter(|said| said.number == number)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    fn is_current(&self) -> bool {
        self.late.number.load(Ordering::Acquire) == self.number
    }

    /// Whether the span is open.
    pub(super) fn is_open(&self) -> bool {
        self.is_current()
            && !(self.late.touched.load(Ordering::Relaxed)
                && (self.late.lock().as_ref())
                    .is_some_and(|said| said.number == self.number && said.ended))
    }

    /// Says something to the span if it is open.
    pub(super) fn say(&self, act: impl FnOnce(&mut Said)) {
        let mut place = self.late.lock();
        if !self.is_current() {
            return;
        }
        if place.as_ref().is_none_or(|said| said.number != self.number) {
            *place = None;
        }
        let said = place.get_or_insert_with(|| Said {
            number: self.number,
            record: SpanRecord::blank(),
            ended: false,
        });
        if !said.ended {
            act(said);
            self.late.touched.store(true, Ordering::Relaxed);
        }
    }
}
