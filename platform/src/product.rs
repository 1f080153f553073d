//! `floe.yaml`: what a data product says about itself.
//!
//! Paths are relative to the product's folder. A model's SQL is in `models/<name>.sql`.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::error::Error;
use crate::place::Place;
use crate::word::{Identifier, InnerPath, Name, Version};
use crate::yaml;

/// The name of the file in a product's folder.
pub const FILE_NAME: &str = "floe.yaml";

/// The contents of `floe.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The product's name, lower case with hyphens.
    pub name: Spanned<Name>,
    /// The product's version.
    pub version: Version,
    /// What it is for.
    pub description: Option<String>,
    /// Whom to ask.
    pub owner: Option<String>,
    /// The data it starts from.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The data it makes.
    pub models: Vec<Model>,
}

/// A CSV file that becomes a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The table's name.
    pub name: Spanned<Identifier>,
    /// What it holds.
    pub description: Option<String>,
    /// The CSV file, with a header line.
    pub path: Spanned<InnerPath>,
    /// A query that makes the CSV file when it is missing.
    pub generate: Option<Spanned<InnerPath>>,
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
}

/// A column of a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the header line.
    pub name: Spanned<Identifier>,
    /// What its values are; an empty value of any type is a null.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction.
    Real,
    /// Any text.
    Text,
    /// `YYYY-MM-DD`.
    Date,
}

/// A query whose result becomes a table or a view.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The table's name; its query is in `models/<name>.sql`.
    pub name: Spanned<Identifier>,
    /// How refined it is.
    pub layer: Spanned<Layer>,
    /// What it holds.
    pub description: Option<String>,
    /// What becomes of its query.
    #[serde(default)]
    pub materialization: Materialization,
}

/// How refined a model is. A model may use models of its own layer and those below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A source, cleaned and renamed.
    Bronze,
    /// Several of them joined.
    Silver,
    /// What people ask for.
    Gold,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
        })
    }
}

/// What becomes of a model's query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Materialization {
    /// Its rows are stored.
    #[default]
    Table,
    /// It is asked again each time.
    View,
}

impl Materialization {
    /// The word of the engine's `CREATE` statement.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }
}

impl fmt::Display for Materialization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Product {
    /// Reads the product's file.
    ///
    /// # Errors
    /// When there is no such file, or it is not a product's; with the place.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let file = spec_path(folder);
        if !folder.is_dir() {
            let message = "there is no such folder; accepted: a folder with a floe.yaml";
            return Err(Error::input(Place::file(folder), message));
        }
        yaml::read(&file)
    }
}

/// The `floe.yaml` of a product's folder.
pub fn spec_path(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}
