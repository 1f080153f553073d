//! `floe.yaml`: the specification of a data product.
//!
//! Paths are relative to the product's folder. A model's SQL is in `models/<name>.sql`.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub use floe_plugin::quality::Check;
pub use floe_plugin::table::ColumnType;
use floe_plugins::error::{Error, reason};
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_telemetry::config::yaml::Spanned;
use serde::{Deserialize, Serialize};

use crate::word::{Identifier, InnerPath, Name, Version};
use floe_plugins::files::yaml;

/// The name of the file in a product's folder.
pub const FILE_NAME: &str = "floe.yaml";

/// The name of the folder, in a product's folder, to which the program writes its files.
pub const OUTPUT_FOLDER: &str = ".floe";

/// The contents of `floe.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The product's name, of lower-case letters, digits and hyphens.
    pub name: Spanned<Name>,
    /// The product's version.
    pub version: Version,
    /// A description of the product.
    pub description: Option<String>,
    /// The owner of the product.
    pub owner: Option<String>,
    /// The sources of the product.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The models of the product.
    #[serde(default)]
    pub models: Vec<Model>,
    /// The secrets that the product's runs need.
    #[serde(default)]
    pub secrets: Vec<RequiredSecret>,
}

/// The fields of `dbt_project.yml` that `floe` uses.
#[derive(Debug, Deserialize)]
pub struct DbtProjectFile {
    /// The name of the project.
    pub name: Spanned<Identifier>,
    /// The name of the project's profile.
    pub profile: Option<String>,
}

impl DbtProjectFile {
    /// Reads the file in a product's folder. Returns `None` if the product is not a dbt project.
    ///
    /// # Errors
    /// The file cannot be read or is not valid; the error names the place.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let inner = Path::new("dbt_project.yml");
        if !folder.join(inner).is_file() {
            return Ok(None);
        }
        yaml::read(&confine::input(folder, inner)?).map(Some)
    }
}

/// A secret that the runs of a product read from the stores that the manifest selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredSecret {
    /// The key in the store.
    pub key: String,
    /// Whether a run continues without the secret.
    #[serde(default)]
    pub optional: bool,
}

/// A CSV file whose rows are loaded into a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The table's name.
    pub name: Spanned<Identifier>,
    /// A description of the table.
    pub description: Option<String>,
    /// The CSV file, with a header line.
    pub path: Spanned<InnerPath>,
    /// A query that generates the CSV file if it does not exist.
    pub generate: Option<Spanned<InnerPath>>,
    /// The ingestion plugin that reads the file. Default: `csv`.
    pub ingestion: Option<Name>,
    /// The columns, in the order of the table. The file may have them in any order.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// The checks of the rows.
    #[serde(default)]
    pub checks: Vec<Spanned<Check>>,
}

/// A column of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name of the column in the table and in the file's header line.
    pub name: Spanned<Identifier>,
    /// The type of the values. An empty value is null.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// A query whose result is stored as a table or a view.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The table's name; the query is in `models/<name>.sql`.
    pub name: Spanned<Identifier>,
    /// The layer of the model.
    pub layer: Spanned<Layer>,
    /// A description of the table.
    pub description: Option<String>,
    /// The form in which the result of the query is stored.
    #[serde(default)]
    pub materialization: Materialization,
    /// The checks of the rows.
    #[serde(default)]
    pub checks: Vec<Spanned<Check>>,
    /// The external systems to which the rows of a gold model are written.
    #[serde(default)]
    pub exports: Vec<Export>,
}

/// An external system to which the rows of a model are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The name of the ingestion plugin that writes the rows.
    pub plugin: String,
    /// The type of the external system.
    pub sink_type: String,
    /// The table or object in the external system.
    pub destination: String,
}

/// The layer of a model. A model may read models of its own layer and of lower layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Cleaned and renamed sources.
    Bronze,
    /// Joined and enriched data.
    Silver,
    /// Data for analysis.
    Gold,
}

impl Layer {
    /// Returns the name of the layer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The form in which the result of a model's query is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Materialization {
    /// The rows are stored.
    #[default]
    Table,
    /// The query runs whenever the model is read.
    View,
}

impl Materialization {
    /// Returns the keyword in the engine's `CREATE` statement.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }
}

impl Product {
    /// Reads the specification in the product's folder.
    ///
    /// # Errors
    /// The file cannot be read or is not valid; the error names the place.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        check_folder(folder, "a folder with a floe.yaml")?;
        yaml::read(&confine::input(folder, Path::new(FILE_NAME))?)
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = (&Identifier, &Spanned<Check>)> {
        let sources = self.sources.iter().map(|it| (&it.name, &it.checks));
        let models = self.models.iter().map(|it| (&it.name, &it.checks));
        let assets = sources.chain(models);
        assets.flat_map(|(name, checks)| checks.iter().map(|check| (&name.value, check)))
    }
}

pub(crate) fn check_folder(folder: &Path, accepted: &str) -> Result<(), Error> {
    let found = match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => "it is not a folder".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            "there is no such folder".to_owned()
        }
        Err(error) => format!("cannot read it: {}", reason(&error)),
    };
    let message = format!("{found}, expected {accepted}");
    Err(Error::input(Place::file(folder), message))
}

pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io("resolve", path))
}

/// Opens a file of the output folder to lock it.
pub(crate) fn open_lock(folder: &Path, name: &str) -> Result<File, Error> {
    let inner = Path::new(OUTPUT_FOLDER).join(name);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    confine::open(folder, &inner, &mut options)
}

/// Checks the folder to which the program writes its files. It need not exist yet.
pub(crate) fn check_output_folder(folder: &Path) -> Result<(), Error> {
    confine::check_folder(folder, Path::new(OUTPUT_FOLDER))
}

/// Returns the path of the specification in a product's folder.
pub fn spec_path(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// Returns the path of a product's database.
pub fn warehouse_path(folder: &Path) -> PathBuf {
    folder.join(OUTPUT_FOLDER).join("warehouse.db")
}
