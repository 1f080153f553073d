//! Spans of queries of sqlx, with real SQLite. `tests/previous` compiles this file, too.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use floe_telemetry::testing::{self, Spans};
use floe_telemetry::traced;
use futures_util::StreamExt;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{Row, query};

use crate::{TracedPool, TracedTransaction};

async fn pool() -> TracedPool<sqlx::Sqlite> {
    let pool: SqlitePool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .expect("a database in memory");
    query("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)")
        .execute(&pool)
        .await
        .expect("a table");
    for (id, customer) in [(1, "ada"), (2, "bob"), (3, "eve")] {
        let insert = query("INSERT INTO orders VALUES (?, ?)").bind(id).bind(customer);
        insert.execute(&pool).await.expect("a row");
    }
    TracedPool::new(pool).attribute("db.namespace", "shop")
}

fn capture(code: impl Future<Output = ()>) -> Spans {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    testing::capture(|| runtime.expect("a runtime").block_on(code))
}

#[traced(name = "load orders")]
async fn load(pool: &TracedPool<sqlx::Sqlite>) -> Vec<String> {
    let select = query("SELECT customer FROM orders WHERE id > ?").bind(1);
    let rows = select.fetch_all(pool).await.expect("rows");
    rows.iter().map(|row| row.get("customer")).collect()
}

#[test]
fn a_query_is_a_client_span_below_the_function_that_makes_it() {
    let spans = capture(async {
        assert_eq!(load(&pool().await).await, ["bob", "eve"]);
    });
    let span = spans.single("SELECT orders");
    span.assert_child_of("load orders")
        .assert_attribute("db.system.name", "sqlite")
        .assert_attribute("db.namespace", "shop")
        .assert_attribute("db.query.summary", "SELECT orders")
        .assert_attribute("db.query.text", "SELECT customer FROM orders WHERE id > ?")
        .assert_attribute("db.response.returned_rows", 2);
    assert_eq!(span.data().span_kind, SpanKind::Client);
    assert_eq!(span.data().status, Status::Unset);
}

/// A function of a program that passes transactions on, with `TracedTransaction` instead of sqlx's own type.
async fn delete(transaction: &mut TracedTransaction<'_, sqlx::Sqlite>) {
    let delete = query("DELETE FROM orders WHERE id = 1").execute(transaction.executor());
    delete.await.expect("a result");
}

#[test]
fn a_transaction_has_spans_with_the_attributes_of_its_pool() {
    let spans = capture(async {
        let pool = pool().await;
        let mut transaction = pool.begin().await.expect("a transaction");
        delete(&mut transaction).await;
        let mut savepoint = transaction.begin().await.expect("a savepoint");
        delete(&mut savepoint).await;
        savepoint.rollback().await.expect("a rollback");
        transaction.commit().await.expect("a commit");

        drop(pool.begin().await.expect("a transaction"));
        let mut connection = pool.acquire().await.expect("a connection");
        let left = query("SELECT id FROM orders").fetch_all(connection.executor()).await;
        assert_eq!(left.expect("rows").len(), 2);
    });
    let found = [
        "BEGIN",
        "SAVEPOINT",
        "DELETE orders",
        "ROLLBACK",
        "COMMIT",
        "acquire shop",
        "SELECT orders",
    ];
    let counts = found.map(|name| {
        let named = spans.named(name);
        named.map(|span| span.assert_attribute("db.namespace", "shop")).count()
    });
    assert_eq!(counts, [2, 1, 2, 1, 1, 1, 1], "{:?}", spans.names());
    spans.single("ROLLBACK").assert_attribute("db.query.text", "ROLLBACK TO SAVEPOINT");
}

#[test]
fn a_transaction_outlives_the_end_of_its_pool() {
    let spans = capture(async {
        let pool = pool().await;
        let mut transaction = pool.begin().await.expect("a transaction");
        let mut end = pin!(pool.close());
        assert!(poll_fn(|task| Poll::Ready(end.as_mut().poll(task).is_pending())).await);
        delete(&mut transaction).await;
        transaction.commit().await.expect("a commit");
        end.await;
        assert!(matches!(pool.begin().await, Err(sqlx::Error::PoolClosed)));
        assert!(matches!(pool.acquire().await, Err(sqlx::Error::PoolClosed)));
    });
    spans.single("COMMIT");
    spans.single("acquire shop").assert_attribute("error.type", "pool_closed");
    let mut begun = spans.named("BEGIN");
    let failed = begun.find(|span| matches!(span.data().status, Status::Error { .. }));
    failed.expect("an error").assert_attribute("error.type", "pool_closed");
}

#[test]
fn an_error_has_the_code_of_the_database_and_leaves_the_result_as_it_is() {
    let spans = capture(async {
        let error = query("INSERT INTO orders VALUES (1, 'again')").execute(&pool().await).await;
        let error = error.expect_err("the id exists");
        assert!(error.as_database_error().expect("an error of the database").is_unique_violation());
    });
    let insert = spans.single("INSERT orders");
    let span = insert
        .assert_attribute("error.type", "1555")
        .assert_attribute("exception.type", "sqlx_core::error::Error")
        .assert_attribute("db.response.status_code", "1555");
    assert!(
        matches!(&span.data().status, Status::Error { description } if description.contains("UNIQUE constraint failed"))
    );
    assert_eq!(span.data().events.len(), 1);
}

#[test]
fn no_row_where_one_is_expected_is_an_error_of_the_caller() {
    let spans = capture(async {
        let none = query("SELECT id FROM orders WHERE id = 9").fetch_one(&pool().await).await;
        assert!(matches!(none, Err(sqlx::Error::RowNotFound)));
    });
    let span = spans.single("SELECT orders");
    span.assert_attribute("db.response.returned_rows", 0);
    assert_eq!(span.data().status, Status::Unset);
}

#[test]
fn the_span_of_a_stream_ends_when_the_stream_is_dropped() {
    let spans = capture(async {
        let pool = pool().await;
        let mut rows = query("SELECT id FROM orders").fetch(&pool);
        assert_eq!(rows.next().await.expect("a row").expect("a row").get::<i64, _>("id"), 1);
        drop(rows);
        load(&pool).await;
    });
    assert_eq!(spans.names().len(), 3);
    let mut queries = spans.named("SELECT orders");
    let dropped = queries.find(|span| span.data().parent_span_id == SpanId::INVALID);
    dropped.expect("a root").assert_attribute("db.response.returned_rows", 1);
}

#[test]
fn a_pool_without_a_connection_is_an_error() {
    let spans = capture(async {
        let pool = pool().await;
        pool.close().await;
        let closed = query("SELECT 1").fetch_all(&pool).await;
        assert!(matches!(closed, Err(sqlx::Error::PoolClosed)));
    });
    spans.single("SELECT").assert_attribute("error.type", "pool_closed");
}

/// A query that is dropped while the database works has a span that says so, as a dropped future of a `#[traced]` function.
#[test]
fn a_query_that_is_dropped_is_cancelled() {
    const SLOW: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) \
                        SELECT count(*) FROM n";

    let spans = capture(async {
        let pool = pool().await;
        for is_stream in [false, true] {
            let one = async {
                if is_stream {
                    query(SLOW).execute(&pool).await.map(drop)
                } else {
                    query(SLOW).fetch_one(&pool).await.map(drop)
                }
            };
            let mut one = pin!(one);
            assert!(poll_fn(|task| Poll::Ready(one.as_mut().poll(task).is_pending())).await);
        }
        query("DELETE FROM orders").execute(&pool).await.expect("an answer");
    });
    let dropped: Vec<_> = spans
        .named("SELECT SELECT n SELECT n")
        .map(|span| span.assert_attribute("floe.cancelled", true))
        .collect();
    assert_eq!(dropped.len(), 2);
    spans.single("DELETE orders").assert_no_attribute("floe.cancelled");
}
