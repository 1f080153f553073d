//! The contract of the plugin `cube` (semantic layer).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use floe_plugin::product::{Model, Product, Source};
use floe_plugin::quality::Check;
use floe_plugin::semantic::{MetricQuery, SemanticLayer};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{Error, ErrorKind, Handle, PluginType};
use serde_json::json;
use tempfile::TempDir;

use crate::samples::Rows;
use crate::service::{Answer, Received, Service};
use crate::{CANARY, Contract, credential, failures, plugins};

/// The REST API of Cube, with one cube.
fn api(request: &Received) -> Answer {
    let refused = |status: u16, error: &str| Answer::json(status, &json!({ "error": error }));
    if request.header("authorization") != Some(&format!("Bearer {CANARY}")) {
        return refused(403, "Invalid token");
    }
    let is_json = request.header("content-type") == Some("application/json");
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/cubejs-api/v1/meta") => {
            let names = |names: &[&str]| -> Vec<serde_json::Value> {
                let member =
                    |name: &&str| json!({ "name": format!("customers.{name}"), "type": "number" });
                names.iter().map(member).collect()
            };
            let cube = json!({
                "name": "customers",
                "measures": names(&["count", "total_revenue", "average_revenue"]),
                "dimensions": names(&["customer_id", "segment", "revenue", "since"]),
            });
            Answer::json(200, &json!({ "cubes": [cube] }))
        }
        ("POST", "/cubejs-api/v1/load") if is_json => {
            let query = &request.json()["query"];
            let members = [&query["measures"], &query["dimensions"]];
            let mut names = members.iter().flat_map(|it| it.as_array().unwrap());
            if names.any(|name| name.as_str().unwrap().contains("none")) {
                return refused(400, "'none' not found for path 'customers.none'");
            }
            Answer::json(
                200,
                &json!({
                    "query": query,
                    "data": [
                        { "customers.segment": "12", "customers.count": "7", "customers.total_revenue": "1.5" },
                        { "customers.segment": null, "customers.count": 2, "customers.total_revenue": null },
                    ],
                    "annotation": {
                        "measures": {
                            "customers.count": { "type": "number" },
                            "customers.total_revenue": { "type": "number" },
                        },
                        "dimensions": { "customers.segment": { "type": "string" } },
                    },
                }),
            )
        }
        _ => refused(404, "Not found"),
    }
}

fn with<T>(url: &str, timeout: f64, run: impl FnOnce(&Handle<dyn SemanticLayer>) -> T) -> T {
    let (_token, token) = credential(CANARY);
    let config = json!({ "url": url, "token": token, "table_schema": "main", "timeout": timeout });
    let plugins = plugins(PluginType::SemanticLayer, "cube", config);
    run(&plugins.one::<dyn SemanticLayer>().unwrap())
}

fn product<'a>(checks: &'a [Check], name: &'a str) -> Product<'a> {
    let model = |name, layer| Model {
        name,
        layer,
        materialization: "table",
        sql: "SELECT 1",
        depends_on: vec!["orders"],
        checks,
    };
    Product {
        name: "customer-360",
        sources: vec![Source {
            name: "orders",
            location: "orders.csv",
            depends_on: Vec::new(),
            columns: vec![
                Column {
                    name: "customer_id",
                    kind: ColumnType::Integer,
                },
                Column {
                    name: "since",
                    kind: ColumnType::Date,
                },
            ],
        }],
        models: vec![model("staged", "silver"), model(name, "gold")],
        ..Product::default()
    }
}

fn checks() -> Vec<Check> {
    vec![
        Check::Unique("customer_id".to_owned()),
        Check::NotNull("customer_id".to_owned()),
        Check::AcceptedValues {
            column: "segment".to_owned(),
            values: vec!["a".to_owned()],
        },
        Check::Between {
            column: "revenue".to_owned(),
            min: 0.0,
            max: 1.0,
        },
        Check::NotNull("since".to_owned()),
        Check::MinRows(1),
    ]
}

fn sync(url: &str, timeout: f64, model: &str, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let checks = checks();
    with(url, timeout, |cube| {
        cube.sync(&product(&checks, model), folder)
    })
}

const QUERY: MetricQuery<'_> = MetricQuery {
    model: "customers",
    measures: &["count", "total_revenue"],
    dimensions: &["segment"],
    limit: Some(100),
};

fn query(url: &str, timeout: f64, query: &MetricQuery<'_>) -> Result<Vec<String>, Error> {
    let mut rows = Rows::default();
    with(url, timeout, |cube| cube.query(query, &mut rows))?;
    Ok(rows.0)
}

const SCHEMA: &str = "\
# Generated by floe from the product. Do not edit.
cubes:
- name: customers
  sql_table: main.customers
  dimensions:
  - name: customer_id
    sql: \"{CUBE}.customer_id\"
    type: number
    primary_key: true
  - name: segment
    sql: \"{CUBE}.segment\"
    type: string
  - name: revenue
    sql: \"{CUBE}.revenue\"
    type: number
  - name: since
    sql: \"{CUBE}.since\"
    type: time
  measures:
  - name: count
    type: count
  - name: total_revenue
    sql: \"{CUBE}.revenue\"
    type: sum
  - name: average_revenue
    sql: \"{CUBE}.revenue\"
    type: avg
";

pub(crate) fn contract() -> Contract {
    Contract::new(PluginType::SemanticLayer, "cube", "stand-in")
        .operation(
            "sync",
            || {
                let service = Service::start(api);
                let folder = TempDir::new()?;
                let files = sync(&service.url, 10.0, "customers", folder.path())?;
                assert_eq!(files, [folder.path().join("customers.yml")]);
                assert_eq!(fs::read_to_string(&files[0])?, SCHEMA);
                assert_eq!(service.single().path, "/cubejs-api/v1/meta");
                Ok(())
            },
            || {
                // The server serves other models.
                let service = Service::start(api);
                let folder = TempDir::new()?;
                let result = sync(&service.url, 10.0, "other", folder.path());
                let error = result.as_ref().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::NotFound);
                assert!(error.to_string().contains("`other.count`"), "{error}");
                result.map(drop)
            },
        )
        .operation(
            "query",
            || {
                let service = Service::start(api);
                let rows = query(&service.url, 10.0, &QUERY)?;
                assert_eq!(
                    rows,
                    [
                        r#"["segment", "count", "total_revenue"]"#,
                        r#"[Text("12"), Integer(7), Real(1.5)]"#,
                        "[Null, Integer(2), Null]",
                    ]
                );
                assert_eq!(
                    service.single().json(),
                    json!({ "query": {
                        "measures": ["customers.count", "customers.total_revenue"],
                        "dimensions": ["customers.segment"],
                        "limit": 100,
                    } })
                );
                Ok(())
            },
            || {
                let service = Service::start(api);
                let asked = MetricQuery {
                    measures: &["none"],
                    ..QUERY
                };
                let result = query(&service.url, 10.0, &asked);
                assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::Rejected);
                result.map(drop)
            },
        )
}

#[test]
fn a_result_that_takes_long_is_asked_for_again() {
    let waits = AtomicUsize::new(3);
    let service = Service::start(move |request| {
        let is_waiting = waits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        match is_waiting {
            Ok(_) => Answer::json(200, &json!({ "error": "Continue wait" })),
            Err(_) => api(request),
        }
    });
    assert_eq!(query(&service.url, 10.0, &QUERY).unwrap().len(), 3);
    assert_eq!(service.received().len(), 4);

    let service = Service::start(|_| Answer::json(200, &json!({ "error": "Continue wait" })));
    let error = query(&service.url, 10.0, &QUERY).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    // A server may repeat what it refuses.
    let service = Service::start(|request| {
        let token = request.header("authorization").unwrap();
        Answer::json(200, &json!({ "error": format!("no such table: {token}") }))
    });
    let error = query(&service.url, 10.0, &QUERY).unwrap_err();
    let message = format!("POST {}: no such table: Bearer <REDACTED>", service.url);
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Rejected, message)
    );
}

#[test]
fn a_query_that_cube_does_not_accept_is_not_sent() {
    let service = Service::start(api);
    for limit in [0, 50_001] {
        let error = query(
            &service.url,
            10.0,
            &MetricQuery {
                limit: Some(limit),
                ..QUERY
            },
        )
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let nothing = MetricQuery {
        measures: &[],
        dimensions: &[],
        ..QUERY
    };
    assert_eq!(
        query(&service.url, 10.0, &nothing).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert!(service.received().is_empty());
}

#[test]
fn cube_that_refuses_hangs_or_is_none() {
    let folder = TempDir::new().unwrap();
    failures::check(
        |_| None,
        |url, timeout| sync(url, timeout, "customers", folder.path()).map(drop),
    );
    failures::check(
        |_| None,
        |url, timeout| query(url, timeout, &QUERY).map(drop),
    );
}

#[test]
fn a_request_is_repeated_when_cube_asks_for_it() {
    failures::check_retry(api, |url| query(url, 10.0, &QUERY).map(drop));
}

#[test]
fn without_a_server_the_models_are_written() {
    let plugins = plugins(PluginType::SemanticLayer, "cube", json!({}));
    let cube = plugins.one::<dyn SemanticLayer>().unwrap();
    let folder = TempDir::new().unwrap();
    let files = cube
        .sync(&product(&[], "customers"), folder.path())
        .unwrap();
    let schema = fs::read_to_string(&files[0]).unwrap();
    assert_eq!(
        schema,
        "# Generated by floe from the product. Do not edit.\ncubes:\n- name: customers\n  sql_table: customers\n  dimensions: []\n  measures:\n  - name: count\n    type: count\n"
    );
    // The model is renamed. A file of the user stays.
    let own = folder.path().join("own.yml");
    fs::write(&own, "views: []\n".repeat(20)).unwrap();
    let renamed = cube.sync(&product(&[], "buyers"), folder.path()).unwrap();
    assert!(renamed[0].exists() && own.exists() && !files[0].exists());
    let error = cube.query(&QUERY, &mut Rows::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the configuration of the plugin has no `url`"
    );
}
