//! The formats of headers, the propagators of the process, and OpenTelemetry's global propagator built from them.

pub(crate) mod b3;
pub(crate) mod baggage;
mod hex;
pub(crate) mod trace_context;
mod trace_state;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};

use self::baggage::BaggagePropagator;
use self::trace_context::TraceContextPropagator;
use super::caught::Caught;

/// Propagates context as W3C Trace Context and W3C Baggage, in this crate and in all libraries that use OpenTelemetry's
/// global propagator. Initializing a provider sets the configured propagators instead.
///
/// Without either, this crate's functions use both formats and other libraries none, unless another global propagator
/// was set.
pub fn setup_propagators() {
    install(defaults());
}

type Boxed = Box<dyn TextMapPropagator + Send + Sync>;

/// Returns the propagator with this name in `OTEL_PROPAGATORS`.
#[cfg(feature = "redact")]
pub fn by_name(name: &str) -> Option<Boxed> {
    Some(match name {
        "tracecontext" => Box::new(TraceContextPropagator),
        "baggage" => Box::new(BaggagePropagator),
        "b3" => Box::new(b3::B3Propagator::Single),
        "b3multi" => Box::new(b3::B3Propagator::Multi),
        _ => return None,
    })
}

/// Replaces the propagators of the process. A panic of one propagator is caught and does not affect the others.
pub fn install(propagators: Vec<Boxed>) {
    let propagators = propagators.into_iter().map(|it| Box::new(Caught(it)) as Boxed).collect();
    global::set_text_map_propagator(TextMapCompositePropagator::new(propagators));
    IS_SET.store(true, Ordering::Release);
}

/// Whether [`install`] has set the global propagator. OpenTelemetry's default propagator has no fields, so it cannot be
/// distinguished from an explicitly empty list.
static IS_SET: AtomicBool = AtomicBool::new(false);

static DEFAULT: LazyLock<TextMapCompositePropagator> =
    LazyLock::new(|| TextMapCompositePropagator::new(defaults()));

fn defaults() -> Vec<Boxed> {
    vec![Box::new(TraceContextPropagator), Box::new(BaggagePropagator)]
}

pub(super) fn with<T>(mut f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(|propagator| {
        let propagator = Caught(propagator);
        let is_unset = !IS_SET.load(Ordering::Acquire) && propagator.fields().next().is_none();
        if is_unset { f(&*DEFAULT) } else { f(&propagator) }
    })
}
