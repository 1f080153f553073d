//! Data that is loaded into the platform.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A load from a source.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Ingestion<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["run"])]
    pub operation: &'a str,
    /// The type of the source.
    #[floe(examples = ["csv"])]
    pub source_type: Option<&'a str>,
    /// The table that is written.
    #[floe(examples = ["orders"])]
    pub destination_table: Option<&'a str>,
    /// `append`, `replace` or `merge`.
    #[floe(examples = ["replace"])]
    pub write_mode: Option<&'a str>,
    /// The name of the pipeline.
    #[floe(examples = ["orders_daily"])]
    pub pipeline_name: Option<&'a str>,
    /// How changes of the source's schema are handled: `evolve`, `freeze` or `discard_value`.
    #[floe(examples = ["evolve"])]
    pub schema_contract: Option<&'a str>,
}

/// The result of a load.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "ingestion")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct IngestionOutcome {
    /// Whether the load is complete.
    pub success: bool,
    /// The number of rows that were loaded.
    #[floe(examples = [25000])]
    pub rows_loaded: Option<u64>,
    /// The number of bytes that were written.
    #[floe(examples = [1048576])]
    pub bytes_written: Option<u64>,
    /// The duration in seconds.
    #[floe(examples = [3.2])]
    pub duration_seconds: Option<f64>,
    /// The category of the failure.
    #[floe(key = "error.category")]
    pub error_category: Option<ErrorCategory>,
}

/// The category of a failed load.
#[derive(Clone, Copy, Debug, Eq, FloeAttributes, Hash, PartialEq)]
#[floe(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum ErrorCategory {
    /// The failure is temporary: a retry can succeed.
    Transient,
    /// The failure is permanent: a retry cannot succeed.
    Permanent,
    /// Only a part of the data was loaded.
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

/// Starts the span `ingestion.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::ingestion::{Ingestion, ingestion_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.ingestion.dlt");
///
/// let spans = testing::capture(|| {
///     let _span = ingestion_span(
///         &TRACER,
///         &Ingestion {
///             operation: "run",
///             source_type: Some("rest_api"),
///             ..Ingestion::default()
///         },
///     );
/// });
/// spans.single("ingestion.run").assert_ok().assert_attribute("ingestion.source_type", "rest_api");
/// ```
#[track_caller]
pub fn ingestion_span(tracer: &'static Tracer, ingestion: &Ingestion<'_>) -> ActiveSpan {
    span(tracer, ingestion).start()
}
