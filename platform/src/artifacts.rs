//! The artifacts of a compilation: everything that a run needs, in one JSON file.
//!
//! Paths of queries and CSV files are relative to the product's folder, which can be moved. Credentials are redacted
//! when the file is written. If a source or a model contained one, the file is refused when it is read.
//!
//! A file of another version is refused, because compiling again is cheap.

mod mask;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use floe_plugin::quality::Suite;
use floe_plugin::table::Column;
use floe_plugin::{InstrumentationWarning, backend, product};
use floe_plugins::error::Error;
use floe_plugins::files::yaml;
use floe_plugins::place::Place;
use floe_telemetry::config::ResourceAttributes;
use floe_telemetry::{FloeSpanAttributes, Mode, TelemetryConfig};
use serde::{Deserialize, Serialize};

use crate::manifest::LineageTransport;
use crate::manifest::selection::{self, Selected};
pub use crate::product::RequiredSecret;
use crate::product::{Check, ColumnType, Export, Layer, Materialization, OUTPUT_FOLDER};
use crate::word::{Identifier, InnerPath, Name, TraceUrl};

/// The version of the schema of compiled artifacts.
pub const VERSION: &str = "0.7.0";

/// A compiled product.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledArtifacts {
    /// The version of the schema.
    pub version: String,
    /// The product, and the environment that it was compiled for.
    pub metadata: Metadata,
    /// The configuration of the telemetry and of the lineage of the product's runs.
    pub observability: Observability,
    /// A warning for each plugin of the program that is not instrumented.
    pub instrumentation: Vec<InstrumentationWarning>,
    /// The sources, in the order of loading.
    pub sources: Vec<CompiledSource>,
    /// The models, in the order of building.
    pub models: Vec<CompiledModel>,
    /// The dbt project, if the product is one. `sources` and `models` are then empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dbt: Option<DbtProject>,
    /// The plugins that the manifest and the command line select.
    pub plugins: Vec<Selected>,
    /// The secrets that a run needs.
    pub secrets: Vec<RequiredSecret>,
}

/// The parts of a dbt project that are known before dbt reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbtProject {
    /// The name of the project. Orchestrators treat the project as one asset of this name.
    pub name: Identifier,
    /// The name of the project's profile.
    pub profile: String,
}

/// The product, and the environment of the compilation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The product's name.
    pub product_name: String,
    /// The product's version.
    pub product_version: String,
    /// The namespace of the product.
    pub namespace: String,
    /// The environment.
    pub environment: Mode,
    /// A description of the product.
    #[serde(serialize_with = "mask::all")]
    pub description: Option<String>,
    /// The owner of the product.
    #[serde(serialize_with = "mask::all")]
    pub owner: Option<String>,
}

/// The configuration of the telemetry and of the lineage of runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observability {
    /// The configuration of the telemetry runtime.
    pub telemetry: TelemetryConfig,
    /// Whether lineage is recorded.
    pub lineage: bool,
    /// The namespace of the jobs in lineage events.
    pub lineage_namespace: String,
    /// The destination of lineage events.
    pub lineage_endpoint: Option<String>,
    /// The transport of lineage events.
    pub lineage_transport: Option<LineageTransport>,
    /// The address of a trace in the telemetry backend, with `{trace_id}` in place of the id.
    pub trace_url: Option<TraceUrl>,
}

/// A source.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledSource {
    /// The name of the table.
    pub name: Identifier,
    /// The path of the CSV file.
    #[serde(serialize_with = "mask::all")]
    pub path: InnerPath,
    /// The columns of the table.
    pub columns: Vec<CompiledColumn>,
    /// The query that generates the CSV file if it does not exist.
    pub generate: Option<Query>,
    /// The ingestion plugin; `None` means `csv`.
    pub ingestion: Option<Name>,
    /// The checks of the source's rows.
    #[serde(serialize_with = "mask::all")]
    pub checks: Vec<Check>,
}

/// A column of a source.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledColumn {
    /// The column's name.
    pub name: Identifier,
    /// The type of the column's values.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// A model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledModel {
    /// The name of the table or view.
    pub name: Identifier,
    /// The layer of the model.
    pub layer: Layer,
    /// The form in which the query's result is stored.
    pub materialization: Materialization,
    /// The query.
    pub query: Query,
    /// The checks of the model's rows.
    #[serde(serialize_with = "mask::all")]
    pub checks: Vec<Check>,
    /// The external systems to which the rows are written.
    pub exports: Vec<Export>,
}

/// A query in which table names have replaced the references.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The file that contains the query.
    pub path: InnerPath,
    /// The assets that the query reads.
    pub depends_on: BTreeSet<String>,
    /// The SQL text, whose lines have the same numbers as in the file.
    #[serde(serialize_with = "mask::all")]
    pub sql: String,
}

impl Query {
    fn inputs(&self) -> impl Iterator<Item = &str> {
        self.depends_on.iter().map(String::as_str)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckedTable<'a> {
    pub(crate) name: &'a str,
    pub(crate) checks: &'a [Check],
}

impl<'a> CheckedTable<'a> {
    pub(crate) fn suite(self, name: &'a str) -> Suite<'a> {
        Suite { name, table: self.name, checks: self.checks }
    }
}

impl CompiledSource {
    pub(crate) fn checked(&self) -> CheckedTable<'_> {
        CheckedTable { name: &self.name, checks: &self.checks }
    }

    /// Returns the assets read by the query that generates the source's file.
    pub(crate) fn needs(&self) -> BTreeSet<&str> {
        self.generate.iter().flat_map(Query::inputs).collect()
    }

    pub(crate) fn columns(&self) -> Vec<Column<'_>> {
        let columns = self.columns.iter();
        columns.map(|column| Column { name: &column.name, kind: column.kind }).collect()
    }

    pub(crate) fn location(&self) -> &str {
        self.path.to_str().unwrap_or_default()
    }

    pub(crate) fn ingestion(&self) -> &str {
        self.ingestion.as_deref().unwrap_or("csv")
    }
}

impl CompiledModel {
    pub(crate) fn checked(&self) -> CheckedTable<'_> {
        CheckedTable { name: &self.name, checks: &self.checks }
    }

    pub(crate) fn needs(&self) -> BTreeSet<&str> {
        self.query.inputs().collect()
    }
}

impl CompiledArtifacts {
    pub(crate) fn checked(&self) -> impl Iterator<Item = CheckedTable<'_>> {
        let sources = self.sources.iter().map(CompiledSource::checked);
        let tables = sources.chain(self.models.iter().map(CompiledModel::checked));
        tables.filter(|table| !table.checks.is_empty())
    }

    /// Returns the selected plugins, with the lineage backends that the section `observability` adds or removes.
    pub(crate) fn selected(&self) -> Vec<Selected> {
        let Observability { lineage, lineage_transport, lineage_endpoint, .. } =
            &self.observability;
        let transport = lineage_transport.filter(|_| *lineage);
        let endpoint = lineage_endpoint.as_deref();
        selection::with_lineage(self.plugins.clone(), *lineage, transport, endpoint)
    }

    pub(crate) fn product(&self) -> product::Product<'_> {
        let sources = self.sources.iter().map(|source| product::Source {
            name: &source.name,
            location: source.location(),
            columns: source.columns(),
            depends_on: source.generate.iter().flat_map(Query::inputs).collect(),
            checks: &source.checks,
        });
        let models = self.models.iter().map(|model| product::Model {
            name: &model.name,
            layer: model.layer.as_str(),
            materialization: model.materialization.as_str(),
            depends_on: model.query.inputs().collect(),
            checks: &model.checks,
            columns: Vec::new(),
        });
        let of_dbt = self.dbt.iter().map(|project| product::Model {
            name: &project.name,
            layer: "dbt",
            materialization: "dbt",
            depends_on: Vec::new(),
            checks: &[],
            columns: Vec::new(),
        });
        product::Product {
            namespace: &self.metadata.namespace,
            name: &self.metadata.product_name,
            version: &self.metadata.product_version,
            environment: self.metadata.environment.as_str(),
            sources: sources.collect(),
            models: models.chain(of_dbt).collect(),
        }
    }

    /// Reads and validates a file.
    ///
    /// # Errors
    /// The file cannot be read, is not valid, or has another version; the error names the place.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(path, &yaml::text(path)?)
    }

    /// Parses and validates the text of a file. `path` is the path in errors.
    ///
    /// # Errors
    /// The text is not valid, or of another version; the error names the place.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let refused = |error: serde_json::Error| {
            let place = Place::file(path).line(error.line() as u64);
            Error::input(place, format!("these are not compiled artifacts: {error}"))
        };
        let Versioned { version } = serde_json::from_str(text).map_err(refused)?;
        if version != VERSION {
            let message = format!(
                "expected artifacts of version {VERSION}, found `{version}`; compile the product again"
            );
            return Err(Error::input(Place::file(path), message));
        }
        let artifacts: Self = serde_json::from_str(text).map_err(refused)?;
        let refused = |message: &dyn Display| {
            let message = format!("observability.telemetry: {message}");
            Error::input(Place::file(path), message)
        };
        let telemetry = &artifacts.observability.telemetry;
        telemetry.validate().map_err(|error| refused(&error))?;
        backend::find(&telemetry.backend).map_err(|error| refused(&error))?;
        if identity(&telemetry.resource_attributes).is_none() {
            return Err(refused(
                &"resource_attributes: expected `floe_namespace`, `floe_product_name`, `floe_product_version` and `floe_mode`, found not all of them",
            ));
        }
        mask::refuse(&artifacts, path)?;
        Ok(artifacts)
    }
}

/// Returns the identity of the product, if the attributes contain all of it.
pub(crate) fn identity(resource: &ResourceAttributes) -> Option<FloeSpanAttributes> {
    Some(FloeSpanAttributes::new(
        resource.floe_namespace.as_ref()?,
        resource.floe_product_name.as_ref()?,
        resource.floe_product_version.as_ref()?,
        resource.floe_mode?,
    ))
}

#[derive(Deserialize)]
struct Versioned {
    version: String,
}

/// Returns the default path of a product's artifacts.
pub fn default_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("compiled_artifacts.json")
}
