//! The compilation of a data product.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A compilation, from the specification of a product to its artifacts.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe")]
pub struct Compile<'a> {
    /// The path of the product's specification.
    pub spec_path: Option<&'a str>,
    /// The path of the platform's manifest.
    pub manifest_path: Option<&'a str>,
    /// The version of the artifacts' format.
    pub artifacts_version: Option<&'a str>,
}

/// A stage of a compilation. The stages run in this order.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, Ord, PartialEq, PartialOrd)]
#[floe(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "the platform's contract fixes the six stages")]
pub enum Stage {
    /// Reads the queries of the product and `dbt_project.yml`.
    Load,
    /// Checks that names are unique, that paths stay in the folder of the product, and that plugins can be used.
    Validate,
    /// Resolves the references of the queries, and orders the assets by their dependencies.
    Resolve,
    /// Enforces the order of the layers, and audits the instrumentation of the plugins.
    Enforce,
    /// Creates the sources and the models of the artifacts, in the order in which a run builds them.
    Compile,
    /// Writes the artifacts, and the files that plugins generate.
    Generate,
}

/// The attributes of a stage's span.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, PartialEq)]
pub struct CompileStage {
    #[floe(key = "compile.operation")]
    operation: Stage,
    #[floe(key = "floe.compile.stage")]
    stage: Stage,
}

impl CompileStage {
    /// Creates the attributes of the span of `stage`.
    #[must_use]
    pub const fn new(stage: Stage) -> Self {
        Self { operation: stage, stage }
    }
}

impl Operation for Compile<'_> {
    const DOMAIN: &'static str = "floe";

    fn operation(&self) -> &'static str {
        "compile"
    }
}

/// Starts the span `floe.compile`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::compile::{Compile, compile_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.compile.local");
///
/// let spans = testing::capture(|| {
///     let product = Compile { spec_path: Some("floe.yaml"), ..Compile::default() };
///     let _compile = compile_span(&TRACER, &product);
/// });
/// spans.single("floe.compile").assert_ok().assert_attribute("compile.operation", "compile");
/// ```
#[track_caller]
pub fn compile_span(tracer: &'static Tracer, compile: &Compile<'_>) -> ActiveSpan {
    span(tracer, compile).attribute(CompileStage::OPERATION, compile.operation()).start()
}
