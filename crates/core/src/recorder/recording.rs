//! Open spans. A recording is owned by the call, the future or the guard that ends it.

use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::SystemTime;

use opentelemetry::trace::Status;
use opentelemetry::{Context, Key};

use super::exception::Exception;
use super::fork;
use super::global_span::GlobalSpan;
use super::last_panic;
use super::outcome::{Classifier, Outcome};
use super::pending::{Handle, PendingUpdates, State};
use super::record::{Code, SpanRecord};
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
    /// Whether the sampler decides once the span is filled.
    pub(super) needs_sampler: bool,
    pub(super) is_listed: bool,
    /// The span of OpenTelemetry's global provider that receives the data. It implies a `context`.
    pub(super) foreign: Option<GlobalSpan>,
    methods: &'static Methods,
    pending: &'static PendingUpdates,
}

/// Changes the data of a span.
pub(super) type Update<'a> = &'a mut dyn FnMut(&mut SpanRecord);

/// The functions that pass the data on: to the rings of the recorder, or to OpenTelemetry's global provider. A program
/// links those of the recorder only if it links the recorder.
#[derive(Debug)]
pub(super) struct Methods {
    /// Merges updates of the plain API. Returns the time at which the plain API has ended the span, if it has.
    pub(super) adopt: fn(&mut Recording) -> Option<Ticks>,
    /// Updates a span that the plain API may have updated.
    pub(super) update: fn(&mut Recording, Update<'_>),
    pub(super) finish: fn(Box<Recording>, Ticks, Code),
    pub(super) drop: fn(&mut Recording),
}

impl Recording {
    #[cold]
    pub(super) fn new(methods: &'static Methods, pending: &'static PendingUpdates) -> Box<Self> {
        Box::new(Self {
            record: SpanRecord::blank(),
            context: None,
            is_in_boundary: false,
            needs_sampler: false,
            is_listed: false,
            foreign: None,
            methods,
            pending,
        })
    }

    #[inline]
    pub(super) fn open_as(&self, state: State) {
        self.pending.set_state(state);
    }

    /// Marks the span as no longer open.
    #[inline]
    pub(super) fn leave(&self) {
        self.pending.set_state(State::Blank);
    }

    pub(super) fn clear(&mut self) {
        self.leave();
        self.pending.close();
        drop(self.context.take());
        self.is_in_boundary = false;
        self.record.attributes.clear();
        self.record.more = None;
    }

    #[inline]
    pub(super) fn handle(&self) -> Handle {
        self.pending.handle()
    }

    #[inline]
    pub(super) const fn updates(&self) -> &'static PendingUpdates {
        self.pending
    }

    /// Updates the span, and keeps the order with updates of other code.
    pub(super) fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if !self.pending.is_touched() {
            return act(&mut self.record);
        }
        let mut act = Some(act);
        (self.methods.update)(self, &mut |record| {
            if let Some(act) = act.take() {
                act(record);
            }
        });
    }

    pub(super) fn set_attribute(
        &mut self,
        key: impl Into<Key>,
        value: &(impl ToAttributeValue + ?Sized),
    ) {
        if !self.pending.is_touched() {
            return value.set_in(&mut self.record.attributes, key);
        }

        // The value is converted by the user's code, which may also update the span.
        let mut set = AttributeList::default();
        value.set_in(&mut set, key);
        self.update(|record| record.attributes.append(&mut set));
    }

    /// The functions below do not unwind. `ManuallyDrop` tells the compiler, which would otherwise compile the
    /// destructor of a recording for each crate that has annotated functions.
    #[inline]
    pub(super) fn returned<T>(self: Box<Self>, value: &T, outcome: Classifier<T>) {
        let mut open = ManuallyDrop::new(self);
        if let Some(ended) = open.close() {
            return ManuallyDrop::into_inner(open).end_at(ended);
        }

        let record = &mut open.record;
        // The classifier may call the user's `AsRef` or `error_if`.
        let classified = caught(|| {
            outcome(value, &mut |outcome| record_outcome(record, &outcome));
        });

        if let Err(message) = classified {
            record_panic(&mut open.record, message);
        }

        ManuallyDrop::into_inner(open).succeed();
    }

    /// Records an item of a stream, and returns whether it is an error. An item after an error replaces its status.
    pub(super) fn item<T>(
        &mut self,
        value: &T,
        outcome: Classifier<T>,
        is_after_error: bool,
    ) -> bool {
        let mut is_error = false;
        let classified = caught(|| {
            outcome(value, &mut |outcome| {
                is_error |= !matches!(outcome, Outcome::Returned(_));
                self.update(|record| record_outcome(record, &outcome));
            });
        });

        if let Err(message) = classified {
            is_error = true;
            self.update(|record| record_panic(record, message));
        } else if is_after_error && !is_error {
            self.update(SpanRecord::forget_error);
        }
        is_error
    }

    pub(super) fn complete(mut self: Box<Self>) {
        match self.close() {
            Some(ended) => self.end_at(ended),
            None => self.succeed(),
        }
    }

    /// Ends the span of a scope: as unwound if the thread started to panic in it, or else as returned.
    pub(super) fn left(self: Box<Self>, was_panicking: bool) {
        if thread::panicking() && !was_panicking { self.unwound() } else { self.complete() }
    }

    /// Ends the span of code that unwinds: as an error if the cause is a panic, as cancelled if it is a C++ exception
    /// or the end of the thread.
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

    pub(super) fn cancelled(mut self: Box<Self>) {
        let ended = self.close();
        if ended.is_none() {
            let attributes = &mut self.record.attributes;
            attributes.push(keys::FLOE_CANCELLED.into(), AttributeValue::Bool(true));
        }

        self.end_at(ended.unwrap_or_else(now));
    }

    /// Ends the span with its status. `at` replaces the measured end.
    pub(super) fn end(mut self: Box<Self>, at: Option<SystemTime>) {
        if let Some(at) = at {
            self.record.more_mut().end = Some(at);
        }

        let ended = self.close();
        self.end_at(ended.unwrap_or_else(now));
    }

    #[inline]
    fn succeed(self: Box<Self>) {
        let code = match self.record.head.code {
            // With this code, a backend can tell a call that returned from a span without a status.
            Code::Unset => Code::Success,
            code => code,
        };

        self.finish(now(), code);
    }

    pub(super) fn end_at(self: Box<Self>, end: Ticks) {
        let code = self.record.head.code;
        self.finish(end, code);
    }

    /// Closes the span to updates and merges the pending ones. Returns the time at which the OpenTelemetry API ended
    /// it, if it did.
    #[inline]
    pub(super) fn close(&mut self) -> Option<Ticks> {
        if self.pending.is_touched() {
            return (self.methods.adopt)(self);
        }
        self.pending.retire();
        None
    }

    #[inline]
    fn finish(self: Box<Self>, end: Ticks, code: Code) {
        (self.methods.finish)(self, end, code);
    }
}

impl Drop for Recording {
    #[cold]
    fn drop(&mut self) {
        (self.methods.drop)(self);
    }
}

/// Without redaction there is no provider, and OpenTelemetry's global provider reads its own clock.
#[inline]
fn now() -> Ticks {
    if cfg!(feature = "redact") { Ticks::now() } else { Ticks::ZERO }
}

#[cold]
fn record_outcome(span: &mut SpanRecord, outcome: &Outcome<'_>) {
    let expected;
    let outcome = match outcome {
        Outcome::Failure(it) if !it.is_error(&span.kind()) => {
            expected = Outcome::Expected(it.class.unwrap_or(it.type_name));
            &expected
        }
        _ => outcome,
    };

    if span.is_measured() {
        if !matches!(
            outcome,
            Outcome::Returned(_) | Outcome::Expected(_) | Outcome::ErrorIfPanicked(_)
        ) {
            span.set_status(Status::error(""));
        }

        return;
    }

    match *outcome {
        Outcome::Returned(value) => {
            if let Err(message) = caught(|| value.set(&mut span.attributes)) {
                warn(&mut span.attributes, "ret panicked", &message);
            }
        }
        Outcome::Failure(ref failure) => span.set_exception(Exception::of_failure(failure)),
        Outcome::Expected(name) => span.attributes.push_rare(keys::ERROR_TYPE, name),
        Outcome::Refused => {
            span.attributes.push_rare(keys::ERROR_TYPE, keys::OTHER);
            span.set_status(Status::error("refused by `error_if`"));
        }
        Outcome::ErrorIfPanicked(ref message) => {
            warn(&mut span.attributes, "error_if panicked", message);
        }
        Outcome::Unread(name) => match span.status() {
            // A status with a text comes from the future, which has recorded the error itself. A status without a text
            // does not describe the error, so the exception replaces it.
            Status::Error { description } if !description.is_empty() => {}
            _ => span.set_exception(Exception::unread(name)),
        },
    }
}

/// Sets `floe.warning`. Without redaction, the reason is withheld, because it is a text of the program.
pub(super) fn warn(attributes: &mut AttributeList, problem: &'static str, reason: &str) {
    if cfg!(feature = "redact") {
        attributes.set(keys::FLOE_WARNING, &[problem, ": ", reason].concat());
    } else {
        attributes.push_rare(keys::FLOE_WARNING, problem);
    }
}

#[cold]
fn record_panic(span: &mut SpanRecord, message: String) {
    if span.is_measured() {
        return span.set_status(Status::error(""));
    }

    span.set_exception(Exception::new(keys::PANIC, message));
}

/// Every [`PendingUpdates`] ever created: at least one for each span of the largest peak of open spans.
#[derive(Debug)]
pub(super) struct AllUpdates {
    spare: Vec<&'static PendingUpdates>,
    all: Vec<&'static [PendingUpdates]>,
}

static UPDATES: Mutex<AllUpdates> = Mutex::new(AllUpdates { spare: Vec::new(), all: Vec::new() });

pub(super) fn lock() -> Lock {
    fork::try_lock(&UPDATES)
}

pub(super) type Lock = Option<MutexGuard<'static, AllUpdates>>;

pub(super) fn open_spans() -> u64 {
    let all = fork::lock(&UPDATES).all.clone();
    let open = all.into_iter().flatten().filter(|it| it.is(State::Sampled));
    open.count() as u64
}

#[cold]
pub(super) fn acquire_updates() -> &'static PendingUpdates {
    /// The number of updates allocated together. If allocated one by one, they would lie between the memory of spans,
    /// which could then not be returned to the system after a peak.
    const TOGETHER: usize = 64;

    let mut updates = fork::lock(&UPDATES);
    if updates.spare.is_empty() {
        let new: &[_] = Box::leak(Box::new([(); TOGETHER].map(|()| PendingUpdates::new())));
        updates.all.push(new);
        updates.spare.extend(new);
    }

    (updates.spare).pop().unwrap_or_else(|| Box::leak(Box::new(PendingUpdates::new())))
}

#[cold]
pub(super) fn release_updates(pending: &'static PendingUpdates) {
    fork::lock(&UPDATES).spare.push(pending);
}
