//! Connections of redis whose commands have spans.

use std::borrow::Cow;

use floe_telemetry_sql::{Database, QuerySpan};
use opentelemetry::KeyValue;
use redis::aio::ConnectionLike as AsyncConnection;
use redis::{
    Arg, Cmd, ConnectionLike, Pipeline, RedisError, RedisFuture, RedisResult, ServerError, Value,
};

use crate::database::{database, options};

/// The maximum length of a command's name. A longer one is no command of a server.
const MAX_NAME: usize = 32;

/// A connection of redis whose commands have spans, whether it is asynchronous or not. It has the commands of the
/// connection, and is cloned like it.
///
/// ```no_run
/// use floe_telemetry_nosql::TracedRedis;
/// use redis::{Client, Commands};
///
/// # fn count() -> redis::RedisResult<()> {
/// let url = "redis://:hunter2@cache.example/0";
/// let connection = Client::open(url)?.get_connection()?;
/// let mut connection = TracedRedis::new(connection).url(url); // its address, and not its password
/// let visits: i64 = connection.incr("visits", 1)?; // the span `INCRBY 0`
/// # Ok(())
/// # }
/// ```
///
/// A pipeline is one span. On an asynchronous `MultiplexedConnection` or `ConnectionManager`, its name also contains the
/// command, if all commands of the pipeline have the same name.
#[derive(Clone, Debug)]
pub struct TracedRedis<C> {
    inner: C,
    database: Database,
}

impl<C> TracedRedis<C> {
    /// Wraps a connection.
    pub fn new(inner: C) -> Self {
        Self { inner, database: database("redis") }
    }

    /// Sets `server.address`, `server.port` (unless it is the default one) and `db.namespace` (if it is there) from the
    /// URL of the connection. The password is not recorded.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.database = self.database.url(url);
        self
    }

    options!();

    fn command(&self, command: &Cmd, index: i64) -> QuerySpan {
        self.database.operation(&name(command), || [namespace(index)])
    }

    fn batch(&self, operation: &str, size: usize, index: i64) -> QuerySpan {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        self.database.operation(operation, || {
            let size = (size > 1).then(|| KeyValue::new("db.operation.batch.size", size));
            std::iter::once(namespace(index)).chain(size)
        })
    }
}

impl<C: AsyncConnection + Send> AsyncConnection for TracedRedis<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let mut span = self.command(command, self.inner.get_db());
        let sent = self.inner.req_packed_command(command);
        Box::pin(async move {
            let result = span.follow(sent).await;
            judge(&mut span, result.as_ref().map(std::slice::from_ref));
            result
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let mut span = self.batch(&batch_name(pipeline), pipeline.len(), self.inner.get_db());
        let sent = self.inner.req_packed_commands(pipeline, offset, count);
        Box::pin(async move {
            let result = span.follow(sent).await;
            judge(&mut span, result.as_deref());
            result
        })
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

impl<C: ConnectionLike> ConnectionLike for TracedRedis<C> {
    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        let mut span = self.command(command, self.inner.get_db());
        let result = span.run(|| self.inner.req_command(command));
        judge(&mut span, result.as_ref().map(std::slice::from_ref));
        result
    }

    /// Sends a command that is already encoded. It gets no span, and the crate redis never calls this method.
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        self.inner.req_packed_command(command)
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        // A transaction has an answer for each command, and then a last one with all results, at `offset`.
        let is_transaction = offset > 0;
        let operation = if is_transaction { "MULTI" } else { "PIPELINE" };
        let size = if is_transaction { offset.saturating_sub(1) } else { count };
        let mut span = self.batch(operation, size, self.inner.get_db());
        let result = span.run(|| self.inner.req_packed_commands(commands, offset, count));
        judge(&mut span, result.as_deref());
        result
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }

    fn supports_pipelining(&self) -> bool {
        self.inner.supports_pipelining()
    }

    fn check_connection(&mut self) -> bool {
        self.inner.check_connection()
    }

    fn is_open(&self) -> bool {
        self.inner.is_open()
    }
}

fn namespace(index: i64) -> KeyValue {
    KeyValue::new("db.namespace", index.to_string())
}

/// Returns the name of a command. Other text in its place could be a key or a value.
fn name(command: &Cmd) -> Cow<'_, str> {
    let Some(Arg::Simple(first)) = command.args_iter().next() else {
        return "_OTHER".into();
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if first.len() > MAX_NAME || !first.iter().all(is_name) {
        return "_OTHER".into();
    }
    String::from_utf8_lossy(first).into_owned().into()
}

fn batch_name(pipeline: &Pipeline) -> String {
    let kind = if pipeline.is_transaction() { "MULTI" } else { "PIPELINE" };
    let mut names = pipeline.cmd_iter().map(name);
    match names.next() {
        Some(first) if names.all(|other| other == first) => format!("{kind} {first}"),
        _ => kind.to_owned(),
    }
}

/// Records the first error of the answers, which the client returns as values.
fn judge(span: &mut QuerySpan, result: Result<&[Value], &RedisError>) {
    match result {
        Err(error) => span.fail(error.code(), kind(error)),
        Ok(values) => {
            if let Some(error) = values.iter().find_map(first_error) {
                span.fail(Some(error.code()), "_OTHER");
            }
        }
    }
}

/// Returns the error that the client returns for a value: the first one in it. The answer of `EXEC` is a list of answers.
fn first_error(value: &Value) -> Option<&ServerError> {
    fn of_pairs(pairs: &[(Value, Value)]) -> Option<&ServerError> {
        pairs.iter().flat_map(|(key, value)| [key, value]).find_map(first_error)
    }
    match value {
        Value::ServerError(error) => Some(error),
        Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
            values.iter().find_map(first_error)
        }
        Value::Map(pairs) => of_pairs(pairs),
        Value::Attribute { data, attributes } => first_error(data).or_else(|| of_pairs(attributes)),
        _ => None,
    }
}

/// Returns the `error.type` of an error without a code of the server.
fn kind(error: &RedisError) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connection_refusal() {
        "connection_refused"
    } else if error.is_connection_dropped() {
        "connection_dropped"
    } else if error.is_io_error() {
        "io"
    } else {
        "_OTHER"
    }
}
