//! The Iceberg REST protocol, with pyiceberg's models as the catalog and its client as an oracle.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;

use floe as _;
use floe_plugin::catalog::{NewTable, SchemaChange, TableCatalog};
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{ErrorKind, PluginType};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, credential, free_port, place, plugins, run};
use crate::samples::COLUMNS;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/services/iceberg_catalog.py"
);

/// The requests of a client that change something: method, path, body.
fn changes(log: &str, client: &str) -> Vec<(String, String, Value)> {
    log.lines()
        .map(|line| serde_json::from_str::<[String; 4]>(line).unwrap())
        .filter(|[agent, method, path, _]| {
            agent == client && method != "GET" && method != "HEAD" && path != "/v1/oauth/tokens"
        })
        .map(|[_, method, path, body]| {
            let body = body.replace(client, "CLIENT");
            (
                method,
                path.replace(client, "CLIENT"),
                serde_json::from_str(&body).unwrap_or_default(),
            )
        })
        .collect()
}

/// The kinds of a commit's requirements and its updates without what differs by design.
fn kinds(body: &Value, key: &str, kind: &str) -> BTreeSet<String> {
    let all = body[key].as_array().into_iter().flatten();
    all.map(|it| it[kind].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pyiceberg_accepts_every_request_and_reads_what_was_written() {
    let Some(place) = place() else { return };
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("requests");
    let port = free_port();
    let python = place.join("venv/bin/python");
    let mut server = Command::new(&python);
    server.arg(SCRIPT).arg(port.to_string()).arg(&log);
    let _server = Process::start(&mut server).listening_on(port);

    let (_secret, secret) = credential("s3cr3t");
    let (_id, id) = credential("root");
    let config = json!({
        "uri": format!("http://127.0.0.1:{port}"),
        "warehouse": "main",
        "client_id": id,
        "client_secret": secret,
    });
    let plugins = plugins(PluginType::Catalog, "polaris", config);
    let catalog = plugins.one::<dyn TableCatalog>().unwrap();
    assert!(catalog.create_namespace("floe").unwrap());
    assert!(catalog.create_namespace("floe.eu").unwrap());
    let table = NewTable {
        namespace: "floe.eu",
        name: "orders",
        location: Some("s3://lake/floe/orders"),
        columns: &COLUMNS,
    };
    assert!(catalog.create_table(&table).unwrap());
    let changed = [
        SchemaChange::Rename {
            from: "note",
            to: "comment",
        },
        SchemaChange::Drop("id"),
        SchemaChange::Add(Column {
            name: "count",
            kind: ColumnType::Integer,
        }),
    ];
    catalog
        .evolve_schema("floe.eu", "orders", &changed)
        .unwrap();
    let snapshots = catalog.list_snapshots("floe.eu", "orders").unwrap();
    let ids: Vec<(i64, bool)> = snapshots.iter().map(|it| (it.id, it.is_current)).collect();
    assert_eq!(ids, [(1, false), (2, false), (3, true)]);
    assert_eq!(snapshots[2].operation.as_deref(), Some("append"));
    catalog.rollback("floe.eu", "orders", 2).unwrap();
    let keep = NonZeroUsize::new(2).unwrap();
    assert_eq!(
        catalog.expire_snapshots("floe.eu", "orders", keep).unwrap(),
        [3]
    );
    let vended = catalog.vend_credentials("floe.eu", "orders").unwrap();
    assert_eq!(vended["s3.session-token"].expose_secret(), "session");

    run(Command::new(&python)
        .arg(SCRIPT)
        .arg("client")
        .arg(port.to_string()));

    // A second time, nothing is new.
    assert!(!catalog.create_table(&table).unwrap());
    assert!(!catalog.create_namespace("floe").unwrap());
    assert_eq!(
        catalog.list_namespaces().unwrap(),
        ["floe", "floe.eu", "pyiceberg"]
    );
    assert_eq!(catalog.list_tables("floe.eu").unwrap(), ["orders"]);
    let not_empty = catalog.delete_namespace("floe.eu").unwrap_err();
    assert_eq!(not_empty.kind(), ErrorKind::Rejected, "{not_empty}");
    catalog.drop_table("floe.eu", "orders").unwrap();
    catalog.delete_namespace("floe.eu").unwrap();
    assert_eq!(
        catalog.drop_table("floe", "orders").unwrap_err().kind(),
        ErrorKind::NotFound
    );

    // Both clients ask for the same.
    let log = fs::read_to_string(&log).unwrap();
    let (ours, theirs) = (changes(&log, "floe"), changes(&log, "pyiceberg"));
    for (method, path, body) in &theirs {
        let found = ours.iter().find(|(our_method, our_path, our_body)| {
            let is_update = |kind: &String| kinds(our_body, "updates", "action").contains(kind);
            let is_other = body["namespace"].is_array() && our_body != body;
            our_method == method
                && our_path == path
                && !is_other
                && kinds(body, "updates", "action").iter().all(is_update)
        });
        let (_, _, our_body) =
            found.unwrap_or_else(|| panic!("{method} {path} {body} is not in {ours:?}"));
        if body["updates"].is_array() {
            let (ours, theirs) = (
                kinds(our_body, "requirements", "type"),
                kinds(body, "requirements", "type"),
            );
            assert!(ours.is_superset(&theirs), "{ours:?} {theirs:?}");
        } else if body["schema"].is_object() {
            assert_eq!(our_body["name"], body["name"]);
            assert_eq!(our_body["schema"]["fields"], body["schema"]["fields"]);
        } else {
            assert_eq!(our_body, body);
        }
    }
    assert!(theirs.len() >= 7, "{theirs:?}");
}
