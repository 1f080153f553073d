//! The formats of context propagation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of context propagation, with its name in `OTEL_PROPAGATORS`.
///
/// ```
/// use floe_telemetry::config::Propagator;
///
/// assert_eq!("tracecontext".parse(), Ok(Propagator::TraceContext));
/// assert_eq!(Propagator::Baggage.as_str(), "baggage");
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Propagator {
    /// `traceparent` and `tracestate`: [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    TraceContext,
    /// `baggage`: [W3C Baggage](https://www.w3.org/TR/baggage/).
    Baggage,
}

impl Propagator {
    /// The default formats.
    pub const ALL: [Self; 2] = [Self::TraceContext, Self::Baggage];

    /// Returns `tracecontext` or `baggage`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
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
pub struct ParsePropagatorError {
    found: String,
}

impl fmt::Display for ParsePropagatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.found;
        write!(
            f,
            "found `{found}`, accepted are `tracecontext`, `baggage` and `none`"
        )
    }
}

impl std::error::Error for ParsePropagatorError {}

impl FromStr for Propagator {
    type Err = ParsePropagatorError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| ParsePropagatorError {
            found: name.chars().take(64).collect(),
        })
    }
}
