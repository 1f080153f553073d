//! A platform with plugins that are not instrumented: the audit warns about them, and a compilation
//! succeeds and writes the warnings to the artifacts.

#![allow(
    dead_code,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;

use floe::artifacts::CompiledArtifacts;
use floe::compile::Definition;
use floe::compile::compile;
use floe_plugin::{InstrumentationGap, InstrumentationWarning, PluginMetadata, PluginType};

use crate::product::Product;

struct Channel(&'static str, Option<&'static str>);

floe_plugin::plugin!(Channel("nameless", None));
floe_plugin::plugin!(Channel("silent", Some("floe.alert.silent")));
floe_plugin::plugin!(Channel("instrumented", Some("floe.alert.instrumented")));

static TRACER: floe_telemetry::Tracer = floe_telemetry::tracer!("floe.alert.instrumented");

impl PluginMetadata for Channel {
    fn name(&self) -> &str {
        self.0
    }

    fn version(&self) -> &'static str {
        "1.0.0"
    }

    fn floe_api_version(&self) -> &'static str {
        "1.0"
    }

    fn plugin_type(&self) -> PluginType {
        PluginType::AlertChannel
    }

    fn tracer_name(&self) -> Option<&str> {
        self.1
    }
}

fn gaps(warnings: &[InstrumentationWarning]) -> Vec<(&str, InstrumentationGap)> {
    let gap = |it: &InstrumentationWarning| it.gap.clone();
    warnings.iter().map(|it| (it.plugin_name.as_str(), gap(it))).collect()
}

fn expected() -> [(&'static str, InstrumentationGap); 2] {
    [
        ("nameless", InstrumentationGap::NoTracerName),
        ("silent", InstrumentationGap::UnusedTracerName("floe.alert.silent".to_owned())),
    ]
}

#[test]
fn a_compilation_writes_the_warnings_to_the_artifacts() {
    let product = Product::shop();
    let definition = Definition::read(&product.path(""), None, None).unwrap();
    let artifacts = compile(&definition).unwrap();
    assert_eq!(gaps(&artifacts.instrumentation), expected());
    let read = CompiledArtifacts::read(&product.path(".floe/compiled_artifacts.json")).unwrap();
    assert_eq!(read.instrumentation, artifacts.instrumentation);
}
