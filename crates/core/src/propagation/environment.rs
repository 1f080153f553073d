//! Environment variables as a carrier, by OpenTelemetry's
//! [specification](https://opentelemetry.io/docs/specs/otel/context/env-carriers/).
//!
//! The environment of the process is read only on request. Otherwise, every request to a server would be part of one
//! trace.

use std::collections::BTreeMap;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};

use super::with_propagator;
use crate::environment;

/// A set of environment variables that carries context, by default `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`.
///
/// It is a copy: injecting does not change the environment of this process. Pass the variables to a
/// child process.
///
/// ```
/// use floe_telemetry::propagation::{self, EnvironmentCarrier};
///
/// let _attached = propagation::set_baggage_value("tenant", "acme").attach();
/// let mut environment = EnvironmentCarrier::default();
/// propagation::inject_context(&mut environment);
/// let variables: Vec<_> = environment.iter().collect();
/// assert_eq!(variables, [("BAGGAGE", "tenant=acme")]);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EnvironmentCarrier(BTreeMap<String, String>);

/// Extracts the context that the parent process passed in environment variables, by default `TRACEPARENT`, `TRACESTATE`
/// and `BAGGAGE`, on top of the current context, which stays if the variables are not set.
///
/// Attach it at the start of `main`, after initializing the provider, or use it as the parent of the
/// outermost function:
///
/// ```
/// use floe_telemetry::{propagation, traced};
///
/// #[traced(parent = propagation::from_environment())]
/// fn run() {}
///
/// let _parent = propagation::from_environment().attach();
/// run();
/// ```
#[must_use = "a context has no effect unless it is attached or used as a parent"]
pub fn from_environment() -> Context {
    super::extract_context(&EnvironmentCarrier::from_process())
}

impl EnvironmentCarrier {
    /// Reads the variables of this process that the propagators use. Values that are not valid Unicode are ignored.
    pub fn from_process() -> Self {
        with_propagator(|propagator| {
            let names = propagator.fields().map(normalize);
            let values = names
                .filter_map(|name| environment::variable(&name).ok().map(|value| (name, value)));
            Self(values.collect())
        })
    }

    /// Iterates over the names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl Injector for EnvironmentCarrier {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(normalize(key), value);
    }
}

impl Extractor for EnvironmentCarrier {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(&normalize(key)).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// Returns the variable name for a propagator's key: in upper case, with `_` for everything except ASCII letters and
/// digits, and with `_` before a leading digit.
pub(super) fn normalize(key: &str) -> String {
    let mut name: String = key
        .chars()
        .map(|c| match c {
            'a'..='z' => c.to_ascii_uppercase(),
            'A'..='Z' | '0'..='9' => c,
            _ => '_',
        })
        .collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_specification() {
        for (key, name) in [
            ("traceparent", "TRACEPARENT"),
            ("x-b3-traceid", "X_B3_TRACEID"),
            ("Uber.Trace Id", "UBER_TRACE_ID"),
            ("3scale", "_3SCALE"),
            ("ключ", "____"),
            ("", "_"),
        ] {
            assert_eq!(normalize(key), name);
            assert_eq!(normalize(name), name, "a normalized name does not change");
        }
    }
}
