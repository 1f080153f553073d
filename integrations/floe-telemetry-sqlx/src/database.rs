//! Translates sqlx's names of databases and errors into those of the conventions.

use std::borrow::Cow;

use floe_telemetry_sql::{Database, QuerySpan};

use super::sqlx_core::database;
use super::sqlx_core::error::{DatabaseError, Error};

pub(crate) fn of_driver<DB: database::Database>() -> Database {
    let system = match DB::NAME {
        "PostgreSQL" => "postgresql",
        "MySQL" => "mysql",
        "SQLite" => "sqlite",
        // The database is known only when the program runs.
        "Any" => "other_sql",
        name => name,
    };
    Database::of_library(system, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

pub(crate) fn fail(span: &mut QuerySpan, error: &Error) {
    let code = error.as_database_error().and_then(code);
    span.fail_with(error, code.as_deref(), kind(error));
}

/// Runs an operation that is no query inside of its span.
pub(crate) async fn follow<T>(
    mut span: QuerySpan,
    operation: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let result = span.follow(operation).await;
    if let Err(error) = &result {
        fail(&mut span, error);
    }
    result
}

/// Returns the database's own code of an error. `MySQL`'s is its number, which is only in the text, before the SQLSTATE.
fn code(error: &dyn DatabaseError) -> Option<Cow<'_, str>> {
    let code = error.code()?;
    let text = error.to_string();
    let before = text.split_once(&*format!(" ({code}): ")).map(|(before, _)| before);
    let number = before.filter(|it| it.parse::<u16>().is_ok());
    Some(number.map_or(code, |it| it.to_owned().into()))
}

/// Returns the `error.type` of an error for which the database has no code.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Configuration(_) => "configuration",
        Error::Io(_) => "io",
        Error::Tls(_) => "tls",
        Error::Protocol(_) => "protocol",
        Error::RowNotFound => "row_not_found",
        Error::Encode(_) => "encode",
        Error::Decode(_) | Error::ColumnDecode { .. } => "decode",
        Error::PoolTimedOut => "pool_timed_out",
        Error::PoolClosed => "pool_closed",
        Error::WorkerCrashed => "worker_crashed",
        Error::Database(_) => "database",
        _ => "_OTHER",
    }
}
