//! Operations of a compute engine.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// An operation of a compute engine.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "compute")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Compute<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["validate_connection"])]
    pub operation: &'a str,
    /// The name of the engine.
    #[floe(examples = ["duckdb"])]
    pub engine: &'a str,
    /// The path of the database file.
    #[floe(examples = ["orders.duckdb"])]
    pub db_path: Option<&'a str>,
    /// The target of the profile.
    #[floe(examples = ["dev"])]
    pub target: Option<&'a str>,
}

/// The result of checking a connection.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "compute")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct ComputeValidation<'a> {
    /// The plugin that was checked.
    #[floe(key = "compute.plugin", examples = ["duckdb"])]
    pub plugin: &'a str,
    /// `healthy`, `degraded` or `unhealthy`.
    #[floe(key = "validation.status", examples = ["healthy"])]
    pub status: &'a str,
}

/// A model that an engine builds.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.transform")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Transform<'a> {
    /// The name of the model.
    #[floe(examples = ["customer_360"])]
    pub model: &'a str,
    /// The layer of the model: `bronze`, `silver` or `gold`.
    #[floe(examples = ["gold"])]
    pub layer: &'a str,
    /// How the result of the query is stored: `table` or `view`.
    #[floe(examples = ["table"])]
    pub materialization: &'a str,
}

/// The result of building a model.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "floe.transform")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct TransformOutcome {
    /// The number of rows of the table or view.
    #[floe(examples = [5000])]
    pub rows_affected: Option<u64>,
}

impl Operation for Compute<'_> {
    const DOMAIN: &'static str = "compute";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `compute.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::compute::{Compute, compute_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.compute.duckdb");
///
/// let spans = testing::capture(|| {
///     let _span = compute_span(
///         &TRACER,
///         &Compute {
///             operation: "validate_connection",
///             engine: "duckdb",
///             ..Compute::default()
///         },
///     );
/// });
/// spans.single("compute.validate_connection").assert_ok().assert_attribute("compute.engine", "duckdb");
/// ```
#[track_caller]
pub fn compute_span(tracer: &'static Tracer, compute: &Compute<'_>) -> ActiveSpan {
    span(tracer, compute).start()
}
