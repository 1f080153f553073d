//! Work of a compute engine (FR-005).

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.compute";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// Work that an engine is given.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "compute")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Compute<'a> {
    /// What is done.
    pub operation: &'a str,
    /// The engine.
    pub engine: &'a str,
    /// The database file.
    pub db_path: Option<&'a str>,
    /// The target of the profile.
    pub target: Option<&'a str>,
}

/// What the validation of a connection found.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "compute")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct ComputeValidation<'a> {
    /// The plugin that was asked.
    #[floe(key = "compute.plugin")]
    pub plugin: &'a str,
    /// `healthy`, `degraded` or `unhealthy`.
    #[floe(key = "validation.status")]
    pub status: &'a str,
}

impl Operation for Compute<'_> {
    const DOMAIN: &'static str = "compute";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `compute.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::compute::{Compute, compute_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = compute_span(&Compute { operation: "validate_connection", engine: "duckdb", ..Compute::default() });
/// });
/// spans.single("compute.validate_connection").assert_ok();
/// ```
pub fn compute_span(compute: &Compute<'_>) -> ActiveSpan {
    TRACER.open(compute)
}
