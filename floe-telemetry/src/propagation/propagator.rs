//! The propagators of the process, and OpenTelemetry's global propagator made of them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};

use super::baggage::BaggagePropagator;
use super::trace_context::TraceContextPropagator;
#[cfg(feature = "provider")]
use super::{b3::B3Propagator, jaeger, xray};
#[cfg(feature = "provider")]
use crate::config::{Propagator, RegisteredPropagator};
#[cfg(feature = "provider")]
use crate::error::Error;

/// Propagates context as W3C Trace Context and W3C Baggage, in this crate and in all libraries that
/// use OpenTelemetry's global propagator. Initializing a provider does so too.
///
/// Until it is called, this crate's own functions use both formats as well, unless another global
/// propagator was set; other libraries inject and extract nothing.
pub fn setup_propagators() {
    install(vec![
        Box::new(TraceContextPropagator),
        Box::new(BaggagePropagator),
    ]);
}

/// Propagates context in exactly these formats, in this order. An empty list disables propagation.
///
/// ```standalone_crate
/// use floe_telemetry::{config::Propagator, propagation};
///
/// propagation::setup_propagators_with(&[Propagator::TraceContext]);
/// let _attached = propagation::set_baggage_value("tenant", "acme").attach();
/// assert!(propagation::inject_headers().is_empty());
/// ```
#[cfg(feature = "provider")]
pub fn setup_propagators_with(propagators: &[Propagator]) {
    install(propagators.iter().copied().map(propagator).collect());
}

/// Returns the propagator of a format.
#[cfg(feature = "provider")]
pub(crate) fn propagator(format: Propagator) -> Boxed {
    match format {
        Propagator::TraceContext => Box::new(TraceContextPropagator),
        Propagator::Baggage => Box::new(BaggagePropagator),
        Propagator::B3 => Box::new(B3Propagator::Single),
        Propagator::B3Multi => Box::new(B3Propagator::Multi),
        Propagator::Jaeger => Box::new(jaeger::propagator()),
        Propagator::XRay => Box::new(xray::propagator()),
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
/// Fails if the name is not 1 to 64 lower-case characters without commas and spaces, if it is that of a format of
/// this library, or if 64 formats are registered.
#[cfg(feature = "provider")]
pub fn register_propagator(
    name: &'static str,
    make: fn() -> Box<dyn TextMapPropagator + Send + Sync>,
) -> Result<(), Error> {
    RegisteredPropagator::add(name, make).map_err(Error::config)
}

pub(crate) type Boxed = Box<dyn TextMapPropagator + Send + Sync>;

fn install(propagators: Vec<Boxed>) {
    global::set_text_map_propagator(TextMapCompositePropagator::new(propagators));
    IS_SET.store(true, Ordering::Release);
}

/// Whether [`install`] has set the global propagator. OpenTelemetry's default propagator has no fields
/// and cannot be distinguished from an explicitly empty list.
static IS_SET: AtomicBool = AtomicBool::new(false);

static DEFAULT: LazyLock<TextMapCompositePropagator> = LazyLock::new(|| {
    TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator),
        Box::new(BaggagePropagator),
    ])
});

/// Runs `f` with the propagator of the process.
pub(super) fn with<T>(mut f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(|propagator| {
        let is_unset = propagator.fields().next().is_none() && !IS_SET.load(Ordering::Acquire);
        f(if is_unset { &*DEFAULT } else { propagator })
    })
}
