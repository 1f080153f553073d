//! The spans that the user's code starts: their builder and tracers, the guard, and updates of the current span.

use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::panic::Location;

use opentelemetry::trace::{Link, SpanContext, SpanKind, Status, TraceContextExt};
use opentelemetry::{Context, Key, KeyValue, Value};

use super::call::Guard;
use super::context;
use super::current_context::current_context;
use super::listeners;
use super::open::{Opened, open_built, recorder};
use super::opening::{Opening, Parent};
use super::record::Origin;
use super::recorded_span;
use super::sampling::Subject;
use crate::attributes::{AttributeList, FloeAttributes, ToAttributeValue};
use crate::callsite::{Level, Scope};

/// A tracer, created by [`tracer!`](crate::tracer). Its name and the version of the package are the instrumentation
/// scope of its spans, by which backends group them.
///
/// OpenTelemetry's trait of the same name is `floe_telemetry::opentelemetry::trace::Tracer`, and
/// [`get_tracer`](crate::get_tracer) returns an implementation of it, for names that are known only at run time.
#[derive(Clone, Copy, Debug)]
pub struct Tracer {
    pub(super) scope: &'static Scope,
}

impl Tracer {
    #[doc(hidden)]
    pub const fn new(scope: &'static Scope) -> Self {
        Self { scope }
    }

    /// Returns the name of the instrumentation scope.
    pub const fn name(&self) -> &'static str {
        self.scope.name()
    }

    /// Returns the version of the instrumentation scope, which is the version of the package that uses the macro.
    /// `None` if Cargo did not build the package.
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

/// Returns a builder for a span without a tracer. The span starts with [`start`](SpanBuilder::start).
///
/// Its instrumentation scope has no name, and rules with a target do not match it. A span of [`Tracer::span`] has the
/// scope and the target of the tracer.
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
/// spans.single("orders.fetch").assert_ok().assert_attribute("orders.limit", 100);
/// ```
#[inline]
#[track_caller]
pub fn span(name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    SpanBuilder::new(None, name.into(), Location::caller())
}

/// Starts a span and makes it the current span of this thread until the guard is dropped. It is the same as
/// [`span(name).start()`](crate::span).
///
/// The span ends OK unless an error or a status was recorded on it, or the thread starts to panic. In asynchronous code
/// use `#[traced]`: a guard must not be held across an `.await`.
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
/// While nothing is recorded, a builder allocates nothing; attributes and links that are set then are discarded.
#[derive(Debug)]
#[must_use = "the span starts with `start`"]
pub struct SpanBuilder {
    name: Cow<'static, str>,
    scope: Option<&'static Scope>,
    location: &'static Location<'static>,
    kind: Option<SpanKind>,
    /// `None` for a root, whose context is read when the span starts.
    parent: Option<Parent>,
    attributes: AttributeList,
    links: Vec<Link>,
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
            parent: Some(Parent::CURRENT),
            attributes: AttributeList::default(),
            links: Vec::new(),
        }
    }

    /// Sets an attribute; `None` sets nothing. A later value of the same key replaces an earlier one.
    #[inline]
    pub fn attribute(mut self, key: impl Into<Key>, value: impl ToAttributeValue) -> Self {
        if !listeners::is_discarded() {
            value.move_into(&mut self.attributes, key);
        }
        self
    }

    /// Sets the attributes of a type that derives [`FloeAttributes`].
    #[inline]
    pub fn attributes(mut self, attributes: &impl FloeAttributes) -> Self {
        if !listeners::is_discarded() {
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
        self.parent = Some(Parent::of(cx.clone()));
        self
    }

    /// Makes the span the root of a new trace, even if there is a current span. The other content of the current
    /// context, such as baggage, is preserved.
    #[inline]
    pub fn root(mut self) -> Self {
        self.parent = None;
        self
    }

    /// Links the span to another one.
    #[inline]
    pub fn link(mut self, to: SpanContext) -> Self {
        if to.is_valid() && !listeners::is_discarded() {
            self.links.push(Link::with_context(to));
        }
        self
    }

    /// Starts the span and makes it the current span of this thread until the guard is dropped.
    ///
    /// The span ends OK unless an error or a status was recorded on it, or the thread starts to panic. A guard must not
    /// be held across an `.await`.
    #[inline]
    pub fn start(self) -> ActiveSpan {
        ActiveSpan::new(self.open())
    }

    #[inline]
    pub(super) fn open(self) -> Opened {
        listeners::look_for_provider();
        if self.is_below_current() && listeners::is_discarded() {
            return Opened::OFF;
        }

        self.open_listened()
    }

    /// Opens the span if it is recorded. Not inlined, to keep the code small where a span starts.
    #[inline(never)]
    fn open_listened(self) -> Opened {
        let Self { name, scope, location, kind, parent, attributes, links } = self;
        let parent = parent.unwrap_or_else(Parent::root);
        let level = Some(Level::Info);
        let origin = Origin::Builder { scope, location, level };
        let is_off = listeners::has_rules() && {
            let subject = Subject {
                name: &name,
                target: scope.map_or("", Scope::name),
                level,
                kind: kind.clone().unwrap_or(SpanKind::Internal),
            };
            recorder().is_some_and(|recorder| (recorder.excludes_span)(&parent, &subject))
        };

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
            more.origin = origin.clone();
        };

        open_built(&parent, (!is_off).then_some(&fill))
    }

    fn is_below_current(&self) -> bool {
        self.parent.as_ref().is_some_and(Parent::is_current)
    }

    pub(super) fn below_current(mut self) -> Self {
        if self.is_below_current() && context::is_there() {
            self.parent = Some(Parent::of(current_context()));
        }
        self
    }
}

/// A span that lasts until the guard is dropped. [`SpanBuilder::start`]
/// and [`create_span`](crate::create_span) return it.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct ActiveSpan {
    guard: Guard,
    current: CurrentSpan,
}

/// A handle that updates a span. [`get_current_span`] returns it.
#[derive(Clone, Debug)]
pub struct CurrentSpan(Context);

/// Returns a handle to the current span of this thread, whichever library started it. Without a current span, its
/// methods do nothing.
///
/// ```
/// use floe_telemetry::{get_current_span, testing, traced};
///
/// #[traced]
/// fn load() {
///     get_current_span().set_attribute("rows", 100);
/// }
///
/// testing::capture(load).single("load").assert_attribute("rows", 100);
/// ```
pub fn get_current_span() -> CurrentSpan {
    CurrentSpan(current_context())
}

/// Records an error on the current span: status, attributes and an `exception` event, as an
/// annotated function does with its `Err`.
///
/// ```
/// use floe_telemetry::{record_exception, testing, traced};
///
/// #[traced]
/// fn refresh() {
///     if let Err(error) = "x".parse::<i32>() {
///         record_exception(&error);
///     }
/// }
///
/// let spans = testing::capture(|| refresh());
/// spans.single("refresh").assert_error("invalid digit found in string");
/// ```
pub fn record_exception(error: &(impl Error + ?Sized)) {
    // The context is cloned, because the error's `Display` is the user's code and may change the current context.
    recorded_span::record_error(&context::raw_current().span(), error);
}

/// Sets an attribute on the current span, whichever library started the span; `None` sets nothing.
///
/// Without a span that is recorded, it does nothing and allocates nothing.
///
/// ```
/// use floe_telemetry::{set_attribute, testing, traced};
///
/// #[traced]
/// fn load(lines: &[&str]) {
///     set_attribute("rows", lines.len());
/// }
///
/// testing::capture(|| load(&["a", "b"])).single("load").assert_attribute("rows", 2);
/// ```
pub fn set_attribute(key: impl Into<Key>, value: impl ToAttributeValue) {
    if let Some(span) = recording_span() {
        span.set_attribute(key, value);
    }
}

/// Adds an event to the current span, whichever library started the span. Without a recorded span, it does nothing. The
/// attributes are an array or another iterator of `KeyValue`s; `[]` adds none.
///
/// ```
/// use floe_telemetry::{add_event, testing, traced};
/// use opentelemetry::KeyValue;
///
/// #[traced]
/// fn refresh() {
///     add_event("cache.miss", [KeyValue::new("cache.key", "orders")]);
/// }
///
/// testing::capture(refresh).single("refresh").assert_event("cache.miss");
/// ```
pub fn add_event(
    name: impl Into<Cow<'static, str>>,
    attributes: impl IntoIterator<Item = KeyValue>,
) {
    if let Some(span) = recording_span() {
        span.add_event(name, attributes.into_iter().collect());
    }
}

/// Returns the current span, if it is recorded. The context is cloned, because converting a value runs the user's code,
/// which may change the current context.
fn recording_span() -> Option<CurrentSpan> {
    let recording = |cx: &Context| cx.span().is_recording().then(|| CurrentSpan(cx.clone()));
    context::read(recording).flatten()
}

impl ActiveSpan {
    fn new(span: Opened) -> Self {
        let current = if span.is_off() { Context::default() } else { context::raw_current() };
        Self { current: CurrentSpan(current), guard: Guard::new(span) }
    }

    /// Returns the ids of the span, sampled or not. If there is no span, because nothing is recorded or a rule turns it
    /// off, returns the ids of the current span.
    pub fn span_context(&self) -> SpanContext {
        if !self.guard.is_off() || !context::is_there() {
            return self.current.span_context();
        }

        current_context().span().span_context().clone()
    }
}

impl CurrentSpan {
    /// Sets an attribute; `None` sets nothing.
    pub fn set_attribute(&self, key: impl Into<Key>, value: impl ToAttributeValue) {
        if let Some(value) = value.to_attribute_value() {
            self.0.span().set_attribute(KeyValue::new(key, Value::from(value)));
        }
    }

    /// Sets the attributes of a type that derives [`FloeAttributes`].
    pub fn set_attributes(&self, attributes: &impl FloeAttributes) {
        self.0.span().set_attributes(attributes.to_otel_dict());
    }

    /// Adds an event.
    pub fn add_event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        self.0.span().add_event(name, attributes);
    }

    /// Adds a link to another span, without attributes.
    pub fn add_link(&self, to: SpanContext) {
        self.0.span().add_link(to, Vec::new());
    }

    /// Records an error: status, attributes and an `exception` event.
    pub fn record_exception(&self, error: &(impl Error + ?Sized)) {
        recorded_span::record_error(&self.0.span(), error);
    }

    /// Records the error if the result is an `Err`, and returns the result.
    ///
    /// ```
    /// use floe_telemetry::{create_span, testing};
    ///
    /// fn rows(text: &str) -> Result<u64, std::num::ParseIntError> {
    ///     let span = create_span("rows");
    ///     span.observe(text.parse())
    /// }
    ///
    /// testing::capture(|| rows("x")).single("rows").assert_error("invalid digit found in string");
    /// testing::capture(|| rows("1")).single("rows").assert_ok();
    /// ```
    ///
    /// # Errors
    ///
    /// Fails with the error of the result.
    pub fn observe<T, E: Error>(&self, result: Result<T, E>) -> Result<T, E> {
        result.inspect_err(|error| self.record_exception(error))
    }

    /// Sets the status. OK is final, and an error is replaced only by OK or another error, as
    /// [OpenTelemetry requires](https://opentelemetry.io/docs/specs/otel/trace/api/#set-status).
    pub fn set_status(&self, status: Status) {
        self.0.span().set_status(status);
    }

    /// Replaces the name.
    pub fn update_name(&self, name: impl Into<Cow<'static, str>>) {
        self.0.span().update_name(name);
    }

    /// Whether updates have an effect: the span is recorded and has not ended.
    pub fn is_recording(&self) -> bool {
        self.0.span().is_recording()
    }

    /// Returns the ids of the span.
    pub fn span_context(&self) -> SpanContext {
        self.0.span().span_context().clone()
    }
}

impl std::ops::Deref for ActiveSpan {
    type Target = CurrentSpan;

    fn deref(&self) -> &CurrentSpan {
        &self.current
    }
}
