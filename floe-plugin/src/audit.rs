//! Who is not instrumented.

use std::fmt;

use floe_telemetry::callsite;

use crate::kind::PluginType;
use crate::metadata::PluginMetadata;
use crate::registry::{self, LinkedPlugin};

/// A plugin that nobody will see at work.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct InstrumentationWarning {
    /// What the plugin does.
    pub plugin_type: PluginType,
    /// What it is called.
    pub plugin_name: String,
    /// What is missing.
    pub gap: InstrumentationGap,
    /// What its author can do.
    pub suggestion: String,
}

/// What is missing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum InstrumentationGap {
    /// It has no tracer name, which says that it is not instrumented.
    NoTracerName,
    /// Its tracer name, this one, is not what spans can be found by.
    MalformedTracerName(String),
    /// It has a tracer name, and no `#[traced]` function in this module or below it.
    NoTracedFunction(String),
}

impl fmt::Display for InstrumentationGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTracerName => f.write_str("tracer_name is None"),
            Self::MalformedTracerName(name) => write!(
                f,
                "tracer_name is `{name}`: accepted is `floe.<domain>.<name>`, such as `floe.compute.duckdb`"
            ),
            Self::NoTracedFunction(module) => {
                write!(f, "no `#[traced]` function in `{module}` or below it")
            }
        }
    }
}

/// `plugin 'duckdb' (compute): tracer_name is None; return …`.
impl fmt::Display for InstrumentationWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            plugin_type,
            plugin_name,
            gap,
            suggestion,
        } = self;
        write!(
            f,
            "plugin '{plugin_name}' ({plugin_type}): {gap}; {suggestion}"
        )
    }
}

/// Warns of every plugin that is not instrumented, in the order given: it has no tracer name, or one
/// that is not `floe.<domain>.<name>` (FR-016). Each warning is also logged, through `tracing`, with
/// the same fields. When all is well, nothing is returned and nothing is logged.
///
/// Telemetry backends are left out: instrumented, they would observe themselves for ever.
///
/// ```
/// use floe_plugin::{PluginMetadata, PluginType, verify_plugin_instrumentation};
///
/// struct Slack;
///
/// impl PluginMetadata for Slack {
///     fn name(&self) -> &str { "slack" }
///     fn version(&self) -> &str { "1.0.0" }
///     fn floe_api_version(&self) -> &str { "1.0" }
///     fn plugin_type(&self) -> PluginType { PluginType::AlertChannel }
/// }
///
/// let warnings = verify_plugin_instrumentation([&Slack as &dyn PluginMetadata]);
/// assert_eq!(
///     warnings[0].to_string(),
///     "plugin 'slack' (alert_channel): tracer_name is None; \
///      annotate its operations with `#[traced]` and return a name such as `floe.alert.slack` from `tracer_name`",
/// );
/// ```
pub fn verify_plugin_instrumentation<'a>(
    plugins: impl IntoIterator<Item = &'a dyn PluginMetadata>,
) -> Vec<InstrumentationWarning> {
    let warnings: Vec<_> = plugins.into_iter().filter_map(judge).collect();
    warnings.iter().for_each(log);
    warnings
}

/// Warns of every plugin linked into the program that is not instrumented: what
/// [`verify_plugin_instrumentation`] says, and a tracer name with no `#[traced]` function in the
/// module that registered the plugin, or below it.
///
/// A function that the linker removed because nothing calls it does not count.
///
/// # Errors
///
/// The same as [`registry::discover`].
pub fn audit() -> Result<Vec<InstrumentationWarning>, registry::Error> {
    let judged = registry::discover()?.into_iter().filter_map(judge_linked);
    let warnings: Vec<_> = judged.collect();
    warnings.iter().for_each(log);
    Ok(warnings)
}

fn judge_linked(linked: &LinkedPlugin) -> Option<InstrumentationWarning> {
    let plugin = linked.plugin();
    judge(plugin).or_else(|| {
        let module = linked.module();
        let observed = callsite::all().any(|site| is_within(site.module(), module));
        (!observed && is_audited(plugin)).then(|| {
            let gap = InstrumentationGap::NoTracedFunction(module.to_owned());
            warning(
                plugin,
                gap,
                "annotate its operations with `#[traced]`".to_owned(),
            )
        })
    })
}

fn is_within(module: &str, outer: &str) -> bool {
    module
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn judge(plugin: &dyn PluginMetadata) -> Option<InstrumentationWarning> {
    if !is_audited(plugin) {
        return None;
    }
    let example = example(plugin);
    match plugin.tracer_name() {
        Some(name) if is_tracer_name(name) => None,
        Some(name) => Some(warning(
            plugin,
            InstrumentationGap::MalformedTracerName(name.to_owned()),
            format!("return a name such as `{example}` from `tracer_name`"),
        )),
        None => Some(warning(
            plugin,
            InstrumentationGap::NoTracerName,
            format!(
                "annotate its operations with `#[traced]` and return a name such as `{example}` from `tracer_name`"
            ),
        )),
    }
}

fn is_audited(plugin: &dyn PluginMetadata) -> bool {
    plugin.plugin_type() != PluginType::TelemetryBackend
}

fn warning(
    plugin: &dyn PluginMetadata,
    gap: InstrumentationGap,
    suggestion: String,
) -> InstrumentationWarning {
    InstrumentationWarning {
        plugin_type: plugin.plugin_type(),
        plugin_name: plugin.name().to_owned(),
        gap,
        suggestion,
    }
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

/// A tracer name that would do: `floe.alert.slack` for the alert channel `slack`.
fn example(plugin: &dyn PluginMetadata) -> String {
    let domain = match plugin.plugin_type() {
        PluginType::AlertChannel => "alert",
        PluginType::LineageBackend => "lineage",
        PluginType::SemanticLayer => "semantic",
        PluginType::Rbac | PluginType::NetworkSecurity => "security",
        other => other.as_str(),
    };
    let is_letter = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_';
    let name = plugin.name().to_ascii_lowercase().replace('-', "_");
    let name: String = name.chars().filter(is_letter).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    format!(
        "floe.{domain}.{}",
        if name.is_empty() { "main" } else { name }
    )
}

/// `floe`, a word of letters, and a word that begins with a letter and goes on with letters, digits
/// and underscores; all in lower case.
fn is_tracer_name(name: &str) -> bool {
    let mut parts = name.splitn(3, '.');
    let (Some("floe"), Some(domain), Some(name)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    !domain.is_empty()
        && domain.bytes().all(|c| c.is_ascii_lowercase())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(is_word)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;

    #[test]
    fn tracer_names_are_three_words() {
        for name in ["floe.compute.duckdb", "floe.quality.dbt_2", "floe.a.b"] {
            assert!(is_tracer_name(name), "{name}");
        }
        for name in [
            "",
            " ",
            "floe",
            "floe.",
            "floe..a",
            "floe.compute",
            "floe.compute.",
            "floe-iceberg",
            "floe.compute.2",
            "floe.compute._a",
            "floe.compute.DuckDB",
            "floe.Compute.a",
            "floe.compute.duck-db",
            "floe.compute.a.b",
            "Floe.compute.a",
            "acme.compute.a",
            "floe.compute.duckdb ",
            "floe.compute.ü",
        ] {
            assert!(!is_tracer_name(name), "{name}");
        }
    }

    /// Keeps what is logged on this thread, a line of `field=value` for each event.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            let _ = write!(self.0, "{field}={value:?} ");
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut line = Line(format!("{} ", event.metadata().level()));
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    struct Plugin(PluginType, &'static str, Option<&'static str>);

    impl PluginMetadata for Plugin {
        fn name(&self) -> &str {
            self.1
        }
        fn version(&self) -> &'static str {
            "1.0.0"
        }
        fn floe_api_version(&self) -> &'static str {
            "1.0"
        }
        fn plugin_type(&self) -> PluginType {
            self.0
        }
        fn tracer_name(&self) -> Option<&str> {
            self.2
        }
    }

    fn verify(plugins: &[Plugin]) -> (Vec<InstrumentationWarning>, Vec<String>) {
        let log = Log::default();
        let plugins = plugins.iter().map(|plugin| plugin as &dyn PluginMetadata);
        let warnings = tracing::subscriber::with_default(log.clone(), || {
            verify_plugin_instrumentation(plugins)
        });
        (warnings, log.0.lock().unwrap().clone())
    }

    #[test]
    fn when_all_is_well_it_is_silent() {
        let (warnings, log) = verify(&[
            Plugin(PluginType::Compute, "duckdb", Some("floe.compute.duckdb")),
            Plugin(PluginType::TelemetryBackend, "jaeger", None),
            Plugin(PluginType::TelemetryBackend, "console", Some("")),
        ]);
        assert!(
            warnings.is_empty() && log.is_empty(),
            "{warnings:?} {log:?}"
        );
        assert_eq!(verify(&[]).0, []);
    }

    #[test]
    fn each_gap_is_a_warning_and_a_line_of_the_log() {
        let (warnings, log) = verify(&[
            Plugin(PluginType::NetworkSecurity, "k8s-network", None),
            Plugin(PluginType::Compute, "duckdb", Some("floe.compute.duckdb")),
            Plugin(PluginType::AlertChannel, "slack", Some("")),
        ]);
        let found: Vec<_> = warnings
            .iter()
            .map(|it| (it.plugin_type, it.plugin_name.as_str(), &it.gap))
            .collect();
        assert_eq!(
            found,
            [
                (
                    PluginType::NetworkSecurity,
                    "k8s-network",
                    &InstrumentationGap::NoTracerName
                ),
                (
                    PluginType::AlertChannel,
                    "slack",
                    &InstrumentationGap::MalformedTracerName(String::new())
                ),
            ]
        );
        assert_eq!(
            warnings[0].suggestion,
            "annotate its operations with `#[traced]` and return a name such as `floe.security.k8s_network` from `tracer_name`"
        );
        assert_eq!(log.len(), 2, "{log:?}");
        for part in [
            "WARN ",
            "message=uninstrumented_plugin",
            "plugin_type=network_security",
            "plugin_name=\"k8s-network\"",
            "missing=tracer_name is None",
            "suggestion=\"annotate",
        ] {
            assert!(log[0].contains(part), "no `{part}` in {}", log[0]);
        }
    }

    #[test]
    fn a_module_is_within_itself_and_those_above() {
        assert!(is_within("acme", "acme"));
        assert!(is_within("acme::db", "acme"));
        assert!(!is_within("acme_db", "acme"));
        assert!(!is_within("acme", "acme::db"));
    }
}
