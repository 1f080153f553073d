//! Connections and transactions whose queries have spans.

use std::fmt::{self, Debug, Formatter};
use std::ops::DerefMut;
use std::sync::Arc;

use super::database::follow;
use super::executor::Traced;
use super::sqlx_core::connection::Connection;
use super::sqlx_core::database::Database;
use super::sqlx_core::error::Error;
use super::sqlx_core::pool::PoolConnection;
use super::sqlx_core::transaction::Transaction;

/// A transaction of [`TracedPool::begin`](super::TracedPool::begin). Its queries, commit and rollback have spans with the
/// attributes of the pool. If it is dropped, sqlx rolls it back later, without a span.
pub type TracedTransaction<'c, DB> = TracedConnection<Transaction<'c, DB>>;

/// A connection of [`TracedPool::acquire`](super::TracedPool::acquire).
pub type TracedPoolConnection<DB> = TracedConnection<PoolConnection<DB>>;

/// A connection or a transaction whose queries have spans with the attributes of its pool.
///
/// It is no executor itself, because a generic implementation for `&mut` beside sqlx's own has no end for the compiler.
pub struct TracedConnection<C> {
    inner: C,
    database: Arc<floe_telemetry_sql::Database>,
    /// The number of transactions in each other. All but the first are savepoints.
    depth: usize,
}

impl<C> TracedConnection<C> {
    pub(crate) const fn new(
        inner: C,
        database: Arc<floe_telemetry_sql::Database>,
        depth: usize,
    ) -> Self {
        Self { inner, database, depth }
    }

    /// Returns sqlx's own connection or transaction, whose queries have no spans.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C: DerefMut<Target: Connection + Sized>> TracedConnection<C> {
    /// Returns an executor whose queries have spans, in place of sqlx's `&mut *transaction`.
    pub fn executor(&mut self) -> Traced<&mut C::Target> {
        Traced::with(&mut *self.inner, Arc::clone(&self.database))
    }

    /// Begins a transaction with the span `BEGIN`, or within one a savepoint with the span `SAVEPOINT`.
    ///
    /// # Errors
    ///
    /// Fails with the error of sqlx.
    pub async fn begin(
        &mut self,
    ) -> Result<TracedTransaction<'_, <C::Target as Connection>::Database>, Error> {
        let sql = if self.depth == 0 { "BEGIN" } else { "SAVEPOINT" };
        let begun = follow(self.database.query(|| sql), self.inner.begin()).await?;
        Ok(TracedConnection::new(begun, Arc::clone(&self.database), self.depth + 1))
    }
}

impl<DB: Database> TracedTransaction<'_, DB> {
    /// Commits the transaction with the span `COMMIT`, or releases the savepoint with the span `RELEASE`.
    ///
    /// # Errors
    ///
    /// Fails with the error of sqlx.
    pub async fn commit(self) -> Result<(), Error> {
        let sql = if self.depth == 1 { "COMMIT" } else { "RELEASE SAVEPOINT" };
        follow(self.database.query(|| sql), self.inner.commit()).await
    }

    /// Rolls the transaction back, or to its savepoint, with the span `ROLLBACK`.
    ///
    /// # Errors
    ///
    /// Fails with the error of sqlx.
    pub async fn rollback(self) -> Result<(), Error> {
        let sql = if self.depth == 1 { "ROLLBACK" } else { "ROLLBACK TO SAVEPOINT" };
        follow(self.database.query(|| sql), self.inner.rollback()).await
    }
}

impl<C> Debug for TracedConnection<C> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedConnection").finish_non_exhaustive()
    }
}
