//! The formats of context propagation.

use std::str::FromStr;

use super::named::{self, written_as_name};
use crate::error::Error;

/// A format of context propagation, with its name in `OTEL_PROPAGATORS`.
///
/// ```
/// use floe_telemetry::config::Propagator;
///
/// let propagator: Propagator = "tracecontext".parse()?;
/// assert_eq!(propagator, Propagator::TraceContext);
/// assert_eq!(Propagator::B3Multi.as_str(), "b3multi");
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Propagator {
    /// `traceparent` and `tracestate`: [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    TraceContext,
    /// `baggage`: [W3C Baggage](https://www.w3.org/TR/baggage/).
    Baggage,
    /// `b3`: [B3](https://github.com/openzipkin/b3-propagation) in one header.
    B3,
    /// `x-b3-traceid` and others: B3 in several headers.
    B3Multi,
}

impl Propagator {
    /// The default formats: W3C Trace Context and W3C Baggage.
    pub const DEFAULT: [Self; 2] = [Self::TraceContext, Self::Baggage];

    pub(super) const ALL: [Self; 4] = [Self::TraceContext, Self::Baggage, Self::B3, Self::B3Multi];

    /// Returns the name, such as `tracecontext`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
        }
    }

    /// Parses a name in a document, where `none` means an empty list.
    fn parse(name: &str) -> Result<Self, String> {
        named::parse(name, &Self::ALL, Self::as_str)
    }

    pub(super) fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::as_str).to_vec()
    }
}

impl FromStr for Propagator {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name).map_err(Error::config)
    }
}

written_as_name!(Propagator);
