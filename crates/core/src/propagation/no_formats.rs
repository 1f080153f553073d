//! OpenTelemetry's global propagator, used if the crate is built without its own propagators.

use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;

use super::caught::Caught;

pub(super) fn with<T>(mut f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(|propagator| f(&Caught(propagator)))
}
