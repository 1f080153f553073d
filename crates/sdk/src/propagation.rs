//! Propagation of the trace and of baggage, see [`floe_telemetry_core::propagation`], and the formats that a
//! configuration names.

#[cfg(test)]
mod tests;

use opentelemetry::propagation::TextMapPropagator;

use floe_telemetry_core::__sdk::propagation::{
    B3Propagator, BaggagePropagator, Boxed, TraceContextPropagator, XRayLambda, install, jaeger,
    xray,
};

use crate::config::{Propagator, RegisteredPropagator};
use crate::error::Error;

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
    install(propagators.iter().copied().map(propagator).collect());
}

/// Returns the propagator of a format.
pub(crate) fn propagator(format: Propagator) -> Boxed {
    match format {
        Propagator::TraceContext => Box::new(TraceContextPropagator),
        Propagator::Baggage => Box::new(BaggagePropagator),
        Propagator::B3 => Box::new(B3Propagator::Single),
        Propagator::B3Multi => Box::new(B3Propagator::Multi),
        Propagator::Jaeger => Box::new(jaeger()),
        Propagator::XRay => Box::new(xray()),
        Propagator::XRayLambda => Box::new(XRayLambda::default()),
        Propagator::Registered(registered) => registered.make(),
    }
}

/// Adds a format of context propagation under a name, so that `propagators` in the configuration and
/// `OTEL_PROPAGATORS` can select it. Call it before the configuration is loaded. A format with the same name is
/// replaced.
///
/// `make` is called when the propagators are set up. What the propagator sends is not redacted by this library.
///
/// ```
/// use floe_telemetry::config::Propagator;
/// use floe_telemetry::opentelemetry::propagation::TextMapCompositePropagator;
/// use floe_telemetry::propagation;
///
/// propagation::register_propagator("acme", || Box::new(TextMapCompositePropagator::new(vec![])))?;
/// let acme: Propagator = "acme".parse().expect("it is registered");
/// propagation::setup_propagators_with(&[Propagator::TraceContext, acme]);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
///
/// # Errors
///
/// Fails if the name is not 1 to 64 lower-case characters without commas and spaces, if a format of this library
/// has it, or if 64 formats are registered.
pub fn register_propagator(
    name: &'static str,
    make: fn() -> Box<dyn TextMapPropagator + Send + Sync>,
) -> Result<(), Error> {
    RegisteredPropagator::add(name, make).map_err(Error::config)
}
