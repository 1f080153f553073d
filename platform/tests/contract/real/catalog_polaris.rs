//! Checks the requests to Polaris with the models and the client of its own package.

use std::fs;
use std::process::Command;

use floe_plugin::catalog::StoredTable;
use tempfile::TempDir;

use super::process::{Process, place, script};
use crate::catalog_polaris::on;

#[test]
fn polaris_accepts_a_table_and_a_reader_finds_its_rows() {
    let place = place();
    let folder = TempDir::new().unwrap();
    let object = folder.path().join("orders.csv");
    fs::write(&object, "id,note\n1,\"a, b\"\n2,\n").unwrap();
    let python = place.join("venv/bin/python");
    let mut server = Process::start(Command::new(&python).arg(script("polaris_catalog.py")));
    let port = server.port();

    let table = StoredTable {
        namespace: "retail",
        name: "orders",
        location: &format!("file://{}", object.display()),
    };
    // The second time, the namespace and the table exist already.
    for is_new in [true, false] {
        let created = on(&format!("http://127.0.0.1:{port}"), "s3cr3t", 60.0, |catalog| {
            Ok([catalog.create_namespace("retail")?, catalog.create_table(&table)?])
        });
        assert_eq!(created.unwrap(), [is_new, is_new]);
    }
    let mut reader = Command::new(&python);
    let reader = reader.arg(script("polaris_catalog.py")).arg("client");
    let output = reader.arg(port.to_string()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let rows = "{\"id\": \"1\", \"note\": \"a, b\"}\n{\"id\": \"2\", \"note\": \"\"}\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), rows);
}
