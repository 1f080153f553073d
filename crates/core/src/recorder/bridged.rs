//! A span of `tracing`, which may be opened, entered, updated and closed on different threads.
//!
//! For an unsampled span, the layer keeps the context, so that the span has the same id on every thread and its
//! children are not sampled either.

use std::cell::Cell;
use std::mem;
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, SpanId, TraceId};

use super::current::{CurrentGuard, IdHash};
use super::listeners;
use super::open::{Parked, open_detached};
use super::opening::{Opening, Parent};
use super::pending::PendingUpdates;
use super::published::{Site, list};
use super::record::SpanRecord;
use crate::callsite::CallSite;
use crate::caught::caught;
use crate::clock::{Ticks, wall_now};

/// A span, or the context that is propagated instead of a span that is not recorded. Dropping it ends the span.
#[derive(Debug)]
pub struct BridgedSpan {
    state: Parked,
    /// The data of an unsampled root, which is needed if the root gets a sampled parent.
    unsampled: Option<Box<SpanRecord>>,
    exited: Option<Ticks>,
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
        let known = (!names).then_some(callsite);
        let state = match open_detached(&parent, known, Some(&fill_once)) {
            // Without a span, the parent's context is propagated to spans below this one on other threads.
            Parked::Off => Parked::in_context(parent.map(propagated)?, Site::NONE),
            Parked::In(parked) => Parked::in_context(parked.0, Site::of(Some(callsite))),
            state => state,
        };
        prepare(&state);
        let is_root = || parent.map(|cx| !cx.span().span_context().is_valid());
        let unsampled = match (&state, fill.take()) {
            (Parked::In(_), Some(fill)) if is_root() => {
                let mut record = Box::new(SpanRecord::blank());
                record.head.callsite = Some(callsite);
                // The values are formatted by user code, which may panic.
                let _ = caught(|| fill(&mut record));
                Some(record)
            }
            _ => None,
        };
        Some(Self { state, unsampled, exited: None })
    }

    /// Creates a handle that propagates the context of a span, and does not end the span.
    pub fn propagating(cx: Context) -> Self {
        let state = Parked::in_context(cx, Site::NONE);
        Self { state, unsampled: None, exited: None }
    }

    /// Stores the time of an exit, because the span ends at its last exit.
    pub fn exited(&mut self) {
        if self.is_recording() {
            self.exited = Some(Ticks::now());
        }
    }

    /// Makes the span a child of the span in `parent`, which may change all its ids and its sampling. Returns false and
    /// changes nothing if that is impossible, for example because the span's context was used.
    pub fn reparent(&mut self, parent: Context) -> bool {
        let record = match mem::replace(&mut self.state, Parked::Off) {
            Parked::Recording(mut recording)
                if !recording.updates().is_shared() && recording.foreign.is_none() =>
            {
                recording.close();
                recording.unlist();
                let record = mem::replace(&mut recording.record, SpanRecord::blank());
                recording.discard();
                Some(Box::new(record))
            }
            Parked::In(_) if self.unsampled.is_some() => self.unsampled.take(),
            state => {
                self.state = state;
                None
            }
        };
        let Some(record) = record else { return false };
        let is_named = record.more.as_ref().is_some_and(|more| more.name.is_some());
        let callsite = record.head.callsite.filter(|_| !is_named);
        let record = Cell::new(Some(record));
        let fill = |opening: &mut Opening| {
            if let Some(mut earlier) = record.take() {
                opening.0.record.resume(&mut earlier);
            }
        };
        let parent = Parent::of(parent);
        self.state = match open_detached(&parent, callsite, Some(&fill)) {
            Parked::Off => {
                parent.map(propagated).map_or(Parked::Off, |cx| Parked::in_context(cx, Site::NONE))
            }
            state => state,
        };
        prepare(&self.state);
        if let Parked::In(_) = &self.state {
            self.unsampled = record.take();
        }
        true
    }

    /// Returns the data for entering the span, without marking its context as used.
    pub fn entrance(&self) -> Option<Entrance> {
        match &self.state {
            Parked::Off | Parked::Unsampled(_) => None,
            Parked::In(parked) => {
                Some(Entrance { site: parked.1, ..Entrance::to(parked.0.clone()) })
            }
            Parked::Recording(recording) => {
                let site = Site::of(recording.record.head.callsite);
                list(recording, site);
                Some(Entrance {
                    context: recording.context.clone()?,
                    updates: Some(recording.updates()),
                    site,
                })
            }
        }
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

    /// Updates the span, if it has this id and has not ended. `act` must not call user code.
    pub fn update_if(&mut self, span: SpanId, act: impl FnOnce(&mut SpanRecord)) {
        if let Parked::Recording(recording) = &mut self.state
            && recording.record.head.span_id == span
            && recording.handle().is_open()
        {
            recording.update(act);
        }
    }

    /// Updates the span, if it is recorded and has not ended. `act` must not call user code.
    pub fn update(&mut self, act: impl FnOnce(&mut SpanRecord)) {
        if let Parked::Recording(recording) = &mut self.state
            && recording.handle().is_open()
        {
            recording.update(act);
        }
    }

    /// Ends the span with its current status: at the end that the OpenTelemetry API has set, or else at the last exit,
    /// or now.
    pub fn end(self) {
        if let Some(mut recording) = self.state.recording() {
            let ended = recording.close().or(self.exited);
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

fn prepare(state: &Parked) {
    if let Parked::Recording(recording) = state {
        recording.updates().own();
    }
}

/// The data for entering a span.
#[derive(Debug)]
pub struct Entrance {
    context: Context,
    updates: Option<&'static PendingUpdates>,
    site: Site,
}

/// Makes a span current until this guard is dropped. Such guards may be dropped in any order.
#[derive(Debug)]
pub struct EnteredSpan(CurrentGuard);

impl Drop for EnteredSpan {
    #[inline]
    fn drop(&mut self) {
        self.0.before_any_drop();
    }
}

impl Entrance {
    /// Creates the data for making the span in `context` current.
    pub const fn to(context: Context) -> Self {
        Self { context, updates: None, site: Site::NONE }
    }

    /// Returns the hash of the span's ids.
    #[inline]
    pub fn ids(&self) -> IdHash {
        IdHash::of(self.context.span().span_context())
    }

    /// Makes the span current. `again` returns the data again, if that fails at first.
    #[inline]
    pub fn enter(self, again: impl FnOnce() -> Option<Self>) -> EnteredSpan {
        if let Some(updates) = self.updates {
            updates.share();
        }
        let again = || again().map(|it| it.context);
        EnteredSpan(CurrentGuard::propagated(self.context, false, self.site, again))
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
