//! dbt's `manifest.json`: the graph of the project, and the file of each node.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use floe_plugins::files::input_file;
use serde::Deserialize;
use serde_json::Value;

/// The maximum size in bytes. The manifest of a project with ten thousand nodes has about 200 MB.
const MAX_SIZE: u64 = 1 << 30;

/// What spans and lineage need of a manifest. The rest, such as the SQL of all nodes, is skipped while it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    metadata: Metadata,
    parent_map: HashMap<String, Vec<String>>,
    nodes: HashMap<String, Entry>,
    sources: HashMap<String, Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    project_name: Option<String>,
}

/// A node or a source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    pub(crate) original_file_path: Option<String>,
    attached_node: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) schema: Option<String>,
    /// The table or view of a node.
    pub(crate) alias: Option<String>,
    /// The complete name, quoted as the adapter quotes it.
    pub(crate) relation_name: Option<String>,
    name: Option<String>,
    columns: BTreeMap<String, Column>,
    test_metadata: Option<Test>,
    config: Config,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Column {
    data_type: Value,
    description: Value,
}

/// What a generic test checks.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Test {
    name: String,
    kwargs: Arguments,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Arguments {
    column_name: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    materialized: Value,
    severity: Value,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// There is no such file, or it is not a manifest.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let file = input_file::open(path)?.take(MAX_SIZE);
        Ok(serde_json::from_reader(BufReader::with_capacity(1 << 18, file))?)
    }

    pub(crate) fn project_name(&self) -> Option<&str> {
        self.metadata.project_name.as_deref()
    }

    /// A node or a source.
    pub(crate) fn entry(&self, unique_id: &str) -> Option<&Entry> {
        let node = self.nodes.get(unique_id);
        node.or_else(|| self.sources.get(unique_id))
    }

    /// The nodes and sources that a node selects from.
    pub(crate) fn parents(&self, unique_id: &str) -> &[String] {
        self.parent_map.get(unique_id).map_or(&[], Vec::as_slice)
    }

    /// The file of a node, relative to the project's folder.
    pub(crate) fn file(&self, unique_id: &str) -> Option<&str> {
        self.nodes.get(unique_id)?.original_file_path.as_deref()
    }

    /// The node that a test checks.
    pub(crate) fn checked(&self, unique_id: &str) -> Option<&str> {
        let attached = self.nodes.get(unique_id)?.attached_node.as_deref();
        attached.or_else(|| Some(self.parents(unique_id).first()?.as_str()))
    }
}

impl Entry {
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn materialization(&self) -> Option<&str> {
        self.config.materialized.as_str()
    }

    /// The name of its data in `OpenLineage`: those of the database, the schema and the table between dots.
    pub(crate) fn dataset_name(&self) -> Option<String> {
        let table = self.alias.as_deref().or(self.name.as_deref())?;
        let parts = [self.database.as_deref(), self.schema.as_deref(), Some(table)];
        let parts: Vec<&str> = parts.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        Some(parts.join("."))
    }

    /// The names, types and descriptions of the documented columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<&str>)> {
        let filled = |text: &'_ Value| text.as_str().is_some_and(|text| !text.is_empty());
        self.columns.iter().map(move |(name, column)| {
            let [kind, description] = [&column.data_type, &column.description]
                .map(|text| text.as_str().filter(|_| filled(text)));
            (name.as_str(), kind, description)
        })
    }

    /// The node that a generic test was written for.
    pub(crate) fn attached_node(&self) -> Option<&str> {
        self.attached_node.as_deref()
    }

    /// The kind of a generic test, for example `not_null`.
    pub(crate) fn test(&self) -> Option<&str> {
        self.test_metadata.as_ref().map(|test| test.name.as_str())
    }

    /// `generic` or `singular` for a test.
    pub(crate) fn test_type(&self, unique_id: &str) -> Option<&'static str> {
        let is_test = unique_id.starts_with("test.");
        let test_type = match self.test_metadata {
            Some(_) => "generic",
            None => "singular",
        };
        is_test.then_some(test_type)
    }

    /// The column that a generic test checks.
    pub(crate) fn column(&self) -> Option<&str> {
        self.test_metadata.as_ref()?.kwargs.column_name.as_str()
    }

    /// What a test that fails is: `error` or `warn`.
    pub(crate) fn severity(&self) -> Option<&'static str> {
        let severity = self.config.severity.as_str()?;
        let is_warning = severity.eq_ignore_ascii_case("warn");
        Some(if is_warning { "warn" } else { "error" })
    }
}
