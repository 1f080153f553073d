//! A span for each query of [diesel] 2.2 or 2.3, by [OpenTelemetry's conventions] for databases.
//!
//! ```
//! use diesel::connection::set_default_instrumentation;
//! use floe_telemetry_diesel::Traced;
//!
//! // Before the first connection. `DELETE FROM orders` is then the span `DELETE orders`.
//! set_default_instrumentation(|| Some(Box::new(Traced::new())))?;
//! # Ok::<(), diesel::result::Error>(())
//! ```
//!
//! A span has the kind `client`, the current span as its parent, and these attributes:
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `postgresql`, `mysql` or `sqlite`, by the form of the URL of a connection; `other_sql` if the URL is not known |
//! | `db.query.summary` | the operations and their objects; also the name of the span |
//! | `db.query.text` | the statement with `?` in place of each literal, without comments. Values of parameters are never recorded. Text in double quotes counts as a literal where a database may read it as one. |
//! | `server.address`, `server.port`, `db.namespace` | from the URL, if it begins with `postgres://`, `postgresql://` or `mysql://` |
//! | others | set with [`Traced::attribute`] |
//! | `error.type` | of an error: its kind, such as `unique_violation`, or `_OTHER` |
//!
//! The message of an error is not recorded, because databases quote values in it. Nor is the database's own code, which
//! diesel does not pass on. A `#[traced]` function that returns the error records its message.
//!
//! `BEGIN`, `COMMIT` and `ROLLBACK` are queries, too. The establishment of a connection has no span. Diesel reports the
//! end of a query of `PostgreSQL` or `MySQL` when the result has arrived, and of `SQLite` when the rows have been read.
//! It does not report the end of a query that fails before it is sent; the span of such a query ends when the next
//! query begins.
//!
//! The crate `diesel-async` reports its queries in the same way. Pipelined queries on one connection are not
//! distinguished.
//!
//! [diesel]: https://docs.rs/diesel
//! [OpenTelemetry's conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

use std::fmt::{self, Write};

use diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};
use diesel::result::{DatabaseErrorKind, Error};
use floe_telemetry_sql::{Database, QuerySpan};
use opentelemetry::{Key, Value};

/// Records the queries of a connection.
///
/// [`set_default_instrumentation`](diesel::connection::set_default_instrumentation) sets it for each connection that is
/// established later, and [`set_instrumentation`](diesel::Connection::set_instrumentation) for an open connection:
///
/// ```
/// # use diesel::Connection;
/// use floe_telemetry_diesel::Traced;
///
/// # fn trace(connection: &mut impl Connection, url: &str) {
/// connection.set_instrumentation(Traced::new().url(url).attribute("tenant", "north").observe());
/// # }
/// ```
#[derive(Debug)]
pub struct Traced {
    database: Database,
    /// The open queries: more than one while diesel looks up a type for a query.
    open: Vec<QuerySpan>,
}

impl Traced {
    /// Creates an instrumentation that reads the attributes of the database from the URL of each new connection.
    #[must_use]
    pub fn new() -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let database = Database::of_library("other_sql", env!("CARGO_PKG_NAME"), version);
        Self { database, open: Vec::new() }
    }

    /// Sets an attribute of all spans. `db.namespace`, `server.address` and `server.port` are set on the metric, too.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.database = self.database.attribute(key, value);
        self
    }

    /// Sets the attributes of the database from the URL of an open connection. The password is not recorded.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.database = self.database.system(system(url)).url(url);
        self
    }

    /// Measures the duration of queries as `db.client.operation.duration`; see [`Database::observe`].
    #[must_use]
    pub fn observe(mut self) -> Self {
        self.database = self.database.observe();
        self
    }
}

impl Default for Traced {
    fn default() -> Self {
        Self::new()
    }
}

impl Instrumentation for Traced {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.database = self.database.clone().system(system(url)).url(url);
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                // PostgreSQL's look-up of a type begins while the query that needs the type is open. If any other query
                // begins, the open query has failed before it was sent.
                if !self.open.is_empty() && !sql(query).contains("pg_type") {
                    self.open.clear();
                }
                self.open.push(self.database.query(|| sql(query)));
            }
            InstrumentationEvent::FinishQuery { error, .. } => {
                if let (Some(mut span), Some(error)) = (self.open.pop(), error) {
                    span.fail(None, kind(error));
                }
            }
            _ => {}
        }
    }
}

/// Returns the `db.system.name` of a URL, which may be a path (`SQLite`) or `key=value` pairs (`PostgreSQL`).
fn system(url: &str) -> &'static str {
    let first_key = url.split_once('=').map(|(key, _)| key.trim());
    match (url.split_once("://"), first_key) {
        (Some(("postgres" | "postgresql", _)), _)
        | (_, Some("dbname" | "host" | "hostaddr" | "password" | "port" | "service" | "user")) => {
            "postgresql"
        }
        (Some(("mysql", _)), _) => "mysql",
        _ => "sqlite",
    }
}

/// Returns the statement of a query. The values of the parameters are left out; diesel displays them in a comment after
/// the statement.
fn sql(query: &dyn DebugQuery) -> String {
    #[derive(Default)]
    struct First(Option<String>);

    impl Write for First {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            if self.0.is_some() {
                return Err(fmt::Error);
            }
            let statement = piece.split(" -- binds: ").next();
            self.0 = statement.map(str::to_owned);
            Ok(())
        }
    }

    let mut first = First::default();
    // `First` returns an error for the second piece, so that no values are formatted.
    let _ = write!(first, "{query}");
    first.0.unwrap_or_default()
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::DatabaseError(kind, _) => match kind {
            DatabaseErrorKind::UniqueViolation => "unique_violation",
            DatabaseErrorKind::ForeignKeyViolation => "foreign_key_violation",
            DatabaseErrorKind::UnableToSendCommand => "unable_to_send_command",
            DatabaseErrorKind::SerializationFailure => "serialization_failure",
            DatabaseErrorKind::ReadOnlyTransaction => "read_only_transaction",
            DatabaseErrorKind::NotNullViolation => "not_null_violation",
            DatabaseErrorKind::CheckViolation => "check_violation",
            DatabaseErrorKind::ClosedConnection => "closed_connection",
            // diesel 2.2 lacks these two kinds of 2.3.
            newer => match &*format!("{newer:?}") {
                "ExclusionViolation" => "exclusion_violation",
                "RestrictViolation" => "restrict_violation",
                _ => "_OTHER",
            },
        },
        Error::InvalidCString(_) => "invalid_c_string",
        Error::QueryBuilderError(_) => "query_builder",
        Error::SerializationError(_) => "serialization",
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Formatter};

    use super::*;

    #[test]
    fn the_url_determines_the_system() {
        for (url, expected) in [
            ("postgres://ada:hunter2@db/shop", "postgresql"),
            ("postgresql://db", "postgresql"),
            ("host=db user=ada password=hunter2", "postgresql"),
            ("mysql://root@db/shop?ssl_mode=required", "mysql"),
            (":memory:", "sqlite"),
            ("file:shop.db?mode=ro", "sqlite"),
            ("sqlite://shop.db", "sqlite"),
        ] {
            assert_eq!(system(url), expected, "{url}");
        }
    }

    #[test]
    fn the_values_of_a_query_are_neither_recorded_nor_formatted() {
        struct Query(&'static str);
        impl fmt::Display for Query {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)?;
                f.write_str(" -- binds: ")?;
                unreachable!("the values are formatted");
            }
        }
        impl Debug for Query {
            fn fmt(&self, _: &mut Formatter<'_>) -> fmt::Result {
                unreachable!("the values are formatted");
            }
        }
        impl DebugQuery for Query {}

        assert_eq!(sql(&Query("SELECT $1")), "SELECT $1");
        assert_eq!(sql(&Query("SELECT $1 -- binds: [7]")), "SELECT $1");
    }
}
