//! Spans of sqlx on a pool of sea-orm, with a real MariaDB.

use floe_telemetry::testing;
use floe_telemetry_sqlx::TracedPool;
use floe_tests_clients::server;
use opentelemetry::trace::SpanKind;
use sea_orm::ConnectionTrait;
use sqlx::query;

#[tokio::test]
async fn a_query_has_the_attributes_of_mysql_and_an_error_its_number() {
    let url = format!("{}/shop", server("CLIENTS_MYSQL"));
    let create = sea_orm::Database::connect(url.replace("/shop", "")).await.expect("a server");
    create.execute_unprepared("CREATE DATABASE IF NOT EXISTS shop").await.expect("a database");

    let spans = testing::capture_async(async {
        let connection = sea_orm::Database::connect(&url).await.expect("a connection");
        let table = "CREATE OR REPLACE TABLE orders (id INT PRIMARY KEY, customer TEXT)";
        connection.execute_unprepared(table).await.expect("a table");

        let pool = TracedPool::new(connection.get_mysql_connection_pool().clone()).url(&url);
        let insert = || query("INSERT INTO orders VALUES (1, ?)").bind("hunter3");
        insert().execute(&pool).await.expect("a row");
        let error = insert().execute(&pool).await.expect_err("the id exists");
        assert!(error.as_database_error().is_some_and(|it| it.is_unique_violation()));
        let rows = query("SELECT id FROM orders WHERE customer <> \"hunter4\"").fetch_all(&pool);
        assert_eq!(rows.await.expect("rows").len(), 1);
    })
    .await;
    let port: i64 = url.split([':', '/']).nth(5).and_then(|it| it.parse().ok()).expect("a port");
    let select = spans.single("SELECT orders");
    select
        .assert_attribute("db.system.name", "mysql")
        .assert_attribute("db.namespace", "shop")
        .assert_attribute("db.query.summary", "SELECT orders")
        .assert_attribute("db.query.text", "SELECT id FROM orders WHERE customer <> ?")
        .assert_attribute("db.response.returned_rows", 1)
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("server.port", port);
    assert_eq!(select.data().span_kind, SpanKind::Client);
    let refused = spans.named("INSERT orders").nth(1).expect("a second one");
    // Its number, and not the SQLSTATE 23000.
    refused
        .assert_attribute("db.response.status_code", "1062")
        .assert_attribute("error.type", "1062");
    assert!(!format!("{spans:?}").contains("hunter"), "{spans:?}");
}
