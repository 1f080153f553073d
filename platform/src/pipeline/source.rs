//! A source: loads the data of an ingestion plugin into a table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use floe_plugin::ingestion::{IngestionEngine, IngestionOutcome, Load};
use floe_plugin::table::{RowSink, Value};
use floe_plugin::{Error as PluginError, ErrorKind, PluginType};
use floe_plugins::error::Error;
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_plugins::runs::run_id::RunId;
use floe_suggest::all_of;
use floe_telemetry::sanitize_error_message;

use super::outcome::{self, Failure, QueryError};
use super::run::{AssetRun, Run};
use super::{checks, metrics};
use crate::artifacts::{CompiledSource, Query};
use crate::plugins::active::Active;
use crate::product::{self, Product, missing_file};
use crate::word::InnerPath;

/// The query that generates the file of the source, and the missing file. An existing file is always kept: if it is no
/// CSV, reading it fails.
pub(super) fn to_generate<'a>(
    source: &'a CompiledSource,
    run: &Run<'_>,
) -> Result<Option<(&'a Query, &'a Path)>, Failure> {
    let Some(query) = &source.generate else {
        return Ok(None);
    };
    let path = &source.path;
    let file = check_path(path, run)?;
    if fs::symlink_metadata(&file).is_ok() {
        return Ok(None);
    }
    confine::check_file(run.folder(), path)?;
    Ok(Some((query, path)))
}

/// Loads the source in the current span, which is the asset's span. `generated` is whether its file could be generated.
pub(super) fn build(
    source: &CompiledSource,
    generated: Result<(), Failure>,
    run: &Run<'_>,
    run_id: &RunId,
) -> Result<u64, Failure> {
    let key = &*source.name;
    let inputs = source.generate.as_ref().map(|query| &query.depends_on);
    run.link(key, inputs.unwrap_or(&BTreeSet::new()));
    let job = format!("{}.{key}", run.identity.name);
    let lineage = AssetRun {
        key,
        job: &job,
        run_id,
        is_source: true,
        sql: source.generate.as_ref().map(|query| &*query.sql),
        inputs: inputs.into_iter().flatten().map(String::as_str).collect(),
    };
    run.lineage_of_start(&lineage)?;
    let load = || generated.and_then(|()| load(source, run));
    let built = run
        .orchestration
        .write(key, load)
        .and_then(|rows| checks::check(source.checked(), run).map(|()| rows));
    let outcome = IngestionOutcome {
        success: built.is_ok(),
        rows_loaded: built.as_ref().ok().copied(),
        ..IngestionOutcome::default()
    };
    let rows = built.as_ref().map(|rows| Some(*rows));
    outcome::record(key, run.orchestration, rows, &outcome);
    run.lineage_of_end(&lineage, &built)?;
    built
}

/// The path of the source's file, which must be inside the product.
fn check_path(path: &InnerPath, run: &Run<'_>) -> Result<PathBuf, Error> {
    let file = run.folder().join(&**path);
    confine::check(run.folder(), path)
        .map_err(|message| Error::input(Place::file(&file), message))?;
    Ok(file)
}

fn load(source: &CompiledSource, run: &Run<'_>) -> Result<u64, Failure> {
    let loaded = load_file(source, run);
    match &loaded {
        Ok(_) => metrics::checked(source, true),
        Err(Failure::Query(_)) => metrics::checked(source, false),
        Err(Failure::Stop(_)) => {}
    }
    loaded
}

fn load_file(source: &CompiledSource, run: &Run<'_>) -> Result<u64, Failure> {
    let path = &source.path;
    let file = check_path(path, run)?;
    if !file.exists() {
        let error = PluginError::new(ErrorKind::InvalidInput, missing_file(path));
        let error = error.in_domain("ingestion");
        return Err(missing(source, run, &error));
    }
    let tool = run.plugins.named::<dyn IngestionEngine>(source.ingestion())?;
    let columns = source.columns();
    let load = Load {
        table: &source.name,
        columns: &columns,
        folder: run.folder(),
        location: source.location(),
    };
    run.replace(&source.name)?;
    let mut warehouse = run.warehouse.borrow_mut();
    let loaded = warehouse.load(&source.name, &columns, &mut |rows| {
        let mut rows = Guarded { rows, table: &source.name, file: &file, plugins: run.plugins };
        tool.run(&load, &mut rows).map(drop)
    });
    loaded.map_err(|error| {
        if error.kind().is_of_input() {
            return Failure::of_data(error, tool.name(), run.folder());
        }
        Error::of_plugin(PluginType::Ingestion, tool.name(), error).into()
    })
}

/// The failure of a source without its file, at its place in the specification unless that has changed since the
/// compilation.
fn missing(source: &CompiledSource, run: &Run<'_>, error: &PluginError) -> Failure {
    let file = product::spec_path(run.folder());
    let written = Product::read(run.folder()).ok();
    let mut sources = written.iter().flat_map(|product| &product.sources);
    let found = sources.find(|it| it.name.value == source.name);
    let place = match found {
        Some(found) => Place::yaml(&file, found.path.position),
        None => Place::file(&file),
    };
    Failure::Query(QueryError::new(place, error))
}

/// Stops at a signal, and warns about unread columns.
struct Guarded<'a> {
    rows: &'a mut dyn RowSink,
    table: &'a str,
    file: &'a Path,
    plugins: &'a Active,
}

impl RowSink for Guarded<'_> {
    fn ignored(&mut self, names: &[&str]) {
        let place = Place::file(self.file).redacted();
        let (names, table) = (all_of(names), self.table);
        let message = format!("columns that `{table}` does not have are not read: {names}");
        let message = sanitize_error_message(&message);
        tracing::warn!(asset = table, "{place}: {message}");
        self.plugins.warn(format!("{place}: {message}"));
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), floe_plugin::Error> {
        interrupt::check().map_err(Error::into_plugin)?;
        self.rows.row(values)
    }
}
