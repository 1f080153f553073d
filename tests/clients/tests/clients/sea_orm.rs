//! Spans of sea-orm, which shares a pool with sqlx. These lines are those of floe-telemetry-sql's README. `tests/previous`
//! compiles this file, too.

use floe_telemetry::testing;
use floe_telemetry_sql::Database;
use opentelemetry::trace::Status;
use sea_orm::{DatabaseBackend, DatabaseConnection, Statement};

use crate::{TracedPool, execute};

async fn connect() -> DatabaseConnection {
    let mut connection = sea_orm::Database::connect("sqlite::memory:").await.expect("a database");
    let database = Database::new("sqlite").attribute("db.namespace", "shop");
    connection.set_metric_callback(move |info| {
        let mut query = database.past_query(info.elapsed, || &*info.statement.sql);
        if info.failed {
            query.fail(None, "_OTHER");
        }
    });
    connection
}

#[tokio::test]
async fn sea_orm_and_sqlx_have_spans_on_one_pool() {
    let spans = testing::capture_async(async {
        let connection = connect().await;
        let statement = |sql: &str, values: Vec<sea_orm::Value>| {
            Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
        };
        let create = "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)";
        execute(&connection, statement(create, vec![])).await.expect("a table");
        let insert = || statement("INSERT INTO orders VALUES (1, $1)", vec!["hunter2".into()]);
        execute(&connection, insert()).await.expect("a row");
        execute(&connection, insert()).await.expect_err("the id exists");

        let pool = TracedPool::new(connection.get_sqlite_connection_pool().clone());
        let rows = sqlx::query("SELECT id FROM orders").fetch_all(&pool).await.expect("rows");
        assert_eq!(rows.len(), 1);
    })
    .await;
    let inserts: Vec<_> = spans.named("INSERT orders").collect();
    assert_eq!(inserts.len(), 2);
    inserts[0]
        .assert_attribute("db.system.name", "sqlite")
        .assert_attribute("db.namespace", "shop")
        .assert_attribute("db.query.text", "INSERT INTO orders VALUES (?, $1)");
    assert_eq!(inserts[0].data().status, Status::Unset);
    assert!(inserts[0].data().start_time <= inserts[0].data().end_time);
    inserts[1].assert_error("").assert_attribute("error.type", "_OTHER");
    spans.single("SELECT orders").assert_attribute("db.response.returned_rows", 1);
    assert!(!format!("{spans:?}").contains("hunter"));
}
