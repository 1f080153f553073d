//! The contract of the plugin `dlt` (ingestion).

use std::fs;
use std::path::Path;

use floe_plugin::ingestion::{Export, IngestionEngine, Load};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, Handle};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::program::Program;
use crate::{CANARY, Contract, Rows, assert_failed, with, with_in};

const COLUMNS: [Column<'static>; 4] = [
    Column { name: "id", kind: ColumnType::Integer },
    Column { name: "amount", kind: ColumnType::Real },
    Column { name: "note", kind: ColumnType::Text },
    Column { name: "ordered_on", kind: ColumnType::Date },
];

fn rest_api(python: &Program, folder: &TempDir) -> Json {
    let token = folder.path().join("token");
    fs::write(&token, CANARY).unwrap();
    json!({
        "python": python.path(),
        "source": {
            "type": "rest_api",
            "base_url": "https://api.example/v1/",
            "token": format!("${{file:{}}}", token.display()),
        },
        "schema_contract": "freeze",
    })
}

pub(crate) fn load(config: &Json, folder: &Path, location: &str) -> Result<Vec<String>, Error> {
    let load = Load { table: "orders", columns: &COLUMNS, folder, location };
    let mut rows = Rows::default();
    let run = |tool: &Handle<dyn IngestionEngine>| tool.run(&load, &mut rows);
    let count = with("dlt", config.clone(), run)?;
    assert_eq!(count, rows.0.len() as u64);
    Ok(rows.0)
}

/// Returns the error of a load of `orders`.
fn refused(python: &Program) -> Error {
    let folder = tempfile::tempdir().unwrap();
    load(&rest_api(python, &folder), folder.path(), "orders").unwrap_err()
}

fn write(python: &Program, folder: &Path, sink: &str) -> Result<u64, Error> {
    let sinks = json!({ "crm": { "type": "duckdb", "path": "out/crm.duckdb" } });
    let config = json!({ "python": python.path(), "sinks": sinks });
    let file = Path::new("/srv/orders.csv");
    let export = Export { table: "orders", sink_type: sink, destination: "Order", file };
    with_in::<dyn IngestionEngine, _>(folder, "dlt", config, |tool| tool.write(&export))
}

fn loaded(rows: u64) -> String {
    json!({ "ok": { "files": ["loaded/data/orders/1.jsonl"], "rows": rows } }).to_string()
}

fn failure(kind: &str) -> String {
    let message = format!("HTTPError: 401 for {CANARY}");
    json!({ "error": { "kind": kind, "message": message } }).to_string()
}

#[expect(clippy::too_many_lines, reason = "a list of operations")]
pub(crate) fn contract() -> Contract {
    Contract::new::<dyn IngestionEngine>("dlt", "stand-in; dlt 1.31 in `.ci/services plugins`")
        .operation(
            "run",
            &[
                "ingestion.source_type=rest_api",
                "ingestion.destination_table=orders",
                "ingestion.write_mode=replace",
                "ingestion.schema_contract=freeze",
                "ingestion.success=true",
                "ingestion.rows_loaded=2",
                "ingestion.duration_seconds=*",
            ],
            || {
                let python = Program::new("python").with("answer", loaded(2)).with(
                    "loaded",
                    "{\"id\":1,\"amount\":1,\"ordered_on\":\"2026-01-31\",\"_dlt_id\":\"a\"}\n{\"id\":2,\"amount\":null}\n",
                );
                let folder = tempfile::tempdir().unwrap();
                let rows = load(&rest_api(&python, &folder), folder.path(), "orders")?;
                assert_eq!(
                    rows,
                    [
                        "[Integer(1), Real(1.0), Null, Text(\"2026-01-31\")]",
                        "[Integer(2), Null, Null, Null]"
                    ]
                );
                python.assert_traced();
                assert_eq!(python.received("token").trim(), CANARY);
                let request = python.request();
                assert!(!request.to_string().contains(CANARY), "{request}");
                Ok(())
            },
            || {
                let python = Program::new("python").with("answer", failure("unauthorized"));
                let error = refused(&python);
                assert_eq!(error.kind(), ErrorKind::Unauthorized);
                assert_eq!(error.to_string(), "dlt: HTTPError: 401 for <REDACTED>");
                Err(error)
            },
        )
        .operation(
            "write",
            &[
                "egress.sink_type=crm",
                "egress.destination=Order",
                "egress.status=success",
                "egress.rows_written=2",
                "egress.duration_ms=*",
            ],
            || {
                let python = Program::new("python").with("answer", "{\"ok\":{\"rows\":2}}");
                let folder = tempfile::tempdir().unwrap();
                assert_eq!(write(&python, folder.path(), "crm")?, 2);
                Ok(())
            },
            || {
                let error = write(&Program::new("python"), Path::new(""), "erp").unwrap_err();
                let message = "there is no sink `erp`; expected one of: crm";
                assert_eq!(error.to_string(), message);
                Err(error)
            },
        )
}

#[test]
fn an_answer_that_is_not_true_is_an_error() {
    let row = "{\"id\":1}\n";
    for (answer, rows, message) in [
        (loaded(2), row, "found 1 rows, but dlt reported 2"),
        (loaded(1), "{\"id\":\"one\"}\n", "a value of `id` does not have the column's type"),
        (loaded(1), "[1]\n", "a row is not a JSON object"),
        ("{".to_owned(), row, "the result is not JSON in the expected form"),
    ] {
        let python = Program::new("python").with("answer", &answer).with("loaded", rows);
        let error = refused(&python);
        assert_failed(&error, ErrorKind::InvalidResponse, message);
    }
}

#[test]
fn a_crash_does_not_print_the_token() {
    let python = Program::new("python").with("behaviour", "crash");
    let error = refused(&python).to_string();
    assert!(error.contains("MemoryError"), "{error}");
    assert!(!error.contains(CANARY), "{error}");
}

#[test]
fn nothing_is_written_behind_a_link() {
    let outside = tempfile::tempdir().unwrap();
    for link in ["out", "out/crm.duckdb", "out/crm.duckdb.wal"] {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(outside.path().join("new"), &link).unwrap();
        let python = Program::new("python").with("answer", "{\"ok\":{\"rows\":2}}");
        let error = write(&python, folder.path(), "crm").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let message = error.to_string();
        assert!(message.contains("it is a symbolic link"), "{message}");
    }
}
