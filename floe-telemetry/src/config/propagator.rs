//! The formats of context propagation.

use floe_yaml::expected;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use opentelemetry::propagation::TextMapPropagator;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::named::{self, identified_by_name, schema_of_names};

/// The most propagators that a process can register.
const MAX_REGISTERED: usize = 64;

/// A format of context propagation, with its name in `OTEL_PROPAGATORS`.
///
/// ```
/// use floe_telemetry::config::Propagator;
///
/// assert_eq!("tracecontext".parse(), Ok(Propagator::TraceContext));
/// assert_eq!(Propagator::B3Multi.as_str(), "b3multi");
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
    const BUILT_IN: [Self; 6] = [
        Self::TraceContext,
        Self::Baggage,
        Self::B3,
        Self::B3Multi,
        Self::Jaeger,
        Self::XRay,
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
            Self::Registered(RegisteredPropagator { name, .. }) => name,
        }
    }

    fn known() -> Vec<Self> {
        let registered = RegisteredPropagator::all();
        let registered = registered.into_iter().map(Self::Registered);
        Self::BUILT_IN.into_iter().chain(registered).collect()
    }

    /// The names of all formats.
    pub(super) fn names() -> Vec<&'static str> {
        Self::known().into_iter().map(Self::as_str).collect()
    }
}

impl fmt::Display for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error of parsing a [`Propagator`] from a name that none has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParsePropagatorError {
    found: String,
}

impl fmt::Display for ParsePropagatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Propagator::names();
        names.push("none");
        f.write_str(&expected(&names, &self.found))
    }
}

impl std::error::Error for ParsePropagatorError {}

impl FromStr for Propagator {
    type Err = ParsePropagatorError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::known();
        let known = known.into_iter().find(|known| known.as_str() == name);
        known.ok_or_else(|| ParsePropagatorError {
            found: name.chars().take(64).collect(),
        })
    }
}

impl Serialize for Propagator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Propagator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `none` is a list without formats.
        let parse = |name: &str| {
            let unknown = |_| expected(&Self::names(), name);
            name.parse().map_err(unknown)
        };
        named::deserialize(deserializer, "Propagator", &["tracecontext"], parse)
    }
}

schema_of_names!(
    Propagator,
    BUILT_IN,
    "A format of context propagation, or the name of one that the program registers."
);
