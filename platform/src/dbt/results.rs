//! dbt's `run_results.json`: the nodes that dbt has skipped without an event.

use std::io::{self, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;

use crate::input_file;

/// The maximum size in bytes. It contains the SQL of all nodes.
const MAX_SIZE: u64 = 1 << 30;

/// The results of an invocation. What spans do not need is skipped while it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RunResults {
    metadata: Metadata,
    results: Vec<NodeResult>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    invocation_id: String,
}

/// The result of a node.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NodeResult {
    pub(super) unique_id: String,
    status: String,
    pub(super) message: Option<String>,
}

impl RunResults {
    /// Reads the results.
    ///
    /// # Errors
    /// There is no such file, or it has another form.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let file = input_file::open(path)?.take(MAX_SIZE);
        Ok(serde_json::from_reader(BufReader::with_capacity(
            1 << 18,
            file,
        ))?)
    }

    /// The results, if they are those of an invocation.
    pub(super) fn of(self, invocation_id: &str) -> Vec<NodeResult> {
        let is_of_it = self.metadata.invocation_id == invocation_id;
        if is_of_it { self.results } else { Vec::new() }
    }
}

impl NodeResult {
    pub(super) fn is_skipped(&self) -> bool {
        self.status == "skipped"
    }
}
