//! Which formats the process speaks, and OpenTelemetry's global propagator made from them.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};

use super::baggage::BaggagePropagator;
use super::trace_context::TraceContextPropagator;

/// A format that context crosses process boundaries in, as `OTEL_PROPAGATORS` names it.
///
/// ```
/// use floe_telemetry::propagation::Propagator;
///
/// assert_eq!("tracecontext".parse(), Ok(Propagator::TraceContext));
/// assert_eq!(
///     Propagator::parse_list("tracecontext, baggage,baggage"),
///     Ok(vec![Propagator::TraceContext, Propagator::Baggage]),
/// );
/// assert_eq!(Propagator::parse_list("none"), Ok(vec![]));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "provider", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "provider", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Propagator {
    /// `traceparent` and `tracestate`: [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    TraceContext,
    /// `baggage`: [W3C Baggage](https://www.w3.org/TR/baggage/).
    Baggage,
}

impl Propagator {
    /// All that are set up by default.
    pub const ALL: [Self; 2] = [Self::TraceContext, Self::Baggage];

    /// `tracecontext` or `baggage`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
        }
    }

    /// Reads a list as `OTEL_PROPAGATORS` has it. `none` is the empty list, and what is named twice
    /// counts once.
    ///
    /// # Errors
    ///
    /// One of the names is not known.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, UnknownPropagator> {
        let mut found = Vec::new();
        for name in list.split(',').map(str::trim) {
            if matches!(name, "" | "none") {
                continue;
            }
            let propagator = name.parse()?;
            if !found.contains(&propagator) {
                found.push(propagator);
            }
        }
        Ok(found)
    }

    fn boxed(self) -> Box<dyn TextMapPropagator + Send + Sync> {
        match self {
            Self::TraceContext => Box::new(TraceContextPropagator),
            Self::Baggage => Box::new(BaggagePropagator),
        }
    }
}

impl fmt::Display for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is not that of a propagator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownPropagator {
    found: String,
}

impl fmt::Display for UnknownPropagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.found;
        write!(
            f,
            "unknown propagator `{found}`: accepted are `tracecontext`, `baggage` and `none`"
        )
    }
}

impl std::error::Error for UnknownPropagator {}

impl FromStr for Propagator {
    type Err = UnknownPropagator;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| UnknownPropagator {
            found: name.chars().take(64).collect(),
        })
    }
}

/// Makes W3C Trace Context and W3C Baggage the formats of the process, for this crate and for all
/// that use OpenTelemetry's global propagator. Initialising a provider does it, too (FR-002,
/// FR-003).
///
/// Until it is called, this crate's own functions speak both as well, unless another global
/// propagator was set; other libraries then send and read nothing.
pub fn setup_propagators() {
    setup_propagators_with(&Propagator::ALL);
}

/// The same for these formats alone, in this order. With none, nothing is sent or read.
///
/// ```standalone_crate
/// use floe_telemetry::propagation::{self, Propagator};
///
/// propagation::setup_propagators_with(&[Propagator::TraceContext]);
/// let _attached = propagation::set_baggage_value("tenant", "acme").attach();
/// assert!(propagation::inject_headers().is_empty());
/// ```
pub fn setup_propagators_with(propagators: &[Propagator]) {
    global::set_text_map_propagator(composite(propagators));
    IS_CHOSEN.store(true, Ordering::Release);
}

/// Whether the formats were chosen here. OpenTelemetry's default sends nothing, and cannot be told
/// from a list that is empty on purpose.
static IS_CHOSEN: AtomicBool = AtomicBool::new(false);

static DEFAULT: LazyLock<TextMapCompositePropagator> =
    LazyLock::new(|| composite(&Propagator::ALL));

fn composite(propagators: &[Propagator]) -> TextMapCompositePropagator {
    TextMapCompositePropagator::new(propagators.iter().map(|kind| kind.boxed()).collect())
}

/// Runs `f` with the propagator of the process.
pub(super) fn with<T>(mut f: impl FnMut(&dyn TextMapPropagator) -> T) -> T {
    global::get_text_map_propagator(|propagator| {
        let nobody_chose =
            propagator.fields().next().is_none() && !IS_CHOSEN.load(Ordering::Acquire);
        f(if nobody_chose { &*DEFAULT } else { propagator })
    })
}
