//! A span of `tracing`, which may be opened, entered, updated and closed on different threads.
//!
//! For an unsampled span, the layer keeps the context, so that the span has the same id on every thread and its
//! children are not sampled either.

use std::cell::Cell;
use std::mem::{self, ManuallyDrop};
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, SpanId, TraceId};

use super::context::{Attached, attach_again};
use super::current::IdHash;
use super::listeners;
use super::open::{Parked, open_detached};
use super::opening::{Fill, Opening, Parent};
use super::pending::Handle;
use super::record::SpanRecord;
use crate::callsite::CallSite;
use crate::caught::caught;
use crate::clock::{Ticks, wall_now};

/// A span, or the context that is propagated instead of a span that is not recorded. Dropping it ends the span.
#[derive(Debug)]
pub struct BridgedSpan {
    state: Parked,
}

impl BridgedSpan {
    /// Whether nothing records spans. Unlike a new span, this does not look for OpenTelemetry's global provider.
    #[inline]
    pub fn is_idle() -> bool {
        listeners::records_nothing()
    }

    /// Whether a new span would be lost, because nothing records it. If so, reports it once, unless a provider was
    /// started or disabled before.
    #[inline]
    pub fn is_lost() -> bool {
        let is_off = listeners::is_off();
        if is_off {
            listeners::say_no_provider();
        }
        is_off
    }

    /// Opens a span below `parent`, or else below the current span. `fill` sets its data, and is not called if nothing
    /// needs them. If `names` is set, `fill` also names the span, so it runs before the sampling rules decide. Returns
    /// `None` if there is neither a span nor a context to propagate.
    pub fn open(
        callsite: &'static CallSite,
        names: bool,
        parent: Option<Parent>,
        fill: impl FnOnce(&mut SpanRecord),
    ) -> Option<Self> {
        let parent = parent.unwrap_or(Parent::CURRENT);
        let fill = Cell::new(Some(fill));
        let fill_once = |opening: &mut Opening| {
            opening.0.record.head.callsite = Some(callsite);
            if let Some(fill) = fill.take() {
                fill(&mut opening.0.record);
            }
        };
        let record = || {
            let fill = fill.take()?;
            let is_root = parent.map(|cx| !cx.span().span_context().is_valid());
            is_root.then(|| {
                let mut record = Box::new(SpanRecord::blank());
                record.head.callsite = Some(callsite);
                // The values are formatted by user code, which may panic.
                let _ = caught(|| fill(&mut record));
                record
            })
        };

        let state = open_below(&parent, Some(callsite), names, &fill_once, record);
        (!matches!(state, Parked::Off)).then_some(Self { state })
    }

    /// Creates a handle that propagates the context of a span, and does not end the span.
    pub fn propagating(cx: Context) -> Self {
        Self { state: Parked::in_context(cx) }
    }

    /// Makes the span a child of the span in `parent`, which may change all its ids and its sampling. Returns false and
    /// changes nothing if that is impossible, for example because the span's context was used.
    pub fn reparent(&mut self, parent: Context) -> bool {
        let record = match &mut self.state {
            Parked::In(unsampled) => unsampled.record.take(),
            Parked::Recording(recording)
                if !recording.updates().is_shared() && recording.foreign.is_none() =>
            {
                recording.close();
                recording.unlist();
                Some(Box::new(recording.record.take()))
            }
            _ => None,
        };
        let Some(record) = record else { return false };
        if let Parked::Recording(recording) = mem::replace(&mut self.state, Parked::Off) {
            recording.discard();
        }

        let is_named = record.name().is_some();
        let callsite = record.head.callsite;
        let record = Cell::new(Some(record));
        let fill = |opening: &mut Opening| {
            if let Some(mut earlier) = record.take() {
                opening.0.record.resume(&mut earlier);
            }
        };
        let parent = Parent::of(parent);
        self.state = open_below(&parent, callsite, is_named, &fill, || record.take());
        true
    }

    /// Makes the span current on this thread, and marks its context as used. `None` without a context. Calls no code of the
    /// program if the thread [has](context::is_there) a current context, but for a subscriber to which OpenTelemetry reports
    /// too many contexts.
    #[inline]
    pub fn enter(&self) -> Option<EnteredSpan> {
        let (cx, recorded) = match &self.state {
            Parked::Off | Parked::Unsampled(_) => return None,
            Parked::In(unsampled) => (&unsampled.context, None),
            Parked::Recording(recording) => {
                recording.updates().share();
                (recording.context.as_ref()?, Some(recording.handle()))
            }
        };
        let ids = IdHash::of(cx.span().span_context());
        let current = ManuallyDrop::new(attach_again(cx));
        Some(EnteredSpan { current, ids, recorded })
    }

    /// Returns the context in which the span is current, and marks it as used.
    pub fn context(&mut self) -> Option<&Context> {
        if let Parked::Recording(recording) = &self.state {
            recording.updates().share();
        }
        self.state.context()
    }

    /// Whether the span is recorded.
    pub const fn is_recording(&self) -> bool {
        matches!(self.state, Parked::Recording(_))
    }

    /// As [`update`](Self::update), if the span has this id.
    pub fn update_if(&mut self, span: SpanId, act: impl FnOnce(&mut SpanRecord)) {
        if let Parked::Recording(recording) = &self.state
            && recording.record.head.span_id == span
        {
            self.update(act);
        }
    }

    /// Updates the span, if it is recorded and has not ended. `act` must not call user code.
    pub fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if let Parked::Recording(recording) = &mut self.state {
            recording.update(act);
        }
    }

    /// Ends the span with its current status: at the end that the OpenTelemetry API has set, or else at the last exit,
    /// or now.
    pub fn end(self) {
        if let Some(mut recording) = self.state.recording() {
            let exited = recording.updates().exited();
            let ended = recording.close().or(exited.map(Ticks));
            if recording.foreign.is_some() {
                recording.record.more_mut().end = ended.map(at);
            }

            recording.end_at(ended.unwrap_or_else(Ticks::now));
        }
    }
}

fn at(end: Ticks) -> SystemTime {
    let now = wall_now();
    now.checked_sub(Ticks::now().since(end)).unwrap_or(now)
}

/// Opens a span below `parent`, or else propagates the parent's context to spans below this one on other threads. `record`
/// returns the data of an unsampled span.
fn open_below(
    parent: &Parent,
    callsite: Option<&'static CallSite>,
    is_named: bool,
    fill: Fill<'_>,
    record: impl FnOnce() -> Option<Box<SpanRecord>>,
) -> Parked {
    let mut state = open_detached(parent, callsite.filter(|_| !is_named), Some(fill));
    match &mut state {
        Parked::In(unsampled) => unsampled.record = record(),
        Parked::Recording(recording) => recording.updates().own(),
        Parked::Off => {
            if let Some(cx) = parent.map(propagated) {
                state = Parked::in_context(cx);
            }
        }
        Parked::Unsampled(_) => {}
    }
    state
}

/// A span that is current on a thread until it is left. Such spans may be left in any order.
///
/// It has no destructor, so that the compiler keeps it in registers. In memory, it would be loaded in other pieces than it
/// was stored in, which stalls.
#[derive(Debug)]
#[must_use = "the span is current until it is left"]
pub struct EnteredSpan {
    current: ManuallyDrop<Attached>,
    ids: IdHash,
    recorded: Option<Handle>,
}

impl EnteredSpan {
    /// Returns the hash of the span's ids.
    #[inline]
    pub const fn ids(&self) -> IdHash {
        self.ids
    }

    /// Notes the time of the exit for `span`, unless a span is open that was recorded when it was entered.
    pub fn follow(&mut self, span: &BridgedSpan) {
        if let Parked::Recording(recording) = &span.state
            && !self.recorded.is_some_and(|entered| entered.is_open())
        {
            self.recorded = Some(recording.handle());
        }
    }

    /// Leaves the span at an exit, whose time is noted, because the span ends at its last exit.
    #[inline]
    pub fn exit(self) {
        if let Some(recorded) = self.recorded {
            recorded.exit(Ticks::now().0);
        }
        self.leave();
    }

    /// Leaves the span.
    #[inline]
    pub fn leave(self) {
        ManuallyDrop::into_inner(self.current).detach();
    }
}

/// Returns the context to propagate; `None` without a span, or if telemetry is suppressed.
fn propagated(cx: &Context) -> Option<Context> {
    let has_span = cx.span().span_context().is_valid() && !cx.is_telemetry_suppressed();
    has_span.then(|| cx.clone())
}

impl SpanRecord {
    /// Moves the earlier data of the same span here, after a change of its parent.
    pub(super) fn resume(&mut self, earlier: &mut Self) {
        self.adopt(earlier);
        self.head.callsite = earlier.head.callsite;
        let has_started = earlier.head.trace_id != TraceId::INVALID;
        if has_started {
            self.head.start = earlier.head.start;
        }
    }
}
