//! dbt's `run_results.json`: the results of the nodes of a command.
//!
//! `trace-dbt` reads the file for the history of a product, and only if the file belongs to the same invocation.

use std::io::{self, BufReader, Read as _};
use std::path::Path;

use floe_plugin::dbt::{BuiltNode, NodeStatus};
use floe_plugins::files::input_file;
use floe_plugins::quote::one_line;
use serde::Deserialize;
use serde_json::Value;

use crate::manifest::Manifest;

/// The results of a command. Unneeded fields are skipped while reading.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunResults {
    pub(crate) metadata: Metadata,
    pub(crate) results: Vec<NodeResult>,
    pub(crate) elapsed_time: f64,
    #[serde(default)]
    args: Arguments,
}

#[derive(Debug, Default, Deserialize)]
struct Arguments {
    empty: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) dbt_version: String,
    #[serde(default)]
    pub(crate) invocation_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct NodeResult {
    pub(crate) unique_id: String,
    pub(crate) status: String,
    pub(crate) failures: Option<u64>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) execution_time: f64,
    pub(crate) compiled_code: Option<String>,
    /// The response of the adapter: an object, or a text.
    #[serde(default)]
    adapter_response: Value,
}

impl RunResults {
    /// Reads the results from a file of at most `max_size` bytes. The file contains the SQL of all nodes.
    pub(crate) fn read(path: &Path, max_size: u64) -> io::Result<Self> {
        let file = input_file::open(path)?.take(max_size);
        Ok(serde_json::from_reader(BufReader::with_capacity(1 << 18, file))?)
    }

    pub(crate) fn is_of_empty(&self) -> bool {
        self.args.empty == Some(true)
    }

    /// Returns the nodes, with their inputs from the manifest.
    pub(crate) fn nodes(&self, manifest: Option<&Manifest>) -> Vec<BuiltNode> {
        let node = |node: &NodeResult| {
            let id = node.unique_id.as_str();
            let checked =
                manifest.and_then(|it| it.checked(id)).filter(|_| id.starts_with("test."));
            let parents = || manifest.map_or(&[][..], |it| it.parents(id)).iter();
            let read =
                checked.map_or_else(|| parents().map(String::as_str).collect(), |it| vec![it]);
            BuiltNode {
                resource_type: resource_type(id).to_owned(),
                name: name(id).to_owned(),
                status: match () {
                    () if node.has_failed() => NodeStatus::Failed,
                    () if node.is_skipped() => NodeStatus::Skipped,
                    () => NodeStatus::Built,
                },
                message: one_line(node.message.as_deref().unwrap_or(&node.status)),
                rows: node.rows(),
                seconds: node.execution_time,
                reads: read.into_iter().map(|id| name(id).to_owned()).collect(),
                sql: node.compiled_code.clone(),
            }
        };
        self.results.iter().map(node).collect()
    }
}

/// Whether this status means that a node could not be built, or that a test failed or could not run.
pub(crate) fn has_failed(status: &str) -> bool {
    // A microbatch model is a partial success if some of its batches failed.
    matches!(status, "fail" | "partial success") || status.contains("error")
}

impl NodeResult {
    pub(crate) fn has_failed(&self) -> bool {
        has_failed(&self.status)
    }

    pub(crate) fn is_skipped(&self) -> bool {
        self.status == "skipped"
    }

    pub(crate) fn rows(&self) -> Option<u64> {
        self.adapter_response.get("rows_affected")?.as_u64()
    }

    /// Whether the node has this type and was executed.
    pub(crate) fn is(&self, resource_type: &str) -> bool {
        let rest = self.unique_id.strip_prefix(resource_type);
        rest.is_some_and(|rest| rest.starts_with('.')) && !self.is_skipped()
    }
}

pub(crate) fn resource_type(unique_id: &str) -> &str {
    unique_id.split('.').next().unwrap_or_default()
}

/// Returns the name in the id of a node, `model.<project>.<name>`. The id of a test ends with a hash.
pub(crate) fn name(unique_id: &str) -> &str {
    let mut parts = unique_id.splitn(3, '.');
    let kind = parts.next();
    let name = parts.nth(1).unwrap_or(unique_id);
    match (kind, name.rsplit_once('.')) {
        (Some("test"), Some((name, _))) => name,
        _ => name,
    }
}
