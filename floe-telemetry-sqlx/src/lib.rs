//! A span for each query of [sqlx], by [OpenTelemetry's conventions] for databases.
//!
//! ```
//! # use sqlx_core::{database::Database, error::Error, executor::Executor, pool::Pool, query::query};
//! use floe_telemetry_sqlx::TracedPool;
//!
//! # async fn orders<DB: Database>(pool: Pool<DB>) -> Result<usize, Error>
//! # where
//! #     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
//! #     DB::Arguments: sqlx_core::arguments::IntoArguments<DB>,
//! # {
//! let pool = TracedPool::new(pool);
//! let rows = query("SELECT id FROM orders").fetch_all(&pool).await?; // the span `SELECT orders`
//!
//! let mut transaction = pool.begin().await?;
//! query("DELETE FROM orders").execute(pool.traced(&mut *transaction)).await?;
//! transaction.commit().await?;
//! # Ok(rows.len())
//! # }
//! ```
//!
//! A span has the kind `client`, the current span as its parent, and these attributes:
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `postgresql`, `mysql`, `sqlite`, or the name of another driver |
//! | `db.query.summary` | the operations and what they apply to; also the name of the span |
//! | `db.query.text` | the statement with `?` in place of each literal, without comments. Values of parameters are never recorded. |
//! | `db.response.returned_rows` | the number of rows that were read |
//! | `db.namespace`, `server.address`, `server.port`, … | what [`TracedPool::attribute`] sets |
//! | `error.type`, `db.response.status_code` | of an error: its kind, and the database's own code |
//!
//! The span of a stream ends when the stream ends or is dropped. The time in which a query waits for a
//! connection of the pool is part of its span. Queries for which there is no `TracedPool` in between have
//! no span: those of a transaction need [`TracedPool::traced`], and `begin` and `commit` have none.
//!
//! [`TracedPool::observe`] adds the pool's metrics. [`traced`] wraps a single executor without a pool.
//!
//! Spans are recorded by the provider of `floe-telemetry`, which redacts the messages of errors.
//!
//! [sqlx]: https://docs.rs/sqlx
//! [OpenTelemetry's conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

mod execution;
mod executor;
mod pool;
mod query;

pub use self::executor::{Traced, traced};
pub use self::pool::TracedPool;
