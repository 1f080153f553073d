//! The embedded engine: `SQLite`.

use std::path::Path;

use floe_plugin::compute::{ComputeEngine, Database, Materialize};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::interrupt;
use crate::sql::quoted_name;

floe_plugin::plugin! {
    kind: ComputeEngine,
    plugin: Sqlite,
    name: "sqlite",
    tracer: "floe.compute.sqlite",
    api: "1.0",
    description: "runs models on an embedded SQLite",
}

/// An embedded `SQLite`. It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sqlite {}

impl Lifecycle for Sqlite {}

impl ComputeEngine for Sqlite {
    fn system_name(&self) -> &'static str {
        "sqlite"
    }

    fn create_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        let connection = create(file).map_err(|error| explain(error, 0))?;
        Ok(Box::new(SqliteDatabase { connection }))
    }

    fn open_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        let connection = open(file).map_err(|error| explain(error, 0))?;
        Ok(Box::new(SqliteDatabase { connection }))
    }

    fn generate_profile(&self, file: &Path, target: &str) -> Result<serde_json::Value, Error> {
        let Some(folder) = file.parent().filter(|_| file.extension().is_some()) else {
            let message = "found a database without a folder, accepted: the path of a file";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        };
        Ok(serde_json::json!({
            "type": "sqlite",
            "threads": 1,
            "database": target,
            "schema": "main",
            "schemas_and_paths": { "main": file },
            "schema_directory": folder,
        }))
    }
}

#[derive(Debug)]
struct SqliteDatabase {
    connection: Connection,
}

/// The number of the engine's instructions between two checks for a signal: less than a millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// Creates a database for one writer.
fn create(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    // The database is a draft that is discarded after a crash, so a journal is not needed.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    prepare(&mut connection)?;
    Ok(connection)
}

/// Opens a database that exists. Its journal restores it if the process is killed, and the next one continues.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA synchronous = OFF;")?;
    prepare(&mut connection)?;
    Ok(connection)
}

/// Sets what every connection needs, and checks that the engine runs a query.
fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(interrupt::is_requested))?;
    // Otherwise SQLite treats an unknown column in double quotes as a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))
}

impl Database for SqliteDatabase {
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let failed = |error| explain(error, 0);
        let name = quoted_name(table);
        let described: Vec<String> = columns
            .iter()
            .map(|column| format!("{} {}", quoted_name(column.name), storage(column.kind)))
            .collect();
        let statement = format!("CREATE TABLE {name} ({})", described.join(", "));
        self.connection.execute_batch(&statement).map_err(failed)?;
        self.connection.execute_batch("BEGIN").map_err(failed)?;
        let filled = self.insert(&name, columns.len(), fill);
        // Without a journal nothing can be rolled back.
        self.connection.execute_batch("COMMIT").map_err(failed)?;
        if filled.is_err() {
            let statement = format!("DROP TABLE {name}");
            self.connection.execute_batch(&statement).map_err(failed)?;
        }
        filled
    }

    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        let kind = if model.is_view { "view" } else { "table" };
        let name = quoted_name(model.name);
        let create = format!("CREATE {kind} {name} AS ");
        let statement = format!("{create}{}", model.sql);
        // SQLite resolves a view when it is queried: counting its rows reports mistakes here and not in the
        // first model that reads the view.
        let count = format!("SELECT count(*) FROM {name}");
        self.connection
            .execute(&statement, ())
            .and_then(|_| self.connection.query_row(&count, (), |row| row.get(0)))
            .map(i64::unsigned_abs)
            .map_err(|error| explain(error, create.len()))
    }

    fn remove(&mut self, table: &str) -> Result<bool, Error> {
        let failed = |error| explain(error, 0);
        // A table cannot be dropped as a view, nor a view as a table.
        let query = "SELECT type FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')";
        let kind: Result<String, _> = self.connection.query_row(query, [table], |row| row.get(0));
        let kind = match kind {
            Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(false),
            found => found.map_err(failed)?,
        };
        let statement = format!("DROP {kind} \"{table}\"");
        self.connection.execute_batch(&statement).map_err(failed)?;
        Ok(true)
    }

    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        let failed = |error| explain(error, 0);
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        if !statement.readonly() || statement.column_count() == 0 {
            let message = "found a statement that is not a query, accepted: one SELECT";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let names: Vec<&str> = statement.column_names().collect();
        rows.columns(&names)?;
        let columns = statement.column_count();
        let mut found = statement.query(()).map_err(failed)?;
        while let Some(row) = found.next().map_err(failed)? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(value(row.get_ref(column).map_err(failed)?));
            }
            rows.row(&values)?;
        }
        Ok(())
    }
}

impl SqliteDatabase {
    /// `table` is quoted.
    fn insert(
        &self,
        table: &str,
        columns: usize,
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let marks = vec!["?"; columns].join(", ");
        let statement = format!("INSERT INTO {table} VALUES ({marks})");
        let statement = self.connection.prepare(&statement);
        let mut inserter = Inserter {
            statement: statement.map_err(|error| explain(error, 0))?,
            rows: 0,
        };
        fill(&mut inserter)?;
        Ok(inserter.rows)
    }
}

struct Inserter<'a> {
    statement: Statement<'a>,
    rows: u64,
}

impl RowSink for Inserter<'_> {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        for (index, value) in values.iter().enumerate() {
            self.statement
                .raw_bind_parameter(index + 1, Bound(*value))
                .map_err(|error| explain(error, 0))?;
        }
        let inserted = self.statement.raw_execute();
        inserted.map_err(|error| explain(error, 0))?;
        self.rows += 1;
        Ok(())
    }
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Integer(value) => ValueRef::Integer(value),
            Value::Real(value) => ValueRef::Real(value),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            _ => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

fn value(value: ValueRef<'_>) -> Value<'_> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text),
            Err(_) => Value::Bytes(text),
        },
    }
}

fn storage(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "INTEGER",
        ColumnType::Real => "REAL",
        _ => "TEXT",
    }
}

/// The error of a statement whose query starts `prefix` bytes into it.
fn explain(error: rusqlite::Error, prefix: usize) -> Error {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::OutOfMemory,
        ) => return Error::new(ErrorKind::System, error.to_string()).with_source(error),
        Some(ErrorCode::OperationInterrupted) => {
            return Error::new(ErrorKind::Interrupted, error.to_string()).with_source(error);
        }
        _ => {}
    }
    match &error {
        // The error's own text contains the whole statement with all of its literals.
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            let wrong = Error::new(ErrorKind::InvalidInput, msg);
            let offset = usize::try_from(*offset).ok();
            match offset.and_then(|at| at.checked_sub(prefix)) {
                Some(offset) => wrong.at_offset(offset),
                None => wrong,
            }
        }
        rusqlite::Error::MultipleStatement => Error::new(
            ErrorKind::InvalidInput,
            "found more than one statement, accepted: one SELECT",
        ),
        rusqlite::Error::SqliteFailure(_, Some(message)) => {
            Error::new(ErrorKind::InvalidInput, message)
        }
        other => Error::new(ErrorKind::InvalidInput, other.to_string()),
    }
}
