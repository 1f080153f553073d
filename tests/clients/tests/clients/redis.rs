//! Spans of commands of redis, with a real server.

use floe_telemetry::testing::{self, Spans};
use floe_telemetry_nosql::TracedRedis;
use floe_tests_clients::server;
use opentelemetry::trace::SpanKind;
use redis::{AsyncCommands, Client, Commands, RedisResult};

const KEY: &str = "hunter3";

#[track_caller]
fn assert_no_values(spans: &Spans) {
    let all = format!("{spans:?}");
    assert!(!all.contains("hunter"), "{all}");
}

#[test]
fn a_command_is_a_client_span_without_its_key_and_value() {
    let url = server("CLIENTS_REDIS");
    let spans = testing::capture(|| {
        let connection = Client::open(&*url).expect("a URL").get_connection();
        let mut connection = TracedRedis::new(connection.expect("a connection")).url(&url);
        connection.set::<_, _, ()>(KEY, "hunter4").expect("a value");
        let refused: RedisResult<i64> = connection.incr(KEY, 1);
        assert_eq!(refused.expect_err("no number").code(), Some("ERR"));
        let unknown: RedisResult<()> = redis::cmd("hunter5 is no name").query(&mut connection);
        unknown.expect_err("no command");
        let mut pipeline = redis::pipe();
        pipeline.get(KEY).ignore().atomic().del(KEY);
        pipeline.query::<()>(&mut connection).expect("a transaction");
    });
    let port: i64 = url.rsplit_once(':').and_then(|(_, end)| end.parse().ok()).expect("a port");
    let set = spans.single("SET 0");
    set.assert_attribute("db.system.name", "redis")
        .assert_attribute("db.operation.name", "SET")
        .assert_attribute("db.namespace", "0")
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", port)
        .assert_no_attribute("error.type");
    assert_eq!(set.data().span_kind, SpanKind::Client);
    spans
        .single("INCRBY 0")
        .assert_error("")
        .assert_attribute("error.type", "ERR")
        .assert_attribute("db.response.status_code", "ERR");
    spans.single("_OTHER 0").assert_error("");
    spans.single("MULTI 0").assert_attribute("db.operation.batch.size", 2);
    assert_no_values(&spans);
}

#[tokio::test]
async fn asynchronous_commands_and_pipelines_have_the_same_spans() {
    let url = server("CLIENTS_REDIS");
    let spans = testing::capture_async(async {
        let client = Client::open(&*url).expect("a URL");
        let plain = client.get_multiplexed_async_connection().await.expect("a connection");
        let mut connection = TracedRedis::new(plain).attribute("tenant", "north");
        let key = format!("{KEY}-list");
        connection.clone().set::<_, _, ()>(&key, "hunter4").await.expect("a value");
        let refused: RedisResult<i64> = connection.llen(&key).await;
        assert_eq!(refused.expect_err("no list").code(), Some("WRONGTYPE"));
        let mut pipeline = redis::pipe();
        pipeline.get(&key).get(&key);
        let values: Vec<String> = pipeline.query_async(&mut connection).await.expect("values");
        assert_eq!(values, ["hunter4", "hunter4"]);
    })
    .await;
    spans.single("SET 0").assert_attribute("tenant", "north");
    spans.single("LLEN 0").assert_attribute("db.response.status_code", "WRONGTYPE");
    spans.single("PIPELINE GET 0").assert_attribute("db.operation.batch.size", 2);
    assert_no_values(&spans);
}

/// A transaction runs on after a command that fails, whose error is among the answers of `EXEC`.
#[tokio::test]
async fn a_transaction_has_the_error_of_a_command_in_it() {
    let url = server("CLIENTS_REDIS");
    let mut pipeline = redis::pipe();
    pipeline.atomic().set(format!("{KEY}-text"), "hunter4").ignore();
    pipeline.incr(format!("{KEY}-text"), 1);
    let spans = testing::capture_async(async {
        let client = Client::open(&*url).expect("a URL");
        let connection = client.get_connection().expect("a connection");
        let refused: RedisResult<(i64,)> = pipeline.query(&mut TracedRedis::new(connection));
        assert_eq!(refused.expect_err("no number").code(), Some("ERR"));
        let connection = client.get_multiplexed_async_connection().await.expect("a connection");
        let mut connection = TracedRedis::new(connection);
        let refused: RedisResult<(i64,)> = pipeline.query_async(&mut connection).await;
        assert_eq!(refused.expect_err("no number").code(), Some("ERR"));
    })
    .await;
    let found = spans.named("MULTI 0").map(|span| {
        span.assert_error("")
            .assert_attribute("error.type", "ERR")
            .assert_attribute("db.response.status_code", "ERR");
    });
    assert_eq!(found.count(), 2, "{spans:?}");
    assert_no_values(&spans);
}

#[test]
fn a_server_that_goes_away_is_the_clients_own_error() {
    let url = server("CLIENTS_REDIS");
    let spans = testing::capture(|| {
        let connection = Client::open(&*url).expect("a URL").get_connection();
        let mut connection = TracedRedis::new(connection.expect("a connection"));
        let id: i64 = redis::cmd("CLIENT").arg("ID").query(&mut connection).expect("an id");
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(id).arg("SKIPME").arg("no");
        let killed: RedisResult<()> = kill.query(&mut connection);
        drop(killed);
        let error = connection.get::<_, String>(KEY).expect_err("no connection");
        assert!(error.is_connection_dropped(), "{error}");
    });
    spans.single("GET 0").assert_error("").assert_attribute("error.type", "connection_dropped");
    assert_no_values(&spans);
}
