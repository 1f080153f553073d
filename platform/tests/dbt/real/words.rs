//! dbt's words in each command: only a test that ran has an outcome, and only a built model is materialized.

use std::fs;
use std::path::Path;
use std::thread;

use floe_tests::{ReceivedSpan, Receiver};

use super::command::{dbt, real};
use crate::setup::{single, text, text_of};

/// The folders of the programs of each version of dbt.
fn versions() -> Vec<String> {
    let older = std::env::var("PIPELINE_DBT_OLDER").expect("PIPELINE_DBT_OLDER: expected folders");
    let newest = std::env::var("PIPELINE_DBT").expect("PIPELINE_DBT: expected a folder");
    older.split(':').map(str::to_owned).chain([newest]).collect()
}

const FILES: [(&str, &str); 7] = [
    ("dbt_project.yml", "{name: shop, version: '1.0', profile: shop, config-version: 2}"),
    (
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}, \
         copy: {type: duckdb, path: shop.duckdb, schema: copy, threads: 1}}}",
    ),
    ("seeds/raw_orders.csv", "id\n1\n1\n"),
    (
        "models/staged.sql",
        "{{ config(materialized='ephemeral') }} select * from {{ ref('raw_orders') }}",
    ),
    (
        "models/orders.sql",
        "{{ config(materialized='table') }} select * from {{ ref('raw_orders') }}",
    ),
    (
        "models/shop.yml",
        "sources: [{name: main, tables: [{name: raw_orders, loaded_at_field: now()::timestamp, \
         freshness: {warn_after: {count: 9, period: day}}}]}]\n\
         models: [{name: orders, columns: [{name: id, data_tests: [unique]}]}]\n\
         unit_tests: [{name: kept, model: orders, given: [{input: ref('raw_orders'), \
         rows: [{id: 1}]}], expect: {rows: [{id: 1}]}}]",
    ),
    ("macros/nothing.sql", "{% macro nothing() %}{% endmacro %}"),
];

pub(crate) fn project(folder: &Path) {
    for (path, content) in FILES {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The attributes that depend on the command: of the command, of `orders`, and of its test.
#[derive(Debug, PartialEq)]
struct Words {
    models_run: i64,
    tests_run: i64,
    materialization: Option<&'static str>,
    test_outcome: Option<&'static str>,
}

const NOTHING: Words =
    Words { models_run: 0, tests_run: 0, materialization: None, test_outcome: None };

const FAILED: Words = Words { tests_run: 1, test_outcome: Some("failed"), ..NOTHING };

const BUILT: Words = Words { models_run: 1, materialization: Some("table"), ..NOTHING };

/// The commands in the order in which they run, each with its words.
const COMMANDS: [(&str, Words); 18] = [
    ("parse", NOTHING),
    ("list", NOTHING),
    ("seed", NOTHING),
    ("compile", NOTHING),
    ("run", BUILT),
    ("compile", NOTHING),
    ("docs generate", NOTHING),
    ("show --select orders", NOTHING),
    ("test --select test_type:data", FAILED),
    ("retry", FAILED),
    ("docs generate", NOTHING),
    ("run-operation nothing", NOTHING),
    ("source freshness", NOTHING),
    ("clone --state target", NOTHING),
    ("clone --state target --target copy", NOTHING),
    ("run --empty", BUILT),
    ("build --empty", Words { tests_run: 2, ..BUILT }),
    ("build", Words { tests_run: 2, test_outcome: Some("failed"), ..BUILT }),
];

fn check(spans: &[ReceivedSpan], command: &str, words: &Words) -> Result<(), String> {
    let two = ["docs", "source"].iter().any(|first| command.starts_with(first));
    let name: Vec<_> = command.split(' ').take(if two { 2 } else { 1 }).collect();
    let root = single(spans, &format!("dbt.{}", name.join(".")));
    let node = |kind: &str, name: &str| {
        let name = format!("dbt.{kind}.{name}");
        spans.iter().find(|span| span.name == name)
    };
    let of = |span: Option<&ReceivedSpan>, key: &str| span.and_then(|span| text(span, key));
    let test = node("test", "unique_orders_id");
    let quality = test.and_then(|test| test.attributes.get("quality.fail_count"));
    let found = (
        root.attributes.get("dbt.models_run") == Some(&words.models_run.into()),
        root.attributes.get("dbt.tests_run") == Some(&words.tests_run.into()),
        of(node("model", "orders"), "dbt.materialization"),
        of(test, "dbt.test_outcome"),
        quality.is_some(),
        of(node("model", "staged"), "dbt.materialization"),
    );
    let expected = (
        true,
        true,
        words.materialization.map(str::to_owned),
        words.test_outcome.map(str::to_owned),
        words.test_outcome.is_some(),
        None,
    );
    let same = found == expected;
    same.then_some(()).ok_or_else(|| format!("{command}: {found:?}, expected {expected:?}"))
}

/// Returns the differences of a version of dbt from the table.
fn differences(folder: &str) -> Vec<String> {
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let place = tempfile::tempdir().unwrap();
    project(place.path());
    let mut wrong = Vec::new();
    for (command, expected) in &COMMANDS {
        let receiver = Receiver::http();
        let words: Vec<_> = command.split(' ').collect();
        let output = dbt(&path, place.path(), Some(&receiver), &words).output().unwrap();
        let printed = text_of(&output.stdout);
        assert_ne!(output.status.code(), Some(2), "{folder} {command}: {printed}");
        let difference = check(&receiver.spans(), command, expected).err();
        wrong.extend(difference.map(|it| format!("{folder}: {it}")));
    }
    wrong
}

#[test]
fn the_words_of_each_command_and_version() {
    let versions = versions();
    let wrong: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> =
            versions.iter().map(|folder| scope.spawn(move || differences(folder))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(wrong, [""; 0]);
}

/// Returns the ids of the nodes that were skipped by `--fail-fast`.
fn skipped(results: &str) -> Vec<String> {
    let results: serde_json::Value = serde_json::from_str(results).unwrap();
    let results = results["results"].as_array().unwrap().iter();
    let skipped = results.filter(|it| it["status"] == "skipped");
    skipped.map(|it| it["unique_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_node_that_fail_fast_skips_has_a_span() {
    let path = real();
    let place = tempfile::tempdir().unwrap();
    project(place.path());
    for number in 0..6 {
        let model = place.path().join(format!("models/wrong_{number}.sql"));
        fs::write(model, "select nothing from {{ ref('staged') }}").unwrap();
    }
    let receiver = Receiver::http();
    let words = ["build", "--fail-fast"];
    let output = dbt(&path, place.path(), Some(&receiver), &words).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text_of(&output.stdout));
    let results = fs::read_to_string(place.path().join("target/run_results.json")).unwrap();
    let spans = receiver.spans();
    let skipped = skipped(&results);
    let reasons: Vec<_> = skipped
        .iter()
        .map(|id| {
            let of = |span: &&ReceivedSpan| text(span, "dbt.unique_id").as_deref() == Some(id);
            let found: Vec<_> = spans.iter().filter(of).collect();
            assert_eq!(found.len(), 1, "{id}");
            assert_eq!(found[0].parent_span_id, single(&spans, "dbt.build").span_id);
            text(found[0], "dbt.node_skip_reason")
        })
        .collect();
    // A model that began before the first failure has failed, too, in spite of its result.
    assert!(reasons.contains(&Some("fail_fast".to_owned())), "{reasons:?}");
}
