//! The parsers of untrusted input for `fuzz/targets.rs`, not part of the public interface.

use std::collections::{BTreeMap, HashMap};

use opentelemetry::Context;

use crate::config::env::{parse_headers, parse_resource_attributes};
use crate::config::filter::parse_filter;
use crate::config::{Propagator, ResourceAttributes, TelemetryConfig, config_file};
use crate::error::Error;
use floe_telemetry_core::propagation::ExtractFrom;

use floe_telemetry_core::__sdk::propagation::by_name;

/// Parses `OTEL_EXPORTER_OTLP_HEADERS`: the headers, and the warning about ignored ones.
///
/// # Errors
///
/// All headers are ignored. The error is the warning.
pub fn otlp_headers(text: &str) -> Result<(BTreeMap<String, String>, Option<String>), String> {
    let (headers, refused) = parse_headers(text).map_err(warning)?;
    let exposed = headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    Ok((exposed.collect(), refused.map(warning)))
}

/// Parses `OTEL_RESOURCE_ATTRIBUTES`: a configuration with the attributes, and the warning about ignored ones.
///
/// # Errors
///
/// All attributes are ignored. The error is the warning.
pub fn resource_attributes(text: &str) -> Result<(ResourceAttributes, Option<String>), String> {
    let mut resource = ResourceAttributes::new("fuzz");
    let ((), refused) = parse_resource_attributes(text, &mut resource).map_err(warning)?;
    Ok((resource, refused.map(warning)))
}

/// Parses `FLOE_SPAN_FILTER`, `FLOE_LOG_LEVEL` and `RUST_LOG`: targets and levels.
///
/// # Errors
///
/// The text is not a filter.
pub fn filter(text: &str) -> Result<Vec<(String, u8)>, String> {
    parse_filter(text).map_err(warning)
}

/// A file of `OTEL_CONFIG_FILE`: the configuration and the warnings. `variable` returns the value of an environment
/// variable.
///
/// # Errors
///
/// The file is not a configuration.
pub fn config_file(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(TelemetryConfig, String), String> {
    let parsed = config_file::parse(text, &TelemetryConfig::new("fuzz"), variable);
    let parsed = parsed.map_err(|error| error.to_string())?;
    Ok((parsed.config, parsed.warning))
}

/// The headers that a service passes on after it has received these, in one format of context propagation.
pub fn passed_on<K>(
    format: Propagator,
    headers: &(impl ExtractFrom<K> + ?Sized),
) -> HashMap<String, String> {
    let mut sent = HashMap::new();
    let Some(propagator) = by_name(format.as_str()) else {
        return sent;
    };
    let mut cx = Context::new();
    headers.extract(&mut |extractor| {
        cx = propagator.extract_with_context(&Context::new(), extractor);
    });
    propagator.inject_context(&cx, &mut sent);
    sent
}

fn warning(message: impl Into<String>) -> String {
    Error::config(message).to_string()
}
