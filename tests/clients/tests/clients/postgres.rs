//! Spans of queries of tokio-postgres, with a real PostgreSQL.

use floe_telemetry::testing::{self, CapturedSpan, Spans};
use floe_telemetry::traced;
use floe_telemetry_sql::Database;
use floe_tests_clients::server;
use opentelemetry::trace::{SpanKind, Status};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls, Row};

const FIND: &str = "SELECT id FROM customers -- hunter3
    WHERE name = $1 AND name <> 'hunter4'";

async fn connect() -> (Database, Client) {
    let url = server("CLIENTS_POSTGRES");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let table = "CREATE TEMPORARY TABLE customers (id int PRIMARY KEY, name text)";
    client.batch_execute(table).await.expect("a table");
    (Database::new("postgresql").url(&url), client)
}

#[traced]
async fn find(database: &Database, client: &Client, name: &str) -> Result<Vec<Row>, Error> {
    let query = database.query(|| FIND);
    query.record(client.query(FIND, &[&name]), code).await
}

async fn insert(database: &Database, client: &Client, name: &str) -> Result<u64, Error> {
    let sql = "INSERT INTO customers VALUES (1, $1)";
    let query = database.query(|| sql);
    query.record(client.execute(sql, &[&name]), code).await
}

fn code(error: &Error) -> Option<&str> {
    error.code().map(SqlState::code)
}

/// Checks that the spans have no literal, parameter, comment or password, all of which contain `hunter` here.
#[track_caller]
fn assert_no_values(spans: &Spans) {
    let all = format!("{spans:?}");
    assert!(!all.contains("hunter"), "{all}");
}

fn assert_failed(span: CapturedSpan<'_>, code: &str) {
    let span = span
        .assert_attribute("error.type", code)
        .assert_attribute("db.response.status_code", code)
        .assert_no_attribute("exception.message");
    assert_eq!(span.data().status, Status::error(""));
    assert!(span.events().is_empty());
}

#[tokio::test]
async fn a_query_is_a_client_span_of_its_caller() {
    let spans = testing::capture_async(async {
        let (database, client) = connect().await;
        insert(&database, &client, "hunter5").await.expect("a row");
        let rows = find(&database, &client, "hunter5").await.expect("rows");
        assert_eq!(rows.len(), 1);
    })
    .await;
    let span = spans.single("SELECT customers");
    let url = server("CLIENTS_POSTGRES");
    let address = url.trim_end_matches("/postgres");
    let port: i64 = address.rsplit_once(':').expect("a port").1.parse().expect("a port");
    let text = "SELECT id FROM customers WHERE name = $1 AND name <> ?";
    span.assert_child_of("find")
        .assert_attribute("db.system.name", "postgresql")
        .assert_attribute("db.namespace", "postgres")
        .assert_attribute("db.query.summary", "SELECT customers")
        .assert_attribute("db.query.text", text)
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", port)
        .assert_no_attribute("error.type")
        .assert_no_attribute("floe.cancelled");
    assert_eq!(span.data().span_kind, SpanKind::Client);
    assert_eq!(span.scope(), "floe-telemetry-sql");
    assert_eq!(spans.single("INSERT customers").data().status, Status::Unset);
    assert_no_values(&spans);
}

#[tokio::test]
async fn an_error_is_its_sqlstate_and_stays_as_it_is() {
    let spans = testing::capture_async(async {
        let (database, client) = connect().await;
        insert(&database, &client, "hunter5").await.expect("a row");
        let again = insert(&database, &client, "hunter6").await.expect_err("the id exists");
        assert_eq!(again.code(), Some(&SqlState::UNIQUE_VIOLATION));
        // The server quotes the text in its error message.
        let sql = "SELECT CAST('hunter7' AS int)";
        let query = database.query(|| sql);
        let result = query.record(client.batch_execute(sql), code).await;
        result.expect_err("the text is no number");
    })
    .await;
    let inserted = spans.named("INSERT customers");
    let failed = inserted.filter(|span| span.data().status != Status::Unset);
    let [failed] = &failed.collect::<Vec<_>>()[..] else {
        panic!("{spans:?}");
    };
    assert_failed(*failed, "23505");
    assert_failed(spans.single("SELECT"), "22P02");
    assert_no_values(&spans);
}

#[tokio::test]
async fn a_connection_that_has_gone_is_an_error_without_a_code() {
    let spans = testing::capture_async(async {
        let (database, client) = connect().await;
        let (_, other) = connect().await;
        let row = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a row");
        let id: i32 = row.get(0);
        let end = "SELECT pg_terminate_backend($1, 60000)";
        let ended = other.query_one(end, &[&id]).await;
        assert!(ended.expect("a row").get::<_, bool>(0));
        while !client.is_closed() {
            tokio::task::yield_now().await;
        }
        let closed = find(&database, &client, "hunter5").await;
        assert!(closed.expect_err("no connection").is_closed());
    })
    .await;
    spans
        .single("SELECT customers")
        .assert_error("")
        .assert_attribute("error.type", "_OTHER")
        .assert_no_attribute("db.response.status_code");
}
