//! A node of dbt and its result, from dbt's log or its artifacts.

use std::time::SystemTime;

use floe_plugin::dbt::{BuiltNode, NodeStatus};
use floe_plugins::quote::one_line;

use crate::manifest::Manifest;
use crate::outcome::Outcome;
use crate::run_results::{NodeResult, RunResults, name, resource_type};

/// A node, a batch of a node, or a hook of the project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) unique_id: String,
    pub(crate) name: String,
    /// `model`, `test`, `seed`, `snapshot`, `unit_test`, `operation` and others.
    pub(crate) resource_type: String,
    pub(crate) materialization: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) checksum: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) schema: Option<String>,
    /// The name of the table or view.
    pub(crate) alias: Option<String>,
    /// The complete name of the table or view, quoted as the adapter quotes it.
    pub(crate) relation: Option<String>,
    pub(crate) thread: Option<String>,
    /// The start in dbt's format, which distinguishes the batches of a model.
    pub(crate) started: String,
    pub(crate) start: Option<SystemTime>,
    /// The end; `None` for a skipped node.
    pub(crate) end: Option<SystemTime>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RunResult {
    pub(crate) status: String,
    /// The message; for a hook, its name.
    pub(crate) message: String,
    /// The number of failing rows that a test found.
    pub(crate) failures: Option<u64>,
    pub(crate) execution_time: Option<f64>,
    pub(crate) thread: Option<String>,
    /// The number of rows that the adapter reports; `None` if it is unknown, for which some adapters report -1.
    pub(crate) rows_affected: Option<u64>,
    pub(crate) adapter_code: Option<String>,
    pub(crate) adapter_message: Option<String>,
    pub(crate) query_id: Option<String>,
    pub(crate) phases: Vec<Phase>,
}

/// A phase of a node: `compile` or `execute`.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) name: String,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
}

/// The commands that only clone or compile nodes.
pub(crate) const BUILDS_NOTHING: [&str; 4] = ["clone", "compile", "docs generate", "show"];

/// The facts about a command that decide what its results mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words {
    /// Whether the command only clones or compiles nodes.
    pub(crate) builds_nothing: bool,
    /// Whether every node reads no rows, by the option `--empty`.
    pub(crate) is_empty: bool,
}

pub(crate) const NOT_ENDED: &str = "dbt ended before the node did";

impl Node {
    /// Returns the node of a result, with the properties that its id contains.
    pub(crate) fn of(result: &NodeResult) -> Self {
        let id = &*result.unique_id;
        Self {
            unique_id: id.to_owned(),
            name: name(id).to_owned(),
            resource_type: resource_type(id).to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn is_hook(&self) -> bool {
        self.resource_type == "operation"
    }

    pub(crate) fn is_test(&self) -> bool {
        matches!(self.resource_type.as_str(), "test" | "unit_test")
    }
}

impl RunResult {
    /// Returns the properties of a result that a skipped node has, too, and the number of rows.
    pub(crate) fn read(result: &NodeResult) -> Self {
        Self {
            status: result.status.clone(),
            message: result.message.as_ref().unwrap_or(&result.status).clone(),
            execution_time: Some(result.execution_time).filter(|_| !result.is_skipped()),
            rows_affected: result.rows(),
            adapter_message: result.adapter_message().map(str::to_owned),
            ..Self::default()
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::of(&self.status, self.adapter_message.as_deref())
    }

    /// Returns the error of a failed node, for its span.
    pub(crate) fn error(&self, node: &Node) -> Option<&str> {
        let error = if node.is_hook() {
            // dbt reports the reason only at the end of the command, in a log record.
            "the hook failed"
        } else if !self.message.is_empty() {
            &self.message
        } else if node.resource_type == "source" {
            "the source is stale"
        } else {
            &self.status
        };
        self.outcome().is_failed().then_some(error)
    }

    /// Returns the node with its result, as it is sent while dbt runs.
    pub(crate) fn of(&self, node: &Node) -> BuiltNode {
        BuiltNode {
            unique_id: node.unique_id.clone(),
            has_warned: self.outcome() == Outcome::Warned,
            resource_type: node.resource_type.clone(),
            name: node.name.clone(),
            status: match self.outcome() {
                Outcome::Success | Outcome::Warned => NodeStatus::Built,
                Outcome::Failed | Outcome::Error => NodeStatus::Failed,
                Outcome::Skipped => NodeStatus::Skipped,
                Outcome::Unchanged { .. } => NodeStatus::Unchanged,
            },
            message: one_line(&self.message),
            rows: self.rows_affected,
            seconds: self.execution_time.unwrap_or_default(),
            ..BuiltNode::default()
        }
    }

    /// Whether dbt only skipped, cloned or compiled the node. An ephemeral model is always only compiled. The status of a
    /// compiled node is `success`, too, but an adapter has a message only about a built node.
    pub(crate) fn is_without_work(&self, node: &Node, words: Words) -> bool {
        let is_compiled = node.is_test() || self.message.is_empty();
        words.builds_nothing
            || matches!(self.outcome(), Outcome::Skipped | Outcome::Unchanged { .. })
            || self.status == "success" && is_compiled
    }

    /// Returns the outcome of a test that has read data. With `--empty`, only unit tests have data.
    pub(crate) fn of_test(&self, node: &Node, words: Words) -> Option<&'static str> {
        let has_data = node.resource_type == "unit_test" || !words.is_empty;
        let is_outcome = node.is_test() && has_data && !self.is_without_work(node, words);
        self.outcome().of_test().filter(|_| is_outcome)
    }

    pub(crate) fn skip_reason(&self) -> Option<&str> {
        match self.outcome() {
            Outcome::Skipped if self.message.contains("fail_fast") => Some("fail_fast"),
            Outcome::Skipped => Some("upstream"),
            Outcome::Unchanged { reason } => Some(reason),
            _ => None,
        }
    }
}

impl RunResults {
    /// Returns the nodes, with their inputs from the manifest.
    pub(crate) fn nodes(&self, manifest: Option<&Manifest>) -> Vec<BuiltNode> {
        let node = |result: &NodeResult| {
            let node = Node::of(result);
            let id = &node.unique_id;
            let checked = manifest.and_then(|it| it.checked(id));
            let checked = checked.filter(|_| node.resource_type == "test");
            let parents = manifest.map_or(&[][..], |it| it.parents(id)).iter();
            let read =
                checked.map_or_else(|| parents.map(|it| name(it)).collect(), |it| vec![name(it)]);
            BuiltNode {
                reads: read.into_iter().map(str::to_owned).collect(),
                ..RunResult::read(result).of(&node)
            }
        };
        self.results.iter().map(node).collect()
    }
}
