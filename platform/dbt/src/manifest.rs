//! dbt's `manifest.json`: the graph of the project, with the tables and the file of each node.

use std::collections::HashMap;
use std::io::{self, BufReader, Read as _};
use std::ops::Deref;
use std::path::Path;

use floe_plugins::files::input_file;
use floe_telemetry::sanitize_credentials;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The maximum size in bytes. The manifest of a project with ten thousand nodes has about 200 MB.
const MAX_SIZE: u64 = 1 << 30;

/// The fields of a manifest, or of a catalog, that spans and lineage need. Other fields, such as the SQL of nodes, are
/// skipped while reading. dbt writes `null` for many fields without a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    metadata: Metadata,
    parent_map: Option<HashMap<String, Vec<String>>>,
    nodes: HashMap<String, Table>,
    sources: Option<HashMap<String, Table>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    project_name: Option<String>,
    dbt_version: Option<String>,
    adapter_type: Option<String>,
}

/// A node or a source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Table {
    pub(crate) database: Option<Text>,
    pub(crate) schema: Option<Text>,
    pub(crate) alias: Option<Text>,
    pub(crate) name: Option<Text>,
    pub(crate) original_file_path: Option<Text>,
    pub(crate) attached_node: Option<String>,
    pub(crate) columns: Option<IndexMap<String, Column>>,
    pub(crate) column_name: Option<Text>,
    pub(crate) test_metadata: Option<Generic>,
    pub(crate) config: Option<Config>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Column {
    pub(crate) name: Option<Text>,
    /// The type in a manifest, where a column may also have a key `type` of the user.
    pub(crate) data_type: Option<String>,
    /// The type in a catalog.
    #[serde(rename = "type")]
    pub(crate) of_catalog: Option<Value>,
    pub(crate) description: Option<Text>,
}

/// The kind of a generic test.
#[derive(Debug, Deserialize)]
pub(crate) struct Generic {
    pub(crate) name: Option<Text>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) severity: Option<String>,
}

/// A text of the project, without credentials.
#[derive(Debug, Deserialize, Serialize)]
#[serde(from = "String")]
pub(crate) struct Text(String);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(sanitize_credentials(&text).into_owned())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
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

    pub(crate) fn adapter(&self) -> &str {
        self.metadata.adapter_type.as_deref().unwrap_or("dbt")
    }

    pub(crate) fn get(&self, unique_id: &str) -> Option<&Table> {
        self.nodes.get(unique_id).or_else(|| self.sources.as_ref()?.get(unique_id))
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

impl Table {
    /// Returns the complete name of `name` in the schema of this table.
    pub(crate) fn qualified(&self, name: &str) -> String {
        let parts = [self.database.as_deref(), self.schema.as_deref(), Some(name)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(".")
    }
}

/// Reads an artifact of dbt.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let file = input_file::open(path)?.take(MAX_SIZE);
    Ok(serde_json::from_reader(BufReader::with_capacity(1 << 18, file))?)
}
