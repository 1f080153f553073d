//! Propagation of the trace and of baggage, see [`floe_telemetry_core::propagation`], in the formats of a
//! configuration.

#[cfg(test)]
mod tests;

use floe_telemetry_core::__sdk::propagation::{by_name, install};
use opentelemetry::propagation::TextMapPropagator;

use crate::config::Propagator;

/// Propagates context in exactly these formats, in this order. An empty list disables propagation.
///
/// ```standalone_crate
/// use floe_telemetry::{config::Propagator, propagation};
///
/// propagation::setup_propagators_with(&[Propagator::TraceContext]);
/// let _attached = propagation::set_baggage_value("tenant", "acme").attach();
/// assert!(propagation::inject_headers().is_empty());
/// ```
pub fn setup_propagators_with(propagators: &[Propagator]) {
    set_up(propagators, Vec::new());
}

pub(crate) fn set_up(
    propagators: &[Propagator],
    of_program: Vec<Box<dyn TextMapPropagator + Send + Sync>>,
) {
    let configured = propagators.iter().filter_map(|format| by_name(format.as_str()));
    install(configured.chain(of_program).collect());
}
