//! The formats of context propagation.

use std::str::FromStr;

use super::env::parse::word;
use super::named::choice;
use crate::error::Error;

choice! {
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
    Propagator {
        /// `traceparent` and `tracestate`: [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
        TraceContext = "tracecontext",
        /// `baggage`: [W3C Baggage](https://www.w3.org/TR/baggage/).
        Baggage = "baggage",
        /// `b3`: [B3](https://github.com/openzipkin/b3-propagation) in one header.
        B3 = "b3",
        /// `x-b3-traceid` and others: B3 in several headers.
        B3Multi = "b3multi",
    }
}

impl Propagator {
    /// The default formats: W3C Trace Context and W3C Baggage.
    pub const DEFAULT: [Self; 2] = [Self::TraceContext, Self::Baggage];

    /// Returns the formats by name, and `none`.
    pub(super) fn words() -> Vec<(&'static str, Option<Self>)> {
        let formats = Self::ALL.iter().map(|(name, format)| (*name, Some(*format)));
        formats.chain([("none", None)]).collect()
    }
}

impl FromStr for Propagator {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        word(Self::ALL)(name).map_err(Error::config)
    }
}
