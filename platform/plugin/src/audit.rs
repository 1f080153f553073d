//! The audit of plugins, which finds gaps in their instrumentation.

use std::collections::BTreeSet;
use std::fmt;

use floe_telemetry::callsite;
use serde::{Deserialize, Serialize};

use crate::kind::PluginType;
use crate::metadata::PluginMetadata;
use crate::registry;

/// The warning about a plugin that is not instrumented.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InstrumentationWarning {
    /// The type of the plugin.
    pub plugin_type: PluginType,
    /// The name of the plugin.
    pub plugin_name: String,
    /// The gap in the instrumentation.
    pub gap: InstrumentationGap,
    /// The change to the plugin that closes the gap.
    pub suggestion: String,
}

/// A gap in the instrumentation of a plugin.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InstrumentationGap {
    /// The plugin names no tracer.
    NoTracerName,
    /// The plugin names a tracer that does not have the form `floe.<domain>.<name>`.
    MalformedTracerName(String),
    /// The plugin names a tracer that creates no spans, because no [`tracer!`](floe_telemetry::tracer) and no
    /// `#[traced]` function of the program uses that name.
    UnusedTracerName(String),
}

impl fmt::Display for InstrumentationGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTracerName => f.write_str("tracer_name is None"),
            Self::MalformedTracerName(name) => write!(
                f,
                "tracer_name is `{name}`, expected `floe.<domain>.<name>`, such as `floe.compute.duckdb`"
            ),
            Self::UnusedTracerName(name) => write!(
                f,
                "tracer_name is `{name}`, but no tracer or function of the program has this scope"
            ),
        }
    }
}

/// Formats the warning as `plugin 'duckdb' (compute): tracer_name is None; create its spans with …`.
impl fmt::Display for InstrumentationWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin_type, plugin_name, gap, suggestion } = self;
        write!(f, "plugin '{plugin_name}' ({plugin_type}): {gap}; {suggestion}")
    }
}

/// Returns a warning for each of these plugins that is not instrumented, in the given order.
///
/// A plugin is instrumented if it names a tracer, the name has the form `floe.<domain>.<name>`, and the program
/// contains a [`tracer!`](floe_telemetry::tracer) or a `#[traced]` function that uses that name ([`callsite::tracers`],
/// [`callsite::all`]). Telemetry backends are exempt.
///
/// Each warning is also logged through `tracing`, as `uninstrumented_plugin`.
///
/// ```
/// use floe_plugin::{PluginMetadata, PluginType, verify_plugin_instrumentation};
/// use floe_telemetry::Tracer;
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.alert.slack");
///
/// struct Alerts {
///     name: &'static str,
///     tracer: Option<&'static str>,
/// }
///
/// impl PluginMetadata for Alerts {
///     fn name(&self) -> &str { self.name }
///     fn version(&self) -> &str { "1.0.0" }
///     fn floe_api_version(&self) -> &str { "1.0" }
///     fn plugin_type(&self) -> PluginType { PluginType::AlertChannel }
///     fn tracer_name(&self) -> Option<&str> { self.tracer }
/// }
///
/// let slack = Alerts { name: "slack", tracer: Some(TRACER.name()) };
/// let email = Alerts { name: "email", tracer: None };
/// let warnings = verify_plugin_instrumentation([&slack as &dyn PluginMetadata, &email]);
/// assert_eq!(warnings.len(), 1);
/// assert_eq!(
///     warnings[0].to_string(),
///     "plugin 'email' (alert_channel): tracer_name is None; \
///      create its spans with `tracer!(\"floe.alert.email\")` and return that name from `tracer_name`",
/// );
/// ```
pub fn verify_plugin_instrumentation<'a>(
    plugins: impl IntoIterator<Item = &'a dyn PluginMetadata>,
) -> Vec<InstrumentationWarning> {
    let scopes = scopes();
    let warnings: Vec<_> =
        plugins.into_iter().filter_map(|plugin| verify(plugin, &scopes)).collect();
    warnings.iter().for_each(log);
    warnings
}

/// Returns a warning for each plugin of the program that is not instrumented. See [`verify_plugin_instrumentation`].
///
/// The linker lists the tracer of a function even if the function never runs. But it may drop a crate that nothing
/// refers to, with its plugins and tracers.
///
/// # Errors
///
/// As for [`registry::discover`].
pub fn audit() -> Result<Vec<InstrumentationWarning>, registry::Error> {
    let plugins = registry::discover()?;
    Ok(verify_plugin_instrumentation(plugins.into_iter().map(registry::LinkedPlugin::plugin)))
}

/// Returns the instrumentation scopes of all tracers and `#[traced]` functions that the linker lists.
fn scopes() -> BTreeSet<&'static str> {
    callsite::tracers()
        .map(callsite::Scope::name)
        .chain(callsite::all().map(callsite::CallSite::scope_name))
        .collect()
}

fn verify(plugin: &dyn PluginMetadata, scopes: &BTreeSet<&str>) -> Option<InstrumentationWarning> {
    if plugin.plugin_type() == PluginType::TelemetryBackend {
        return None;
    }
    let example = example(plugin);
    let (gap, suggestion) = match plugin.tracer_name() {
        None => (
            InstrumentationGap::NoTracerName,
            format!(
                "create its spans with `tracer!(\"{example}\")` and return that name from `tracer_name`"
            ),
        ),
        Some(name) if !is_tracer_name(name) => (
            InstrumentationGap::MalformedTracerName(name.to_owned()),
            format!("return a name such as `{example}` from `tracer_name`"),
        ),
        Some(name) if !scopes.contains(name) => (
            InstrumentationGap::UnusedTracerName(name.to_owned()),
            format!(
                "create its spans with `tracer!(\"{name}\")` or `#[traced(tracer = \"{name}\")]`"
            ),
        ),
        Some(_) => return None,
    };
    Some(InstrumentationWarning {
        plugin_type: plugin.plugin_type(),
        plugin_name: plugin.name().to_owned(),
        gap,
        suggestion,
    })
}

fn log(warning: &InstrumentationWarning) {
    tracing::warn!(
        plugin_type = %warning.plugin_type,
        plugin_name = warning.plugin_name,
        missing = %warning.gap,
        suggestion = warning.suggestion,
        "uninstrumented_plugin"
    );
}

/// Returns a tracer name for the plugin, such as `floe.alert.slack` for the alert channel `slack`.
fn example(plugin: &dyn PluginMetadata) -> String {
    let domain = plugin.plugin_type().domain().unwrap_or("telemetry");
    let is_accepted = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_';
    let name: String =
        plugin.name().to_ascii_lowercase().replace('-', "_").chars().filter(is_accepted).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    format!("floe.{domain}.{}", if name.is_empty() { "main" } else { name })
}

/// Whether a name has the form `floe.<domain>.<name>`: the domain has only lower-case letters; the name begins with a
/// lower-case letter and has only lower-case letters, digits and underscores.
fn is_tracer_name(name: &str) -> bool {
    let mut parts = name.splitn(3, '.');
    let (Some("floe"), Some(domain), Some(name)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_accepted = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    !domain.is_empty()
        && domain.bytes().all(|c| c.is_ascii_lowercase())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(is_accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(kind: PluginType, name: &'static str) -> String {
        let version = "1.0.0";
        let api = "1.0";
        let description = "";
        let tracer = "";
        example(&registry::Described { name, version, api, kind, description, tracer })
    }

    #[test]
    fn tracer_names_have_three_parts() {
        for name in ["floe.compute.duckdb", "floe.quality.dbt_2", "floe.a.b"] {
            assert!(is_tracer_name(name), "{name}");
        }
        for name in [
            "",
            "floe",
            "floe..a",
            "floe.compute",
            "floe-iceberg",
            "floe.compute.2",
            "floe.compute._a",
            "floe.compute.DuckDB",
            "floe.compute.duck-db",
            "floe.compute.a.b",
            "acme.compute.a",
        ] {
            assert!(!is_tracer_name(name), "{name}");
        }
    }

    #[test]
    fn the_suggested_name_is_accepted() {
        for (kind, name, expected) in [
            (PluginType::NetworkSecurity, "k8s-network", "floe.security.k8s_network"),
            (PluginType::AlertChannel, "Slack", "floe.alert.slack"),
            (PluginType::Compute, "2-ü", "floe.compute.main"),
        ] {
            let example = suggested(kind, name);
            assert_eq!(example, expected);
            assert!(is_tracer_name(&example));
        }
        for kind in PluginType::ALL {
            let example = suggested(kind, "local");
            // A telemetry backend has no tracer.
            assert!(is_tracer_name(&example) || kind == PluginType::TelemetryBackend, "{example}");
        }
    }
}
