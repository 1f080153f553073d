//! Requests to a semantic layer.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::address::CleanUrl;
use crate::operation::{Operation, span};

/// A request to a semantic layer.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Semantic<'a> {
    /// The operation: the last part of the span's name.
    #[floe(examples = ["sync"])]
    pub operation: &'a str,
    /// The address of the server, without credentials.
    #[floe(examples = ["http://cube.example:4000"])]
    pub server_url: Option<CleanUrl<'a>>,
    /// The name of the model.
    #[floe(key = "semantic.model.name", examples = ["orders"])]
    pub model_name: Option<&'a str>,
    /// The path that the schema is written to.
    #[floe(key = "semantic.schema.path", examples = ["schema/orders.yml"])]
    pub schema_path: Option<&'a str>,
}

/// The result of a synchronization or a health check.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "semantic")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct SemanticOutcome<'a> {
    /// The number of models that were written.
    #[floe(key = "semantic.model.count", examples = [7])]
    pub model_count: Option<u64>,
    /// The duration in milliseconds.
    #[floe(examples = [81.5])]
    pub duration_ms: Option<f64>,
    /// `healthy`, `unhealthy`, `timeout` or `error`.
    #[floe(examples = ["healthy"])]
    pub health_status: Option<&'a str>,
}

impl Operation for Semantic<'_> {
    const DOMAIN: &'static str = "semantic";

    fn operation(&self) -> &str {
        self.operation
    }
}

/// Starts the span `semantic.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::semantic::{Semantic, semantic_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.semantic.cube");
///
/// let spans = testing::capture(|| {
///     let _span = semantic_span(
///         &TRACER,
///         &Semantic {
///             operation: "sync",
///             model_name: Some("orders"),
///             ..Semantic::default()
///         },
///     );
/// });
/// spans.single("semantic.sync").assert_ok().assert_attribute("semantic.model.name", "orders");
/// ```
#[track_caller]
pub fn semantic_span(tracer: &'static Tracer, semantic: &Semantic<'_>) -> ActiveSpan {
    span(tracer, semantic).start()
}
