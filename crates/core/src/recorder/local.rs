//! The storage of a thread: blank recordings, whose memory the next spans reuse, and its rings.

use std::cell::RefCell;
use std::mem::{self, ManuallyDrop};
use std::thread;
use std::time::Duration;

use super::buffer::{self, Buffer, Writer};
use super::context;
use super::ids;
use super::last_panic;
use super::listeners;
use super::logged;
use super::measure::{self, Measure};
use super::pending::State;
use super::record::{Code, Head, SpanRecord};
use super::recording::{Methods, Recording, Update, acquire_updates, release_updates};
use super::sampling::settings::CachedSettings;
use crate::clock::Ticks;

/// The maximum number of blank recordings, each of which may have memory for 128 attributes.
const MAX_BLANK: usize = 128;

/// The number of dropped spans after which a thread requests rings again. A thread tries its
/// own ring for each span, but a request takes a lock that another thread may hold, even one that is interrupted.
const ASK_EVERY: usize = 1024;

/// The number of written spans after which a thread requests rings again, because the collector has emptied some.
const ASK_ONCE_WRITTEN: usize = buffer::CAPACITY / 2;

/// The state of a thread's failed requests for rings.
struct Missing {
    dropped: usize,
    asked: Option<usize>,
}

impl Missing {
    const NONE: Self = Self { dropped: 0, asked: None };

    /// Requests rings, unless a recent request failed. `written` is the number of spans written to the current rings.
    #[cold]
    fn ask<W>(&mut self, written: usize, rings: impl FnOnce() -> Option<W>) -> Option<W> {
        self.dropped += 1;
        if let Some(asked) = self.asked
            && self.dropped < ASK_EVERY
            && written.wrapping_sub(asked) < ASK_ONCE_WRITTEN
        {
            return None;
        }

        let found = rings();
        self.dropped = 0;
        self.asked = found.is_none().then_some(written);
        found
    }
}

pub(super) struct Local {
    /// A stack, because the recording that was used last is in the processor's cache.
    #[expect(clippy::vec_box, reason = "the allocations are reused")]
    blank: Vec<Box<Recording>>,
    writer: Option<Writer>,
    missing: Missing,
    measures: Option<measure::Writer>,
    missing_measures: Missing,
    pub(super) settings: CachedSettings,
}

thread_local! {
    /// Without a destructor, so that it exists as long as the `Context`, see [`leave`].
    static LOCAL: RefCell<ManuallyDrop<Local>> =
        const { RefCell::new(ManuallyDrop::new(Local::NEW)) };
}

/// Calls `act` with the thread's storage; `None` while it is in use, or after the thread [has left](leave) it. `act`
/// must not call user code.
#[inline]
pub(super) fn with<T>(act: impl FnOnce(&mut Local) -> T) -> Option<T> {
    LOCAL
        .try_with(|local| local.try_borrow_mut().ok().map(|mut local| act(&mut local)))
        .ok()
        .flatten()
}

/// Leaves the rings of an ending thread to other threads. After this, the storage of the thread is not accessible.
pub(super) fn leave() {
    let _ = LOCAL.try_with(|local| {
        let Ok(mut local) = local.try_borrow_mut() else { return };
        let left = mem::replace(&mut *local, ManuallyDrop::new(Local::NEW));
        // The borrow is never released, so that the storage stays inaccessible.
        mem::forget(local);
        let left = ManuallyDrop::into_inner(left);
        if let Some(writer) = left.writer {
            buffer::leave(writer);
        }

        if let Some(measures) = left.measures {
            measure::leave(measures);
        }
    });
}

impl Local {
    const NEW: Self = Self {
        blank: Vec::new(),
        writer: None,
        missing: Missing::NONE,
        measures: None,
        missing_measures: Missing::NONE,
        settings: CachedSettings::NONE,
    };

    /// After a fork, replaces the state copied from the parent: the rings, whose spans the parent exports, and the next
    /// ids.
    #[cold]
    pub(super) fn leave_parent(&mut self) {
        if ids::leave_parent() {
            self.writer.take_if(|writer| !writer.is_of_process());
            self.measures.take_if(|writer| !writer.is_of_process());
        }
    }

    #[inline]
    pub(super) fn blank(&mut self) -> Box<Recording> {
        last_panic::forget_caught();
        self.blank.pop().unwrap_or_else(|| Recording::new(&METHODS, acquire_updates()))
    }

    #[expect(
        clippy::inline_always,
        reason = "saving and restoring the registers would be a tenth of the instructions at the end of a span"
    )]
    #[inline(always)]
    pub(super) fn push(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if record.is_measured() {
            self.measure(record, end, code);
            return true;
        }

        let Some(writer) = &mut self.writer else {
            return self.push_first(record, end, code);
        };

        writer.push(record, end, code) || self.push_elsewhere(record, end, code)
    }

    #[cold]
    #[inline(never)]
    fn push_elsewhere(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if let Some(writer) = &mut self.writer
            && !writer.has_refused(record)
            // Meanwhile, the collector may have made room.
            && (!writer.is_full()
                || (self.missing)
                    .ask(writer.written(), || buffer::exchange(writer).then_some(()))
                    .is_some())
            && writer.push(record, end, code)
        {
            return true;
        }

        if record.capture().is_some() && self.push_when_there_is_room(record, end, code) {
            return true;
        }

        self.drop_span(record, end, code);
        false
    }

    /// Waits up to 10 seconds for the collector to make room, and returns whether the span was pushed. Only a capture
    /// calls this: a test must see all its spans, but other callers must not be delayed.
    #[cold]
    fn push_when_there_is_room(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        const LONGEST: Duration = Duration::from_secs(10);
        let started = Ticks::now();
        while let Some(writer) = &mut self.writer
            && Ticks::now().since(started) < LONGEST
        {
            Buffer::wake_collector();
            thread::yield_now();
            if writer.push(record, end, code) {
                return true;
            }
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn push_first(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if context::is_there() {
            self.writer = self.missing.ask(0, buffer::writer);
        }

        if self.writer.is_some() {
            return self.push(record, end, code);
        }

        if buffer::push_shared(record, end, code) {
            return true;
        }

        self.drop_span(record, end, code);
        false
    }

    /// Drops a span, whose call still counts for metrics.
    #[cold]
    fn drop_span(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        if listeners::is_measured(record.head.callsite) {
            self.measure(record, end, code);
        }

        *record = SpanRecord::blank();
    }

    #[inline]
    fn measure(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        let Head { callsite, start, .. } = record.head;
        let call = Measure { callsite, start, end, code };
        if let Some(writer) = &mut self.measures {
            if let Err(call) = writer.push(call) {
                self.measure_elsewhere(call);
            }
        } else {
            self.measure_elsewhere(call);
        }

        record.clear();
    }

    #[cold]
    #[inline(never)]
    fn measure_elsewhere(&mut self, call: Measure) {
        let missing = &mut self.missing_measures;
        let has_room = match &mut self.measures {
            Some(writer) => {
                missing.ask(writer.written(), || measure::exchange(writer).then_some(())).is_some()
            }
            measures @ None => {
                if context::is_there() {
                    *measures = missing.ask(0, measure::writer);
                }
                true
            }
        };

        let writer = self.measures.as_mut().filter(|_| has_room);
        if writer.is_none_or(|writer| writer.push(call).is_err()) {
            measure::count_missed();
        }
    }

    #[inline]
    pub(super) fn reuse(&mut self, recording: Box<Recording>) {
        if self.blank.len() < MAX_BLANK {
            self.blank.push(recording);
        }
    }
}

static METHODS: Methods = Methods { adopt, update, finish, drop: drop_recording };

fn adopt(recording: &mut Recording) -> Option<Ticks> {
    let mut update = recording.updates().close()?;
    recording.record.adopt(&mut update.record);
    update.ended.then_some(update.record.head.end)
}

fn update(recording: &mut Recording, act: Update<'_>) {
    recording.handle().update(|update| act(&mut update.record));
}

fn finish(mut recording: Box<Recording>, end: Ticks, code: Code) {
    recording.leave();
    if recording.is_listed {
        recording.unlist();
    }

    if recording.context.is_some() {
        // Dropped before the thread's storage is borrowed: a context may contain values of the user, and
        // their destructors may start spans.
        drop(recording.context.take());
        recording.is_in_boundary = false;
    }

    let pushed = with(|local| {
        let pushed = local.push(&mut recording.record, end, code);
        local.reuse(recording);
        pushed
    });

    buffer::count_dropped(pushed);
}

/// Ends a span whose recording is dropped while it is open.
fn drop_recording(recording: &mut Recording) {
    if !recording.updates().is(State::Blank) {
        recording.leave();
        let end = recording.close().unwrap_or_else(Ticks::now);
        let code = recording.record.head.code;
        recording.unlist();
        buffer::count_dropped(with(|local| local.push(&mut recording.record, end, code)));
    }
    release_updates(recording.updates());
}

impl Recording {
    pub(super) fn discard(mut self: Box<Self>) {
        self.unlist();
        self.clear();
        with(|local| local.reuse(self));
    }

    #[cold]
    pub(super) fn unlist(&mut self) {
        if mem::take(&mut self.is_listed) {
            let head = &self.record.head;
            logged::remove((head.trace_id, head.span_id));
        }
    }

    /// Lists the span for log records. Its initial data becomes an update, because other code can only access updates
    /// of an open span.
    #[cold]
    pub(super) fn list(&mut self) {
        let Head { trace_id, span_id, callsite, .. } = self.record.head;
        let handle = self.handle();
        let record = &mut self.record;
        let mut is_listed = false;
        handle.update(|update| {
            let own = &mut update.record;
            own.head.callsite = callsite;
            own.attributes.append(&mut record.attributes);
            if let Some(name) = record.more.as_mut().and_then(|more| more.name.take()) {
                own.set_name(name);
            }

            is_listed = true;
        });

        self.is_listed = is_listed;
        if is_listed {
            logged::insert((trace_id, span_id), handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pending::PendingUpdates;
    use super::*;

    #[test]
    fn a_peak_of_open_spans_leaves_little_memory() {
        // For each span that was open at the largest peak, one of these stays allocated.
        assert!(size_of::<PendingUpdates>() <= 64);
        let many: Vec<_> =
            (0..10 * MAX_BLANK).map(|_| Recording::new(&METHODS, acquire_updates())).collect();
        let kept = with(|local| {
            for recording in many {
                local.reuse(recording);
            }

            local.blank.len()
        });

        assert_eq!(kept, Some(MAX_BLANK));
    }
}
