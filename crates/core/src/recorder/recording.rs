//! Open spans, and the thread-local storage for them. A recording is owned by the call, the future or the guard that
//! ends it. The thread that ends it reuses its memory for the next span.
//!
//! The destructor of a user's thread-local value may call an annotated function while the thread ends.
//! OpenTelemetry's `Context` may be destroyed by then, and accessing it panics, which aborts the process.
//! The storage of this module is initialized after the `Context`, and thread-local values are destroyed
//! in reverse order. As long as the storage is alive, the `Context` is alive, too.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use std::time::SystemTime;

use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{Context, Key};

use super::buffer::{self, Writer};
use super::exception::Exception;
use super::fork;
use super::global_span;
use super::ids::Ids;
use super::last_panic;
use super::listeners;
use super::logged;
use super::measure::{self, Measure};
use super::outcome::{Classifier, Outcome};
use super::pending::{Handle, PendingUpdates, State, Update};
use super::record::{Code, Head, SpanRecord};
use super::sampling::settings::CachedSettings;
use crate::attributes::{AttributeList, AttributeValue, ToAttributeValue};
use crate::caught::caught;
use crate::clock::Ticks;
use crate::keys;

/// An open span, or a blank one for reuse.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) record: SpanRecord,
    /// The context, if it will be attached again.
    pub(super) context: Option<Context>,
    /// Whether `context` belongs to the boundary in which the span runs, see [`current`](super::current).
    pub(super) is_in_boundary: bool,
    /// Whether the sampler decides when the span is filled.
    pub(super) needs_sampler: bool,
    /// The span of OpenTelemetry's global provider that receives the data. It implies a `context`.
    pub(super) foreign: Option<Box<BoxedSpan>>,
    pending: &'static PendingUpdates,
    /// The entry of the open span for readers outside the process.
    pub(super) listed: crate::thread_context::OpenSpan,
}

impl Recording {
    #[cold]
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            record: SpanRecord::blank(),
            context: None,
            is_in_boundary: false,
            needs_sampler: false,
            foreign: None,
            pending: acquire_updates(),
            listed: crate::thread_context::OpenSpan::new(),
        })
    }

    #[inline]
    pub(super) fn open_as(&self, state: State) {
        self.pending.set_state(state);
    }

    /// Marks the span as no longer open.
    #[inline]
    fn leave(&self) {
        self.pending.set_state(State::Blank);
        self.listed.close();
    }

    /// Discards a span that is not recorded after all, and keeps its memory.
    pub(super) fn discard(mut self: Box<Self>) {
        self.leave();
        self.pending.close();
        drop(self.context.take());
        self.is_in_boundary = false;
        self.record.attributes.clear();
        self.record.packed.clear();
        self.record.more = None;
        with(|local| local.reuse(self));
    }

    /// The handle with which other code updates the span.
    #[inline]
    pub(super) fn handle(&self) -> Handle {
        self.pending.handle()
    }

    /// The place for updates by other code.
    #[inline]
    pub(super) const fn updates(&self) -> &'static PendingUpdates {
        self.pending
    }

    /// Lets log records describe the span from now on. Its initial data becomes an update, because other code can
    /// access only updates of an open span.
    #[cold]
    pub(super) fn list(&mut self) {
        let Head { trace_id, span_id, callsite, .. } = self.record.head;
        let record = &mut self.record;
        let mut is_listed = false;
        self.pending.handle().update(|update| {
            let own = &mut update.record;
            own.head.callsite = callsite;
            own.attributes.append(&mut record.attributes);
            if let Some(name) = record.more.as_mut().and_then(|more| more.name.take()) {
                own.set_name(name);
            }
            update.is_listed = true;
            is_listed = true;
        });
        if is_listed {
            logged::insert((trace_id, span_id), self.handle());
        }
    }

    /// Updates the span, in order with updates of other code.
    pub(super) fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if self.pending.is_touched() {
            self.handle().update(|update| act(&mut update.record));
        } else {
            act(&mut self.record);
        }
    }

    /// Sets an attribute, in order with updates of other code.
    pub(super) fn set_attribute(
        &mut self,
        key: impl Into<Key>,
        value: &(impl ToAttributeValue + ?Sized),
    ) {
        if !self.pending.is_touched() {
            return value.set_in(&mut self.record.attributes, key);
        }
        // Converted by the user's code, which may update the span, too.
        let mut set = AttributeList::default();
        value.set_in(&mut set, key);
        self.update(|record| record.attributes.append(&mut set));
    }

    /// Ends the span of a function that has returned `value`.
    #[inline]
    pub(super) fn returned<T>(mut self: Box<Self>, value: &T, outcome: Classifier<T>) {
        if let Some(ended) = self.close() {
            return self.end_at(ended);
        }
        let record = &mut self.record;
        // The classifier may call the user's `AsRef` or `error_if`.
        let classified = caught(|| {
            outcome(value, &mut |outcome| record_outcome(record, &outcome));
        });
        if let Err(message) = classified {
            record_panic(&mut self.record, message);
        }
        self.succeed();
    }

    /// Ends a span without an outcome to classify.
    pub(super) fn complete(mut self: Box<Self>) {
        match self.close() {
            Some(ended) => self.end_at(ended),
            None => self.succeed(),
        }
    }

    /// Ends the span as unwound if the thread has begun to panic in the scope.
    pub(super) fn left(self: Box<Self>, was_panicking: bool) {
        if thread::panicking() && !was_panicking { self.unwound() } else { self.complete() }
    }

    /// Ends the span of code that unwinds: as an error if that is a panic, and as cancelled if it is a C++ exception or
    /// the end of the thread.
    #[cold]
    pub(super) fn unwound(mut self: Box<Self>) {
        if !thread::panicking() {
            return self.cancelled();
        }
        if let Some(ended) = self.close() {
            return self.end_at(ended);
        }
        record_panic(&mut self.record, last_panic::message());
        self.succeed();
    }

    /// Ends the span of a future that was dropped before it was ready.
    pub(super) fn cancelled(mut self: Box<Self>) {
        let ended = self.close();
        if ended.is_none() {
            let attributes = &mut self.record.attributes;
            attributes.push(keys::FLOE_CANCELLED.into(), AttributeValue::Bool(true));
        }
        self.end_at(ended.unwrap_or_else(Ticks::now));
    }

    /// Ends the span with its status. `at` replaces the time of the call.
    pub(super) fn end(mut self: Box<Self>, at: Option<SystemTime>) {
        if let Some(at) = at {
            self.record.more_mut().end = Some(at);
        }
        let ended = self.close();
        self.end_at(ended.unwrap_or_else(Ticks::now));
    }

    /// Ends the span as a success, unless a status was set.
    #[inline]
    fn succeed(self: Box<Self>) {
        let code = match self.record.head.code {
            // So a backend can tell a call that returned from a span whose status nobody set.
            Code::Unset => Code::Success,
            code => code,
        };
        self.finish(Ticks::now(), code);
    }

    pub(super) fn end_at(self: Box<Self>, end: Ticks) {
        let code = self.record.head.code;
        self.finish(end, code);
    }

    /// Closes the span to updates and merges the pending ones. Returns the time at which the OpenTelemetry API ended
    /// it, if it did.
    #[inline]
    pub(super) fn close(&mut self) -> Option<Ticks> {
        self.pending.close().and_then(|update| self.adopt(*update))
    }

    #[cold]
    fn adopt(&mut self, mut update: Update) -> Option<Ticks> {
        if update.is_listed {
            let head = &self.record.head;
            logged::remove((head.trace_id, head.span_id));
        }
        let end = update.ended.then_some(update.record.head.end);
        self.record.adopt(&mut update.record);
        end
    }

    /// Not inlined, so that only one function contains its callees.
    #[inline(never)]
    fn finish(mut self: Box<Self>, end: Ticks, code: Code) {
        self.leave();
        if self.context.is_some() {
            // Dropped before the thread's storage is borrowed: a context may contain values of the user, and
            // their destructors may start spans.
            drop(self.context.take());
            self.is_in_boundary = false;
            if let Some(span) = self.foreign.take() {
                return global_span::end(*span, &mut self.record, end, code);
            }
        }
        let pushed = with(|local| {
            let pushed = local.push(&mut self.record, end, code);
            local.reuse(self);
            pushed
        });
        buffer::count_dropped(pushed);
    }
}

impl Drop for Recording {
    #[cold]
    fn drop(&mut self) {
        if !self.pending.is(State::Blank) {
            self.leave();
            let end = self.close().unwrap_or_else(Ticks::now);
            let code = self.record.head.code;
            match self.foreign.take() {
                Some(span) => global_span::end(*span, &mut self.record, end, code),
                None => {
                    buffer::count_dropped(with(|local| local.push(&mut self.record, end, code)));
                }
            }
        }
        release_updates(self.pending);
    }
}

#[cold]
fn record_outcome(span: &mut SpanRecord, outcome: &Outcome<'_>) {
    let expected;
    let outcome = match outcome {
        Outcome::Failure(it) if it.is_refusal && span.kind() != SpanKind::Client => {
            expected = Outcome::Expected(it.class.unwrap_or(it.type_name));
            &expected
        }
        _ => outcome,
    };
    if span.is_measured() {
        if !matches!(outcome, Outcome::Expected(_)) {
            span.set_status(Status::error(""));
        }
        return;
    }
    match *outcome {
        Outcome::Failure(ref failure) => span.set_exception(Exception::of_failure(failure)),
        Outcome::Expected(name) => span.attributes.push_static(keys::ERROR_TYPE, name),
        Outcome::Refused => {
            span.attributes.push_static(keys::ERROR_TYPE, keys::OTHER);
            span.set_status(Status::error("refused by `error_if`"));
        }
        // The future may have recorded it, with its text.
        Outcome::Unread(_) if span.head.code == Code::Error => {}
        Outcome::Unread(name) => span.set_exception(Exception::new(name, name.to_owned())),
    }
}

#[cold]
fn record_panic(span: &mut SpanRecord, message: String) {
    if span.is_measured() {
        return span.set_status(Status::error(""));
    }
    span.set_exception(Exception::new(keys::PANIC, message));
}

/// The maximum number of blank recordings, each of which may have memory for 128 attributes.
const MAX_BLANK: usize = 128;

/// The number of dropped spans after which a thread asks again for rings; its own ring is tried for each span. Asking
/// threads wait for each other, and for a thread that the system has interrupted.
const ASK_EVERY: usize = 1024;

/// The number of written spans after which a thread asks again, because the collector has emptied rings since.
const ASK_ONCE_WRITTEN: usize = buffer::CAPACITY / 2;

/// The state of a thread's vain requests for rings.
#[derive(Default)]
struct Missing {
    /// The spans that were dropped since the last request.
    dropped: usize,
    /// The number of written spans at the last vain request.
    asked: Option<usize>,
}

impl Missing {
    /// Asks for rings, unless a recent request was vain. `written` is the number of spans in the current rings.
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
    pub(super) ids: Ids,
    /// A stack, because the last used recording is in the processor's cache.
    #[expect(clippy::vec_box, reason = "the allocations are reused")]
    blank: Vec<Box<Recording>>,
    writer: Option<Writer>,
    missing: Missing,
    measures: Option<measure::Writer>,
    missing_measures: Missing,
    pub(super) settings: CachedSettings,
    /// An exception on its way to a span, see [`record_error`](super::recorded_span::record_error).
    pub(super) exception: Option<Exception>,
    /// The process of the thread, see [`fork`].
    forks: u32,
}

thread_local! {
    static LOCAL: RefCell<Local> = {
        Context::map_current(|_| ());
        RefCell::new(Local {
            ids: Ids::seeded(),
            blank: Vec::new(),
            writer: None,
            missing: Missing::default(),
            measures: None,
            missing_measures: Missing::default(),
            settings: CachedSettings::default(),
            exception: None,
            forks: fork::forks(),
        })
    };
}

/// Whether OpenTelemetry's current `Context` may be accessed.
#[inline]
pub fn context_is_alive() -> bool {
    LOCAL.try_with(|_| ()).is_ok()
}

/// Calls `act` with the thread's storage; `None` on a thread that is ending. `act` must not call user code.
#[inline]
pub(super) fn with<T>(act: impl FnOnce(&mut Local) -> T) -> Option<T> {
    LOCAL
        .try_with(|local| local.try_borrow_mut().ok().map(|mut local| act(&mut local)))
        .ok()
        .flatten()
}

impl Local {
    /// After a fork, replaces the state shared with the parent: the rings, whose spans the parent exports, and the next
    /// ids.
    #[cold]
    pub(super) fn leave_parent(&mut self) {
        if self.forks != fork::forks() {
            self.forks = fork::forks();
            self.ids = Ids::seeded();
            self.writer = None;
            self.measures = None;
        }
    }

    #[inline]
    pub(super) fn blank(&mut self) -> Box<Recording> {
        last_panic::forget_caught();
        self.blank.pop().unwrap_or_else(Recording::new)
    }

    /// Moves a span into the rings of the thread. Returns whether there was room.
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

    /// Moves a span that does not fit into the thread's rings into other rings, if there are any.
    #[cold]
    #[inline(never)]
    fn push_elsewhere(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        if let Some(writer) = &mut self.writer
            && !writer.has_refused(record)
            // The collector may have made room meanwhile.
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

    /// Waits until the collector has taken spans. Only a capture waits, because a test has to see all of its spans;
    /// other callers must not be delayed.
    #[cold]
    fn push_when_there_is_room(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        const LONGEST: Duration = Duration::from_secs(10);
        let started = Ticks::now();
        while let Some(writer) = &mut self.writer
            && Ticks::now().since(started) < LONGEST
        {
            buffer::wake();
            thread::yield_now();
            if writer.push(record, end, code) {
                return true;
            }
        }
        false
    }

    /// Gets the first ring of a thread, if possible, and moves a span into it.
    #[cold]
    #[inline(never)]
    fn push_first(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) -> bool {
        self.writer = self.missing.ask(0, buffer::writer);
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
        if listeners::measures(listeners::current(), record.head.callsite) {
            if let Some(more) = &mut record.more {
                **more = more.for_metrics(record.head.callsite);
            }
            self.measure(record, end, code);
        }
        *record = SpanRecord::blank();
    }

    /// Moves the data for metrics into the ring of measured calls.
    #[inline]
    fn measure(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        let Some(writer) = &mut self.measures else {
            return self.measure_first(record, end, code);
        };
        let call = Measure {
            callsite: record.head.callsite,
            more: record.more.take(),
            start: record.head.start,
            end,
            code,
        };
        if let Err(call) = writer.push(call) {
            self.measure_elsewhere(call);
        }
        record.attributes.clear();
        record.packed.clear();
    }

    /// Moves a call that does not fit into the thread's ring into another ring, if there is one.
    #[cold]
    #[inline(never)]
    fn measure_elsewhere(&mut self, call: Measure) {
        if let Some(writer) = &mut self.measures
            && (self.missing_measures)
                .ask(writer.written(), || measure::exchange(writer).then_some(()))
                .is_some()
            && writer.push(call).is_ok()
        {
            return;
        }
        measure::count_missed();
    }

    /// Gets the first ring for measured calls of a thread, if possible, and measures a call.
    #[cold]
    #[inline(never)]
    fn measure_first(&mut self, record: &mut SpanRecord, end: Ticks, code: Code) {
        self.measures = self.missing_measures.ask(0, measure::writer);
        if self.measures.is_some() {
            return self.measure(record, end, code);
        }
        measure::count_missed();
        *record = SpanRecord::blank();
    }

    #[inline]
    pub(super) fn reuse(&mut self, recording: Box<Recording>) {
        if self.blank.len() < MAX_BLANK {
            self.blank.push(recording);
        }
    }
}

impl Drop for Local {
    /// Leaves the rings of an ended thread to others. After a fork, the rings belong to the parent process.
    fn drop(&mut self) {
        if self.forks != fork::forks() {
            return;
        }
        if let Some(writer) = self.writer.take() {
            buffer::leave(writer);
        }
        if let Some(measures) = self.measures.take() {
            measure::leave(measures);
        }
    }
}

/// Every [`PendingUpdates`] ever created; as many as the peak of open spans.
#[derive(Debug)]
pub(super) struct AllUpdates {
    /// Updates without a recording.
    spare: Vec<&'static PendingUpdates>,
    all: Vec<&'static [PendingUpdates]>,
}

static UPDATES: Mutex<AllUpdates> = Mutex::new(AllUpdates { spare: Vec::new(), all: Vec::new() });

fn updates() -> MutexGuard<'static, AllUpdates> {
    UPDATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the lock for a fork; `None` if that takes too long, see [`buffer::Locks`].
pub(super) fn lock() -> Lock {
    fork::try_lock(&UPDATES)
}

pub(super) type Lock = Option<MutexGuard<'static, AllUpdates>>;

/// The number of sampled spans of the process that are open.
pub(super) fn open_spans() -> u64 {
    let all = updates().all.clone();
    let open = all.into_iter().flatten().filter(|it| it.is(State::Sampled));
    open.count() as u64
}

/// Acquires updates, which live as long as the process.
#[cold]
fn acquire_updates() -> &'static PendingUpdates {
    /// The number of updates allocated together. Separate ones would lie between the memory of spans, which then could
    /// not be returned to the system after a peak.
    const TOGETHER: usize = 64;

    let mut updates = updates();
    if updates.spare.is_empty() {
        let new: Vec<_> = (0..TOGETHER).map(|_| PendingUpdates::new()).collect();
        let new: &[_] = new.leak();
        updates.all.push(new);
        updates.spare.extend(new);
    }
    (updates.spare).pop().unwrap_or_else(|| Box::leak(Box::new(PendingUpdates::new())))
}

#[cold]
fn release_updates(pending: &'static PendingUpdates) {
    updates().spare.push(pending);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_of_open_spans_leaves_little_memory() {
        // It stays allocated for each span that was open at the peak.
        assert!(size_of::<PendingUpdates>() <= 64);
        let many: Vec<_> = (0..10 * MAX_BLANK).map(|_| Recording::new()).collect();
        let kept = with(|local| {
            for recording in many {
                local.reuse(recording);
            }
            local.blank.len()
        });
        assert_eq!(kept, Some(MAX_BLANK));
    }
}
