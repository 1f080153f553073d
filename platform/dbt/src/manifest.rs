//! dbt's `manifest.json`: the graph of the project, with the tables and the file of each node.

use std::collections::HashMap;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use floe_plugins::files::input_file;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The maximum size in bytes. The manifest of a project with ten thousand nodes has about 200 MB.
const MAX_SIZE: u64 = 1 << 30;

/// The fields of a manifest that spans need. Other fields, such as the SQL of nodes, are skipped while reading. dbt writes
/// `null` for many fields without a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    metadata: Metadata,
    parent_map: Option<HashMap<String, Vec<String>>>,
    nodes: HashMap<String, Node>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    project_name: Option<String>,
    dbt_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node {
    original_file_path: Option<String>,
    attached_node: Option<String>,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let manifest: Self = parse(path)?;
        if manifest.parent_map.is_none() {
            let found = manifest.metadata.dbt_version.as_deref().unwrap_or("an unknown version");
            let message = format!("expected the field `parent_map`, found none (dbt {found})");
            return Err(io::Error::other(message));
        }
        Ok(manifest)
    }

    pub(crate) fn project_name(&self) -> Option<&str> {
        self.metadata.project_name.as_deref()
    }

    pub(crate) fn parents(&self, unique_id: &str) -> &[String] {
        self.parent_map.as_ref().and_then(|it| it.get(unique_id)).map_or(&[], Vec::as_slice)
    }

    /// Returns the file of a node, relative to the project's folder.
    pub(crate) fn file(&self, unique_id: &str) -> Option<&str> {
        self.nodes.get(unique_id)?.original_file_path.as_deref()
    }

    /// Returns the node that a test checks: the node to which it is attached, or else its first parent.
    pub(crate) fn checked(&self, unique_id: &str) -> Option<&str> {
        let attached = self.nodes.get(unique_id)?.attached_node.as_deref();
        attached.or_else(|| Some(self.parents(unique_id).first()?.as_str()))
    }
}

/// Reads an artifact of dbt.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let file = input_file::open(path)?.take(MAX_SIZE);
    Ok(serde_json::from_reader(BufReader::with_capacity(1 << 18, file))?)
}
