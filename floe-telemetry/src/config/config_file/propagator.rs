//! The propagators.

use super::properties::{Findings, Value};
use crate::config::propagator::{ParsePropagatorError, Propagator};
use crate::config::telemetry::TelemetryConfig;

/// Reads the formats of context propagation. Those of `composite_list` follow those of `composite`.
pub(super) fn read(value: &Value<'_>, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    let properties = value.properties(&["composite", "composite_list"], found);
    let mut propagators = Vec::new();
    let mut add = |name: &str, value: &Value<'_>, found: &mut Findings<'_>| match name.parse() {
        Ok(propagator) if propagators.contains(&propagator) => {}
        Ok(propagator) => propagators.push(propagator),
        Err(error) => value.refuse(found, ParsePropagatorError::to_string(&error)),
    };
    for item in properties.items("composite", found) {
        let known = Propagator::names();
        if let Some((name, value)) = item.any_choice(&known, found) {
            value.properties(&[], found);
            add(&name, &value, found);
        }
    }
    if let Some(list) = properties.set("composite_list") {
        let text: String = list.read(found).unwrap_or_default();
        let names = text.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty() && *name != "none") {
            add(name, &list, found);
        }
    }
    config.propagators = propagators;
}
