//! A source: loads the data of an ingestion plugin into a table. A query may generate the file if it is missing.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use floe_plugin::compute::Session;
use floe_plugin::ingestion::{IngestionEngine, Load};
use floe_plugin::table::{RowSink, Value};
use floe_plugin::{Error as PluginError, ErrorKind, PluginType};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::files::confine;
use floe_plugins::place::Place;
use floe_plugins::process::interrupt;
use floe_telemetry::config::suggest::all_of;
use floe_telemetry::{sanitize_error_message, traced};

use super::outcome::{Failure, QueryError};
use super::run::{Run, TRACER_NAME, Tables};
use crate::artifacts::{CompiledSource, Query};
use crate::plugins::active::Active;
use crate::product;

/// Returns the query that generates the source's file, and the path of the file; `None` if no query does, or if the
/// file exists. An existing file is always kept, even if it is not CSV and cannot be loaded.
pub(super) fn to_generate<'a>(
    source: &'a CompiledSource,
    run: &Run<'_>,
) -> Result<Option<(&'a Query, &'a Path)>, Failure> {
    let Some(query) = &source.generate else {
        return Ok(None);
    };
    let path = &source.path;
    let file = confine::input(run.folder(), path)?;
    if fs::symlink_metadata(&file).is_ok() {
        return Ok(None);
    }
    confine::check_file(run.folder(), path)?;
    Ok(Some((query, path)))
}

pub(super) fn load(
    source: &CompiledSource,
    run: &Run<'_>,
    tables: &mut Tables,
) -> Result<u64, Failure> {
    let path = &source.path;
    let file = confine::input(run.folder(), path)?;
    if !file.exists() {
        return Err(missing(source, run));
    }
    let tool = run.plugins.find::<dyn IngestionEngine>(source.ingestion())?;
    let columns = source.columns();
    let load = Load {
        table: &source.name,
        columns: &columns,
        folder: run.folder(),
        location: source.location(),
    };
    run.replace(&source.name, &mut tables.session)?;
    let loaded = tables.session.load(&source.name, &columns, &mut |rows| {
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

/// Returns the failure of a source without its file, at the source's place in the specification if the specification
/// still contains the source.
fn missing(source: &CompiledSource, run: &Run<'_>) -> Failure {
    let message = format!(
        "there is no file `{}`, expected a CSV file, or `generate` with a query that creates it",
        source.path
    );
    let error = PluginError::new(ErrorKind::InvalidInput, message).in_domain("ingestion");
    let file = product::spec_path(run.folder());
    let mut sources = run.product.iter().flat_map(|product| &product.sources);
    let found = sources.find(|it| it.name.value == source.name);
    let place = Place::yaml(&file, found.map(|found| found.path.position));
    Failure::Query(QueryError::new(place, &error))
}

/// Passes rows on until a signal arrives, and warns about columns that are not read.
struct Guarded<'a> {
    rows: &'a mut dyn RowSink,
    table: &'a str,
    file: &'a Path,
    plugins: &'a Active,
}

impl RowSink for Guarded<'_> {
    fn ignored(&mut self, names: &[&str]) {
        let place = Place::file(self.file).redacted();
        let names = all_of(names);
        let table = self.table;
        let message = format!("columns that `{table}` does not list are not read: {names}");
        let message = sanitize_error_message(&message);
        tracing::warn!(asset = table, "{place}: {message}");
        self.plugins.warn(format!("{place}: {message}"));
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), floe_plugin::Error> {
        interrupt::check().map_err(Error::into_plugin)?;
        self.rows.row(values)
    }
}

/// Replaces the file with the result of the query. The file is unchanged if the query fails.
#[traced(
    name = "floe.input.generate",
    tracer = TRACER_NAME,
    attributes("file.path" = %path.display())
)]
pub(super) fn generate(
    query: &Query,
    path: &Path,
    run: &Run<'_>,
    tables: &mut Tables,
) -> Result<(), Failure> {
    let origin = run.folder().join(&*query.path);
    let file = run.folder().join(path);
    let mut refused = None;
    let written = atomic::write(&file, Access::Private, |output| {
        copy(&mut tables.session, &query.sql, output).map_err(|error| {
            match error.into_source::<csv::Error>() {
                Ok(error) => error.into(),
                Err(error) => {
                    refused = Some(error);
                    io::Error::other("the query failed")
                }
            }
        })
    });
    match refused {
        Some(error) => Err(Failure::of_query(error, &origin, &query.sql)),
        None => Ok(written?),
    }
}

pub(super) fn copy(
    session: &mut Session,
    sql: &str,
    output: &mut dyn Write,
) -> Result<(), floe_plugin::Error> {
    let mut lines = Lines(csv::Writer::from_writer(output));
    session.query(sql, &mut lines)?;
    lines.0.flush().map_err(|error| failed(error.into()))
}

struct Lines<'a>(csv::Writer<&'a mut dyn Write>);

impl RowSink for Lines<'_> {
    fn columns(&mut self, names: &[&str]) -> Result<(), floe_plugin::Error> {
        self.0.write_record(names).map_err(failed)
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), floe_plugin::Error> {
        interrupt::check().map_err(Error::into_plugin)?;
        for value in values {
            let written = match value {
                Value::Integer(value) => self.0.write_field(value.to_string()),
                Value::Real(value) => self.0.write_field(value.to_string()),
                Value::Text(text) => self.0.write_field(text),
                Value::Bytes(bytes) => self.0.write_field(bytes),
                _ => self.0.write_field(""),
            };
            written.map_err(failed)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(failed)
    }
}

fn failed(error: csv::Error) -> floe_plugin::Error {
    floe_plugin::Error::new(ErrorKind::System, error.to_string()).with_source(error)
}
