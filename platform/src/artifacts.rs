//! What a compilation leaves: everything that a run needs, in one JSON file.
//!
//! Its paths are relative to the product's folder, so it moves with the product. Credentials are not
//! written; artifacts that had one in a query are refused when they are read.
//!
//! | version | what came |
//! |---|---|
//! | 0.1 | |
//! | 0.2 | `instrumentation`; `observability.lineage_endpoint` and `lineage_transport` |
//!
//! Files of an older minor version are read as they are. So is one of a newer minor version that
//! says nothing unknown; with an unknown key it is refused, because what nobody here understands may
//! be what matters, and compiling again costs little.

mod mask;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::InstrumentationWarning;
use floe_telemetry::TelemetryConfig;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{Error, reason};
use crate::manifest::LineageTransport;
use crate::place::Place;
use crate::product::{ColumnType, Layer, Materialization};

/// The version of this file's schema.
pub const VERSION: &str = "0.2.0";

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
    /// The plugins of the compiling platform that nobody will see at work. Since 0.2.
    #[serde(default)]
    pub instrumentation: Vec<InstrumentationWarning>,
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
    #[serde(serialize_with = "mask::optional")]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(serialize_with = "mask::optional")]
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
    /// The address of the lineage's keeper. Since 0.2.
    #[serde(default)]
    pub lineage_endpoint: Option<String>,
    /// How lineage leaves. Since 0.2.
    #[serde(default)]
    pub lineage_transport: Option<LineageTransport>,
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
    #[serde(serialize_with = "mask::text")]
    pub sql: String,
}

impl CompiledArtifacts {
    /// Reads them, and checks that this program understands all of them.
    ///
    /// # Errors
    /// When there is no such file, or it is not such a file, or one of another version; with the
    /// place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read it: {}", reason(&error));
            Error::input(Place::file(path), message)
        })?;
        let refused = |error: serde_json::Error| {
            let place = Place::file(path).line(error.line() as u64);
            Error::input(place, format!("these are not compiled artifacts: {error}"))
        };
        let Versioned { version } = serde_json::from_str(&text).map_err(refused)?;
        let age = Age::of(&version).ok_or_else(|| {
            let message = format!("found version `{version}`, accepted: {VERSION} and older");
            Error::input(Place::file(path), message)
        })?;
        let artifacts: Self = serde_json::from_str(&text).map_err(|error| match age {
            Age::Newer => {
                let message = format!(
                    "version {version} says what this program, which writes {VERSION}, does not understand: {error}; compile the product again"
                );
                Error::input(Place::file(path).line(error.line() as u64), message)
            }
            Age::Known => refused(error),
        })?;
        let checked = artifacts.observability.telemetry.validate();
        checked.map_err(|error| {
            let message = format!("observability.telemetry: {error}");
            Error::input(Place::file(path), message)
        })?;
        mask::refuse(&artifacts, path)?;
        Ok(artifacts)
    }
}

/// All that a file of any version says.
#[derive(Deserialize)]
struct Versioned {
    version: String,
}

/// A version beside that of this program.
enum Age {
    Known,
    Newer,
}

impl Age {
    /// `None` for another major version, and for what is none.
    fn of(version: &str) -> Option<Self> {
        let (ours, theirs) = (numbers(VERSION)?, numbers(version)?);
        match theirs[0] == ours[0] {
            true if theirs[1] > ours[1] => Some(Self::Newer),
            true => Some(Self::Known),
            false => None,
        }
    }
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let numbers = version.split('.').map(|part| part.parse().ok());
    numbers.collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// Where the artifacts of a product are, unless asked otherwise.
pub fn default_path(folder: &Path) -> PathBuf {
    folder.join(".floe").join("compiled_artifacts.json")
}
