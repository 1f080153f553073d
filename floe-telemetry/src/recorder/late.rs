//! What the plain OpenTelemetry API says to the span of an annotated function while it is open.
//!
//! The record of such a span belongs to the call, which no other code can reach; what is in the
//! `Context` has a [`Handle`]. Few spans are spoken to, so the call must learn that nothing was
//! said without a lock and without an atomic read-modify-write, which would wait for the memory.
//!
//! A [`Late`] lives as long as the process and serves one span after the other, each with a number
//! of its own. A handle that outlives its span finds another number and does nothing. A write at
//! the same time as the end may come too late: then it is kept under the number of its span, and
//! who finds it later sees that it is not theirs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::record::SpanRecord;

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

/// Those that no thread keeps. There are as many in all as spans were open at the same time.
static FREE: LazyLock<(Sender<&'static Late>, Mutex<Receiver<&'static Late>>)> =
    LazyLock::new(|| {
        let (sender, receiver) = channel();
        (sender, Mutex::new(receiver))
    });

impl Late {
    #[cold]
    pub(super) fn take() -> &'static Self {
        let free = FREE.1.try_lock().ok().and_then(|free| free.try_recv().ok());
        free.unwrap_or_else(|| {
            Box::leak(Box::new(Self {
                number: AtomicU64::new(0),
                touched: AtomicBool::new(false),
                said: Mutex::new(None),
            }))
        })
    }

    #[cold]
    pub(super) fn give_back(&'static self) {
        // The receiver is a static, so there is always one.
        let _ = FREE.0.send(self);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_time_is_found_and_the_rest_is_not() {
        let late = Late::take();
        let handle = late.handle();
        assert!(handle.is_open());
        handle.say(|said| said.record.set_name("first".into()));
        let said = late.close().unwrap();
        assert_eq!(said.record.more.unwrap().name.as_deref(), Some("first"));

        assert!(!handle.is_open());
        handle.say(|_| unreachable!("the span has ended"));
        assert!(late.close().is_none());
        late.give_back();
    }

    #[test]
    fn what_came_too_late_is_not_the_next_spans() {
        let late = Late::take();
        let handle = late.handle();
        // As when the end comes between the look at the number and the write.
        *late.lock() = Some(Said {
            number: handle.number,
            record: SpanRecord::blank(),
            ended: true,
        });
        late.number.store(handle.number + 1, Ordering::Release);
        late.touched.store(true, Ordering::Relaxed);

        let next = late.handle();
        assert!(next.is_open());
        assert!(late.close().is_none());
        next.say(|_| unreachable!("the span has ended"));
        late.give_back();
    }

    #[test]
    fn a_span_that_was_ended_hears_nothing_more() {
        let late = Late::take();
        let handle = late.handle();
        handle.say(|said| said.ended = true);
        assert!(!handle.is_open());
        handle.say(|_| unreachable!("the span has ended"));
        assert!(late.close().unwrap().ended);
        late.give_back();
    }
}
