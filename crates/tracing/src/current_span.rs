//! A subscriber whose current span is the current span of OpenTelemetry.
//!
//! `tracing` requests the current span from the subscriber, and no layer can answer, so this subscriber wraps the
//! layers. If OpenTelemetry's current span is not one of `tracing`, this subscriber opens a stand-in in the registry.
//! Entering the stand-in attaches the OpenTelemetry context in which it was created, and closing it ends no span. It is
//! opened only when the current span is requested. The caller owns the only reference to it, so it is closed with its
//! last handle.

use std::any::TypeId;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use tracing::callsite::{Callsite, Identifier};
use tracing::field::{FieldSet, Value, display};
use tracing::level_filters::LevelFilter;
use tracing::metadata::Kind;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

use super::entered;
use super::options::TracingLayer;
use crate::recorder::{BridgedSpan, context};

struct StandIn;

static STAND_IN: StandIn = StandIn;

static METADATA: Metadata<'static> = Metadata::new(
    "otel",
    "floe_telemetry",
    Level::INFO,
    None,
    None,
    Some(module_path!()),
    FieldSet::new(&["trace_id", "span_id"], Identifier(&STAND_IN)),
    Kind::SPAN,
);

impl Callsite for StandIn {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &METADATA
    }
}

#[inline]
pub(super) fn is_stand_in(metadata: &'static Metadata<'static>) -> bool {
    std::ptr::eq(metadata, &raw const METADATA)
}

/// A stand-in that was returned as the current span, but has no handle so far.
#[derive(Clone, Copy)]
struct Offered {
    /// The number of the subscriber.
    to: u64,
    id: u64,
}

thread_local! {
    static OFFERED: Cell<Option<Offered>> = const { Cell::new(None) };
    static CREATING: Cell<bool> = const { Cell::new(false) };
}

/// Makes [`tracing::Span::current`] return a span that stands for the current span of OpenTelemetry, for example
/// the span of a [`#[traced]`](floe_telemetry_core::traced) function.
///
/// The subscriber must have the layer of [`tracing_layer`](crate::tracing_layer). `init` installs such a subscriber.
///
/// ```
/// use floe_telemetry::{testing, traced, tracing_layer, tracing::with_current_span};
/// use tracing::{Span, info_span};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// #[traced]
/// fn load() {
///     let current = Span::current();
///     std::thread::scope(|scope| {
///         let dispatch = tracing::dispatcher::get_default(Clone::clone);
///         scope.spawn(move || {
///             tracing::dispatcher::with_default(&dispatch, || {
///                 current.in_scope(|| drop(info_span!("elsewhere")));
///             });
///         });
///     });
/// }
///
/// let layers = tracing_subscriber::registry().with(tracing_layer());
/// // In a program: `with_current_span(layers).init()`.
/// tracing::subscriber::with_default(with_current_span(layers), || {
///     let spans = testing::capture(load);
///     spans.single("elsewhere").assert_child_of("load");
/// });
/// ```
///
/// So `tokio::spawn(work().in_current_span())`, `work().instrument(Span::current())`, `info_span!(parent: &captured,
/// …)` and libraries that capture the current span continue the trace. Each such call of `Span::current` opens a span
/// in the registry, which is closed with its last handle. Its name is `otel` and its fields are `trace_id` and
/// `span_id`, which other layers see. It keeps OpenTelemetry's context alive, but not the original span, which ends with
/// its function and is not updated afterwards. Other fields cannot be recorded on it, because a span of `tracing` has
/// only the fields of its creation: use [`OpenTelemetrySpanExt::set_attribute`](crate::OpenTelemetrySpanExt).
///
/// Without this function, `Span::current` is the innermost span of `tracing` itself, even within a `#[traced]`
/// function: a layer alone cannot change that.
/// [`FutureExt::in_current_span`](floe_telemetry_core::FutureExt::in_current_span) works without it.
///
/// Pass the complete subscriber with all its layers, because [`WithCurrentSpan`] must be the outermost one.
#[must_use]
pub fn with_current_span<S: Subscriber>(subscriber: S) -> WithCurrentSpan<S> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);

    WithCurrentSpan { inner: subscriber, number: NUMBER.fetch_add(1, Ordering::Relaxed) }
}

/// A subscriber whose current span is the current span of OpenTelemetry, created by [`with_current_span`].
#[derive(Debug)]
pub struct WithCurrentSpan<S> {
    inner: S,
    number: u64,
}

impl<S: Subscriber> WithCurrentSpan<S> {
    /// Opens a stand-in. Returns `None` without a [`TracingLayer`], while another stand-in is being created, or while a
    /// stand-in of another subscriber has no handle so far.
    #[cold]
    fn stand_in(&self, cx: Context) -> Option<Current> {
        // A layer that is called for a stand-in may request the current span, which must not open another stand-in.
        if CREATING.replace(true) {
            return None;
        }

        let id = self.open(cx);
        CREATING.set(false);
        let id = id?;
        OFFERED.set(Some(Offered { to: self.number, id: id.into_u64() }));
        Some(Current::new(id, &METADATA))
    }

    fn open(&self, cx: Context) -> Option<Id> {
        // If the previous caller took no handle, its stand-in is closed.
        match OFFERED.take() {
            Some(offered) if offered.to == self.number => {
                self.inner.try_close(Id::from_u64(offered.id));
            }
            Some(other) => {
                OFFERED.set(Some(other));
                return None;
            }
            None => {}
        }

        let layer = <dyn Subscriber>::downcast_ref::<TracingLayer>(&self.inner)?;
        let context = cx.span().span_context().clone();
        let trace = display(context.trace_id());
        let span = display(context.span_id());
        let ids = [Some(&trace as &dyn Value), Some(&span as &dyn Value)];
        let values = METADATA.fields().value_set_all(&ids);

        // The stand-in is a root, because a child would keep the span of `tracing` around the function open.
        let id = self.inner.new_span(&Attributes::new_root(&METADATA, &values));
        layer.open.insert(&id, BridgedSpan::propagating(cx));
        Some(id)
    }
}

impl<S: Subscriber> Subscriber for WithCurrentSpan<S> {
    fn current_span(&self) -> Current {
        let known = self.inner.current_span();
        if BridgedSpan::is_idle() || !context::is_there() {
            return known;
        }

        let within = entered::context_within(known.id());
        within.and_then(|cx| self.stand_in(cx)).unwrap_or(known)
    }

    #[inline]
    fn clone_span(&self, id: &Id) -> Id {
        if let Some(offered) = OFFERED.get()
            && offered.to == self.number
            && offered.id == id.into_u64()
        {
            OFFERED.set(None);
            return id.clone();
        }

        self.inner.clone_span(id)
    }

    #[inline]
    fn enter(&self, span: &Id) {
        self.inner.enter(span);
        if !BridgedSpan::is_idle() {
            entered::enter_unseen(span);
        }
    }

    #[inline]
    fn exit(&self, span: &Id) {
        entered::exit_unseen(span);
        self.inner.exit(span);
    }

    #[inline]
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.inner.register_callsite(metadata)
    }

    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    #[inline]
    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.inner.max_level_hint()
    }

    #[inline]
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.inner.new_span(span)
    }

    #[inline]
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.inner.record(span, values);
    }

    #[inline]
    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.inner.record_follows_from(span, follows);
    }

    #[inline]
    fn event_enabled(&self, event: &Event<'_>) -> bool {
        self.inner.event_enabled(event)
    }

    #[inline]
    fn event(&self, event: &Event<'_>) {
        self.inner.event(event);
    }

    #[inline]
    fn try_close(&self, id: Id) -> bool {
        self.inner.try_close(id)
    }

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.inner.on_register_dispatch(dispatch);
    }

    #[expect(
        unsafe_code,
        reason = "layers are found through this method, which `tracing` declares unsafe"
    )]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }

        // SAFETY: the contract is that of this method, and the subscriber lives as long as `self`.
        unsafe { self.inner.downcast_raw(id) }
    }
}
