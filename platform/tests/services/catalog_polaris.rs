//! The Iceberg REST protocol, with pyiceberg's models as the catalog and its client as an oracle.

use std::fs;
use std::process::Command;

use floe as _;
use floe_plugin::PluginType;
use floe_plugin::catalog::{NewTable, TableCatalog};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, credential, place, plugins, run};
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

#[test]
fn pyiceberg_accepts_every_request_and_reads_what_was_written() {
    let Some(place) = place() else { return };
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("requests");
    let python = place.join("venv/bin/python");
    let mut server = Command::new(&python);
    let mut server = Process::start(server.arg(SCRIPT).arg(&log));
    let port = server.port();

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
    run(Command::new(&python)
        .arg(SCRIPT)
        .arg("client")
        .arg(port.to_string()));

    // A second time, nothing is new.
    assert!(!catalog.create_table(&table).unwrap());
    assert!(!catalog.create_namespace("floe").unwrap());
    // Both clients ask for the same.
    let log = fs::read_to_string(&log).unwrap();
    let (ours, theirs) = (changes(&log, "floe"), changes(&log, "pyiceberg"));
    for (method, path, body) in &theirs {
        let found = ours.iter().find(|(our_method, our_path, our_body)| {
            let is_other = body["namespace"].is_array() && our_body != body;
            our_method == method && our_path == path && !is_other
        });
        let (_, _, our_body) =
            found.unwrap_or_else(|| panic!("{method} {path} {body} is not in {ours:?}"));
        if body["schema"].is_object() {
            assert_eq!(our_body["name"], body["name"]);
            assert_eq!(our_body["schema"]["fields"], body["schema"]["fields"]);
        } else {
            assert_eq!(our_body, body);
        }
    }
    assert!(theirs.len() >= 3, "{theirs:?}");
}
