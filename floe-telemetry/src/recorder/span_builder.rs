//! The builder of spans that the user's code starts, and the tracers that return it.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::Location;

use opentelemetry::trace::{Link, SpanContext, SpanKind};
use opentelemetry::{Context, Key};

use super::active::ActiveSpan;
use super::current::current_context;
use super::listeners;
use super::open::{OpenSpan, open_built};
use super::opening::Opening;
use super::parent::{self, Parent};
use super::record::Origin;
use super::recording::context_is_alive;
use crate::attributes::{AttributeList, FloeAttributes, ToAttributeValue};
use crate::callsite::Scope;

/// A tracer, created by [`tracer!`](crate::tracer). Its name and the version of the package are the
/// instrumentation scope of its spans, by which backends group them.
///
/// OpenTelemetry's trait of the same name is `floe_telemetry::opentelemetry::trace::Tracer`, and
/// [`get_tracer`](crate::get_tracer) returns an implementation of it, for names that are known only at
/// run time.
#[derive(Clone, Copy, Debug)]
pub struct Tracer {
    scope: &'static Scope,
}

impl Tracer {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(scope: &'static Scope) -> Self {
        Self { scope }
    }

    /// The name of the instrumentation scope.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.scope.name()
    }

    /// The version of the instrumentation scope: that of the package that uses the macro. `None` if
    /// the package was not built by Cargo.
    #[must_use]
    pub const fn version(&self) -> Option<&'static str> {
        self.scope.version()
    }

    /// Returns a builder for a span of this tracer. The span starts with [`start`](SpanBuilder::start).
    #[inline]
    #[track_caller]
    pub fn span(&self, name: impl Into<Cow<'static, str>>) -> SpanBuilder {
        SpanBuilder::new(Some(self.scope), name.into(), Location::caller())
    }
}

/// Returns a builder for a span without a tracer. The span starts with [`start`](SpanBuilder::start), and
/// the name of its instrumentation scope is empty; a span of [`Tracer::span`] has the tracer's.
///
/// ```
/// use floe_telemetry::{SpanKind, span, testing};
///
/// let spans = testing::capture(|| {
///     let _span = span("orders.fetch")
///         .kind(SpanKind::Client)
///         .attribute("orders.limit", 100)
///         .start();
/// });
/// let span = spans.single("orders.fetch").assert_ok().assert_attribute("orders.limit", 100);
/// assert_eq!(span.scope(), "");
/// ```
#[inline]
#[track_caller]
pub fn span(name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    SpanBuilder::new(None, name.into(), Location::caller())
}

/// Starts a span and makes it the current span of this thread until the guard is dropped. Equivalent to
/// [`span(name).start()`](crate::span), so the name of its instrumentation scope is empty.
///
/// It ends OK unless an error or a status was recorded on it, or the thread is panicking. In
/// asynchronous code use `#[traced]`: a guard must not be held across an `.await`.
///
/// ```
/// use floe_telemetry::{create_span, testing};
///
/// let spans = testing::capture(|| {
///     let span = create_span("orders.import");
///     span.set_attribute("rows", 3);
/// });
/// spans.single("orders.import").assert_ok().assert_attribute("rows", 3);
/// ```
#[track_caller]
pub fn create_span(name: impl Into<Cow<'static, str>>) -> ActiveSpan {
    span(name).start()
}

/// Runs `body` in a span that [`create_span`] starts, and passes it a handle to the span.
///
/// ```
/// use floe_telemetry::{create_span_with, testing};
///
/// let spans = testing::capture(|| create_span_with("sum", |span| span.set_attribute("n", 2)));
/// spans.single("sum").assert_ok().assert_attribute("n", 2);
/// ```
#[track_caller]
pub fn create_span_with<T>(
    name: impl Into<Cow<'static, str>>,
    body: impl FnOnce(&ActiveSpan) -> T,
) -> T {
    let span = create_span(name);
    body(&span)
}

/// A builder for a span, returned by [`span`] and [`Tracer::span`].
///
/// While nothing is recorded, a builder costs one load and allocates nothing; attributes and links
/// that are set then are discarded.
#[derive(Debug)]
#[must_use = "the span starts with `start`"]
pub struct SpanBuilder {
    name: Cow<'static, str>,
    scope: Option<&'static Scope>,
    location: &'static Location<'static>,
    kind: Option<SpanKind>,
    parent: BuilderParent,
    attributes: AttributeList,
    links: Vec<Link>,
}

#[derive(Debug)]
enum BuilderParent {
    /// The span that is current when the new span starts.
    Current,
    /// No parent.
    Root,
    /// The span in this context.
    Given(Context),
}

impl SpanBuilder {
    #[inline]
    fn new(
        scope: Option<&'static Scope>,
        name: Cow<'static, str>,
        location: &'static Location<'static>,
    ) -> Self {
        Self {
            name,
            scope,
            location,
            kind: None,
            parent: BuilderParent::Current,
            attributes: AttributeList::default(),
            links: Vec::new(),
        }
    }

    /// Sets an attribute; `None` sets nothing. A later value of the same key replaces an earlier one.
    #[inline]
    pub fn attribute(mut self, key: impl Into<Key>, value: impl ToAttributeValue) -> Self {
        if !listeners::is_off() {
            value.move_into(&mut self.attributes, key);
        }
        self
    }

    /// Sets the attributes of a type that derives [`FloeAttributes`].
    #[inline]
    pub fn attributes(mut self, attributes: &impl FloeAttributes) -> Self {
        if !listeners::is_off() {
            attributes.record(&mut self.attributes);
        }
        self
    }

    /// Sets the kind, which is [`SpanKind::Internal`] by default.
    #[inline]
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the parent to the span in `cx`. The default is the span that is current when this one starts.
    #[inline]
    pub fn parent(mut self, cx: &Context) -> Self {
        self.parent = BuilderParent::Given(cx.clone());
        self
    }

    /// Makes the span the root of a new trace, even if there is a current span. The rest of the current
    /// context, such as baggage, is preserved.
    #[inline]
    pub fn root(mut self) -> Self {
        self.parent = BuilderParent::Root;
        self
    }

    /// Links the span to another one.
    #[inline]
    pub fn link(mut self, to: SpanContext) -> Self {
        if to.is_valid() && !listeners::is_off() {
            self.links.push(Link::with_context(to));
        }
        self
    }

    /// Starts the span and makes it the current span of this thread until the guard is dropped.
    ///
    /// It ends OK unless an error or a status was recorded on it, or the thread is panicking. A guard
    /// must not be held across an `.await`.
    #[inline]
    pub fn start(self) -> ActiveSpan {
        ActiveSpan::new(self.open())
    }

    #[inline]
    pub(super) fn open(self) -> OpenSpan {
        if listeners::is_off() {
            return OpenSpan::Off;
        }
        self.open_listened()
    }

    /// Not inlined, so that the code where a span starts stays small.
    #[inline(never)]
    fn open_listened(self) -> OpenSpan {
        let Self {
            name,
            scope,
            location,
            kind,
            parent,
            attributes,
            links,
        } = self;
        let once = Cell::new(Some((name, kind, attributes, links)));
        let fill = |opening: &mut Opening| {
            let Some((name, kind, mut attributes, links)) = once.take() else {
                return;
            };
            let record = &mut opening.0.record;
            record.attributes.append(&mut attributes);
            for link in links {
                record.add_link(link);
            }
            let more = record.more_mut();
            more.name = Some(name);
            more.kind = kind;
            more.origin = Origin::Builder { scope, location };
        };
        let parent = match parent {
            BuilderParent::Current => Parent::CURRENT,
            BuilderParent::Root => parent::root(),
            BuilderParent::Given(cx) => Parent::of(cx),
        };
        open_built(&parent, scope, &fill)
    }

    /// Unless another parent is set, sets the parent to the span that is current now.
    pub(super) fn below_current(mut self) -> Self {
        if matches!(self.parent, BuilderParent::Current) && context_is_alive() {
            self.parent = BuilderParent::Given(current_context());
        }
        self
    }
}
