//! The propagators.

use serde::Deserialize;

use super::findings::{Choice, Findings, Nothing};
use crate::config::propagator::Propagator as Format;
use crate::config::removed;
use crate::config::telemetry::TelemetryConfig;

/// The formats of context propagation. Those of `composite_list` follow those of `composite`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Propagator {
    composite: Option<Vec<Choice<Option<Nothing>>>>,
    composite_list: Option<String>,
}

impl Propagator {
    pub(super) fn apply(self, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
        config.propagators = Vec::new();
        for (path, format) in found.items(self.composite, "propagator.composite") {
            if let Some((name, _, path)) = found.choice(&format, &path, &Format::names()) {
                add(name, &path, config, found);
            }
        }
        let names = self.composite_list.iter().flat_map(|list| list.split(','));
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            add(name, "propagator.composite_list", config, found);
        }
    }
}

fn add(name: &str, path: &str, config: &mut TelemetryConfig, found: &mut Findings<'_>) {
    if name == "none" {
        return;
    }
    match name.parse() {
        Ok(format) if config.propagators.contains(&format) => {}
        Ok(format) => config.propagators.push(format),
        Err(_) => {
            if let Some(message) = removed::word("propagators.*", name) {
                return found.ignore(path, &message);
            }
            let mut known = Format::names();
            known.push("none");
            found.unknown_component(path, name, &known);
        }
    }
}
