//! dbt commands, and the nodes that they build.

use super::Operation;
use super::span::DomainTracer;
use crate::FloeAttributes;
use crate::recorder::ActiveSpan;

/// The name of the domain's tracer.
pub const TRACER_NAME: &str = "floe.dbt";

static TRACER: DomainTracer = DomainTracer::new(TRACER_NAME);

/// A command.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Dbt<'a> {
    /// `run`, `test`, `build`, `compile`, `lint` or `deps`; also written as `dbt.command`.
    pub operation: &'a str,
    /// The folder of the project.
    pub project_dir: Option<&'a str>,
    /// The folder of the profiles.
    pub profiles_dir: Option<&'a str>,
    /// The target of the profile.
    pub target: Option<&'a str>,
    /// Which nodes are selected.
    pub select: Option<&'a str>,
    /// Which nodes are left out.
    pub exclude: Option<&'a str>,
    /// Whether incremental models are built anew.
    pub full_refresh: Option<bool>,
}

/// What a command did.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct DbtOutcome {
    /// Models that were built.
    pub models_run: Option<u64>,
    /// Tests that were run.
    pub tests_run: Option<u64>,
    /// Nodes that failed.
    pub failures: Option<u64>,
    /// How long it took, in seconds.
    pub execution_time_seconds: Option<f64>,
}

/// A node of the project, while it is built.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Node<'a> {
    /// `model`, `test`, `seed` or `snapshot`.
    #[floe(key = "dbt.operation")]
    pub resource_type: &'a str,
    /// The name of the node.
    #[floe(key = "dbt.model_name")]
    pub name: &'a str,
    /// What a model becomes in the database.
    pub materialization: Option<&'a str>,
    /// Where it becomes that.
    pub schema: Option<&'a str>,
}

impl Operation for Dbt<'_> {
    const DOMAIN: &'static str = "dbt";

    fn operation(&self) -> &str {
        self.operation
    }
}

impl Operation for Node<'_> {
    const DOMAIN: &'static str = "dbt";

    fn operation(&self) -> &str {
        self.resource_type
    }

    fn span_name(&self) -> String {
        format!("dbt.{}.{}", self.resource_type, self.name)
    }
}

/// Starts the span `dbt.<operation>`, which lasts until the guard is dropped.
///
/// ```
/// use floe_telemetry::domain::dbt::{Dbt, Node, dbt_span, node_span};
/// use floe_telemetry::testing;
///
/// let spans = testing::capture(|| {
///     let _run = dbt_span(&Dbt { operation: "run", target: Some("dev"), ..Dbt::default() });
///     let _model = node_span(&Node { resource_type: "model", name: "orders", ..Node::default() });
/// });
/// spans.single("dbt.run").assert_ok().assert_attribute("dbt.command", "run");
/// spans.single("dbt.model.orders").assert_child_of("dbt.run");
/// ```
pub fn dbt_span(dbt: &Dbt<'_>) -> ActiveSpan {
    TRACER.open_and(dbt, |opening| {
        opening.attribute("dbt.command", dbt.operation);
    })
}

/// Starts the span `dbt.<resource type>.<name>`, which lasts until the guard is dropped.
pub fn node_span(node: &Node<'_>) -> ActiveSpan {
    TRACER.open(node)
}
