//! Executors whose queries have spans.

use std::fmt::{self, Debug, Formatter};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;
use opentelemetry::{Key, KeyValue, Value};
use sqlx_core::Either;
use sqlx_core::database::Database;
use sqlx_core::describe::Describe;
use sqlx_core::error::{BoxDynError, Error};
use sqlx_core::executor::{Execute, Executor};
use sqlx_core::sql_str::SqlStr;

use crate::execution::{Common, Execution, system};
use crate::query::{DoubleQuoted, Query};

type BoxFuture<'e, T> = Pin<Box<dyn Future<Output = T> + Send + 'e>>;
type BoxStream<'e, T> = Pin<Box<dyn Stream<Item = T> + Send + 'e>>;

/// A row, or the result of a statement.
type Step<DB> = Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>;

/// An executor whose queries have spans, from [`traced`] or [`TracedPool::traced`](crate::TracedPool::traced).
#[derive(Debug)]
pub struct Traced<E> {
    inner: E,
    common: Arc<Common>,
}

/// Wraps an executor: a reference to a connection, a transaction or a pool.
///
/// ```
/// # use sqlx_core::{database::Database, error::Error, executor::Executor, query::query};
/// # async fn orders<DB: Database>(connection: &mut DB::Connection) -> Result<(), Error>
/// # where
/// #     for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
/// #     DB::Arguments: sqlx_core::arguments::IntoArguments<DB>,
/// # {
/// use floe_telemetry_sqlx::traced;
///
/// query("DELETE FROM orders").execute(traced(connection).attribute("db.namespace", "shop")).await?;
/// # Ok(())
/// # }
/// ```
pub fn traced<E>(executor: E) -> Traced<E> {
    Traced::with(executor, Arc::default())
}

impl<E> Traced<E> {
    pub(crate) fn with(inner: E, common: Arc<Common>) -> Self {
        Self { inner, common }
    }

    /// Adds an attribute to the spans, such as `db.namespace`.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<Key>, value: impl Into<Value>) -> Self {
        let attributes = &mut Arc::make_mut(&mut self.common).attributes;
        attributes.push(KeyValue::new(key, value));
        self
    }
}

impl<'c, X: Executor<'c>> Executor<'c> for Traced<X> {
    type Database = X::Database;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<X::Database>>
    where
        'c: 'e,
        E: 'q + Execute<'q, X::Database>,
    {
        let (statement, sql) = Statement::new(query);
        Box::pin(TracedStream::<X::Database> {
            inner: self.inner.fetch_many(statement),
            sql: Some(sql),
            common: self.common,
            execution: None,
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<X::Database as Database>::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, X::Database>,
    {
        let (statement, sql) = Statement::new(query);
        let mut inner = self.inner.fetch_optional(statement);
        let common = self.common;
        Box::pin(async move {
            let mut execution = start::<X::Database>(&sql, &common);
            let result = poll_fn(|task| execution.run(|| inner.as_mut().poll(task))).await;
            match &result {
                Ok(Some(_)) => execution.count_row(),
                Ok(None) => {}
                Err(error) => execution.fail(error),
            }
            result
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<X::Database as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<X::Database as Database>::Statement, Error>>
    where
        'c: 'e,
    {
        self.inner.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<X::Database>, Error>>
    where
        'c: 'e,
    {
        self.inner.describe(sql)
    }
}

/// The results of a query. Its span starts with the first poll, as the query itself.
struct TracedStream<'e, DB: Database> {
    inner: BoxStream<'e, Step<DB>>,
    sql: Option<SqlStr>,
    common: Arc<Common>,
    execution: Option<Execution>,
}

impl<DB: Database> Stream for TracedStream<'_, DB> {
    type Item = Step<DB>;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        let Self {
            inner,
            sql,
            common,
            execution,
        } = self.get_mut();
        if let Some(sql) = sql.take() {
            *execution = Some(start::<DB>(&sql, common));
        }
        let Some(open) = execution else {
            return inner.as_mut().poll_next(task);
        };
        let item = ready!(open.run(|| inner.as_mut().poll_next(task)));
        match &item {
            Some(Ok(Either::Right(_))) => open.count_row(),
            Some(Ok(Either::Left(_))) => {}
            Some(Err(error)) => {
                open.fail(error);
                *execution = None;
            }
            None => *execution = None,
        }
        Poll::Ready(item)
    }
}

fn start<DB: Database>(sql: &SqlStr, common: &Common) -> Execution {
    let system = system(DB::NAME);
    let read = || Query::read(sql.as_str(), DoubleQuoted::of(system));
    Execution::start(system, read, common)
}

/// The parts of a query: `Execute::sql` consumes it.
struct Statement<DB: Database> {
    sql: SqlStr,
    prepared: Option<DB::Statement>,
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    is_persistent: bool,
}

impl<DB: Database> Statement<DB> {
    /// Takes a query apart, and returns its text, too.
    fn new<'q>(mut query: impl Execute<'q, DB>) -> (Self, SqlStr) {
        let prepared = query.statement().cloned();
        let arguments = Some(query.take_arguments());
        let is_persistent = query.persistent();
        let sql = query.sql();
        let statement = Self {
            sql: sql.clone(),
            prepared,
            arguments,
            is_persistent,
        };
        (statement, sql)
    }
}

impl<DB: Database> Debug for Statement<DB> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").finish_non_exhaustive()
    }
}

impl<DB: Database> Execute<'_, DB> for Statement<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.prepared.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.is_persistent
    }
}
