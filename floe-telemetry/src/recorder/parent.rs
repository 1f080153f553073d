//! The types that can be the parent or the links of a span.

use opentelemetry::Context;
use opentelemetry::trace::{Link, SpanContext, TraceContextExt};

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
            None => Context::map_current(read),
        }
    }

    /// Whether it is the current context.
    #[inline]
    pub(super) const fn is_current(&self) -> bool {
        self.0.is_none()
    }

    /// The explicit parent, in which the body runs even without a span.
    pub(super) fn explicit(&self) -> Option<Context> {
        self.0.clone()
    }
}

/// Returns the current context without its span. Everything else in it, such as baggage, is preserved.
#[must_use]
pub fn root() -> Parent {
    let without_span = |cx: &Context| cx.with_remote_span_context(SpanContext::NONE);
    Parent(Some(Context::map_current(without_span)))
}

impl Parent {
    /// A span is a child of the span in `cx`, or a root if there is none.
    #[must_use]
    pub const fn of(cx: Context) -> Self {
        Self(Some(cx))
    }
}

/// A type that a span can be linked to: a span context, or a collection of span contexts.
#[diagnostic::on_unimplemented(
    message = "a span cannot be linked to `{Self}`",
    label = "not a `SpanContext`, or an array, slice, `Vec` or `Option` of these",
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
