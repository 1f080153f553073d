//! The embedded SQL engine: creating a database, and errors of queries with their place in the file.

use std::path::Path;

use floe_telemetry::sanitize_error_message;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::error::Error;
use crate::interrupt;
use crate::place::Place;

/// An error of a query.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {message}")]
pub struct QueryError {
    place: Place,
    message: String,
}

impl QueryError {
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
        }
    }

    /// The message without credentials.
    pub(crate) fn redacted(&self) -> String {
        let message = sanitize_error_message(&self.message);
        format!("{}: {message}", self.place.redacted())
    }

    /// Locates `error` in `file`, whose text starts `prefix` bytes into the statement.
    pub(crate) fn explain(error: &rusqlite::Error, file: &Path, prefix: usize) -> Self {
        let place = Place::file(file);
        match error {
            // The error's own text contains the whole statement with all of its literals.
            rusqlite::Error::SqlInputError {
                msg, sql, offset, ..
            } => {
                let offset = usize::try_from(*offset)
                    .ok()
                    .and_then(|at| at.checked_sub(prefix));
                match (offset, sql.get(prefix..)) {
                    (Some(offset), Some(sql)) => {
                        let line = sql.get(..offset).unwrap_or_default().matches('\n').count() + 1;
                        Self::new(place.line(line as u64), msg)
                    }
                    _ => Self::new(place, msg),
                }
            }
            rusqlite::Error::MultipleStatement => {
                Self::new(place, "found more than one statement, accepted: one SELECT")
            }
            rusqlite::Error::SqliteFailure(_, Some(message)) => Self::new(place, message),
            other => Self::new(place, other.to_string()),
        }
    }
}

/// Whether the engine could not use the disk or the memory, so that no other query would succeed either.
pub(crate) fn is_system_failure(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::OutOfMemory
        )
    )
}

/// The number of the engine's instructions between two checks for a signal: less than a millisecond.
const INSTRUCTIONS: i32 = 10_000;

/// Creates a database for one writer.
pub(crate) fn create(path: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open(path)?;
    // The database is a draft that is discarded after a crash, so a journal is not needed.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    connection.progress_handler(INSTRUCTIONS, Some(interrupt::is_requested))?;
    // Otherwise SQLite treats an unknown column in double quotes as a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    Ok(connection)
}

/// Checks that the engine runs a query.
pub(crate) fn validate(connection: &Connection) -> Result<(), Error> {
    Ok(connection.query_row("SELECT 1", (), |_| Ok(()))?)
}
