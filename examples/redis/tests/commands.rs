//! Commands of redis are spans, with a real server.

use std::future::{Future as _, poll_fn};
use std::task::Poll;

use floe_telemetry::testing::{self, CapturedSpan, Spans};
use floe_telemetry::{FutureExt as _, span, traced};
use floe_telemetry_example_redis::TracedConnection;
use opentelemetry::trace::{SpanKind, Status};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, Client, RedisResult};

/// The address of the server, from `CLIENTS_REDIS`.
fn address() -> String {
    std::env::var("CLIENTS_REDIS").expect("the address of a server of Redis")
}

fn url() -> String {
    format!("redis://{}/3", address())
}

#[track_caller]
fn single<'s>(spans: &'s Spans, operation: &str) -> CapturedSpan<'s> {
    spans.single(&format!("{operation} {}", address()))
}

async fn connect() -> TracedConnection<MultiplexedConnection> {
    let client = Client::open(url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let with_password = url().replace("redis://", "redis://ada:hunter2@");
    TracedConnection::new(connection).url(with_password)
}

#[traced]
async fn visit(connection: &mut TracedConnection<MultiplexedConnection>) -> RedisResult<u64> {
    let () = connection.set("visitor", "no-such-text").await?;
    connection.incr("visits", 2).await
}

fn assert_failed(span: CapturedSpan<'_>, code: &str) {
    span.assert_attribute("error.type", code).assert_attribute("db.response.status_code", code);
    assert_eq!(span.data().status, Status::error(""));
}

#[tokio::test]
async fn a_command_is_a_span_of_its_caller() {
    let spans = testing::capture_async(async {
        let mut connection = connect().await;
        visit(&mut connection).await.unwrap();
    })
    .await;
    let port: i64 = address().rsplit_once(':').unwrap().1.parse().unwrap();
    for operation in ["SET", "INCRBY"] {
        let span = single(&spans, operation);
        span.assert_child_of("visit")
            .assert_attribute("db.system.name", "redis")
            .assert_attribute("db.operation.name", operation)
            .assert_attribute("db.namespace", "3")
            .assert_attribute("server.address", "127.0.0.1")
            .assert_attribute("server.port", port)
            .assert_attribute("code.file.path", file!())
            .assert_no_attribute("db.operation.batch.size")
            .assert_no_attribute("error.type")
            .assert_no_attribute("floe.cancelled");
        assert_eq!(span.data().span_kind, SpanKind::Client);
        let scope = span.data().instrumentation_scope.name();
        assert_eq!(scope, "floe-telemetry-example-redis");
    }
    let all = format!("{spans:?}");
    assert!(!all.contains("no-such-text") && !all.contains("hunter2"), "{all}");
}

#[tokio::test]
async fn a_span_without_a_server_is_named_after_the_command() {
    let spans = testing::capture_async(async {
        let mut connection = TracedConnection::new(connect().await.into_inner());
        let () = connection.set("visitor", "ada").await.unwrap();
        let not_a_name = redis::cmd("no such command");
        not_a_name.exec_async(&mut connection).await.unwrap_err();
    })
    .await;
    spans.single("SET").assert_no_attribute("server.address");
    spans.single("redis");
}

#[tokio::test]
async fn an_error_is_its_code() {
    let spans = testing::capture_async(async {
        let mut connection = connect().await;
        let () = connection.set("text", "no-such-text").await.unwrap();
        connection.lpush::<_, _, ()>("text", 1).await.unwrap_err();
        // The server quotes the arguments in its message.
        let mut unknown = redis::cmd("SHOUT");
        let unknown = unknown.arg("no-such-text");
        unknown.exec_async(&mut connection).await.unwrap_err();
        let mut not_a_name = redis::cmd("no such command");
        not_a_name.take().exec_async(&mut connection).await.unwrap_err();
    })
    .await;
    assert_failed(single(&spans, "LPUSH"), "WRONGTYPE");
    assert_failed(single(&spans, "SHOUT"), "ERR");
    assert_failed(spans.single(&address()).assert_no_attribute("db.operation.name"), "ERR");
    let all = format!("{spans:?}");
    assert!(!all.contains("no-such-text"), "{all}");
}

#[tokio::test]
async fn a_pipeline_is_one_span() {
    let commands = async {
        let mut connection = connect().await;
        let mut same = redis::pipe();
        same.incr("a", 1).incr("b", 1);
        same.exec_async(&mut connection).await.unwrap();
        let mut different = redis::pipe();
        different.atomic().set("a", 1).get("a");
        different.exec_async(&mut connection).await.unwrap();
        let mut single = redis::pipe();
        single.get("a");
        single.exec_async(&mut connection).await.unwrap();
        let mut failing = redis::pipe();
        failing.set("text", "x").lpush("text", 1);
        failing.exec_async(&mut connection).await.unwrap_err();
        // The server runs both, and returns their errors in the response of the transaction.
        let mut failing = redis::pipe();
        failing.atomic().lpush("text", 1).lpush("text", 2);
        failing.exec_async(&mut connection).await.unwrap_err();
        // The server runs no command of this transaction.
        let mut refused = redis::pipe();
        refused.atomic().cmd("SHOUT");
        refused.exec_async(&mut connection).await.unwrap_err();
    };
    let spans = testing::capture_async(async { commands.in_span(span("caller")).await }).await;
    single(&spans, "PIPELINE INCRBY")
        .assert_child_of("caller")
        .assert_attribute("db.operation.batch.size", 2)
        .assert_no_attribute("error.type");
    single(&spans, "MULTI")
        .assert_attribute("db.operation.batch.size", 2)
        .assert_no_attribute("error.type");
    assert_failed(single(&spans, "MULTI LPUSH"), "WRONGTYPE");
    assert_failed(single(&spans, "MULTI SHOUT"), "EXECABORT");
    single(&spans, "GET").assert_no_attribute("db.operation.batch.size");
    assert_failed(single(&spans, "PIPELINE"), "WRONGTYPE");
}

#[tokio::test]
async fn a_command_that_is_dropped_is_cancelled() {
    let spans = testing::capture_async(async {
        let mut connection = connect().await;
        let mut command = redis::cmd("BLPOP");
        command.arg("nothing").arg(0);
        let mut waiting = Box::pin(command.exec_async(&mut connection));
        let polled = poll_fn(|task| Poll::Ready(waiting.as_mut().poll(task))).await;
        assert!(polled.is_pending());
    })
    .await;
    single(&spans, "BLPOP").assert_attribute("floe.cancelled", true);
}

#[tokio::test]
async fn a_server_that_has_gone_is_an_error_of_the_connection() {
    let spans = testing::capture_async(async {
        let mut connection = connect().await;
        let id: i64 = redis::cmd("CLIENT").arg("ID").query_async(&mut connection).await.unwrap();
        let mut other = connect().await;
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(id);
        kill.exec_async(&mut other).await.unwrap();
        connection.get::<_, Option<i64>>("a").await.unwrap_err();
    })
    .await;
    let span = single(&spans, "GET");
    span.assert_attribute("error.type", "io").assert_no_attribute("db.response.status_code");
}
