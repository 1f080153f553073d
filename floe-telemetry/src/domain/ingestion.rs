//! Data that comes into the platform.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.ingestion";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A load from a source.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct Ingestion<'a> {
    /// What is done.
    pub operation: &'a str,
    /// What the source is.
    pub source_type: Option<&'a str>,
    /// The table that is written.
    pub destination_table: Option<&'a str>,
    /// `append`, `replace` or `merge`.
    pub write_mode: Option<&'a str>,
    /// The pipeline.
    pub pipeline_name: Option<&'a str>,
    /// What happens when the source's schema changes: `evolve`, `freeze` or `discard_value`.
    pub schema_contract: Option<&'a str>,
}

/// What a load did.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
#[expect(clippy::exhaustive_structs, reason = "plain data, written as a literal")]
pub struct IngestionOutcome {
    /// Whether it is complete.
    pub success: bool,
    /// Rows that arrived.
    pub rows_loaded: Option<u64>,
    /// Bytes that were written.
    pub bytes_written: Option<u64>,
    /// How long it took, in seconds.
    pub duration_seconds: Option<f64>,
    /// What kind of failure it was.
    #[floe(key = "error.category")]
    pub error_category: Option<ErrorCategory>,
}

/// What kind of failure ended a load.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, PartialEq)]
#[floe(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// It may pass: trying again is worth it.
    Transient,
    /// It stays until somebody does something.
    Permanent,
    /// A part of the data arrived.
    Partial,
    /// The configuration is wrong.
    Configuration,
}

impl Operation for Ingestion<'_> {
    const DOMAIN: &'static str = "ingestion";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `ingestion.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::ingestion::{Ingestion, ingestion_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _span = ingestion_span(&Ingestion { operation: "run", source_type: Some("rest_api"), ..Ingestion::default() });
/// });
/// spans.single("ingestion.run").assert_ok();
/// ```
pub fn ingestion_span(ingestion: &Ingestion<'_>) -> ActiveSpan {
    TRACER.open(ingestion)
}
