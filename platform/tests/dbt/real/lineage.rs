//! The lineage of dbt's nodes beside the events of `OpenLineage`'s own integration, `dbt-ol`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use floe_tests::Receiver;
use serde_json::{Value as Json, json};

use super::command::{dbt, real};
use super::words::project;
use crate::setup::{text_of, without_variables};

/// The fields of an event that both programs write.
const EVENT: [&str; 14] = [
    "/eventType",
    "/job/namespace",
    "/job/name",
    "/job/facets/jobType/jobType",
    "/job/facets/jobType/integration",
    "/job/facets/sql/query",
    "/job/facets/dbt_node/unique_id",
    "/job/facets/dbt_node/original_file_path",
    "/run/facets/parent/job/name",
    "/run/facets/dbt_run/project_name",
    "/run/facets/dbt_run/dbt_runtime",
    "/run/facets/dbt_version/version",
    "/run/facets/processing_engine/name",
    "/run/facets/processing_engine/version",
];

const FIELD: [&str; 3] = ["/name", "/type", "/description"];

const ASSERTION: [&str; 6] = ["/assertion", "/name", "/success", "/column", "/severity", "/actual"];

fn fields(value: &Json, paths: &[&str]) -> Json {
    paths.iter().map(|path| value.pointer(path).filter(|it| **it != "").cloned()).collect()
}

/// Returns the data of an event, sorted by their names.
fn data(data: &Json) -> Vec<Json> {
    let each = |data: &Json, path: &str, paths: &[&str]| {
        let list = data.pointer(path).and_then(Json::as_array).into_iter().flatten();
        let mut list: Vec<_> = list.map(|it| fields(it, paths)).collect();
        list.sort_by_key(Json::to_string);
        list
    };
    // dbt-ol takes no seed for an input.
    let data = data.as_array().unwrap().iter();
    let data = data.filter(|it| !it["name"].as_str().unwrap().contains(".raw_"));
    let mut data: Vec<_> = data
        .map(|it| {
            let schema = each(it, "/facets/schema/fields", &FIELD);
            let tests = "/inputFacets/dataQualityAssertions/assertions";
            let tests = each(it, tests, &ASSERTION);
            json!([fields(it, &["/namespace", "/name"]), schema, tests])
        })
        .collect();
    data.sort_by_key(Json::to_string);
    data
}

fn events(path: &Path) -> BTreeMap<String, Json> {
    let text = fs::read_to_string(path).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let mut found = BTreeMap::new();
    for event in events {
        let key = format!("{} {}", event["job"]["name"], event["eventType"]);
        let shared =
            json!([fields(&event, &EVENT), data(&event["inputs"]), data(&event["outputs"])]);
        assert_eq!(found.insert(key, shared), None);
    }
    found
}

#[test]
fn the_lineage_of_nodes_is_that_of_dbt_ol() {
    let path = real();
    let [ol, own] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for place in [&ol, &own] {
        project(place.path());
        fs::write(place.path().join("models/ids.sql"), "select id from {{ ref('staged') }}")
            .unwrap();
        fs::write(place.path().join("models/wrong.sql"), "select no from {{ ref('raw_orders') }}")
            .unwrap();
    }
    let mut dbt_ol = Command::new("dbt-ol");
    without_variables(&mut dbt_ol);
    let transport = "transport: { type: file, log_file_path: events, append: true }";
    fs::write(ol.path().join("openlineage.yml"), transport).unwrap();
    let output = dbt_ol
        .args(["build", "--profiles-dir", "."])
        .env("PATH", &path)
        .env("OPENLINEAGE_NAMESPACE", "retail")
        .current_dir(ol.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text_of(&output.stdout));

    fs::write(own.path().join("floe.yaml"), "name: shop\nversion: 1.0.0\n").unwrap();
    fs::write(own.path().join("manifest.yaml"), "name: p\nnamespace: retail\n").unwrap();
    let receiver = Receiver::grpc();
    let output = dbt(&path, own.path(), Some(&receiver), &["build"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text_of(&output.stdout));
    let expected = events(&ol.path().join("events"));
    assert_eq!(expected.len(), 10, "{expected:#?}");
    let found = events(&own.path().join(".floe/lineage.jsonl"));
    for (key, expected) in &expected {
        assert_eq!(found.get(key), Some(expected), "{key}");
    }
    assert_eq!(found.len(), expected.len());
}
