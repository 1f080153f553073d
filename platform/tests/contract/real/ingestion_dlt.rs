//! dlt itself: loads the rows of a REST API into the platform, and writes rows to `DuckDB`.

use std::fs;

use floe_plugin::ingestion::{Export, IngestionEngine};
use floe_plugin::{ErrorKind, Handle};
use floe_telemetry::testing;
use floe_tests::ReservedPort;
use serde_json::json;

use super::process::place;
use super::python::python;
use crate::ingestion_dlt::load;
use crate::service::{Answer, Service};
use crate::{assert_failed, credential, with_in};

#[test]
fn a_rest_api_is_loaded() {
    let place = place();
    let service = Service::start(|request| match request.header("authorization") {
        Some("Bearer c4n4ry") if request.path.starts_with("/v1/orders") => {
            let orders = json!([
                { "id": 1, "note": "a", "extra": { "deep": [1] } },
                { "id": 2, "amount": 2.5, "ordered_on": "2026-01-31" },
            ]);
            Answer::json(200, &json!({ "data": { "orders": orders } }))
        }
        Some("Bearer c4n4ry") if request.path.starts_with("/v1/text") => Answer::text(200, "hello"),
        Some("Bearer c4n4ry") => Answer::text(404, "no such endpoint"),
        _ => Answer::text(401, "who are you"),
    });
    let config = |url: &str, token: &str| {
        json!({
            "python": place.join("venv/bin/python"),
            "source": {
                "type": "rest_api",
                "base_url": url,
                "token": token,
                "data_selector": "data.orders",
            },
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let (_file, token) = credential("c4n4ry");
    let (_other, wrong) = credential("another");
    let url = format!("{}/v1/", service.url);
    let mut rows = Vec::new();
    let spans = testing::capture(|| {
        rows = load(&config(&url, &token), folder.path(), "orders").unwrap();
    });
    let span = spans.single("ingestion.run").assert_ok();
    span.assert_attribute("ingestion.rows_loaded", 2)
        .assert_attribute("ingestion.source_type", "rest_api");
    rows.sort_unstable();
    assert_eq!(
        rows,
        [
            "[Integer(1), Null, Text(\"a\"), Null]",
            "[Integer(2), Real(2.5), Null, Text(\"2026-01-31\")]",
        ]
    );
    let closed = ReservedPort::new();
    for (url, token, path, kind) in [
        (&*url, &wrong, "orders", ErrorKind::Unauthorized),
        (&*url, &token, "payments", ErrorKind::NotFound),
        (&*url, &token, "text", ErrorKind::Rejected),
        (&*closed.endpoint(), &token, "orders", ErrorKind::Unavailable),
    ] {
        let error = load(&config(url, token), folder.path(), path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.to_string().contains("c4n4ry"), "{error}");
    }
}

#[test]
fn rows_are_written_to_other_systems() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    let database = folder.path().join("crm/crm.duckdb");
    let config = json!({
        "python": place.join("venv/bin/python"),
        "sinks": {
            "crm": { "type": "duckdb", "path": "crm/crm.duckdb", "dataset": "sales" },
        },
    });
    let export = Export { table: "orders", sink_type: "crm", destination: "orders", file: &file };
    let write = || {
        let run = |tool: &Handle<dyn IngestionEngine>| tool.write(&export);
        with_in(folder.path(), "dlt", config.clone(), run)
    };
    // The second export replaces the first.
    fs::write(&file, "id,zip,amount,note\n9,010,0.5,x\n8,1,1,x\n7,1,1,x\n").unwrap();
    assert_eq!(write().unwrap(), 3);
    fs::write(&file, "id,zip,amount,note\n1,007,1.5,\"a, b\"\n2,10,2,\n").unwrap();
    let mut rows = 0;
    let spans = testing::capture(|| rows = write().unwrap());
    assert_eq!(rows, 2);
    let span = spans.single("egress.write").assert_ok();
    span.assert_attribute("egress.rows_written", 2).assert_attribute("egress.status", "success");
    // 007 must not become 7: the column has the type of the first export.
    fs::write(&file, "id,zip,amount,note\n007,1,1,x\n").unwrap();
    let error = write().unwrap_err();
    assert_failed(&error, ErrorKind::InvalidInput, "`orders.id` is BIGINT");
    fs::write(&file, "id,zip,amount,note\n1,007,1.5,\"a, b\"\n2,10,2,\n").unwrap();
    let script = format!(
        "import duckdb; print(duckdb.connect({database:?}).execute('select id, zip, amount, note from sales.orders order by id').fetchall())"
    );
    assert_eq!(python(&place, &script), "[(1, '007', 1.5, 'a, b'), (2, '10', 2.0, None)]");
}
