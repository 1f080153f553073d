//! The data of a span at its start: its parent, and the name, attributes and links from the user's expressions.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::panic::Location;

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt};
use opentelemetry::{Context, Key};

use super::context;
use super::listeners;
use super::record::Origin;
use super::recording::{Recording, warn};
use crate::attributes::{FloeAttributes, IntoAttributes, ToAttributeValue};
use crate::caught::caught;

/// A span that is about to start. [`Tracer::open`](crate::Tracer::open) passes it to the function that describes the
/// span, and expansions of `#[traced]` write to it.
#[derive(Debug)]
pub struct Opening(pub(super) Box<Recording>);

/// Sets the name, attributes and links that a span has from its start. The trait is not implemented for `FnMut`, so
/// expressions of attributes cannot change the arguments of the function. The compiler's error about such an expression
/// contains the name of the trait.
pub trait AttributesOnlyBorrow {
    /// Sets the name, attributes and links.
    fn set(&self, opening: &mut Opening);
}

impl<F: Fn(&mut Opening)> AttributesOnlyBorrow for F {
    #[inline]
    fn set(&self, opening: &mut Opening) {
        self(opening);
    }
}

pub(super) type Fill<'a> = &'a dyn AttributesOnlyBorrow;

impl Opening {
    /// Sets the name to a copy of the text.
    #[inline]
    pub fn name(&mut self, name: &(impl ToName + ?Sized)) {
        self.0.record.set_name(Cow::Owned(name.to_name()));
    }

    /// Sets the name to a constant, or to an owned text, which is moved.
    #[inline]
    pub fn name_const(&mut self, name: impl Into<Cow<'static, str>>) {
        self.0.record.set_name(name.into());
    }

    /// Sets the kind. The default is [`SpanKind::Internal`].
    #[inline]
    pub fn kind(&mut self, kind: SpanKind) {
        self.0.record.more_mut().kind = Some(kind);
    }

    /// Sets `code.file.path` and `code.line.number`, which by default are the place that opens the span.
    #[inline]
    pub fn location(&mut self, place: &'static Location<'static>) {
        if let Origin::Builder { location, .. } = &mut self.0.record.more_mut().origin {
            *location = place;
        }
    }

    /// Sets an attribute.
    #[inline]
    pub fn attribute(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        value.set_in(&mut self.0.record.attributes, key);
    }

    /// Sets an attribute to a value, which is moved.
    #[inline]
    pub fn attribute_from(&mut self, key: impl Into<Key>, value: impl ToAttributeValue) {
        value.move_into(&mut self.0.record.attributes, key);
    }

    /// Sets an attribute to text that is known at compile time.
    #[inline]
    pub fn attribute_static(&mut self, key: impl Into<Key>, value: &'static str) {
        self.0.record.attributes.push_static(key, value);
    }

    /// Sets an attribute to the `Display` text of a value.
    pub fn display(&mut self, key: impl Into<Key>, value: &(impl Display + ?Sized)) {
        self.attribute_from(key, value.to_string());
    }

    /// Sets an attribute to the `Debug` text of a value.
    pub fn debug(&mut self, key: impl Into<Key>, value: &(impl Debug + ?Sized)) {
        self.attribute_from(key, format!("{value:?}"));
    }

    /// Sets the attributes of a type that derives [`FloeAttributes`].
    #[inline]
    pub fn floe_attributes(&mut self, attributes: &impl FloeAttributes) {
        attributes.record(&mut self.0.record.attributes);
    }

    /// Links the span to others: span contexts, contexts or links, alone or in a collection.
    pub fn links(&mut self, links: &(impl ToLinks + ?Sized)) {
        links.each_link(&mut |link| self.0.record.add_link(link));
    }

    /// Sets the attributes that the user's `attributes_fn` returns. If it fails, sets `floe.warning`.
    pub fn attributes_fn<A: IntoAttributes>(&mut self, make: impl FnOnce() -> A) {
        match caught(|| make().into_attributes(&mut self.0.record.attributes)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.warn("attributes_fn failed", &error),
            Err(message) => self.warn("attributes_fn panicked", &message),
        }
    }

    #[cold]
    fn warn(&mut self, problem: &'static str, reason: &str) {
        warn(&mut self.0.record.attributes, problem, reason);
    }
}

/// Runs `fill`. A panic in the user's expressions is recorded in `floe.warning`.
#[expect(clippy::inline_always, reason = "many calls have nothing to fill in")]
#[inline(always)]
pub(super) fn fill_in(recording: Box<Recording>, fill: Option<Fill<'_>>) -> Box<Recording> {
    match fill {
        Some(fill) => filled(recording, fill),
        None => recording,
    }
}

fn filled(recording: Box<Recording>, fill: Fill<'_>) -> Box<Recording> {
    let mut opening = Opening(recording);
    if let Err(message) = caught(|| fill.set(&mut opening)) {
        opening.warn("an expression of the span panicked", &message);
    }

    opening.0
}

/// The context in which a span starts; `None` is the current one.
#[derive(Debug)]
pub struct Parent(Option<Context>);

impl Parent {
    /// The current context.
    pub const CURRENT: Self = Self(None);

    #[inline]
    pub(super) fn map<T>(&self, read: impl FnOnce(&Context) -> T) -> T {
        match &self.0 {
            Some(cx) => read(cx),
            None => context::read_or_empty(read),
        }
    }

    /// Returns the context that `make` creates. As the result of [`map`](Self::map), it would be loaded in other pieces than it
    /// was stored in, again and again, which stalls for a tenth of a span's time.
    #[inline]
    pub(super) fn derive(&self, make: impl FnOnce(&Context) -> Context) -> Context {
        let mut derived = Context::new();
        self.map(|cx| derived = make(cx));
        derived
    }

    #[inline]
    pub(super) const fn is_current(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the context of an explicit parent, in which the body runs even without a span.
    #[inline]
    pub(super) const fn as_explicit(&self) -> Option<&Context> {
        self.0.as_ref()
    }

    /// Returns the current context without its span, but with its other content, such as baggage. While nothing is
    /// recorded, there is no root, and the caller's trace continues.
    pub fn root() -> Self {
        let without_span = |cx: &Context| cx.with_remote_span_context(SpanContext::NONE);
        Self(listeners::is_recorded().then(|| context::read_or_empty(without_span)))
    }

    /// Returns the span in `cx` as the parent; without a span in `cx`, the new span is a root.
    pub const fn of(cx: Context) -> Self {
        Self(Some(cx))
    }
}

/// A type to which a span can be linked: a span context, a context or a link, or a collection of them.
#[diagnostic::on_unimplemented(
    message = "a span cannot be linked to `{Self}`",
    label = "not a `SpanContext`, `Context` or `Link`, or an array, slice, `Vec` or `Option` of these",
    note = "write for example `links = [span_context]`"
)]
pub trait ToLinks {
    /// Calls `add` for each link.
    fn each_link(&self, add: &mut dyn FnMut(Link));
}

impl ToLinks for SpanContext {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        if self.is_valid() {
            add(Link::with_context(self.clone()));
        }
    }
}

impl ToLinks for Context {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        self.span().span_context().each_link(add);
    }
}

impl ToLinks for Link {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        add(self.clone());
    }
}

impl<T: ToLinks + ?Sized> ToLinks for &T {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        T::each_link(self, add);
    }
}

impl<T: ToLinks> ToLinks for [T] {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        for item in self {
            item.each_link(add);
        }
    }
}

impl<T: ToLinks, const N: usize> ToLinks for [T; N] {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        self.as_slice().each_link(add);
    }
}

impl<T: ToLinks> ToLinks for Vec<T> {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        self.as_slice().each_link(add);
    }
}

impl<T: ToLinks> ToLinks for Option<T> {
    fn each_link(&self, add: &mut dyn FnMut(Link)) {
        if let Some(item) = self {
            item.each_link(add);
        }
    }
}

/// A type that can be the name of a span.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the name of a span",
    label = "not text",
    note = "write for example `name = format!(\"stage.{{number}}\")`"
)]
pub trait ToName {
    /// Returns a copy of the text.
    fn to_name(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> ToName for T {
    fn to_name(&self) -> String {
        self.as_ref().to_owned()
    }
}
