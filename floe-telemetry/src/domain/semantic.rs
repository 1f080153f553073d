//! Work with a semantic layer.

use super::Operation;
use super::CleanUrl;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.semantic";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A request to a semantic layer.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Semantic<'a> {
    /// What is done.
    pub operation: &'a str,
    /// Its address, without credentials.
    pub server_url: Option<CleanUrl<'a>>,
    /// The model.
    #[floe(key = "semantic.model.name")]
    pub model_name: Option<&'a str>,
    /// Where the schema is written.
    #[floe(key = "semantic.schema.path")]
    pub schema_path: Option<&'a str>,
}

/// What a synchronisation did.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct SemanticOutcome<'a> {
    /// Models that were written.
    #[floe(key = "semantic.model.count")]
    pub model_count: Option<u64>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// `healthy`, `unhealthy`, `timeout` or `error`.
    pub health_status: Option<&'a str>,
}

impl Operation for Semantic<'_> {
    const DOMAIN: &'static str = "semantic";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `semantic.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::semantic::{Semantic, semantic_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = semantic_span(&Semantic { operation: "sync", model_name: Some("orders"), ..Semantic::default() });
/// });
/// spans.single("semantic.sync").assert_ok();
/// ```
pub fn semantic_span(semantic: &Semantic<'_>) -> ActiveSpan {
    TRACER.open(semantic)
}
