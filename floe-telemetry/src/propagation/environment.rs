//! Environment variables as a carrier, by OpenTelemetry's
//! [specification](https://opentelemetry.io/docs/specs/otel/context/env-carriers/).

use std::collections::{BTreeMap, btree_map};

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};

use super::with_propagator;
use crate::environment;

/// A copy of environment variables that carries context: `TRACEPARENT`, `TRACESTATE`, `BAGGAGE`.
///
/// It is given to a child, never written into the process itself.
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

/// The context that the process was started in: the current one with what the environment's
/// `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` say.
///
/// Attach it at the start of `main`, after the provider was initialised, or give it to the
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
#[must_use = "the context has to be attached or handed on"]
pub fn from_environment() -> Context {
    super::extract_context(&EnvironmentCarrier::from_process())
}

impl EnvironmentCarrier {
    /// The variables of this process that the propagators read.
    #[must_use]
    pub fn from_process() -> Self {
        with_propagator(|propagator| {
            let names = propagator.fields().map(normalize);
            names
                // What is not text carries nothing.
                .filter_map(|name| environment::variable(&name).ok().map(|value| (name, value)))
                .collect()
        })
    }

    /// The names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Variables whose names are not in the form that [`EnvironmentCarrier`] writes are left out.
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for EnvironmentCarrier {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(n, v)| (n.into(), v.into()));
        Self(
            variables
                .filter(|(name, _)| normalize(name) == *name)
                .collect(),
        )
    }
}

impl IntoIterator for EnvironmentCarrier {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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

/// The name of a variable for a propagator's key: upper case, `_` for all that is not a letter or
/// a digit, and before a digit at the start.
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
            assert_eq!(normalize(name), name, "a name stays as it is");
        }
    }

    #[test]
    fn only_normalized_names_are_read() {
        let carrier: EnvironmentCarrier = [("x-b3-traceid", "1"), ("X_B3_SPANID", "2")]
            .into_iter()
            .collect();
        assert_eq!(carrier.get("x-b3-traceid"), None);
        assert_eq!(carrier.get("x-b3-spanid"), Some("2"));
        assert_eq!(carrier.keys(), ["X_B3_SPANID"]);
    }
}
