//! Values that can be the parent of a span: contexts and carriers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::{ExtractFrom, extract_context};
use crate::recorder::Parent;

/// Below what was given.
pub fn below<K>(parent: &(impl AsParent<K> + ?Sized)) -> Parent {
    // A carrier is code of others.
    match catch_unwind(AssertUnwindSafe(|| parent.as_parent())) {
        Ok(cx) => Parent::of(cx),
        Err(_) => Parent::CURRENT,
    }
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
