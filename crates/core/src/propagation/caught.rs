//! Catches panics of a propagator, which may be code of the program.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use crate::caught::caught;
use crate::internal_log;

/// A propagator whose panics are caught. After a panic, fields of it may be missing from the carrier or the context.
#[derive(Debug)]
pub(crate) struct Caught<P>(pub(crate) P);

impl<P: Deref<Target: TextMapPropagator> + Debug> TextMapPropagator for Caught<P> {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        or_default(|| self.0.inject_context(cx, injector));
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let extracted = or_default(|| Some(self.0.extract_with_context(cx, extractor)));
        extracted.unwrap_or_else(|| cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        or_default(|| Some(self.0.fields())).unwrap_or_else(|| FieldIter::new(&[]))
    }
}

/// Calls a propagator or a carrier, or returns the default if it panics. The first panic is reported.
pub(super) fn or_default<T: Default>(call: impl FnOnce() -> T) -> T {
    static HAS_PANICKED: AtomicBool = AtomicBool::new(false);
    caught(call).unwrap_or_else(|_| {
        if !HAS_PANICKED.swap(true, Ordering::Relaxed) {
            internal_log::write_line("warn", "a propagator or its carrier panicked");
        }

        T::default()
    })
}
