//! The table of an existing database, or of another product, that a source reads. It is copied: a view would read other
//! rows at another time, a database file has to be complete without others, and a run of the other product would remove
//! views of its tables.

use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::compute::{SourceTable as Attributes, TableCopy};
use floe_plugin::{Error as PluginError, ErrorKind};
use floe_plugins::error::Error;
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_telemetry::{get_current_span, sanitize_credentials};

use super::history::{self, Record};
use super::outcome::{Failure, QueryError};
use super::run::Run;
use crate::artifacts::{CompiledSource, SourceProduct, SourceTable};
use crate::product::{self, Product, warehouse_path};

/// The schema of tables in files, unless another one is written.
const MAIN: &str = "main";

/// Copies the table into the warehouse.
pub(super) fn copy(
    source: &CompiledSource,
    table: &SourceTable,
    run: &Run<'_>,
) -> Result<u64, Failure> {
    let columns = source.columns();
    let database = database(table, run).map_err(|message| {
        let error = PluginError::new(ErrorKind::InvalidInput, message).in_domain("compute");
        failed(source, run, &error, [Key::Database, Key::Product])
    })?;
    run.replace(&source.name)?;
    let copied = run.warehouse.borrow_mut().copy(&TableCopy {
        name: &source.name,
        database: database.as_deref(),
        schema: table.name.schema(),
        table: table.name.table(),
        columns: &columns,
    });
    if copied.is_ok() && columns.is_empty() {
        run.read_columns(&source.name);
    }
    copied.map_err(|error| {
        if !error.kind().is_of_input() {
            return Error::from_plugin(error).into();
        }
        let error = match (&table.product, error.kind()) {
            (Some(product), ErrorKind::UnknownName) => {
                let message = format!("{error}; {}", builds(product, run));
                error.with_message(message)
            }
            _ => error,
        };
        failed(source, run, &error, [Key::Table, Key::Product])
    })
}

/// A key of a source.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Database,
    Path,
    Product,
    Table,
}

/// The failure of a source at the first of these keys that it has, unless the specification has changed since it was
/// compiled.
pub(super) fn failed<const N: usize>(
    source: &CompiledSource,
    run: &Run<'_>,
    error: &PluginError,
    keys: [Key; N],
) -> Failure {
    let file = product::spec_path(run.folder());
    let written = Product::read(run.folder()).ok();
    let mut sources = written.iter().flat_map(|product| &product.sources);
    let found = sources.find(|it| it.name.value == source.name);
    let position = found.and_then(|found| {
        let position = |key| match key {
            Key::Database => found.database.as_ref().map(|it| it.position),
            Key::Path => found.path.as_ref().map(|it| it.position),
            Key::Product => found.product.as_ref().map(|it| it.position),
            Key::Table => found.table.as_ref().map(|it| it.position),
        };
        keys.into_iter().find_map(position)
    });
    let place = match position {
        Some(position) => Place::yaml(&file, position),
        None => Place::file(&file),
    };
    Failure::Query(QueryError::new(place, error))
}

/// What has to be done for a table of another product.
fn builds(product: &SourceProduct, run: &Run<'_>) -> String {
    let folder = run.folder().join(&*product.path);
    let folder = folder.strip_prefix(".").unwrap_or(&folder);
    format!("`floe run {}` builds the tables of `{}`", folder.display(), product.name)
}

/// The file of the database, which exists; `None` if the table is in the server of the warehouse.
fn database(table: &SourceTable, run: &Run<'_>) -> Result<Option<PathBuf>, String> {
    let Some(path) = &table.database else {
        return Ok(None);
    };
    let path = run.folder().join(&**path);
    if let Some(product) = &table.product {
        // A product is contained in its folder.
        let folder = run.folder().join(&*product.path);
        confine::check(&folder, &warehouse_path(Path::new("")))?;
    }
    if path.is_file() {
        return Ok(Some(path));
    }
    let missing = format!("expected a database, found no file `{}`", path.display());
    Err(match &table.product {
        Some(product) => format!("{missing}; {}", builds(product, run)),
        None => missing,
    })
}

/// Records on the span of the asset what it reads, and links to the run of the other product that has published it.
pub(super) fn link(table: &SourceTable, run: &Run<'_>) {
    let span = get_current_span();
    let product = table.product.as_ref();
    let published = product.and_then(|product| published(product, table.name.table(), run));
    span.set_attributes(&Attributes {
        table: &table.name,
        db_path: table.database.as_deref().and_then(Path::to_str),
        namespace: product.map(|it| &*it.namespace),
        product: product.map(|it| &*it.name),
        version: product.map(|it| &*it.version),
        run_id: published.as_ref().and_then(|it| it.run_id.as_deref()),
    });
    if let Some(context) = published.and_then(|record| record.span_context()) {
        span.add_link(context);
    }
}

/// The last run of another product that has published a table. What another host has run is known if its server answers;
/// the source is the same without.
fn published(product: &SourceProduct, table: &str, run: &Run<'_>) -> Option<Record> {
    let is_server = run.server().is_some();
    let other = run.identity.of_other(&product.path).ok().filter(|_| is_server);
    let shared = other.and_then(|(other, manifest)| history::shared(&other, &manifest).ok());
    let folder = run.folder().join(&*product.path);
    history::last_with(&folder, shared.unwrap_or_default(), table)
}

/// The namespace and the name of the table in the lineage of those who write it. A table of another product has those that
/// its own events have, one of a database those of dbt's events.
pub(super) fn dataset(table: &SourceTable, run: &Run<'_>) -> (String, String) {
    let name = &table.name;
    if let Some(product) = &table.product {
        return (product.namespace.clone(), name.table().to_owned());
    }
    if let Some(server) = run.server() {
        return (server.namespace, format!("{}.{name}", server.database));
    }
    let path = table.database.as_deref().unwrap_or(Path::new(""));
    let path = run.folder().join(path);
    let path = fs::canonicalize(&path).unwrap_or(path);
    let system = run.warehouse.borrow().system_name().to_owned();
    let database = path.file_stem().unwrap_or_default().to_string_lossy();
    let (schema, table) = (name.schema().unwrap_or(MAIN), name.table());
    let safe = |text: String| sanitize_credentials(&text).into_owned();
    (safe(format!("{system}://{}", path.display())), safe(format!("{database}.{schema}.{table}")))
}
