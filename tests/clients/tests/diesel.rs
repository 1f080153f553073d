//! The spans of diesel's queries and the durations of queries, with real SQLite and a real PostgreSQL.

#![expect(clippy::expect_used, reason = "a panic fails the test")]

use std::io::Write as _;

use diesel::connection::{SimpleConnection as _, set_default_instrumentation};
use diesel::deserialize::QueryableByName;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::QueryId;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Integer, SqlType};
use diesel::sqlite::SqliteConnection;
use diesel::{sql_query, table};
use floe_telemetry::testing::{self, Spans};
use floe_telemetry::traced;
use floe_telemetry_diesel::Traced;
use floe_tests_clients::server;
use opentelemetry::global;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

table! {
    orders (id) {
        id -> Integer,
        customer -> Text,
    }
}

const TABLE: &str = "CREATE TEMPORARY TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)";

fn connect<C: Connection>(url: &str) -> C {
    set_default_instrumentation(|| Some(Box::new(Traced::new().attribute("tenant", "north"))))
        .expect("an instrumentation");
    let mut connection = C::establish(url).expect("a connection");
    connection.batch_execute(TABLE).expect("a table");
    connection
}

fn sqlite() -> SqliteConnection {
    connect(":memory:")
}

fn postgres() -> PgConnection {
    connect(&server("CLIENTS_POSTGRES"))
}

/// Runs queries in a transaction. It is a macro, because both types of connections have no trait in common.
macro_rules! order {
    ($connection:expr) => {
        $connection.transaction(|connection| {
            diesel::insert_into(orders::table)
                .values((orders::id.eq(1), orders::customer.eq("hunter5")))
                .execute(connection)?;
            orders::table
                .filter(orders::customer.eq("hunter5"))
                .select(orders::id)
                .load::<i32>(connection)
        })
    };
}

#[traced]
fn order_in_sqlite(connection: &mut SqliteConnection) -> QueryResult<Vec<i32>> {
    order!(connection)
}

#[traced]
fn order_in_postgres(connection: &mut PgConnection) -> QueryResult<Vec<i32>> {
    order!(connection)
}

/// Checks that the spans have no literal, parameter or password, all of which contain `hunter` here.
#[track_caller]
fn assert_no_values(spans: &Spans) {
    let all = format!("{spans:?}");
    assert!(!all.contains("hunter"), "{all}");
}

#[test]
fn queries_of_sqlite_are_client_spans_of_their_caller() {
    let spans = testing::capture(|| {
        assert_eq!(order_in_sqlite(&mut sqlite()), Ok(vec![1]));
    });
    let insert = "INSERT INTO `orders` (`id`, `customer`) VALUES (?, ?)";
    let select = "SELECT `orders`.`id` FROM `orders` WHERE (`orders`.`customer` = ?)";
    for (name, text) in [
        ("BEGIN", "BEGIN"),
        ("INSERT `orders`", insert),
        ("SELECT `orders`", select),
        ("COMMIT", "COMMIT"),
    ] {
        let span = spans.single(name);
        span.assert_child_of("order_in_sqlite")
            .assert_attribute("db.system.name", "sqlite")
            .assert_attribute("db.query.summary", name)
            .assert_attribute("db.query.text", text)
            .assert_attribute("tenant", "north")
            .assert_no_attribute("server.address")
            .assert_no_attribute("error.type");
        assert_eq!(span.data().span_kind, SpanKind::Client);
        assert_eq!(span.data().status, Status::Unset);
        assert_eq!(span.scope(), "floe-telemetry-diesel");
    }
    assert_eq!(spans.names().len(), 6, "{spans:?}");
    assert_no_values(&spans);
}

#[test]
fn queries_of_postgres_have_its_address_without_the_password() {
    let spans = testing::capture(|| {
        assert_eq!(order_in_postgres(&mut postgres()), Ok(vec![1]));
    });
    let text = r#"SELECT "orders"."id" FROM "orders" WHERE ("orders"."customer" = $1)"#;
    spans
        .single(r#"SELECT "orders""#)
        .assert_child_of("order_in_postgres")
        .assert_attribute("db.system.name", "postgresql")
        .assert_attribute("db.query.text", text)
        .assert_attribute("server.address", "127.0.0.1")
        .assert_attribute("db.namespace", "postgres");
    assert_eq!(spans.names().len(), 6, "{spans:?}");
    assert_no_values(&spans);
}

#[test]
fn an_error_is_its_kind_and_stays_as_it_is() {
    let spans = testing::capture(|| {
        let sql = "INSERT INTO orders VALUES (2, 'hunter5')";
        let mut connection = sqlite();
        let twice = format!("{sql}; {sql}");
        let error = connection.batch_execute(&twice).expect_err("the id exists");
        let kind = DatabaseErrorKind::UniqueViolation;
        assert!(matches!(error, Error::DatabaseError(found, _) if found == kind));
        // The server quotes the text in its error message.
        let error = sql_query("SELECT CAST('hunter6' AS int)").execute(&mut postgres());
        error.expect_err("the text is no number");
        // This query fails while it is prepared.
        let error = sql_query("SELECT 'hunter7' FROM missing").execute(&mut connection);
        error.expect_err("there is no such table");
        sql_query("SELECT 1").execute(&mut connection).expect("no error");
    });
    for (name, kind) in
        [("INSERT orders INSERT orders", "unique_violation"), ("SELECT missing", "_OTHER")]
    {
        let span = spans.single(name);
        span.assert_error("")
            .assert_attribute("error.type", kind)
            .assert_no_attribute("exception.message");
        assert!(span.events().is_empty());
    }
    let errors = spans.named("SELECT").map(|span| span.data().status.clone());
    assert_eq!(errors.collect::<Vec<_>>(), [Status::error(""), Status::Unset]);
    assert_no_values(&spans);
}

/// An enum of `PostgreSQL`. Diesel looks up its type id.
#[derive(QueryId, SqlType)]
#[diesel(postgres_type(name = "mood"))]
struct Mood;

#[derive(QueryId, SqlType)]
#[diesel(postgres_type(name = "missing_mood"))]
struct MissingMood;

/// A value for both SQL types. Formatting it panics.
#[derive(diesel::expression::AsExpression)]
#[diesel(sql_type = Mood, sql_type = MissingMood)]
struct Text(&'static str);

impl std::fmt::Debug for Text {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a value is formatted")
    }
}

impl ToSql<Mood, Pg> for Text {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<MissingMood, Pg> for Text {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Mood, Pg>::to_sql(self, out)
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Integer)]
    #[expect(dead_code, reason = "there is no row")]
    found: i32,
}

#[test]
fn the_lookup_of_a_type_is_a_query_of_its_own() {
    let mut connection = postgres();
    let mood = "CREATE TYPE pg_temp.mood AS ENUM ('happy'); SET search_path TO pg_temp";
    connection.batch_execute(mood).expect("a type");
    let spans = testing::capture(|| {
        let refused = sql_query("SELECT 1 AS found FROM orders WHERE $1 IS NULL")
            .bind::<Mood, _>(Text("hunter5"))
            .load::<Found>(&mut connection);
        assert!(refused.is_err(), "not a value of the type");
        let unknown = sql_query("UPDATE orders SET id = 2 WHERE $1 IS NULL")
            .bind::<MissingMood, _>(Text("hunter6"))
            .execute(&mut connection);
        unknown.expect_err("there is no such type");
        // The query is not sent, and diesel does not report its end.
        let unsent = connection.batch_execute("DELETE FROM orders\0");
        unsent.expect_err("a text of C has no such character");
        let one = sql_query("SELECT 1").execute(&mut connection);
        one.expect("no error");
    });
    // The span of the query that was not sent has ended before the connection is dropped.
    drop(connection);
    for (name, kind) in [("SELECT orders", "_OTHER"), ("UPDATE orders", "serialization")] {
        let span = spans.single(name).assert_error("");
        span.assert_attribute("error.type", kind);
    }
    for name in ["DELETE orders", "SELECT"] {
        let span = spans.single(name).assert_no_attribute("error.type");
        assert_eq!(span.data().status, Status::Unset);
    }
    let look_ups = spans.iter().filter(|span| span.name().contains("pg_type"));
    let statuses = look_ups.map(|span| span.data().status.clone());
    assert_eq!(statuses.collect::<Vec<_>>(), [Status::Unset, Status::error("")]);
    assert_no_values(&spans);
}

#[test]
fn queries_of_an_open_connection_are_measured() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    global::set_meter_provider(provider.clone());
    let mut connection = sqlite();
    let traced = Traced::new().url(":memory:").attribute("tenant", "north");
    connection.set_instrumentation(traced.observe());
    for text in ["SELECT 'hunter5'", "SELECT 'hunter6'"] {
        sql_query(text).execute(&mut connection).expect("a row");
    }
    let missing = sql_query("SELECT 1 FROM missing").execute(&mut connection);
    missing.expect_err("there is no such table");

    provider.force_flush().expect("a collection");
    let mut series = Vec::new();
    for resource in exporter.get_finished_metrics().expect("metrics") {
        for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
            assert_eq!(metric.name(), "db.client.operation.duration");
            assert_eq!(metric.unit(), "s");
            let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else {
                panic!("{metric:?}");
            };
            for point in histogram.data_points() {
                let mut attributes: Vec<_> =
                    point.attributes().map(|it| format!("{}={}", it.key, it.value)).collect();
                attributes.sort();
                series.push(format!("{} of {}", point.count(), attributes.join(" ")));
            }
        }
    }
    series.sort();
    assert_eq!(
        series,
        [
            "1 of db.query.summary=SELECT missing db.system.name=sqlite error.type=_OTHER",
            "2 of db.query.summary=SELECT db.system.name=sqlite",
        ]
    );
}
