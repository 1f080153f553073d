//! A data product, for plugins that generate files from it.

use crate::check::Check;
use crate::table::Column;

/// A data product: its sources and models, each after its dependencies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Product<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The name: lower-case letters, digits and hyphens.
    pub name: &'a str,
    /// The version.
    pub version: &'a str,
    /// `dev`, `staging` or `prod`.
    pub environment: &'a str,
    /// The sources.
    pub sources: Vec<Source<'a>>,
    /// The models.
    pub models: Vec<Model<'a>>,
}

/// Data that is loaded into a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source<'a> {
    /// The name of the table.
    pub name: &'a str,
    /// The location of the data: a path in the product's folder, or a location that the ingestion tool understands.
    pub location: &'a str,
    /// The columns of the table; empty if they are not known.
    pub columns: Vec<Column<'a>>,
    /// The assets from which the data is generated if it does not exist.
    pub depends_on: Vec<&'a str>,
    /// The checks of the table.
    pub checks: &'a [Check],
}

/// A query whose result is stored as a table or a view, or a whole dbt project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model<'a> {
    /// The name of the table.
    pub name: &'a str,
    /// `bronze`, `silver` or `gold`; `dbt` for a dbt project.
    pub layer: &'a str,
    /// `table` or `view`; `dbt` for a dbt project.
    pub materialization: &'a str,
    /// The sources and models that the query reads.
    pub depends_on: Vec<&'a str>,
    /// The checks of the table.
    pub checks: &'a [Check],
    /// The columns of its table; empty before the table is built.
    pub columns: Vec<Column<'a>>,
}
