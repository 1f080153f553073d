//! A span for each query of a client of SQL databases, by [OpenTelemetry's conventions].
//!
//! The crate is for clients without an integration of their own, such as `tokio-postgres`: a [`Database`] opens the
//! span of a query. `floe-telemetry-sqlx` and `floe-telemetry-diesel` are built on this crate.
//!
//! ```
//! use floe_telemetry::testing;
//! use floe_telemetry_sql::Database;
//!
//! let database = Database::new("postgresql").url("postgres://ada:hunter2@db.example/orders");
//! let spans = testing::capture(|| {
//!     let mut query = database.query(|| "SELECT id FROM orders WHERE customer = 'ada'");
//!     // query.run(|| …), and if it fails:
//!     query.fail(Some("42P01"), "_OTHER");
//! });
//! spans.single("SELECT orders")
//!     .assert_attribute("db.query.text", "SELECT id FROM orders WHERE customer = ?")
//!     .assert_attribute("db.namespace", "orders")
//!     .assert_attribute("error.type", "42P01");
//! ```
//!
//! A span has the kind `client`, the current span as its parent, and these attributes:
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | the argument of [`Database::new`] |
//! | `db.query.summary` | the operations and their objects; also the name of the span |
//! | `db.query.text` | the statement with `?` in place of each literal, without comments. Text in double quotes counts as a literal where a database may read it as one. |
//! | `db.response.returned_rows` | the number of rows, if it is known and the query does not fail |
//! | `server.address`, `server.port`, `db.namespace` | from [`Database::url`] |
//! | others | set with [`Database::attribute`] |
//! | `error.type` | of an error: the database's own code, or else the kind of error |
//! | `db.response.status_code` | of an error: the database's own code |
//!
//! Values of parameters are never recorded. Neither are `db.collection.name` and `db.operation.name`, because a
//! statement may have several of each; the conventions define the summary for this case.
//!
//! [OpenTelemetry's conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

mod address;
mod database;
mod query;

pub use self::database::{Database, QuerySpan};
