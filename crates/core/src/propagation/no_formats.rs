//! OpenTelemetry's global propagator, where the crate is built without propagators of its own.

use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;

pub(super) fn with<T>(f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(f)
}
