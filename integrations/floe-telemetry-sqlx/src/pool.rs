//! Pools whose queries have spans.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use opentelemetry::{Key, KeyValue, Value};

use super::connection::{TracedConnection, TracedPoolConnection, TracedTransaction};
use super::database::{follow, of_driver};
use super::executor::{BoxFuture, BoxStream, Step, Traced};
use super::sqlx_core::database::Database;
use super::sqlx_core::error::Error;
use super::sqlx_core::executor::{Execute, Executor};
use super::sqlx_core::pool::Pool;
use super::statement::unrecorded;

/// The values of a metric, each with its attributes besides the pool's name.
type Readings = Vec<(i64, Vec<KeyValue>)>;

/// The name of a metric, and the function that reads its values.
type Metric<DB> = (&'static str, fn(&Pool<DB>) -> Readings);

/// The last values of a pool that no `TracedPool` has any more, by metric. A program that ends before its metrics are due
/// has often dropped its pools.
type Last = Arc<OnceLock<HashMap<&'static str, Readings>>>;

/// A pool whose queries have spans. It dereferences to the pool, and cloning it is cheap.
pub struct TracedPool<DB: Database> {
    pool: Arc<Shared<DB>>,
    database: Arc<floe_telemetry_sql::Database>,
}

/// A pool, shared so that its metrics can refer to it without keeping it open.
struct Shared<DB: Database> {
    pool: Pool<DB>,
    last: Last,
}

impl<DB: Database> Shared<DB> {
    fn metrics() -> [Metric<DB>; 3] {
        [
            ("db.client.connection.count", |pool| {
                let state = |state| vec![KeyValue::new("db.client.connection.state", state)];
                let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
                // The pool reports the two values one after the other, so `idle` may exceed the size.
                let used = (i64::from(pool.size()) - idle).max(0);
                vec![(used, state("used")), (idle, state("idle"))]
            }),
            ("db.client.connection.max", |pool| {
                vec![(pool.options().get_max_connections().into(), Vec::new())]
            }),
            ("db.client.connection.idle.min", |pool| {
                vec![(pool.options().get_min_connections().into(), Vec::new())]
            }),
        ]
    }
}

impl<DB: Database> Deref for Shared<DB> {
    type Target = Pool<DB>;

    fn deref(&self) -> &Pool<DB> {
        &self.pool
    }
}

impl<DB: Database> Drop for Shared<DB> {
    fn drop(&mut self) {
        let last = Self::metrics().map(|(metric, read)| (metric, read(&self.pool)));
        let _ = self.last.set(HashMap::from(last));
    }
}

impl<DB: Database> TracedPool<DB> {
    /// Wraps a pool.
    pub fn new(pool: Pool<DB>) -> Self {
        let shared = Shared { pool, last: Last::default() };
        Self { pool: Arc::new(shared), database: Arc::new(of_driver::<DB>()) }
    }

    fn with(
        mut self,
        set: impl FnOnce(floe_telemetry_sql::Database) -> floe_telemetry_sql::Database,
    ) -> Self {
        self.database = Arc::new(set(Arc::unwrap_or_clone(self.database)));
        self
    }

    /// Sets an attribute of all spans. `db.namespace`, `server.address` and `server.port` are set on the metric of
    /// queries, too.
    #[must_use]
    pub fn attribute(self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        self.with(|database| database.attribute(key, value))
    }

    /// Sets `server.address`, `server.port` (unless it is the default one) and `db.namespace`, as far as the pool's URL
    /// of `PostgreSQL` or `MySQL` contains them and they are not set yet. Other parts, such as the password, are not
    /// recorded; a URL of another system sets nothing.
    ///
    /// The pool's options are not used, because the only generic way to read them, `ConnectOptions::to_url_lossy`, does
    /// not escape the host and the user name, and panics if these make the URL invalid.
    #[must_use]
    pub fn url(self, url: &str) -> Self {
        self.with(|database| database.url(url))
    }

    /// Waits for a connection, with the span `acquire`.
    ///
    /// # Errors
    ///
    /// Fails with the error of sqlx.
    pub async fn acquire(&self) -> Result<TracedPoolConnection<DB>, Error> {
        let span = self.database.unmeasured().operation("acquire", Vec::new);
        let acquired = follow(span, self.pool.acquire()).await?;
        Ok(TracedConnection::new(acquired, Arc::clone(&self.database), 0))
    }

    /// Begins a transaction, with the span `BEGIN`, of which the wait for a connection is a part.
    ///
    /// # Errors
    ///
    /// Fails with the error of sqlx.
    pub async fn begin(&self) -> Result<TracedTransaction<'static, DB>, Error> {
        let begun = follow(self.database.query(|| "BEGIN"), self.pool.begin()).await?;
        Ok(TracedConnection::new(begun, Arc::clone(&self.database), 1))
    }

    /// Wraps an executor of sqlx, such as a transaction that another library has begun, so that its queries have spans
    /// with the pool's attributes.
    pub fn traced<'c, E: Executor<'c, Database = DB>>(&self, executor: E) -> Traced<E> {
        Traced::with(executor, self.database.clone())
    }

    /// Measures queries and the pool by the [conventions]:
    ///
    /// - `db.client.operation.duration`: a histogram of seconds, from the first poll of a query to the end of its span,
    ///   with `db.system.name`, `db.query.summary`, `db.namespace`, `server.address`, `server.port`, and of an error
    ///   `error.type` and `db.response.status_code`;
    /// - as long as the pool is open and a clone of the `TracedPool` exists, `db.client.connection.count` by
    ///   `db.client.connection.state` (`used`, `idle`), `db.client.connection.max` and
    ///   `db.client.connection.idle.min`, each with `db.client.connection.pool.name`. The last values are exported once
    ///   after that, so that the metrics of a short run have them.
    ///
    /// The metrics go to OpenTelemetry's global meter provider at the time of the call.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
    #[must_use]
    pub fn observe(self, pool_name: impl Into<Value>) -> Self {
        let meter = self.database.meter();
        let name = KeyValue::new("db.client.connection.pool.name", pool_name);
        for (metric, read) in Shared::<DB>::metrics() {
            let pool = Arc::downgrade(&self.pool);
            let last = Arc::clone(&self.pool.last);
            let is_over = AtomicBool::new(false);
            let name = name.clone();
            meter
                .i64_observable_up_down_counter(metric)
                .with_unit("{connection}")
                .with_callback(move |observer| {
                    let readings = match pool.upgrade() {
                        Some(pool) if pool.is_closed() => return,
                        Some(pool) => read(&pool),
                        // The last values are exported once by each name.
                        None => match last.get().and_then(|last| last.get(metric)) {
                            Some(last) if !is_over.swap(true, Ordering::Relaxed) => last.clone(),
                            _ => return,
                        },
                    };
                    for (value, mut attributes) in readings {
                        attributes.push(name.clone());
                        observer.observe(value, &attributes);
                    }
                })
                .build();
        }
        self.with(floe_telemetry_sql::Database::observe)
    }
}

impl<DB: Database> Clone for TracedPool<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), database: self.database.clone() }
    }
}

impl<DB: Database> Debug for TracedPool<DB> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedPool").field("pool", &**self.pool).finish_non_exhaustive()
    }
}

impl<DB: Database> Deref for TracedPool<DB> {
    type Target = Pool<DB>;

    fn deref(&self) -> &Pool<DB> {
        &self.pool
    }
}

impl<'p, DB: Database> Executor<'p> for &'_ TracedPool<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.traced(&**self.pool).fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.traced(&**self.pool).fetch_optional(query)
    }

    unrecorded!('p, DB, pool);
}
