//! The compilation of a data product, whose spans have names of their own.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.compile";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A compilation, from the specification to the artifacts.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Compile<'a> {
    /// The product's specification.
    pub spec_path: Option<&'a str>,
    /// The platform's manifest.
    pub manifest_path: Option<&'a str>,
    /// The version of the artifacts' format.
    pub artifacts_version: Option<&'a str>,
}

/// A stage of a compilation, in the order in which they run.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Ord, PartialEq, PartialOrd)]
#[floe(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "the six stages are a contract of the platform"
)]
pub enum Stage {
    /// Reads the files.
    Load,
    /// Checks each by itself.
    Validate,
    /// Finds what they refer to.
    Resolve,
    /// Applies the platform's rules.
    Enforce,
    /// Makes the plan.
    Compile,
    /// Writes the artifacts.
    Generate,
}

/// What the span of a stage says.
#[derive(FloeAttributes)]
struct StageAttributes {
    #[floe(key = "floe.compile.stage")]
    stage: Stage,
}

impl Operation for Compile<'_> {
    const DOMAIN: &'static str = "floe";

    fn operation(&self) -> &'static str {
        "compile"
    }
}

impl Operation for StageAttributes {
    const DOMAIN: &'static str = "floe.compile";

    fn operation(&self) -> &'static str {
        match self.stage {
            Stage::Load => "stage1",
            Stage::Validate => "stage2",
            Stage::Resolve => "stage3",
            Stage::Enforce => "stage4",
            Stage::Compile => "stage5",
            Stage::Generate => "stage6",
        }
    }
}

/// Starts the span `floe.compile`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::compile::{Compile, Stage, compile_span, stage_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _compile = compile_span(&Compile { spec_path: Some("floe.yaml"), ..Compile::default() });
///     let _stage = stage_span(Stage::Validate);
/// });
/// spans.single("floe.compile").assert_ok().assert_attribute("compile.operation", "compile");
/// spans
///     .single("floe.compile.stage2")
///     .assert_child_of("floe.compile")
///     .assert_attribute("floe.compile.stage", "validate");
/// ```
pub fn compile_span(compile: &Compile<'_>) -> ActiveSpan {
    TRACER.open_and(compile, |opening| {
        opening.attribute("compile.operation", compile.operation());
    })
}

/// Starts the span `floe.compile.stage<n>`, which lasts until the guard is dropped.
pub fn stage_span(stage: Stage) -> ActiveSpan {
    TRACER.open_and(&StageAttributes { stage }, |opening| {
        opening.attribute("compile.operation", &stage);
    })
}
