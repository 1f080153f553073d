//! Generates the CSV file of a source from a query, for products that ship without data.

use std::io::{self, Write};
use std::path::Path;

use floe_plugin::PluginType;
use floe_telemetry::traced;
use rusqlite::Statement;
use rusqlite::types::ValueRef;

use super::outcome::Failure;
use super::run::Run;
use crate::artifacts::Query;
use crate::atomic::{self, Access};
use crate::engine::QueryError;
use crate::place::Place;
use crate::plugins::BuiltIn;

const TRACER_NAME: &str = "floe.storage.local";

floe_plugin::plugin!(BuiltIn {
    kind: PluginType::Storage,
    name: "local",
    tracer_name: TRACER_NAME,
    description: "stores files in the product's folder",
});

/// Replaces the file with the result of the query. The file is unchanged if the query fails.
#[traced(
    name = "dagster.io.write",
    tracer = TRACER_NAME,
    attributes("file.path" = %path.display())
)]
pub(super) fn write(query: &Query, path: &Path, run: &Run<'_>) -> Result<(), Failure> {
    let origin = run.folder.join(&*query.path);
    let file = run.folder.join(path);
    let explain = |error: rusqlite::Error| Failure::of_query(error, &origin, 0);
    let mut statement = run.warehouse.prepare(&query.sql).map_err(explain)?;
    if !statement.readonly() || statement.column_count() == 0 {
        let message = "found a statement that is not a query, accepted: one SELECT";
        return Err(QueryError::new(Place::file(&origin), message).into());
    }
    let mut refused = None;
    let written = atomic::write(&file, Access::Private, |output| {
        copy(&mut statement, output).map_err(|error| match error {
            Stopped::Engine(error) => {
                refused = Some(explain(error));
                io::Error::other("the query failed")
            }
            Stopped::Output(error) => error,
        })
    });
    match refused {
        Some(failure) => Err(failure),
        None => Ok(written?),
    }
}

/// An error of [`copy`]: reading from the engine failed, or writing to the file.
enum Stopped {
    Engine(rusqlite::Error),
    Output(io::Error),
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<csv::Error> for Stopped {
    fn from(error: csv::Error) -> Self {
        Self::Output(error.into())
    }
}

fn copy(statement: &mut Statement<'_>, output: &mut dyn Write) -> Result<(), Stopped> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record(statement.column_names())?;
    let columns = statement.column_count();
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => writer.write_field("")?,
                ValueRef::Integer(value) => writer.write_field(value.to_string())?,
                ValueRef::Real(value) => writer.write_field(value.to_string())?,
                ValueRef::Text(value) | ValueRef::Blob(value) => writer.write_field(value)?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush().map_err(Stopped::Output)
}
