//! What a compilation leaves: everything that a run needs, in one JSON file.
//!
//! Its paths are relative to the product's folder, so it moves with the product.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use floe_telemetry::TelemetryConfig;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::product::{ColumnType, Layer, Materialization};

/// The version of this file's schema.
pub const VERSION: &str = "0.1.0";

/// A compiled product.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledArtifacts {
    /// The version of the schema.
    pub version: String,
    /// What was compiled.
    pub metadata: Metadata,
    /// How its runs are observed.
    pub observability: Observability,
    /// The data it starts from, in the order of loading.
    pub sources: Vec<CompiledSource>,
    /// The data it makes, in the order of building.
    pub models: Vec<CompiledModel>,
}

/// What was compiled, and for what.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The product's name.
    pub product_name: String,
    /// The product's version.
    pub product_version: String,
    /// What the product belongs to.
    pub namespace: String,
    /// The environment.
    pub environment: Environment,
    /// What the product is for.
    pub description: Option<String>,
    /// Whom to ask.
    pub owner: Option<String>,
}

/// How runs are observed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observability {
    /// The configuration of the telemetry runtime.
    pub telemetry: TelemetryConfig,
    /// Whether lineage is recorded.
    pub lineage: bool,
    /// What the lineage's jobs belong to.
    pub lineage_namespace: String,
}

/// A source.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledSource {
    /// The table.
    pub name: String,
    /// The CSV file.
    pub path: PathBuf,
    /// Its columns.
    pub columns: Vec<CompiledColumn>,
    /// How to make the CSV file.
    pub generate: Option<Query>,
}

/// A column of a source.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// A model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledModel {
    /// The table or view.
    pub name: String,
    /// How refined it is.
    pub layer: Layer,
    /// What becomes of its query.
    pub materialization: Materialization,
    /// The query.
    pub query: Query,
}

/// A query with its table names filled in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The file it comes from.
    pub path: PathBuf,
    /// The assets it reads.
    pub depends_on: BTreeSet<String>,
    /// The text; its lines are the file's lines.
    pub sql: String,
}

/// Where the artifacts of a product are, unless asked otherwise.
pub fn default_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("compiled_artifacts.json")
}
