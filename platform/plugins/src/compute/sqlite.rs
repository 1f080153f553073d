//! The embedded engine: `SQLite`.

use std::any::Any;
use std::path::Path;
use std::thread;
use std::time::Duration;

use floe_plugin::compute::{ComputeEngine, Database, Materialize, QueryEngine};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ffi};
use serde::Deserialize;

use crate::process::interrupt;
use crate::sql::quoted_name;

floe_plugin::plugin! {
    kind: QueryEngine,
    plugin: Sqlite,
    name: "sqlite",
    tracer: "floe.compute.sqlite",
    api: "1.0",
    description: "runs models on an embedded SQLite",
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sqlite {}

impl Lifecycle for Sqlite {}

impl ComputeEngine for Sqlite {
    fn validate_connection(&self, file: &Path) -> Result<(), Error> {
        super::file::check(file, "SQLite", |start| start.starts_with(b"SQLite format 3\0"))
    }
}

impl QueryEngine for Sqlite {
    fn system_name(&self) -> &'static str {
        "sqlite"
    }

    fn create_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        let created = Connection::open(file).and_then(set_up);
        Ok(Box::new(created.map_err(failed)?))
    }

    fn open_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        let opened = open(file).and_then(|connection| {
            // The file may be a copy of a database with a write-ahead log. A new log would keep data outside the file.
            connection.execute_batch("PRAGMA journal_mode = DELETE")?;
            resume(connection)
        });
        Ok(Box::new(opened.map_err(failed)?))
    }

    fn lock_database(&self, file: &Path) -> Result<Option<Box<dyn Any>>, Error> {
        if !file.exists() {
            return Ok(None);
        }
        match lock(file) {
            Ok(connection) => Ok(Some(Box::new(connection))),
            Err(error) if is_busy(&error) => Err(of_busy(&error, file)),
            // A damaged database is replaced without a lock.
            Err(error) if is_damaged(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

#[derive(Debug)]
struct SqliteDatabase {
    connection: Connection,
}

/// The number of the engine's instructions between two checks for a signal. They take less than a millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// Prepares a new database for one writer.
fn set_up(connection: Connection) -> rusqlite::Result<SqliteDatabase> {
    // The database is a draft that is discarded after a crash, so its journal need not be a file. Without any journal,
    // SQLite could not undo a failed statement.
    connection.execute_batch("PRAGMA journal_mode = MEMORY")?;
    resume(connection)
}

/// Prepares a connection, and checks that the engine runs a query. Writes are not synchronized to the disk: even so, a
/// journal in a file restores the database after a killed process.
fn resume(mut connection: Connection) -> rusqlite::Result<SqliteDatabase> {
    connection.execute_batch("PRAGMA synchronous = OFF")?;
    connection.progress_handler(INSTRUCTIONS, Some(interrupt::is_requested))?;
    connection.busy_handler(Some(wait))?;
    // Otherwise SQLite treats an unknown column in double quotes as a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
    Ok(SqliteDatabase { connection })
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_handler(Some(wait))?;
    Ok(connection)
}

/// Locks a database against writers, and moves its whole log into its file.
fn lock(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open(file)?;
    // This also undoes the changes of a killed program, which are in the journal.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // A connection in a transaction cannot move the log into the file, so another connection does. It reports the
    // number of pages in the log, and how many of them are in the file; both are -1 without a log.
    let other = open(file)?;
    let pages = || {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        other.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), row)
    };
    let mut attempts = 0;
    // SQLite does not move newer pages into the file while a reader uses the older ones.
    while let (all, written) = pages()?
        && all != written
    {
        if !wait(attempts) {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
        }
        attempts += 1;
    }
    Ok(connection)
}

/// The wait between two attempts to use a database that another process has locked.
const TICK: Duration = Duration::from_millis(20);

/// The maximum number of attempts. Together they take five seconds.
const ATTEMPTS: i32 = 250;

/// Waits before the next attempt to use a locked database. Returns `false` after the last attempt or a signal.
fn wait(attempts: i32) -> bool {
    thread::sleep(TICK);
    attempts < ATTEMPTS && !interrupt::is_requested()
}

impl Database for SqliteDatabase {
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let name = quoted_name(table);
        let statement = create_table(&name, columns);
        self.in_transaction(|it| {
            it.execute(&statement)?;
            it.insert(&name, columns.len(), fill)
        })
    }

    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        let kind = if model.is_view { "view" } else { "table" };
        let name = quoted_name(model.name);
        let create = format!("CREATE {kind} {name} AS ");
        let statement = format!("{create}{}", model.sql);
        // SQLite resolves a view when it is queried. Because the rows are counted, mistakes are reported here and not
        // in the first model that reads the view.
        let count = format!("SELECT count(*) FROM {name}");
        self.in_transaction(|it| {
            it.connection
                .execute(&statement, ())
                .and_then(|_| it.connection.query_row(&count, (), |row| row.get(0)))
                .map(i64::unsigned_abs)
                .map_err(|error| explain(&error, create.len()))
        })
    }

    fn remove(&mut self, table: &str) -> Result<(), Error> {
        // A table cannot be dropped as a view, nor a view as a table.
        let query = "SELECT type FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')";
        let kind: Result<String, _> = self.connection.query_row(query, [table], |row| row.get(0));
        let kind = match kind {
            Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(()),
            found => found.map_err(failed)?,
        };
        self.execute(&format!("DROP {kind} {}", quoted_name(table)))
    }

    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        if !statement.readonly() || statement.column_count() == 0 {
            let message = "expected one SELECT, found a statement that is not a query";
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
    /// Makes all changes of `run`, or none if `run` fails.
    fn in_transaction<T>(&self, run: impl FnOnce(&Self) -> Result<T, Error>) -> Result<T, Error> {
        self.execute("BEGIN")?;
        let result = run(self).and_then(|value| self.execute("COMMIT").map(|()| value));
        // SQLite has already rolled back if a signal interrupted it, or if the disk is full.
        if result.is_err() && !self.connection.is_autocommit() {
            self.execute("ROLLBACK")?;
        }
        result
    }

    fn execute(&self, statement: &str) -> Result<(), Error> {
        let executed = self.connection.execute_batch(statement);
        executed.map_err(failed)
    }

    /// Inserts rows. `table` is quoted.
    fn insert(
        &self,
        table: &str,
        columns: usize,
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let marks = vec!["?"; columns].join(", ");
        let statement = format!("INSERT INTO {table} VALUES ({marks})");
        let statement = self.connection.prepare(&statement);
        let mut inserter = Inserter { statement: statement.map_err(failed)?, rows: 0 };
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
            self.statement.raw_bind_parameter(index + 1, bound(*value)).map_err(failed)?;
        }
        let inserted = self.statement.raw_execute();
        inserted.map_err(failed)?;
        self.rows += 1;
        Ok(())
    }
}

fn bound(value: Value<'_>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Integer(value) => ValueRef::Integer(value),
        Value::Real(value) => ValueRef::Real(value),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
        _ => ValueRef::Null,
    })
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

/// Returns the statement that creates a table. `name` is quoted.
fn create_table(name: &str, columns: &[Column<'_>]) -> String {
    let described: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {}", quoted_name(column.name), storage(column.kind)))
        .collect();
    format!("CREATE TABLE {name} ({})", described.join(", "))
}

fn storage(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "INTEGER",
        ColumnType::Real => "REAL",
        _ => "TEXT",
    }
}

fn of_busy(error: &rusqlite::Error, file: &Path) -> Error {
    if interrupt::is_requested() {
        return interrupt::interrupted(error.to_string());
    }
    let file = file.display();
    let message = format!("`{file}`: another program has used it for more than five seconds");
    Error::new(ErrorKind::System, message)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to `map_err`")]
fn failed(error: rusqlite::Error) -> Error {
    explain(&error, 0)
}

/// Converts the error of a statement, in which the query begins after `prefix` bytes.
fn explain(error: &rusqlite::Error, prefix: usize) -> Error {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::OutOfMemory,
        ) => return Error::new(ErrorKind::System, format!("engine: {error}")),
        Some(ErrorCode::OperationInterrupted) => {
            return interrupt::interrupted(error.to_string());
        }
        _ => {}
    }
    match error {
        // `msg` is used, because the error's own text contains the whole statement with all of its literals.
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            let wrong = Error::new(kind_of_mistake(msg), msg);
            let offset = usize::try_from(*offset).ok();
            match offset.and_then(|at| at.checked_sub(prefix)) {
                Some(offset) => wrong.at_offset(offset),
                None => wrong,
            }
        }
        rusqlite::Error::MultipleStatement => {
            Error::new(ErrorKind::Syntax, "expected one SELECT, found more than one statement")
        }
        rusqlite::Error::SqliteFailure(_, Some(message)) => {
            Error::new(kind_of_mistake(message), message)
        }
        other => Error::new(ErrorKind::InvalidInput, other.to_string()),
    }
}

/// Returns the kind of a mistake in a query from the message, because `SQLite` has no code for it.
fn kind_of_mistake(message: &str) -> ErrorKind {
    let is_syntax = message.ends_with("syntax error")
        || message.starts_with("unrecognized token")
        || message == "incomplete input";
    match is_syntax {
        true => ErrorKind::Syntax,
        false if message.starts_with("no such ") => ErrorKind::UnknownName,
        false => ErrorKind::InvalidInput,
    }
}
