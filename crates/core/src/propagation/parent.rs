//! Values that can be the parent of a span: contexts and carriers.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::{ExtractFrom, extract_context};
use crate::caught::caught;
use crate::recorder::context;
use crate::recorder::opening::Parent;

/// Returns the parent that the argument of `#[traced(parent = …)]` describes.
pub fn below<K>(parent: &(impl AsParent<K> + ?Sized)) -> Parent {
    // A carrier of the program may panic. Then the span has the current parent.
    match caught(|| parent.as_parent()) {
        Ok(cx) => Parent::of(cx),
        Err(_) => Parent::CURRENT,
    }
}

/// A value that determines the parent of a span: a context or a carrier. `K` is the kind of value,
/// which the compiler infers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    label = "not a `Context`, a `SpanContext`, or a carrier",
    note = "`parent` takes OpenTelemetry's `Context` or `SpanContext`, or a carrier: an `Extractor`, a `HashMap` of `String`s, pairs of text, or with the feature `http` a `HeaderMap`"
)]
pub trait AsParent<K> {
    /// Returns the context whose span is the parent.
    fn as_parent(&self) -> Context;
}

/// The kind of a `Context` or a `SpanContext`.
#[derive(Debug)]
pub struct Given;

/// The kind of a carrier that implements `ExtractFrom<K>`.
#[derive(Debug)]
pub struct Carrier<K>(K);

/// The kind of a reference or an `Option`, whose content has kind `K`.
#[derive(Debug)]
pub struct Inside<K>(K);

impl AsParent<Given> for Context {
    fn as_parent(&self) -> Context {
        self.clone()
    }
}

impl AsParent<Given> for SpanContext {
    fn as_parent(&self) -> Context {
        context::read_or_empty(|cx| cx.with_remote_span_context(self.clone()))
    }
}

/// Extracts the parent with the process's propagator. A carrier without a trace context keeps the current parent,
/// because an annotated function is called by code of the program; a layer that a framework calls passes a context.
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

/// `None` means the current context.
impl<K, T: AsParent<K>> AsParent<Inside<K>> for Option<T> {
    fn as_parent(&self) -> Context {
        self.as_ref().map_or_else(super::current_context, T::as_parent)
    }
}
