//! The items of this crate for sqlx 0.8, with the same names.
//!
//! ```
//! use floe_telemetry_sqlx::sqlx_0_8::TracedPool;
//! # use sqlx_core_0_8::{database::Database, pool::Pool};
//!
//! # fn traced<DB: Database>(pool: Pool<DB>) -> TracedPool<DB> {
//! TracedPool::new(pool).url("postgres://shop@db.example/orders")
//! # }
//! ```

use sqlx_core_0_8 as sqlx_core;

#[path = "connection.rs"]
mod connection;
#[path = "database.rs"]
mod database;
#[path = "executor.rs"]
mod executor;
#[path = "pool.rs"]
mod pool;
mod statement;

pub use self::connection::{TracedConnection, TracedPoolConnection, TracedTransaction};
pub use self::executor::{Traced, traced};
pub use self::pool::TracedPool;
