//! Models of Cube from the gold tables of a product.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use floe_plugin::product::{Model, Product};
use floe_plugin::quality::Check;
use floe_plugin::semantic::SemanticLayer;
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use serde::{Deserialize, Serialize};

use crate::error::Error as PlatformError;
use crate::files::atomic::{self, Access, GENERATED};
use crate::files::yaml;
use crate::sql::{identifier, quoted_name};

floe_plugin::plugin! {
    kind: SemanticLayer,
    plugin: Cube,
    name: "cube",
    tracer: "floe.semantic.cube",
    api: "1.0",
    description: "writes models of Cube",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cube {
    /// The schema of the tables in the data source of Cube.
    table_schema: Option<String>,
}

impl Lifecycle for Cube {}

impl SemanticLayer for Cube {
    fn sync(&self, product: &Product<'_>, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let gold = product.models.iter().filter(|model| model.layer == "gold");
        let definitions: Vec<Definition<'_>> =
            gold.map(|model| self.definition(model, product)).collect();
        let mut files = Vec::new();
        for definition in &definitions {
            let contents = ModelFile { cubes: [definition] };
            let yaml =
                yaml::write(&contents).map_err(|error| Error::new(ErrorKind::Other, error))?;
            let file = folder.join(format!("{}.yml", definition.name));
            atomic::replace(&file, Access::Public, |output| write!(output, "{GENERATED}{yaml}"))
                .map_err(PlatformError::into_plugin)?;
            files.push(file);
        }
        let is_obsolete = |path: &Path| !files.iter().any(|file| file == path);
        atomic::remove_generated(folder, "yml", is_obsolete).map_err(PlatformError::into_plugin)?;
        Ok(files)
    }
}

impl Cube {
    /// Returns the model of a table: a dimension for each column without braces in its name, and the number of rows as
    /// its only measure, because a product does not say which other numbers may be summed.
    fn definition<'a>(&self, model: &Model<'a>, product: &Product<'a>) -> Definition<'a> {
        let mut names = BTreeSet::new();
        let unique = model.checks.iter().find_map(|check| match check {
            Check::Unique(column) => Some(column.as_str()),
            _ => None,
        });
        // Cube treats braces as references.
        let columns = model.columns.iter().filter(|column| !column.name.contains(['{', '}']));
        let dimensions: Vec<Dimension> = columns
            .map(|column| Dimension {
                name: free(identifier(column.name), &mut names),
                sql: format!("{{CUBE}}.{}", reference(column.name)),
                kind: kind(column, product),
                primary_key: unique == Some(column.name),
            })
            .collect();
        let count = Measure { name: free("count".to_owned(), &mut names), kind: "count" };
        Definition {
            name: model.name,
            sql_table: match &self.table_schema {
                Some(schema) => format!("{schema}.{}", model.name),
                None => model.name.to_owned(),
            },
            dimensions,
            measures: [count],
        }
    }
}

#[derive(Serialize)]
struct ModelFile<'a> {
    cubes: [&'a Definition<'a>; 1],
}

#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    sql_table: String,
    dimensions: Vec<Dimension>,
    measures: [Measure; 1],
}

#[derive(Serialize)]
struct Dimension {
    name: String,
    sql: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    primary_key: bool,
}

#[derive(Serialize)]
struct Measure {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Returns a free name for a member. A taken name gets a number, because a model may have a column `count`.
fn free(name: String, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut candidates = [name.clone()].into_iter().chain(numbered);
    let free = candidates.find(|it| names.insert(it.clone()));
    free.unwrap_or(name)
}

/// Returns a column's name in SQL. A plain name stays unquoted, because databases quote differently.
fn reference(column: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if column.bytes().all(is_plain) && !column.starts_with(|it: char| it.is_ascii_digit()) {
        return column.to_owned();
    }
    quoted_name(column)
}

/// Returns the type of a column. A text is a time if a source has a date of that name, because an engine without dates
/// stores dates as text.
fn kind(column: &Column<'_>, product: &Product<'_>) -> &'static str {
    let is_date = |other: &Column<'_>| other.name == column.name && other.kind == ColumnType::Date;
    let mut of_sources = product.sources.iter().flat_map(|source| &source.columns);
    match column.kind {
        ColumnType::Integer | ColumnType::Real => "number",
        ColumnType::Date => "time",
        _ if of_sources.any(is_date) => "time",
        _ => "string",
    }
}
