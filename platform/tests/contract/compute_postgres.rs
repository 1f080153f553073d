//! The contract of the plugin `postgres` (compute).

#![cfg(unix)]

use std::path::Path;

use floe_plugin::compute::{ComputeEngine, Materialize, RecordedRun, Session};
use floe_plugin::table::{ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, PluginType, Plugins, Selection};
use serde_json::json;

use crate::samples::{COLUMNS, Rows};
use crate::{CANARY, Contract, credential, plugins};

const STAND_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/psql-stand-in");

const ANYWHERE: &str = "/no/meaning";

fn engine(host: &str, schema: &str) -> Plugins {
    let (_file, password) = credential(CANARY);
    let config = json!({
        "command": STAND_IN,
        "timeout": 30,
        "host": host,
        "port": 5433,
        "database": "sales",
        "schema": schema,
        "user": "floe",
        "password": password,
        "sslmode": "verify-full",
    });
    plugins(PluginType::Compute, "postgres", config)
}

fn create(host: &str, schema: &str) -> Result<Session, Error> {
    let plugins = engine(host, schema);
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    engine.create_database(Path::new(ANYWHERE))
}

fn with<T>(run: impl FnOnce(&mut Session) -> T) -> T {
    run(&mut create("db", "retail").unwrap())
}

fn fill(rows: &mut dyn RowSink) -> Result<(), Error> {
    rows.row(&[
        Value::Integer(1),
        Value::Real(1e300),
        Value::Text("a \"q\",\n"),
        Value::Text("2026-01-02"),
    ])?;
    rows.row(&[Value::Null, Value::Integer(2), Value::Text(""), Value::Null])
}

fn materialize(sql: &str) -> Result<u64, Error> {
    let model = Materialize { name: "marts", is_view: false, sql };
    with(|database| database.materialize(&model))
}

fn query(sql: &str) -> Result<Vec<String>, Error> {
    let mut rows = Rows::default();
    with(|database| database.query(sql, &mut rows))?;
    Ok(rows.0)
}

fn record(host: &str) -> Result<(), Error> {
    let plugins = engine(host, "retail");
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    engine.record_run(&RecordedRun { id: "7", record: r#"{"name":"a \"}"#, kept: 50 })
}

fn recorded(host: &str) -> Result<Vec<String>, Error> {
    let plugins = engine(host, "retail");
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    engine.recorded_runs(50)
}

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Compute, "postgres", "Debian's PostgreSQL")
        .operation(
            "create_database",
            || create("db", "retail").map(drop),
            || create("down", "retail").map(drop),
        )
        .unsupported("open_database", || {
            let plugins = engine("db", "retail");
            let engine = plugins.one::<dyn ComputeEngine>().unwrap();
            engine.open_database(Path::new(ANYWHERE)).map(drop)
        })
        .operation(
            "remove",
            || {
                assert!(with(|database| database.remove("orders"))?);
                assert!(!with(|database| database.remove("nowhere"))?);
                Ok(())
            },
            || with(|database| database.remove("nope")).map(drop),
        )
        .operation(
            "load",
            || {
                let loaded = with(|database| database.load("orders", &COLUMNS, &mut fill))?;
                assert_eq!(loaded, 2);
                Ok(())
            },
            || {
                let mut wrong = |rows: &mut dyn RowSink| rows.row(&[Value::Text("one"); 4]);
                with(|database| database.load("orders", &COLUMNS, &mut wrong)).map(drop)
            },
        )
        .operation(
            "materialize",
            || {
                assert_eq!(materialize("SELECT 1;")?, 3);
                Ok(())
            },
            || materialize("SELECT nope").map(drop),
        )
        .operation(
            "query",
            || {
                assert_eq!(
                    query("SELECT 1")?,
                    [
                        r#"["id", "share", "day", "tags"]"#,
                        r#"[Integer(1), Real(0.5), Text("2026-01-02"), Text("[1]")]"#,
                        "[Null, Real(NaN), Null, Integer(1)]",
                    ]
                );
                Ok(())
            },
            || query("SELECT nope").map(drop),
        )
        .operation(
            "describe",
            || {
                let columns = with(|database| database.describe("marts"))?;
                let kinds: Vec<ColumnType> = columns.iter().map(|(_, kind)| *kind).collect();
                let expected =
                    [ColumnType::Integer, ColumnType::Real, ColumnType::Date, ColumnType::Text];
                assert_eq!(kinds, expected);
                Ok(())
            },
            || with(|database| database.describe("nope")).map(drop),
        )
        .operation(
            "generate_profile",
            || {
                let plugins = engine("db", "retail");
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                let profile = engine.generate_profile(Path::new(ANYWHERE), "dev")?;
                let expected = json!({
                    "type": "postgres",
                    "host": "db",
                    "port": 5433,
                    "user": "floe",
                    "password": "{{ env_var('DBT_ENV_SECRET_FLOE_POSTGRES_PASSWORD', '') }}",
                    "dbname": "sales",
                    "schema": "retail__draft",
                    "search_path": "retail__draft",
                    "threads": 4,
                    "connect_timeout": 10,
                    "sslmode": "verify-full",
                    "application_name": "floe retail",
                });
                assert_eq!(profile, expected);
                assert_eq!(
                    engine.plugin().profile_credentials()?,
                    [("DBT_ENV_SECRET_FLOE_POSTGRES_PASSWORD", CANARY)]
                );
                Ok(())
            },
            || {
                let plugins = engine("db", "retail");
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                engine.generate_profile(Path::new(ANYWHERE), "").map(drop)
            },
        )
        .operation("publish", || with(Session::publish), || create("db", "refused")?.publish())
        .operation("record_run", || record("db"), || record("down"))
        .operation(
            "recorded_runs",
            || {
                assert_eq!(recorded("db")?, [r#"{"run":2}"#, r#"{"run":1}"#]);
                Ok(())
            },
            || recorded("down").map(drop),
        )
}

#[test]
fn a_server_that_refuses_is_an_error_with_its_address() {
    let error = |host: &str| create(host, "retail").map(drop).unwrap_err();
    let address = |host: &str| format!("postgresql://{host}:5433/sales schema retail");
    for (host, kind, reason) in [
        ("down", ErrorKind::Unavailable, "Connection refused"),
        ("closed", ErrorKind::Unauthorized, "password authentication failed for user \"floe\""),
    ] {
        let error = error(host);
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.to_string(), format!("{}: {reason}", address(host)));
    }
    assert_eq!(
        error("locked").to_string(),
        format!("another run builds {}, expected to begin when it has ended", address("locked"))
    );
}

#[test]
fn a_schema_needs_no_quotes() {
    for schema in ["Retail", "retail; DROP", "1st", "", &"a".repeat(48)] {
        let config = json!({ "host": "db", "database": "sales", "schema": schema, "user": "floe" });
        let selection = Selection::new(PluginType::Compute, "postgres", config);
        let error = Plugins::configure(&[selection]).map(drop).unwrap_err();
        assert!(error.to_string().contains("at most 47 lower-case letters"), "{error}");
    }
}
