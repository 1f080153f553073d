//! The contract of the plugin `duckdb` (compute).

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use floe_plugin::compute::{ComputeEngine, Materialize, Session};
use floe_plugin::table::{ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, PluginType, Plugins};
use serde_json::json;
use tempfile::TempDir;

use crate::samples::{COLUMNS, Rows};
use crate::{Contract, plugins};

const STAND_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/duckdb-stand-in");

fn engine() -> Plugins {
    let config = json!({ "command": STAND_IN, "timeout": 30, "threads": 2 });
    plugins(PluginType::Compute, "duckdb", config)
}

fn with<T>(run: impl FnOnce(&mut Session) -> T) -> T {
    let folder = TempDir::new().unwrap();
    let plugins = engine();
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    run(&mut engine.create_database(&folder.path().join("sales.duckdb")).unwrap())
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

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::Compute, "duckdb", "the `duckdb` command")
        .operation(
            "create_database",
            || {
                let folder = TempDir::new()?;
                let file = folder.path().join("sales.duckdb");
                let plugins = engine();
                plugins.one::<dyn ComputeEngine>().unwrap().create_database(&file)?;
                assert!(file.exists());
                Ok(())
            },
            || {
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                engine.create_database(Path::new(STAND_IN)).map(drop)
            },
        )
        .operation(
            "open_database",
            || {
                let folder = TempDir::new()?;
                let file = folder.path().join("sales.duckdb");
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                engine.create_database(&file)?.close()?;
                engine.open_database(&file)?.close()
            },
            || {
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                let file = Path::new("/no/such/folder/sales.duckdb");
                engine.open_database(file).map(drop)
            },
        )
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
                let folder = TempDir::new()?;
                let file = folder.path().join("sales.duckdb");
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                let mut database = engine.create_database(&file)?;
                assert_eq!(database.load("orders", &COLUMNS, &mut fill)?, 2);
                let rows = fs::read_to_string(folder.path().join("sales.duckdb.rows"))?;
                assert_eq!(rows, "1,1e300,\"a \"\"q\"\",\n\",\"2026-01-02\"\n,2,\"\",\n");
                let context = fs::read_to_string(folder.path().join("sales.duckdb.context"))?;
                assert!(context.starts_with("00-"), "{context}");
                let mut names: Vec<_> =
                    fs::read_dir(folder.path())?.map(|entry| entry.unwrap().file_name()).collect();
                names.sort();
                assert_eq!(names, ["sales.duckdb", "sales.duckdb.context", "sales.duckdb.rows"]);
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
                        r#"["id", "total", "id"]"#,
                        "[Integer(1), Integer(170), Null]",
                        "[Null, Null, Real(2.0)]",
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
                let column = |name: &str, kind| (name.to_owned(), kind);
                assert_eq!(
                    columns,
                    [
                        column("id", ColumnType::Integer),
                        column("total", ColumnType::Integer),
                        column("share", ColumnType::Real),
                        column("day", ColumnType::Date),
                    ]
                );
                Ok(())
            },
            || with(|database| database.describe("nope")).map(drop),
        )
        .operation(
            "generate_profile",
            || {
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                let profile = engine.generate_profile(Path::new("/data/sales.duckdb"), "dev")?;
                let expected =
                    json!({ "type": "duckdb", "path": "/data/sales.duckdb", "threads": 2 });
                assert_eq!(profile, expected);
                Ok(())
            },
            || {
                let plugins = engine();
                let engine = plugins.one::<dyn ComputeEngine>().unwrap();
                let path = Path::new(OsStr::from_bytes(b"/data/\xff.duckdb"));
                engine.generate_profile(path, "dev").map(drop)
            },
        )
}

#[test]
fn a_mistake_has_its_place_in_the_query() {
    let error = query("SELECT nope").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    assert_eq!(error.offset(), Some(7), "{error}");
    assert_eq!(
        error.to_string(),
        "Binder Error: Referenced column \"nope\" not found in FROM clause!"
    );
}

#[test]
fn a_command_that_is_none_is_an_error() {
    let error = query("garbage").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{error}");
    let error = query("silent").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System, "{error}");
    assert!(error.to_string() == "duckdb ended with the exit code 3", "{error}");

    let selection = floe_plugin::Selection::new(
        PluginType::Compute,
        "duckdb",
        json!({ "command": "/no/such/duckdb" }),
    );
    let error = Plugins::configure(&[selection]).unwrap().start().unwrap_err();
    assert!(error.to_string().contains("duckdb: `/no/such/duckdb` is not installed"), "{error}");
}

#[test]
fn a_command_that_hangs_is_ended() {
    let folder = TempDir::new().unwrap();
    let config = json!({ "command": STAND_IN, "timeout": 5 });
    let plugins = plugins(PluginType::Compute, "duckdb", config);
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    let mut database = engine.create_database(&folder.path().join("sales.duckdb")).unwrap();
    let error = database.query("hang", &mut Rows::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[test]
fn rows_that_fail_leave_no_table() {
    let mut fails = |_: &mut dyn RowSink| Err(Error::new(ErrorKind::Unavailable, "no source"));
    let error = with(|database| database.load("orders", &COLUMNS, &mut fails)).unwrap_err();
    assert_eq!(error.to_string(), "no source");
    // The platform opens a draft: an empty file.
    let draft = tempfile::NamedTempFile::new().unwrap();
    let mode = fs::metadata(draft.path()).unwrap().permissions();
    let plugins = engine();
    let engine = plugins.one::<dyn ComputeEngine>().unwrap();
    engine.create_database(draft.path()).unwrap();
    assert_eq!(fs::metadata(draft.path()).unwrap().permissions(), mode);
    let mut short = |rows: &mut dyn RowSink| rows.row(&[Value::Null]);
    let error = with(|database| database.load("orders", &COLUMNS, &mut short)).unwrap_err();
    assert_eq!(error.to_string(), "row 1: expected 4 values, found 1");
}
