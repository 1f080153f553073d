//! dbt commands and the nodes that they build.

use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};

use crate::operation::{Operation, span};

/// A dbt command.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Dbt<'a> {
    /// The command: `run`, `test`, `build`, `compile`, `lint` or `deps`. [`dbt_span`] also records it as
    /// `dbt.command`.
    #[floe(examples = ["run"])]
    pub operation: &'a str,
    /// The folder of the project.
    #[floe(examples = ["/srv/dbt/sales"])]
    pub project_dir: Option<&'a str>,
    /// The folder of the profiles.
    #[floe(examples = ["/srv/dbt/profiles"])]
    pub profiles_dir: Option<&'a str>,
    /// The target of the profile.
    #[floe(examples = ["dev"])]
    pub target: Option<&'a str>,
    /// The selected nodes.
    #[floe(examples = ["tag:daily"])]
    pub select: Option<&'a str>,
    /// The excluded nodes.
    #[floe(examples = ["tag:legacy"])]
    pub exclude: Option<&'a str>,
    /// Whether incremental models are rebuilt from scratch.
    pub full_refresh: Option<bool>,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct DbtOutcome {
    /// The number of models that were built.
    #[floe(examples = [16])]
    pub models_run: Option<u64>,
    /// The number of tests that ran.
    #[floe(examples = [42])]
    pub tests_run: Option<u64>,
    /// The number of nodes that failed.
    #[floe(examples = [0])]
    pub failures: Option<u64>,
    /// The duration in seconds.
    #[floe(examples = [3.2])]
    pub execution_time_seconds: Option<f64>,
}

/// A node of the project.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data, written as a literal"
)]
pub struct Node<'a> {
    /// The type of the node: `model`, `test`, `seed` or `snapshot`.
    #[floe(key = "dbt.operation", examples = ["model"])]
    pub resource_type: &'a str,
    /// The name of the node.
    #[floe(key = "dbt.model_name", examples = ["stg_orders"])]
    pub name: &'a str,
    /// How a model is materialized.
    #[floe(examples = ["incremental"])]
    pub materialization: Option<&'a str>,
    /// The schema that a model is created in.
    #[floe(examples = ["analytics"])]
    pub schema: Option<&'a str>,
}

/// The attribute that [`dbt_span`] adds.
#[derive(FloeAttributes)]
#[floe(prefix = "dbt")]
pub(crate) struct Command<'a> {
    /// The command.
    #[floe(examples = ["run"])]
    command: &'a str,
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

/// Starts the span `dbt.<operation>`. The span ends when the returned guard is dropped.
///
/// ```
/// use floe_plugin::dbt::{Dbt, Node, dbt_span, node_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.dbt.core");
///
/// let spans = testing::capture(|| {
///     let _run = dbt_span(&TRACER, &Dbt { operation: "run", target: Some("dev"), ..Dbt::default() });
///     let orders = Node { resource_type: "model", name: "orders", ..Node::default() };
///     let _model = node_span(&TRACER, &orders);
/// });
/// spans.single("dbt.run").assert_ok().assert_attribute("dbt.command", "run");
/// spans.single("dbt.model.orders").assert_child_of("dbt.run");
/// ```
#[track_caller]
pub fn dbt_span(tracer: &'static Tracer, dbt: &Dbt<'_>) -> ActiveSpan {
    let command = Command {
        command: dbt.operation,
    };
    span(tracer, dbt).attributes(&command).start()
}

/// Starts the span `dbt.<resource type>.<name>`. The span ends when the returned guard is dropped.
#[track_caller]
pub fn node_span(tracer: &'static Tracer, node: &Node<'_>) -> ActiveSpan {
    span(tracer, node).start()
}
