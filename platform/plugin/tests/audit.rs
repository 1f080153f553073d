//! The audit compares the tracers that plugins name with the scopes that the linker lists.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use floe_plugin::{
    InstrumentationGap, InstrumentationWarning, PluginMetadata, PluginType, registry,
    verify_plugin_instrumentation,
};
use floe_telemetry::Tracer;

mod annotated {
    use super::Plugin;

    floe_plugin::plugin!(Plugin::new("annotated", Some("floe.storage.annotated")));

    #[floe_telemetry::traced(tracer = "floe.storage.annotated")]
    pub(crate) fn put() {}
}

mod traced_by_hand {
    use super::{Plugin, Tracer};

    pub(crate) static TRACER: Tracer = floe_telemetry::tracer!("floe.storage.by_hand");

    floe_plugin::plugin!(Plugin::new("by_hand", Some("floe.storage.by_hand")));
}

/// A plugin that names a tracer and creates no spans with it.
mod silent {
    use super::Plugin;

    floe_plugin::plugin!(Plugin::new("silent", Some("floe.storage.silent")));

    // This function has another scope, so the plugin is not instrumented.
    #[floe_telemetry::traced]
    pub(crate) fn put() {}
}

floe_plugin::plugin!(Plugin::new("nameless", None));
floe_plugin::plugin!(Plugin::new("misnamed", Some("floe-storage")));

struct Plugin {
    kind: PluginType,
    name: &'static str,
    tracer: Option<&'static str>,
}

impl Plugin {
    const fn new(name: &'static str, tracer: Option<&'static str>) -> Self {
        Self { kind: PluginType::Storage, name, tracer }
    }
}

impl PluginMetadata for Plugin {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &'static str {
        "1.0.0"
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        self.kind
    }

    fn tracer_name(&self) -> Option<&str> {
        self.tracer
    }
}

#[test]
fn a_linked_plugin_whose_tracer_no_call_site_carries_is_a_warning() -> Result<(), registry::Error> {
    annotated::put();
    silent::put();
    let (warnings, _) = logged(floe_plugin::audit);
    let warnings = warnings?;
    let found: Vec<_> =
        warnings.iter().map(|warning| (warning.plugin_name.as_str(), &warning.gap)).collect();
    let misnamed = InstrumentationGap::MalformedTracerName("floe-storage".to_owned());
    let silent = InstrumentationGap::UnusedTracerName("floe.storage.silent".to_owned());
    assert_eq!(
        found,
        [
            ("misnamed", &misnamed),
            ("nameless", &InstrumentationGap::NoTracerName),
            ("silent", &silent),
        ]
    );
    assert_eq!(
        warnings[2].to_string(),
        "plugin 'silent' (storage): tracer_name is `floe.storage.silent`, but no tracer or function of the program has this scope; create its spans with `tracer!(\"floe.storage.silent\")` or `#[traced(tracer = \"floe.storage.silent\")]`"
    );
    Ok(())
}

/// Returns the result of `audit` and the lines of the log. All tests log, because a warning that is first emitted
/// without a subscriber would stay disabled in the other threads (`tracing_core::callsite`).
fn logged<T>(audit: impl FnOnce() -> T) -> (T, Vec<String>) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .finish();
    let audited = tracing::subscriber::with_default(subscriber, audit);
    let text = std::fs::read_to_string(log.path()).unwrap();
    (audited, text.lines().map(str::to_owned).collect())
}

fn verify(plugins: &[Plugin]) -> (Vec<InstrumentationWarning>, Vec<String>) {
    let plugins = plugins.iter().map(|plugin| plugin as &dyn PluginMetadata);
    logged(|| verify_plugin_instrumentation(plugins))
}

#[test]
fn instrumented_plugins_and_telemetry_backends_cause_no_warning() {
    let (warnings, log) = verify(&[
        Plugin::new("annotated", Some("floe.storage.annotated")),
        Plugin::new("by_hand", Some(traced_by_hand::TRACER.name())),
        Plugin { kind: PluginType::TelemetryBackend, ..Plugin::new("jaeger", None) },
        Plugin { kind: PluginType::TelemetryBackend, ..Plugin::new("console", Some("")) },
    ]);
    assert!(warnings.is_empty(), "{warnings:?} {log:?}");
    assert!(log.is_empty(), "{warnings:?} {log:?}");
    assert_eq!(verify(&[]).0, []);
}

#[test]
fn each_gap_is_returned_and_logged() {
    let (warnings, log) = verify(&[
        Plugin { kind: PluginType::NetworkSecurity, ..Plugin::new("k8s-network", None) },
        Plugin::new("malformed", Some("")),
        Plugin::new("unused", Some("floe.storage.none")),
    ]);
    assert_eq!((warnings.len(), log.len()), (3, 3), "{warnings:?} {log:?}");
    assert_eq!(
        warnings[0].suggestion,
        "create its spans with `tracer!(\"floe.security.k8s_network\")` and return that name from `tracer_name`"
    );
    for part in [
        "WARN ",
        "uninstrumented_plugin",
        "plugin_type=network_security",
        "plugin_name=\"k8s-network\"",
        "missing=tracer_name is None",
        "suggestion=\"create its spans",
    ] {
        assert!(log[0].contains(part), "no `{part}` in {}", log[0]);
    }
}
