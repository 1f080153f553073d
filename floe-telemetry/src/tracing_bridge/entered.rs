//! The spans that a thread has entered, each with its context attached.
//!
//! A [`ContextGuard`] stays on its thread, and so does what enters a span and exits it, but the layer
//! is told of an exit by the span's id alone. Spans may be exited in any order: OpenTelemetry's stack
//! of contexts leaves the current one as it is until what is above it has gone.
//!
//! A span that is left out and begins where the last one entered is has the same context as that,
//! which the registry finds by its parent. So nothing is kept for it but that this thread began it,
//! and as long as it stays on its thread it costs little.

use std::cell::RefCell;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard, SpanId, TraceId};
use tracing::span::Id;

use crate::recorder::is_unsampled_below;

/// How many spans that are left out a thread knows. The others are looked up.
const KNOWN: usize = 32;

/// What tells contexts apart, as far as spans and processes below them see a difference.
#[derive(Clone, Copy, PartialEq)]
struct Place {
    trace: TraceId,
    span: SpanId,
    /// Where the baggage is in memory.
    baggage: usize,
}

struct Entry {
    id: Id,
    /// `None`: what was current stays.
    _attached: Option<ContextGuard>,
    /// `None`: of a span that is not known.
    place: Option<Place>,
}

#[derive(Default)]
struct Thread {
    entered: Vec<Entry>,
    /// Spans that are left out where the last span entered was, and had not been closed.
    left_out: Vec<(Id, Place)>,
    /// The last span that began, with its context, which its first enter takes.
    fresh: Option<(Id, Context)>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        // In reverse, as they were attached.
        while self.entered.pop().is_some() {}
    }
}

thread_local! {
    static THREAD: RefCell<Thread> = {
        // Destructors run in reverse: what is here goes before the contexts do.
        Context::map_current(|_| ());
        RefCell::default()
    };
}

/// Runs `act`, which must not call code of others.
#[inline]
fn with<T>(act: impl FnOnce(&mut Thread) -> T) -> Option<T> {
    THREAD
        .try_with(|thread| {
            thread
                .try_borrow_mut()
                .ok()
                .map(|mut thread| act(&mut thread))
        })
        .ok()
        .flatten()
}

impl Place {
    #[inline]
    fn of(cx: &Context) -> Self {
        let span = cx.span();
        let context = span.span_context();
        Self {
            trace: context.trace_id(),
            span: context.span_id(),
            baggage: std::ptr::from_ref(cx.baggage()).addr(),
        }
    }

    #[inline]
    fn current() -> Self {
        Context::map_current(Self::of)
    }
}

/// Whether the span that begins is left out, and it is known now that it is.
#[inline]
pub(super) fn begin_left_out(id: &Id) -> bool {
    let place = Context::map_current(|cx| is_unsampled_below(cx).then(|| Place::of(cx)));
    let Some(place) = place else { return false };
    with(|thread| {
        let is_last = thread
            .entered
            .last()
            .is_some_and(|last| last.place == Some(place));
        if is_last && thread.left_out.len() < KNOWN {
            thread.left_out.push((id.clone(), place));
            return true;
        }
        false
    }) == Some(true)
}

/// Keeps the context of the span that begins for its first enter.
#[inline]
pub(super) fn begin(id: &Id, cx: Context) {
    let before = with(|thread| {
        // A number may come again.
        thread.left_out.retain(|(other, _)| other != id);
        thread.fresh.replace((id.clone(), cx))
    });
    // Here, when nothing is borrowed: what else is in the context is the user's.
    drop(before);
}

/// Makes the context of `id` current until it is exited; `find` looks it up if this thread does not
/// know it.
#[inline]
pub(super) fn enter(id: &Id, find: impl FnOnce() -> Option<Context>) {
    let known = with(|thread| {
        if let Some((_, place)) = thread.left_out.iter().rfind(|(other, _)| other == id) {
            let stays = *place == Place::current();
            return stays.then_some((None, Some(*place)));
        }
        let (_, cx) = thread.fresh.take_if(|(other, _)| other == id)?;
        Some((Some(cx), None))
    });
    let (attached, place) = match known.flatten() {
        Some((None, place)) => (None, place),
        Some((Some(cx), _)) => attach(cx),
        None => find().map_or((None, None), attach),
    };
    let id = id.clone();
    with(|thread| {
        thread.entered.push(Entry {
            id,
            _attached: attached,
            place,
        });
    });
}

fn attach(cx: Context) -> (Option<ContextGuard>, Option<Place>) {
    let place = Place::of(&cx);
    (Some(cx.attach()), Some(place))
}

/// The span that this thread entered last, if it is the current one, sampled and to be spoken to.
#[inline]
pub(super) fn sampled() -> Option<(Id, SpanId)> {
    let place = Context::map_current(|cx| {
        let is_heard = cx.span().span_context().is_sampled() && !cx.is_telemetry_suppressed();
        is_heard.then(|| Place::of(cx))
    })?;
    let id = with(|thread| {
        let last = thread.entered.last()?;
        (last.place == Some(place)).then(|| last.id.clone())
    });
    Some((id.flatten()?, place.span))
}

/// Ends what the last `enter` of `id` on this thread began.
#[inline]
pub(super) fn exit(id: &Id) {
    let entry = with(|thread| {
        let at = thread.entered.iter().rposition(|entry| entry.id == *id)?;
        Some(thread.entered.remove(at))
    });
    // Here, when nothing is borrowed: what else is in the context is the user's.
    drop(entry);
}

/// Whether the span was known to be left out, and so has nothing to be closed.
#[inline]
pub(super) fn close(id: &Id) -> bool {
    let closed = with(|thread| {
        let at = thread.left_out.iter().rposition(|(other, _)| other == id);
        if let Some(at) = at {
            thread.left_out.remove(at);
        }
        (at.is_some(), thread.fresh.take_if(|(other, _)| other == id))
    });
    closed.is_some_and(|(was_left_out, _)| was_left_out)
}
