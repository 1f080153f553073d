//! OpenTelemetry's global propagator, where the crate is built without propagators of its own.

use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;

use super::caught::Caught;

pub(super) fn with<T>(mut f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(|propagator| f(&Caught(propagator)))
}
