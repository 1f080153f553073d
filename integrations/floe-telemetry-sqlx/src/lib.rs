//! A span for each query of [sqlx] 0.9 or 0.8, by [OpenTelemetry's conventions] for databases.
//!
//! ```
//! # use sqlx_core_0_9::{database::Database, error::Error, executor::Executor, pool::Pool, query::query};
//! use floe_telemetry_sqlx::TracedPool;
//!
//! # async fn orders<DB: Database>(pool: Pool<DB>) -> Result<usize, Error>
//! # where
//! #     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
//! #     DB::Arguments: sqlx_core_0_9::arguments::IntoArguments<DB>,
//! # {
//! let pool = TracedPool::new(pool).url("postgres://shop@db.example/orders");
//! let rows = query("SELECT id FROM orders").fetch_all(&pool).await?; // the span `SELECT orders`
//!
//! let mut transaction = pool.begin().await?;
//! query("DELETE FROM orders").execute(transaction.executor()).await?;
//! transaction.commit().await?;
//! # Ok(rows.len())
//! # }
//! ```
//!
//! A span has the kind `client`, the current span as its parent, and these attributes:
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `postgresql`, `mysql`, `sqlite`, `other_sql` for the driver `Any`, or the name of another driver |
//! | `db.query.summary` | the operations and their objects; also the name of the span |
//! | `db.query.text` | the statement with `?` in place of each literal, without comments. Values of parameters are never recorded. Text in double quotes counts as a literal where a database may read it as one. |
//! | `db.response.returned_rows` | the number of rows that were read, unless the query fails |
//! | `server.address`, `server.port`, `db.namespace` | from [`TracedPool::url`] |
//! | others | set with [`TracedPool::attribute`] |
//! | `error.type` | of an error: the database's own code, or else the kind of error |
//! | `db.response.status_code` | of an error: the database's own code |
//! | `exception.type`, `exception.message` | of an error; the event `exception` has them, too |
//!
//! The span of a stream ends when the stream ends or is dropped. The wait for a connection of the pool is part of a
//! query's span, or of the span of [`TracedPool::begin`] or [`TracedPool::acquire`]. A function that has taken
//! `&mut Transaction<'_, Postgres>` takes `&mut TracedTransaction<'_, Postgres>`, whose
//! [`executor`](TracedConnection::executor) stands for `&mut **transaction`. Queries of an unwrapped executor have no
//! span, nor has the rollback of a transaction that is dropped.
//!
//! `db.collection.name` and `db.operation.name` are not recorded, because a statement may have several of each; the
//! conventions define the summary for this case.
//!
//! [`TracedPool::observe`] adds the metrics of queries and of the pool. [`traced`] wraps a single executor without a pool.
//!
//! With the feature `sqlx-0_8`, `sqlx_0_8` has the same for sqlx 0.8.
//!
//! sqlx 0.9 needs its feature `macros`, which is one of its default features. It adds a method to the trait `Executor`,
//! which this crate implements, and a crate cannot detect the features of another one.
//!
//! Spans are recorded by the provider of `floe-telemetry`, which redacts the messages of errors.
//!
//! [sqlx]: https://docs.rs/sqlx
//! [OpenTelemetry's conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

#[cfg(feature = "sqlx-0_8")]
pub mod sqlx_0_8;
#[cfg(feature = "sqlx-0_9")]
#[cfg_attr(
    feature = "sqlx-0_8",
    expect(clippy::duplicate_mod, reason = "the same code for the traits of each version")
)]
mod sqlx_0_9;

#[cfg(feature = "sqlx-0_9")]
pub use self::sqlx_0_9::{
    Traced, TracedConnection, TracedPool, TracedPoolConnection, TracedTransaction, traced,
};
