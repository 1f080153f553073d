//! The items of this crate for sqlx 0.9, which are those of its root.

use sqlx_core_0_9 as sqlx_core;

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
