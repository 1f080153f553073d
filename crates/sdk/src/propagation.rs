//! Propagation of the trace and of baggage, see [`floe_telemetry_core::propagation`], in the formats of a
//! configuration.

#[cfg(test)]
mod tests;

use floe_telemetry_core::__sdk::propagation::{
    B3Propagator, BaggagePropagator, Boxed, TraceContextPropagator, install,
};

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

pub(crate) fn set_up(propagators: &[Propagator], of_program: Vec<Boxed>) {
    let configured = propagators.iter().copied().map(propagator);
    install(configured.chain(of_program).collect());
}

pub(crate) fn propagator(format: Propagator) -> Boxed {
    match format {
        Propagator::TraceContext => Box::new(TraceContextPropagator),
        Propagator::Baggage => Box::new(BaggagePropagator),
        Propagator::B3 => Box::new(B3Propagator::Single),
        Propagator::B3Multi => Box::new(B3Propagator::Multi),
    }
}
