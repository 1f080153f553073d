//! What a span is below of, and what it is linked to, from the values that users have.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt};

use crate::propagation::{ExtractFrom, extract_context};

/// The context that a span starts from.
#[derive(Debug)]
pub struct Parent(Option<Context>);

impl Parent {
    #[inline]
    pub(super) fn map<T>(&self, look: impl FnOnce(&Context) -> T) -> T {
        match &self.0 {
            Some(cx) => look(cx),
            None => Context::map_current(look),
        }
    }

    /// The context that was given, which the body runs in even when there is no span.
    pub(super) fn given(&self) -> Option<Context> {
        self.0.clone()
    }
}

/// Below the span that is active.
#[inline]
pub(super) const fn current() -> Parent {
    Parent(None)
}

/// Below nothing. What else is in the current context, such as baggage, stays.
#[must_use]
pub fn root() -> Parent {
    let without_span = |cx: &Context| cx.with_remote_span_context(SpanContext::NONE);
    Parent(Some(Context::map_current(without_span)))
}

/// Below what was given.
pub fn below<K>(parent: &(impl AsParent<K> + ?Sized)) -> Parent {
    // A carrier is code of others.
    Parent(catch_unwind(AssertUnwindSafe(|| parent.as_parent())).ok())
}

/// A value that says what a span is below of. `K` is the kind of value, which nobody writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    label = "not a `Context`, a `SpanContext`, or a carrier",
    note = "`parent` takes OpenTelemetry's `Context` or `SpanContext`, or a carrier: an `Extractor`, a map or pairs of text, or with the feature `http` a `HeaderMap`"
)]
pub trait AsParent<K> {
    /// The context to start from.
    fn as_parent(&self) -> Context;
}

/// The kind of a context that is given as such.
#[derive(Debug)]
pub struct Given;

/// The kind of a carrier, which has kinds of its own.
#[derive(Debug)]
pub struct Carrier<K>(K);

/// The kind of what has another kind inside.
#[derive(Debug)]
pub struct Inside<K>(K);

impl AsParent<Given> for Context {
    fn as_parent(&self) -> Context {
        self.clone()
    }
}

impl AsParent<Given> for SpanContext {
    fn as_parent(&self) -> Context {
        Context::map_current(|cx| cx.with_remote_span_context(self.clone()))
    }
}

/// Read by the propagator of the process; a carrier without a parent leaves the current one.
impl<K, C: ExtractFrom<K> + ?Sized> AsParent<Carrier<K>> for C {
    fn as_parent(&self) -> Context {
        extract_context(self)
    }
}

impl<K, T: AsParent<K> + ?Sized> AsParent<Inside<K>> for &T {
    fn as_parent(&self) -> Context {
        T::as_parent(self)
    }
}

/// `None` is the current context.
impl<K, T: AsParent<K>> AsParent<Inside<K>> for Option<T> {
    fn as_parent(&self) -> Context {
        self.as_ref().map_or_else(Context::current, T::as_parent)
    }
}

/// What a span can be linked to: span contexts, alone or several.
#[diagnostic::on_unimplemented(
    message = "a span cannot be linked to `{Self}`",
    label = "not a `SpanContext`, or an array, slice, `Vec` or `Option` of these",
    note = "write for example `links = [span_context]`"
)]
pub trait ToLinks {
    /// Calls `add` for each.
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
