//! A span for each command of [redis] 1, by OpenTelemetry's [conventions]: a wrapper for its asynchronous connections, to
//! be copied.
//!
//! ```no_run
//! use floe_telemetry_example_redis::TracedConnection;
//! use redis::AsyncCommands as _;
//!
//! # async fn count(url: &str) -> redis::RedisResult<u64> {
//! let connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
//! let mut connection = TracedConnection::new(connection).url(url);
//! connection.incr("visits", 1).await // the span `INCRBY cache` for `redis://cache`
//! # }
//! ```
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `redis` |
//! | `db.operation.name` | the command, such as `INCR`. Of a pipeline `PIPELINE`, of a transaction `MULTI`, each with the command if all commands are the same: `PIPELINE INCR`. The name of the span is this and the server, if it is known: `INCR cache:6380` |
//! | `db.operation.batch.size` | the number of commands of a pipeline or a transaction, from two on |
//! | `db.namespace` | the number of the database |
//! | `server.address`, `server.port` | from [`TracedConnection::url`]; the port unless it is 6379 |
//! | `db.response.status_code`, `error.type` | the code of an error, such as `WRONGTYPE`. Without one, `error.type` is `timeout`, `io`, `parse` or `_OTHER` |
//!
//! Neither keys nor values are recorded, and so neither the text of a command nor the messages of errors, in which the
//! server quotes them. A command that is dropped before its response has the attribute `floe.cancelled`.
//!
//! [conventions]: https://opentelemetry.io/docs/specs/semconv/db/redis/
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::future::poll_fn;
use std::panic::Location;

use floe_telemetry::Tracer;
use floe_telemetry::propagation::current_context;
use floe_telemetry::trace::{DetachedSpan, Opening};
use opentelemetry::trace::SpanKind;
use redis::aio::ConnectionLike;
use redis::{
    Arg, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline, RedisError, RedisFuture,
    RedisResult, Value,
};

static TRACER: Tracer = floe_telemetry::tracer!(env!("CARGO_PKG_NAME"));

/// A connection that records a span for each command, as a child of the span that is current when the command is sent.
#[derive(Clone, Debug)]
pub struct TracedConnection<C> {
    inner: C,
    location: &'static Location<'static>,
    address: Option<String>,
    port: Option<u16>,
}

impl<C> TracedConnection<C> {
    /// Wraps a connection. Its spans have the location of this call as `code.file.path` and `code.line.number`.
    #[must_use]
    #[track_caller]
    pub const fn new(inner: C) -> Self {
        Self { inner, location: Location::caller(), address: None, port: None }
    }

    /// Records the address and the port of a URL such as `redis://localhost`, or of a
    /// [`ConnectionInfo`](redis::ConnectionInfo). Its user and its password are not read, and what redis could not
    /// connect to is not recorded. Default none.
    #[must_use]
    pub fn url(mut self, url: impl IntoConnectionInfo) -> Self {
        let info = url.into_connection_info().ok();
        (self.address, self.port) = match info.as_ref().map(redis::ConnectionInfo::addr) {
            Some(ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) => {
                (Some(host.clone()), Some(*port).filter(|port| *port != 6379))
            }
            Some(ConnectionAddr::Unix(path)) => (Some(path.display().to_string()), None),
            _ => (None, None),
        };
        self
    }

    /// The server, as in the name of a span.
    fn target(&self) -> Option<Cow<'_, str>> {
        let address = self.address.as_deref()?;
        Some(
            self.port
                .map_or(Cow::Borrowed(address), |port| Cow::Owned(format!("{address}:{port}"))),
        )
    }

    /// Returns the connection without spans.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C: ConnectionLike> TracedConnection<C> {
    /// Opens a span. `describe` returns its operation, which is `None` if a command has no usual name.
    fn open<'o>(
        &self,
        describe: impl FnOnce(&mut Opening) -> Option<Cow<'o, str>>,
    ) -> DetachedSpan {
        TRACER.open(current_context(), |opening| {
            opening.kind(SpanKind::Client);
            opening.location(self.location);
            opening.attribute_static("db.system.name", "redis");
            opening.display("db.namespace", &self.inner.get_db());
            if let Some(address) = &self.address {
                opening.attribute("server.address", address);
            }
            if let Some(port) = self.port {
                opening.attribute("server.port", &i64::from(port));
            }
            let operation = describe(opening);
            if let Some(operation) = &operation {
                opening.attribute("db.operation.name", &**operation);
            }
            match (operation, self.target()) {
                (Some(operation), Some(target)) => {
                    opening.name_const([&operation, " ", &*target].concat());
                }
                (Some(name), None) | (None, Some(name)) => opening.name_const(name.into_owned()),
                (None, None) => opening.name_const("redis"),
            }
        })
    }
}

impl<C: ConnectionLike + Send> ConnectionLike for TracedConnection<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let span = self.open(|_| operation(command).map(Cow::Borrowed));
        let sent = self.inner.req_packed_command(command);
        Box::pin(in_span(span, sent, server_error))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let span = self.open(|opening| describe(opening, pipeline));
        let sent = self.inner.req_packed_commands(pipeline, offset, count);
        Box::pin(in_span(span, sent, |values: &Vec<Value>| {
            match (pipeline.is_transaction(), values.as_slice()) {
                // The response of `EXEC`.
                (true, [Value::Array(values)]) => values.iter().find_map(server_error),
                (_, values) => values.iter().find_map(server_error),
            }
        }))
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

/// Ends the span with its response. `failed` returns the error in a response, if the connection leaves it there.
async fn in_span<T>(
    mut span: DetachedSpan,
    mut sent: RedisFuture<'_, T>,
    failed: impl FnOnce(&T) -> Option<RedisError>,
) -> RedisResult<T> {
    let result = poll_fn(|task| span.run(|| sent.as_mut().poll(task))).await;
    let in_response = result.as_ref().ok().and_then(failed);
    if let Some(error) = result.as_ref().err().or(in_response.as_ref()) {
        fail(&mut span, error);
    }
    span.end();
    result
}

fn server_error(value: &Value) -> Option<RedisError> {
    match value {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    }
}

fn fail(span: &mut DetachedSpan, error: &RedisError) {
    // A script can return any text as a code.
    let code = error.code().filter(|code| is_word(code));
    if let Some(code) = code {
        span.set_attribute("db.response.status_code", code);
    }
    let kind = match error.kind() {
        _ if error.is_timeout() => "timeout",
        ErrorKind::Io => "io",
        ErrorKind::Parse => "parse",
        _ => "_OTHER",
    };
    span.set_attribute("error.type", code.unwrap_or(kind));
    span.set_error(&"");
}

/// Returns the operation of a pipeline or a transaction.
fn describe<'p>(opening: &mut Opening, pipeline: &'p Pipeline) -> Option<Cow<'p, str>> {
    let size = pipeline.len();
    let mut operations = pipeline.cmd_iter().map(operation);
    let first = operations.next().flatten();
    let common = first.filter(|_| operations.all(|operation| operation == first));
    let batch = if pipeline.is_transaction() { "MULTI" } else { "PIPELINE" };
    if size > 1 {
        opening.attribute("db.operation.batch.size", &size);
    }
    Some(match common {
        Some(common) if size == 1 && !pipeline.is_transaction() => Cow::Borrowed(common),
        Some(common) => Cow::Owned([batch, " ", common].concat()),
        None => Cow::Borrowed(batch),
    })
}

fn operation(command: &Cmd) -> Option<&str> {
    match command.args_iter().next() {
        Some(Arg::Simple(name)) => str::from_utf8(name).ok().filter(|name| is_word(name)),
        _ => None,
    }
}

/// Whether a text can be the name of a command, also of a module's such as `JSON.GET`, or the code of an error.
fn is_word(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}
