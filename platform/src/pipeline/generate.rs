//! Writes the result of a query as CSV: the missing file of a source, or a published table.

use std::io::{self, Write};
use std::path::Path;

use floe_plugin::ErrorKind;
use floe_plugin::compute::Session;
use floe_plugin::table::{RowSink, Value};
use floe_plugins::error::Error;
use floe_plugins::files::atomic::{self, Access};
use floe_plugins::process::interrupt;
use floe_telemetry::traced;

use super::outcome::Failure;
use super::run::{Run, TRACER_NAME};
use crate::artifacts::Query;

/// Replaces the file with the result of the query. The file is unchanged if the query fails.
#[traced(
    name = "floe.input.generate",
    tracer = TRACER_NAME,
    attributes("file.path" = %path.display())
)]
pub(super) fn write(query: &Query, path: &Path, run: &Run<'_>) -> Result<(), Failure> {
    let origin = run.folder().join(&*query.path);
    let file = run.folder().join(path);
    let mut warehouse = run.warehouse.borrow_mut();
    let mut refused = None;
    let written = atomic::write(&file, Access::Private, |output| {
        copy(&mut warehouse, &query.sql, output).map_err(|error| {
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

/// Writes the result of a query as CSV with a header.
pub(super) fn copy(
    warehouse: &mut Session,
    sql: &str,
    output: &mut dyn Write,
) -> Result<(), floe_plugin::Error> {
    let mut lines = Lines(csv::Writer::from_writer(output));
    warehouse.query(sql, &mut lines)?;
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
