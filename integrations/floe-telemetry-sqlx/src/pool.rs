//! Pools whose queries have spans.

use std::fmt::{self, Debug, Formatter};
use std::ops::Deref;
use std::sync::Arc;

use opentelemetry::{Key, KeyValue, Value};

use super::database::of_driver;
use super::executor::{BoxFuture, BoxStream, Step, Traced};
use super::sqlx_core::database::Database;
use super::sqlx_core::error::Error;
use super::sqlx_core::executor::{Execute, Executor};
use super::sqlx_core::pool::Pool;
use super::statement::unrecorded;

/// Values of a metric, each with its attributes besides the pool's name.
type Readings = Vec<(i64, Vec<KeyValue>)>;

/// A pool whose queries have spans. It dereferences to the pool, and cloning it is cheap.
pub struct TracedPool<DB: Database> {
    /// The pool, shared so that its metrics can refer to it without keeping it open.
    pool: Arc<Pool<DB>>,
    database: Arc<floe_telemetry_sql::Database>,
}

impl<DB: Database> TracedPool<DB> {
    /// Wraps a pool.
    pub fn new(pool: Pool<DB>) -> Self {
        Self { pool: Arc::new(pool), database: Arc::new(of_driver::<DB>()) }
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

    /// Wraps a connection or a transaction of this pool, so that its queries have spans with the pool's attributes.
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
    ///   `db.client.connection.idle.min`, each with `db.client.connection.pool.name`.
    ///
    /// The metrics go to OpenTelemetry's global meter provider at the time of the call.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
    #[must_use]
    pub fn observe(self, pool_name: impl Into<Value>) -> Self {
        let meter = self.database.meter();
        let name = KeyValue::new("db.client.connection.pool.name", pool_name);
        let gauge = |metric: &'static str, read: fn(&Pool<DB>) -> Readings| {
            let pool = Arc::downgrade(&self.pool);
            let name = name.clone();
            meter
                .i64_observable_up_down_counter(metric)
                .with_unit("{connection}")
                .with_callback(move |observer| {
                    let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else {
                        return;
                    };
                    for (value, mut attributes) in read(&pool) {
                        attributes.push(name.clone());
                        observer.observe(value, &attributes);
                    }
                })
                .build();
        };
        gauge("db.client.connection.count", |pool| {
            let state = |state| vec![KeyValue::new("db.client.connection.state", state)];
            let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
            // The pool reports the two values one after the other, so `idle` may exceed the size.
            let used = (i64::from(pool.size()) - idle).max(0);
            vec![(used, state("used")), (idle, state("idle"))]
        });
        gauge("db.client.connection.max", |pool| {
            vec![(pool.options().get_max_connections().into(), Vec::new())]
        });
        gauge("db.client.connection.idle.min", |pool| {
            vec![(pool.options().get_min_connections().into(), Vec::new())]
        });
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
        f.debug_struct("TracedPool").field("pool", &self.pool).finish_non_exhaustive()
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
        self.traced(&*self.pool).fetch_many(query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.traced(&*self.pool).fetch_optional(query)
    }

    unrecorded!('p, DB, pool);
}
