//! dbt commands and the nodes that they build.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::Sender;

use floe_telemetry::opentelemetry::KeyValue;
use floe_telemetry::opentelemetry::trace::SpanContext;
use floe_telemetry::{ActiveSpan, FloeAttributes, Tracer};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::handle::Handle;
use crate::lifecycle::Lifecycle;
use crate::operation::{Operation, operation, span};

/// A dbt command.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
pub struct Dbt<'a> {
    /// The command, for example `run` or `source freshness`. [`dbt_span`] also records it as `dbt.command`.
    pub operation: &'a str,
    /// The folder of the project.
    pub project_dir: Option<&'a str>,
    /// The folder of the profiles.
    pub profiles_dir: Option<&'a str>,
    /// The target of the profile.
    pub target: Option<&'a str>,
}

/// The result of a command.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
pub struct DbtOutcome {
    /// The number of models that dbt executed.
    pub models_run: Option<u64>,
    /// The number of tests that ran.
    pub tests_run: Option<u64>,
    /// The number of nodes that failed.
    pub failures: Option<u64>,
    /// The duration in seconds.
    pub execution_time_seconds: Option<f64>,
}

/// The attributes of a command that become known while it runs.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
pub struct Invocation<'a> {
    /// The id that dbt gives to this run of the command. It is in dbt's artifacts and on its log lines.
    pub invocation_id: Option<&'a str>,
    /// The name of the project.
    pub project_name: Option<&'a str>,
    /// The target of the profile.
    pub target: Option<&'a str>,
    /// The version of dbt.
    pub version: Option<&'a str>,
    /// The type of the adapter.
    pub adapter_type: Option<&'a str>,
}

/// A node of the project.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
pub struct Node<'a> {
    /// `model`, `test`, `seed`, `snapshot` or another type of dbt.
    #[floe(key = "dbt.operation")]
    pub resource_type: &'a str,
    /// The name of the node.
    #[floe(key = "dbt.model_name")]
    pub name: &'a str,
    /// The schema that a model is created in.
    pub schema: Option<&'a str>,
    /// The type of the node, recorded under the key of dbt Fusion.
    pub node_type: Option<&'a str>,
    /// The id of the node in the project's graph.
    pub unique_id: Option<&'a str>,
    /// The database that a model is created in.
    pub database: Option<&'a str>,
    /// The name of the table or view in its schema.
    pub identifier: Option<&'a str>,
    /// The complete name of the table or view, quoted as the adapter quotes it.
    pub relation: Option<&'a str>,
    /// The path of the node's file in the project.
    pub relative_path: Option<&'a str>,
    /// The checksum of the node's file.
    pub node_checksum: Option<&'a str>,
}

/// The result of a node.
#[derive(Clone, Copy, Debug, Default, FloeAttributes, PartialEq)]
#[floe(prefix = "dbt")]
pub struct NodeOutcome<'a> {
    /// The status as dbt reports it: `success`, `pass`, `warn`, `fail`, `error`, `skipped` and others.
    pub status: &'a str,
    /// The outcome, recorded under the key of dbt Fusion: `success`, `error`, `canceled` or `skipped`. Every executed
    /// test has `success`, whatever it found.
    pub node_outcome: &'a str,
    /// The materialization of a node that dbt did not only compile, for example `table`.
    pub materialization: Option<&'a str>,
    /// The outcome of an executed test: `passed`, `warned` or `failed`.
    pub test_outcome: Option<&'a str>,
    /// The number of failing rows that a test found.
    pub failing_rows: Option<u64>,
    /// The reason why the node was skipped.
    pub node_skip_reason: Option<&'a str>,
    /// The number of rows that the adapter reports.
    pub rows_affected: Option<u64>,
    /// The code in the response of the adapter.
    #[floe(key = "dbt.adapter.code")]
    pub adapter_code: Option<&'a str>,
    /// The message in the response of the adapter.
    #[floe(key = "dbt.adapter.message")]
    pub adapter_message: Option<&'a str>,
    /// The id of the query in the warehouse.
    pub query_id: Option<&'a str>,
    /// The duration in seconds, as dbt measured it.
    pub execution_time_seconds: Option<f64>,
}

/// The key of the command, which a command's span has in addition to the attributes of [`Dbt`].
pub const COMMAND: &str = "dbt.command";

operation!("dbt", Dbt.operation);

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
/// use floe_plugin::dbt::{Dbt, dbt_span};
/// use floe_telemetry::{Tracer, testing};
///
/// static TRACER: Tracer = floe_telemetry::tracer!("floe.dbt.core");
///
/// let spans = testing::capture(|| {
///     let _run = dbt_span(&TRACER, &Dbt { operation: "run", target: Some("dev"), ..Dbt::default() });
/// });
/// spans.single("dbt.run").assert_ok().assert_attribute("dbt.command", "run");
/// ```
#[track_caller]
pub fn dbt_span(tracer: &'static Tracer, dbt: &Dbt<'_>) -> ActiveSpan {
    span(tracer, dbt).attribute(COMMAND, dbt.operation).start()
}

/// A program that runs dbt commands.
pub trait DbtRunner: Lifecycle {
    /// Runs a command.
    fn run(&self, command: DbtCommand, project: &Project<'_>) -> CommandRun;
}

/// A command of dbt.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DbtCommand {
    /// Builds all nodes, and runs the tests of each.
    Build,
    /// Writes the manifest, and builds nothing.
    Parse,
    /// Builds the models.
    Run,
    /// Runs the tests.
    Test,
}

impl DbtCommand {
    /// Returns the command in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Parse => "parse",
            Self::Run => "run",
            Self::Test => "test",
        }
    }
}

/// A dbt project.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// The folder of the project.
    pub folder: &'a Path,
    /// The folder of the profiles; if `None`, dbt finds them itself.
    pub profiles: Option<&'a Path>,
    /// The target of the profile.
    pub target: Option<&'a str>,
    /// The channel that receives each node when it has ended, if dbt reports nodes while it runs.
    pub ended: Option<&'a Sender<BuiltNode>>,
    /// The nodes that a step of an orchestrator builds; `None` for all nodes, without spans of assets.
    pub selection: Option<&'a Selection>,
}

/// The nodes that a step of an orchestrator builds, as assets with spans of their own.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The nodes, as dbt's option `--select` names them. If it is empty, dbt builds the whole project.
    pub select: Vec<String>,
    /// The key of each asset, by the id of its node.
    pub keys: HashMap<String, String>,
    /// The attributes of all assets.
    pub attributes: Vec<KeyValue>,
    /// The name of the tracer of the spans.
    pub tracer: &'static str,
}

/// The result of a command.
#[derive(Debug)]
pub struct CommandRun {
    /// The id that dbt gives to the command, if dbt has reported it.
    pub invocation_id: Option<String>,
    /// The nodes of the command, even if one of them failed.
    pub nodes: Vec<BuiltNode>,
    /// The outcome. It is an error if dbt does not run, or if a node failed.
    pub outcome: Result<DbtOutcome, Error>,
}

/// A node of a command.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct BuiltNode {
    /// The id of the node in the project's graph.
    pub unique_id: String,
    /// `model`, `test`, `seed`, `snapshot` or another type of dbt.
    pub resource_type: String,
    /// The name.
    pub name: String,
    /// The status of the node.
    pub status: NodeStatus,
    /// Whether the node is a test that warned.
    pub has_warned: bool,
    /// The span of the node's asset, or else of the node, if dbt runs in a trace.
    #[serde(skip)]
    pub span: Option<SpanContext>,
    /// The message of dbt, which may contain credentials.
    pub message: String,
    /// The number of rows, if the adapter reports it.
    pub rows: Option<u64>,
    /// The duration in seconds, as dbt measured it.
    pub seconds: f64,
    /// The inputs of the node; for a test, the node that it checks.
    pub reads: Vec<String>,
}

impl BuiltNode {
    /// Whether the node is a test.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(&*self.resource_type, "test" | "unit_test")
    }
}

/// The status of a node after a command.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum NodeStatus {
    /// The node was built, or the test passed or warned.
    #[default]
    Built,
    /// The node could not be built, or the test failed or could not run.
    Failed,
    /// dbt skipped the node, because an input was not built, or because dbt stopped at the first failure.
    Skipped,
    /// dbt left the node as it was: it reused an earlier build or test, or had nothing to do.
    Unchanged,
}

impl NodeStatus {
    /// Whether dbt built or tested the node in this command.
    #[must_use]
    pub const fn has_run(self) -> bool {
        matches!(self, Self::Built | Self::Failed)
    }
}

impl Handle<dyn DbtRunner> {
    /// Runs a command, in the span `dbt.<command>`.
    pub fn run(&self, command: DbtCommand, project: &Project<'_>) -> CommandRun {
        let project_dir = project.folder.to_string_lossy();
        let profiles_dir = project.profiles.map(Path::to_string_lossy);
        let operation = Dbt {
            operation: command.as_str(),
            project_dir: Some(&project_dir),
            profiles_dir: profiles_dir.as_deref(),
            target: project.target,
        };
        let mut invocation_id = None;
        let mut nodes = Vec::new();
        let outcome = self.observe(&operation, |it, span| {
            span.set_attribute(COMMAND, command.as_str());
            let run = it.run(command, project);
            (invocation_id, nodes) = (run.invocation_id, run.nodes);
            run.outcome.inspect(|outcome| span.set_attributes(outcome))
        });
        CommandRun { invocation_id, nodes, outcome }
    }
}
