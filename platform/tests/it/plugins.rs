//! Runs with plugins that the manifest selects: quality checks, alerts, secrets, lineage and storage.

use crate::product::Product;
use crate::service::{Answer, Service};
use crate::spans_of;

const CHECKS: &str = "    checks:
      - unique: order_id
      - not_null: order_id
      - row_count: 3
";

fn failing(manifest: &str) -> Product {
    let product = Product::shop();
    let bronze = "    layer: bronze\n";
    product.replace("floe.yaml", bronze, &format!("{bronze}{CHECKS}"));
    product.append("manifest.yaml", manifest);
    product
}

const FAILED: &str =
    "the check `row_count` of `stg_orders` failed: found 2 rows, expected at least 3";

#[test]
fn a_check_that_fails_is_an_alert_and_fails_its_model() {
    let product = failing("");
    let output = product.run();
    output.assert_code(1);
    output.assert_says("1 source built, 1 failed, 1 skipped · 2 checks passed, 1 failed · ");
    assert_eq!(
        output.complaints(),
        format!(
            "alert: error: FloeQualityCheckFailed: {FAILED}\nerror: {{dir}}/floe.yaml:15:9: {FAILED}\n"
        )
    );
    assert!(!product.path(".floe/warehouse.db").exists());
    // Nothing is published.
    assert!(!product.path(".floe/objects").exists());
    let lineage = product.read(".floe/lineage.jsonl");
    let events: Vec<serde_json::Value> =
        lineage.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states: Vec<(&str, &str)> = events
        .iter()
        .map(|event| {
            let text = |value: &'static str| event.pointer(value).unwrap().as_str().unwrap();
            (text("/job/name"), text("/eventType"))
        })
        .collect();
    assert_eq!(
        states,
        [
            ("shop", "START"),
            ("shop.orders", "START"),
            ("shop.orders", "COMPLETE"),
            ("shop.stg_orders", "START"),
            ("shop.stg_orders", "FAIL"),
            ("shop", "FAIL"),
        ]
    );
    let message = &events[4]["run"]["facets"]["errorMessage"]["message"];
    assert!(message.as_str().unwrap().ends_with(FAILED), "{message}");
    let message = &events[5]["run"]["facets"]["errorMessage"]["message"];
    assert_eq!(*message, "1 of 3 assets failed");
}

#[test]
fn a_check_that_fails_does_not_stop_a_run_whose_manifest_continues() {
    let product = failing(
        "plugins:
  quality: { type: sql, on_failure: continue }
  alert_channel: [{ type: terminal }, { type: terminal, file: alerts.log }]
  storage: { type: local, folder: lake }
  lineage_backend: { type: console }",
    );
    let output = product.run();
    output.assert_code(0);
    let alert = format!("alert: error: FloeQualityCheckFailed: {FAILED}\n");
    output.assert_says(&alert);
    assert_eq!(product.read("alerts.log"), alert);
    assert_eq!(product.read("lake/retail/shop/totals.csv"), "orders\n2\n");
    let lineage = "lineage: COMPLETE shop.totals: [stg_orders] -> [totals]\n";
    output.assert_says(lineage);
    assert!(!product.path(".floe/lineage.jsonl").exists());
}

#[test]
fn checks_have_a_span_for_each_model_and_one_for_each_check() {
    let product = failing("");
    let spans = spans_of(&product);
    spans
        .single("quality.run_checks")
        .assert_error(FAILED)
        .assert_attribute("error.type", "quality.check_failed")
        .assert_child_of("floe.asset.stg_orders")
        .assert_attribute("quality.suite_name", "shop.stg_orders")
        .assert_attribute("quality.checks_count", 3)
        .assert_attribute("quality.pass_count", 2)
        .assert_attribute("quality.fail_count", 1)
        .assert_attribute("quality.rows_checked", 2);
    assert_eq!(spans.named("quality.check").count(), 3);
    for (check, (name, passes)) in spans.named("quality.check").zip([
        ("unique_order_id", true),
        ("not_null_order_id", true),
        ("row_count", false),
    ]) {
        check
            .assert_child_of("quality.run_checks")
            .assert_attribute("quality.check_name", name)
            .assert_attribute("quality.data_source", "stg_orders")
            .assert_attribute("quality.pass_count", i64::from(passes))
            .assert_attribute("quality.fail_count", i64::from(!passes))
            .assert_attribute("quality.rows_checked", 2);
        if passes {
            check.assert_ok().assert_attribute("quality.failed_rows", 0);
        } else {
            check.assert_error(FAILED);
        }
    }
    spans
        .single("alert.send_alert")
        .assert_ok()
        .assert_child_of("floe.asset.stg_orders")
        .assert_attribute("alert.channel", "terminal")
        .assert_attribute("alert.severity", "error")
        .assert_attribute("alert.delivery_status", "delivered");
    let asset = spans.single("floe.asset.stg_orders");
    let file = product.path("floe.yaml");
    asset.assert_error(&format!("{}:15:9: {FAILED}", file.display()));
}

#[test]
fn the_error_of_a_model_names_each_check_that_failed() {
    let product = failing("");
    product.replace("floe.yaml", "unique: order_id", "not_null: ordered_on");
    product.replace("floe.yaml", "row_count: 3", "row_count: 100000");
    let output = product.run();
    output.assert_code(1);
    let error = "✗ stg_orders {dir}/floe.yaml:13:9: 2 of 3 checks of `stg_orders` failed: `not_null_ordered_on`: 1 row; `row_count`: found 2 rows, expected at least 100000\n";
    output.assert_says(error);
}

#[test]
fn a_failure_to_compile_is_an_alert_to_the_channels_of_the_manifest() {
    for (path, text, error) in [
        (
            "models/totals.sql",
            "SELECT * FROM {{ ref('nowhere') }}",
            "models/totals.sql:1:15: there is no model `nowhere`, expected stg_orders, totals",
        ),
        ("floe.yaml", "name: shop\nversion: 1", "floe.yaml:2:10: version: expected "),
    ] {
        let product = Product::shop();
        // The folder of the alerts does not exist yet.
        let channels = "plugins: { alert_channel: [{ type: terminal, file: .floe/alerts.log }, { type: terminal, file: data/orders.csv/alerts }, { type: terminal }] }";
        product.append("manifest.yaml", channels);
        product.write(path, text);
        // A failed channel is reported. The terminal gets no alert, because it already shows the error.
        let output = product.run();
        output.assert_code(2);
        let (lost, found) = output.stderr.split_once("error: ").unwrap();
        let place = "{dir}/data/orders.csv";
        assert!(lost.starts_with(&format!("warning: {place}: it is a regular file, ")), "{lost}");
        assert!(found.starts_with(&format!("{{dir}}/{error}")), "{found}");
        let found =
            found.replace("{dir}", product.path("").to_str().unwrap().trim_end_matches('/'));
        let alert = product.read(".floe/alerts.log");
        assert_eq!(alert, format!("alert: critical: FloePipelineFailed: {found}"));
    }
}

#[test]
fn a_plugin_that_does_not_start_is_an_alert_to_the_channels_that_do() {
    let product = Product::shop();
    product.append(
        "manifest.yaml",
        "plugins:
  alert_channel: [{ type: slack, webhook: '${env:NO_HOOK}' }, { type: terminal, file: alerts.log }]
  catalog: { type: polaris, uri: 'http://127.0.0.1:9', client_id: '${env:NO_SUCH}', client_secret: '${env:NO_SUCH}' }",
    );
    let output = product.run();
    output.assert_code(1);
    let (warning, message) = output.stderr.split_once("error: ").unwrap();
    assert!(warning.contains("the plugin was not started"), "{}", output.stderr);
    assert!(message.contains("NO_HOOK"), "{}", output.stderr);
    // The run fails because one channel does not start. The other channel gets the alert.
    let alert = product.read("alerts.log");
    assert_eq!(alert, format!("alert: critical: FloePipelineFailed: {message}"));
    product.replace("manifest.yaml", "{ type: slack, webhook: '${env:NO_HOOK}' }, ", "");
    let output = product.run();
    output.assert_says("NO_SUCH");
    let alerts = product.read("alerts.log");
    assert_eq!(alerts.lines().count(), 2, "{alerts}");
    assert!(alerts.ends_with(output.stderr.strip_prefix("error: ").unwrap()), "{alerts}");
}

#[test]
fn a_secret_that_no_store_has_stops_the_run_unless_it_is_optional() {
    let product = Product::shop();
    product.append("floe.yaml", "secrets: [{ key: SHOP_TOKEN }]");
    product.append("manifest.yaml", "plugins: { secrets: { type: env, prefix: ACME_ } }");
    let output = product.run();
    output.assert_code(2);
    assert_eq!(
        output.complaints(),
        "error: {dir}/floe.yaml: no store has the secret `SHOP_TOKEN`, which the product needs\n"
    );
    let output = product.floe("run", &[], &[("ACME_SHOP_TOKEN", "c4n4ryZm9vYmFy")]);
    output.assert_ok();
    for file in product.files() {
        let bytes = std::fs::read(product.path(&file)).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!format!("{text}{}", output.stdout).contains("c4n4ry"), "{file}");
    }
    product.replace("floe.yaml", "SHOP_TOKEN", "SHOP_TOKEN, optional: true");
    product.run().assert_ok();
}

#[test]
fn lineage_that_is_switched_off_is_not_written() {
    for lineage in ["enabled: false", "transport: noop"] {
        let product = Product::shop();
        let setting = format!("observability: {{ lineage: {{ {lineage} }} }}");
        product.append("manifest.yaml", &setting);
        let output = product.run();
        output.assert_ok();
        assert!(!product.path(".floe/lineage.jsonl").exists(), "{lineage}");
        assert!(!output.stdout.contains("lineage."), "{}", output.stdout);
    }
}

#[test]
fn lineage_is_sent_to_the_endpoint_of_the_manifest() {
    for transport in ["", "transport: http, "] {
        let marquez = Service::start(|_| Answer::text(201, ""));
        let product = Product::shop();
        let url = &marquez.url;
        let setting = format!("observability: {{ lineage: {{ {transport}endpoint: '{url}' }} }}");
        product.append("manifest.yaml", &setting);
        product.run().assert_ok();
        let events: Vec<String> = marquez
            .received()
            .iter()
            .map(|request| {
                assert_eq!(request.path, "/api/v1/lineage");
                let event = request.json();
                format!("{} {}", event["eventType"], event["job"]["name"]).replace('"', "")
            })
            .collect();
        assert_eq!(events.len(), 8, "{events:?}");
        assert_eq!(events[0], "START shop");
        assert_eq!(events[7], "COMPLETE shop");
        assert!(!product.path(".floe/lineage.jsonl").exists());
    }
}

#[test]
fn a_lineage_backend_that_hangs_does_not_delay_each_asset() {
    let marquez = Service::start(|_| Answer::Hang);
    let product = Product::shop();
    let manifest = format!(
        "plugins: {{ lineage_backend: [{{ type: file }}, {{ type: marquez, url: '{}', timeout: 1 }}] }}",
        marquez.url
    );
    product.append("manifest.yaml", &manifest);
    let output = product.run();
    output.assert_code(0);
    // All failures of the backend result in one warning.
    let warning = "warning: the lineage_backend plugin `marquez`: ";
    assert!(output.complaints().starts_with(warning), "{}", output.stderr);
    assert_eq!(output.complaints().lines().count(), 1);
    // On a busy machine, an event may not be received in time.
    assert!(marquez.received().len() <= 3, "{:?}", marquez.received());
    // The other backend gets every event.
    assert_eq!(product.read(".floe/lineage.jsonl").lines().count(), 8);
}

#[test]
fn tracing_that_is_switched_off_records_nothing() {
    for tracing in ["enabled: false", "exporter: none"] {
        let product = Product::shop();
        let setting = format!("observability: {{ tracing: {{ {tracing} }} }}");
        product.append("manifest.yaml", &setting);
        let output = product.run();
        output.assert_ok();
        assert!(!output.stdout.contains("trace"), "{}", output.stdout);
        // Without a trace, the lineage events have no trace ids.
        let lineage = product.read(".floe/lineage.jsonl");
        assert!(!lineage.contains("trace"), "{lineage}");
    }
}

#[test]
fn a_run_continues_the_trace_of_the_program_that_started_it() {
    let product = Product::shop();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let output = product.floe("run", &["--trace"], &[("TRACEPARENT", &parent)]);
    output.assert_ok();
    output.assert_says(&format!("\ntrace    {trace}\n"));
    let lineage = product.read(".floe/lineage.jsonl");
    assert!(lineage.lines().all(|line| line.contains(trace)), "{lineage}");
}

#[test]
fn a_mistake_in_an_alert_channel_is_told_once() {
    let product = Product::shop();
    let channel =
        "plugins: { alert_channel: { type: webhook, url: 'https://example.org/c4n4ry' } }";
    product.append("manifest.yaml", channel);
    let output = product.run();
    output.assert_code(2);
    assert_eq!(output.stderr.matches("it is not a reference").count(), 1, "{}", output.stderr);
    assert!(!output.stderr.contains("warning"), "{}", output.stderr);
}
