//! The formats of context propagation.

use floe_suggest::expected;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use opentelemetry::propagation::TextMapPropagator;

use super::named::{self, identified_by_name, written_as_name};
use crate::error::Error;

/// The most propagators that a process can register.
const MAX_REGISTERED: usize = 64;

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
    /// `uber-trace-id`: the format of [Jaeger](https://www.jaegertracing.io)'s clients, without its baggage.
    Jaeger,
    /// `x-amzn-trace-id`: the format of AWS X-Ray.
    XRay,
    /// The same, in place of it, in AWS Lambda: the parent of an invocation is the span that Lambda's active tracing puts
    /// into the variable `_X_AMZN_TRACE_ID`. For traces that go to X-Ray.
    XRayLambda,
    /// A format that [`register_propagator`](crate::propagation::register_propagator) has added.
    Registered(RegisteredPropagator),
}

/// A format that [`register_propagator`](crate::propagation::register_propagator) has added.
#[derive(Clone, Copy)]
pub struct RegisteredPropagator {
    name: &'static str,
    make: MakePropagator,
}

/// Creates a propagator.
pub(crate) type MakePropagator = fn() -> Box<dyn TextMapPropagator + Send + Sync>;

static REGISTERED: Mutex<Vec<RegisteredPropagator>> = Mutex::new(Vec::new());

impl RegisteredPropagator {
    /// Adds a format, or replaces the one with this name.
    ///
    /// # Errors
    ///
    /// The name is empty, contains a comma or a space, or belongs to this library; or there are too many.
    pub(crate) fn add(name: &'static str, make: MakePropagator) -> Result<(), String> {
        let is_plain =
            |byte: u8| byte.is_ascii_graphic() && byte != b',' && !byte.is_ascii_uppercase();
        let is_own = Propagator::BUILT_IN.iter().any(|own| own.as_str() == name) || name == "none";
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) || is_own {
            return Err(format!(
                "expected 1 to 64 lower-case characters without commas and spaces that are no other propagator, found the name `{name}`"
            ));
        }
        let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        registered.retain(|known| known.name != name);
        if registered.len() >= MAX_REGISTERED {
            return Err(format!("expected at most {MAX_REGISTERED} propagators"));
        }
        registered.push(Self { name, make });
        Ok(())
    }

    pub(crate) fn make(self) -> Box<dyn TextMapPropagator + Send + Sync> {
        (self.make)()
    }

    fn all() -> Vec<Self> {
        let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        registered.clone()
    }
}

identified_by_name!(RegisteredPropagator);

impl Propagator {
    /// The default formats: W3C Trace Context and W3C Baggage.
    pub const DEFAULT: [Self; 2] = [Self::TraceContext, Self::Baggage];

    /// The formats of this library.
    const BUILT_IN: [Self; 7] = [
        Self::TraceContext,
        Self::Baggage,
        Self::B3,
        Self::B3Multi,
        Self::Jaeger,
        Self::XRay,
        Self::XRayLambda,
    ];

    /// Returns the name, such as `tracecontext`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Jaeger => "jaeger",
            Self::XRay => "xray",
            Self::XRayLambda => "xray-lambda",
            Self::Registered(RegisteredPropagator { name, .. }) => name,
        }
    }

    fn known() -> Vec<Self> {
        let registered = RegisteredPropagator::all();
        let registered = registered.into_iter().map(Self::Registered);
        Self::BUILT_IN.into_iter().chain(registered).collect()
    }

    /// Parses a name in a document, where `none` is a list without formats.
    fn parse(name: &str) -> Result<Self, String> {
        named::parse(name, &Self::known(), Self::as_str)
    }

    /// The names of all formats.
    pub(super) fn names() -> Vec<&'static str> {
        Self::known().into_iter().map(Self::as_str).collect()
    }
}

impl FromStr for Propagator {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = Self::known().into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| {
            let found: String = name.chars().take(64).collect();
            let mut names = Self::names();
            names.push("none");
            Error::config(expected(&names, &found))
        })
    }
}

written_as_name!(
    Propagator,
    BUILT_IN,
    "tracecontext",
    "A format of context propagation, or the name of one that the program registers."
);
