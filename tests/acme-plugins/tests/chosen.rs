//! The manifest selects plugins of another crate, and a run has their spans.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use floe::compile::Definition;
use floe::pipeline::{self, RunError, RunId};
use floe_plugin::alert::{AlertChannel, Message};
use floe_plugin::orchestrator::LocalOrchestrator;
use floe_plugin::product::Product;
use floe_plugin::{Destination, Error, Lifecycle};
use floe_telemetry::opentelemetry::trace::Status;
use floe_telemetry::testing::{self, Spans};
// A crate that is never referenced is not linked.
use floe_tests_acme_plugins as _;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {}

impl Lifecycle for Broken {}

impl AlertChannel for Broken {
    fn destination(&self) -> Destination<'_> {
        Destination::new("nowhere")
    }

    fn send_alert(&self, message: &Message<'_>) -> Result<(), Error> {
        // `resume_unwind` does not call the panic hook, so nothing is printed.
        std::panic::resume_unwind(Box::new(message.name.to_owned()))
    }
}

floe_plugin::plugin! {
    kind: AlertChannel,
    plugin: Broken,
    name: "broken",
    tracer: "floe.alert.broken",
    api: "1.0",
    description: "breaks",
}

/// An orchestrator that builds sources only.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Lazy {}

impl Lifecycle for Lazy {}

impl LocalOrchestrator for Lazy {
    fn run(
        &self,
        product: &Product<'_>,
        build: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        product.sources.iter().try_for_each(|source| build(source.name))
    }
}

floe_plugin::plugin! {
    kind: LocalOrchestrator,
    plugin: Lazy,
    name: "lazy",
    tracer: "floe.orchestrator.lazy",
    api: "1.0",
    description: "builds sources only",
}

const PRODUCT: &str = "\
name: shop
version: 1.0.0
sources:
  - name: orders
    path: orders.csv
    columns: [{ name: order_id, type: integer }, { name: customer, type: text }]
models:
  - name: customers
    layer: gold
    checks: [{ row_count: 2 }, { unique: customer }]
";

fn run(plugins: &str, orders: &str) -> (Result<(), RunError>, Spans, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };

    write("floe.yaml", PRODUCT);
    write("orders.csv", orders);
    write("key", "hunter2hunter2\n");
    write(
        "models/customers.sql",
        "SELECT customer, count(*) AS orders FROM {{ source('orders') }} GROUP BY customer",
    );

    let key = folder.path().join("key");
    let plugins = plugins.replace("{key}", key.to_str().unwrap());
    write("manifest.yaml", &format!("name: acme\nnamespace: acme\nplugins: {plugins}\n"));
    let definition = Definition::read(folder.path(), None, None).unwrap();
    let mut result = Ok(());
    let spans = testing::capture(|| result = pipeline::run(&definition, &RunId::new()).map(drop));
    (result, spans, folder)
}

const ACME: &str = "{ compute: { type: acme, pages: 10 }, alert_channel: { type: acme-board, file: board, key: '${file:{key}}' } }";

#[test]
fn plugins_of_another_crate_are_chosen_by_their_names() {
    let (result, spans, folder) = run(ACME, "order_id,customer\n1,Ada\n2,O'Hara\n3,Ada\n");
    result.unwrap();
    for name in ["compute.create_database", "compute.load", "compute.materialize"] {
        let span = spans.single(name).assert_ok();
        assert_eq!(span.scope(), "floe.compute.acme", "{name}");
        span.assert_attribute("compute.engine", "acme");
    }

    spans.single("ingestion.run").assert_attribute("ingestion.rows_loaded", 3);
    let object = folder.path().join(".floe/objects/acme/shop/customers.csv");
    assert_eq!(fs::read_to_string(object).unwrap(), "customer,orders\nAda,2\nO'Hara,1\n");
    assert!(!folder.path().join("board").exists());
}

#[test]
fn a_check_that_fails_reaches_the_channel_of_another_crate() {
    let (result, spans, folder) = run(ACME, "order_id,customer\n1,Ada\n");
    assert_eq!(result.unwrap_err().to_string(), "1 of 2 assets failed");
    let alerts: Vec<_> = spans.named("alert.send_alert").collect();
    assert_eq!(alerts.len(), 2, "{spans}");
    for alert in alerts {
        alert
            .assert_ok()
            .assert_attribute("alert.channel", "acme-board")
            .assert_attribute("alert.destination", "operations room")
            .assert_attribute("alert.delivery_status", "delivered");
        assert_eq!(alert.scope(), "floe.alert.acme_board");
    }

    assert_eq!(
        fs::read_to_string(folder.path().join("board")).unwrap(),
        "FloeQualityCheckFailed the check `row_count` of `customers` failed: found 1 row, expected at least 2\nFloePipelineFailed 1 of 2 assets failed\n"
    );

    assert!(
        !format!("{:?}", spans.iter().map(testing::CapturedSpan::data).collect::<Vec<_>>())
            .contains("hunter2")
    );
}

#[test]
fn a_plugin_that_does_not_start_fails_the_run_before_anything_is_built() {
    let plugins = ACME.replace("{key}", "/dev/null");
    let (result, spans, _) = run(&plugins, "order_id,customer\n1,Ada\n");
    assert_eq!(
        result.unwrap_err().to_string(),
        "the alert_channel plugin `acme-board` did not start: the credential ${file:/dev/null} cannot be read: it is not a regular file of at most 1 MiB"
    );

    assert_eq!(spans.named("compute.create_database").count(), 0);
    // The first start belongs to the compilation and succeeds.
    let mut starts = spans.named("floe.plugins.start");
    let start = starts.find(|span| *span.status() != Status::Ok).unwrap();
    start.assert_child_of("floe.pipeline.run");
}

#[test]
fn a_plugin_that_panics_does_not_end_a_run_that_its_manifest_continues() {
    let plugins =
        "{ alert_channel: { type: broken }, quality: { type: sql, on_failure: continue } }";
    let (result, spans, folder) = run(plugins, "order_id,customer\n1,Ada\n");
    result.unwrap();
    spans.single("alert.send_alert").assert_error("the plugin panicked: FloeQualityCheckFailed");
    let results = fs::read_to_string(folder.path().join(".floe/run_results.json")).unwrap();
    assert!(results.contains(r#""status": "success""#), "{results}");
}

#[test]
fn an_orchestrator_that_does_not_build_an_asset_fails_the_run() {
    let (result, _, folder) = run("{ orchestrator: { type: lazy } }", "order_id,customer\n1,Ada\n");
    assert_eq!(
        result.unwrap_err().to_string(),
        "the orchestrator plugin `lazy`: it did not build `customers`"
    );

    assert!(!folder.path().join(".floe/warehouse.db").exists());
}
