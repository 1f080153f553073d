//! The metrics of runs in Prometheus' format, and the metric names in the documents of `deploy/`. With `PROMETHEUS=1`,
//! which `.ci/services prometheus` sets, a real Prometheus and a real `VictoriaMetrics` read these metrics and those of
//! other runs, and evaluate every rule and every panel. The provider is global, so this is one test.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;
#[path = "prometheus/runs.rs"]
mod runs;
#[path = "prometheus/server.rs"]
mod server;
#[path = "dbt/setup.rs"]
mod setup;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use floe::compile::Definition;
use floe::pipeline::{self, RunId};
use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryProvider, traced};
use floe_tests::ReservedPort;

use crate::product::Product;
use crate::server::{TIMEOUT, get};

const OURS: [&str; 4] = ["floe_", "traces_", "otel_sdk_", "process_"];

/// Returns the names of samples, without labels.
fn samples(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(['{', ' ']).next()).collect()
}

/// Returns the names of the platform's metrics in a document of `deploy/`, without the names of its recording rules.
fn queried(document: &str) -> BTreeSet<&str> {
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == ':';
    let words = document.split(|sign| !is_name(sign));
    words
        .filter(|word| {
            let is_ours = OURS.iter().any(|prefix| word.starts_with(prefix));
            let suffixes = [
                "_total",
                "_bucket",
                "_size",
                "_capacity",
                "_affected",
                "_bytes",
                "_timestamp_seconds",
                "_duration_seconds",
                "_failed",
                "_assets",
            ];
            is_ours && !word.contains(':') && suffixes.iter().any(|end| word.ends_with(end))
        })
        .collect()
}

/// Metrics that no panel shows: they count within a process, and each run has a process of its own.
const COUNTED_UP: [&str; 8] = [
    "floe_asset_materializations_total",
    "floe_compute_validation_duration_milliseconds_count",
    "floe_compute_validation_errors_total",
    "floe_pipeline_duration_seconds_count",
    "floe_pipeline_failures_total",
    "floe_pipeline_runs_total",
    "floe_quality_tests_total",
    "floe_transform_duration_seconds_count",
];

/// Starts a provider that is scraped at this port, and runs a product four times: one run succeeds, and three fail.
fn four_runs(port: u16) -> TelemetryProvider {
    let product = Product::shop();
    let checks = "    layer: bronze\n    checks: [{ row_count: 1 }]\n";
    product.replace("floe.yaml", "    layer: bronze\n", checks);
    // The path of the manifest is an attribute, which must be redacted.
    product.write("password=hunter2XyZ.yaml", "name: shop\nnamespace: retail\n");
    let manifest = product.path("password=hunter2XyZ.yaml");
    let definition = Definition::read(&product.path(""), Some(&manifest), None).unwrap();
    let mut config = definition.telemetry.clone();
    config.exporters.metrics = Some(vec![ExporterKind::Prometheus]);
    "127.0.0.1".clone_into(&mut config.metrics.prometheus.host);
    config.metrics.prometheus.port = port;
    let provider = TelemetryProvider::builder(config)
        .with_span_exporter(MemoryExporter::new())
        .initialize()
        .unwrap();
    assert!(pipeline::run(&definition, &RunId::new()).is_ok());
    product.replace("models/totals.sql", "count(*)", "\"postgresql://shop:hunter2@db/x\"");
    let _ = pipeline::run(&definition, &RunId::new());
    product.write(".floe/warehouse.db", "not a database of SQLite");
    assert!(pipeline::run(&definition, &RunId::new()).is_err());
    // A product that cannot be compiled is a failed run, too.
    product.write("models/totals.sql", "SELECT * FROM {{ ref('nowhere') }}");
    assert!(pipeline::run(&definition, &RunId::new()).is_err());
    load().unwrap_err();
    provider.force_flush(TIMEOUT).unwrap();
    provider
}

fn assert_runs(text: &str) {
    assert!(!text.contains("hunter2"));
    let failures = text.lines().find(|line| line.starts_with("floe_pipeline_failures_total{"));
    assert!(failures.unwrap().ends_with("} 3"), "{text}");
    let compile = "floe_errors_total{component=\"compile\"";
    assert!(text.contains(compile), "{text}");
    for (metric, label) in [
        ("floe_pipeline_runs_total", "floe_pipeline_name"),
        ("floe_compute_validation_duration_milliseconds_count", "compute_plugin"),
        ("floe_compute_validation_duration_milliseconds_count", "validation_status"),
        ("floe_compute_validation_errors_total", "compute_plugin"),
        ("floe_compute_validation_errors_total", "error_type"),
    ] {
        assert_labelled(metric, label, text);
    }
}

fn assert_labelled(metric: &str, label: &str, text: &str) {
    let metric = format!("{metric}{{");
    let label = format!("{label}=\"");
    let is_there = text.lines().any(|line| line.starts_with(&metric) && line.contains(&label));
    assert!(is_there, "no `{metric}` has `{label}` in\n{text}");
}

/// Checks the labels by which the rules of a document group a platform's metric.
fn assert_grouped(rules: &str, emitted: &BTreeSet<&str>, text: &str) {
    let of_prometheus = ["job", "instance"];
    for group in rules.split("by (").skip(1) {
        let (labels, rest) = group.split_once(')').unwrap();
        // The first metric after a group is the one that is grouped.
        let metric = queried(rest).into_iter().min_by_key(|metric| rest.find(metric));
        let metric = metric.filter(|it| !it.starts_with("otel_") && emitted.contains(it));
        for label in labels.split(", ").filter(|it| !of_prometheus.contains(it)) {
            if let Some(metric) = metric {
                assert_labelled(metric, label, text);
            }
        }
    }
}

fn assert_documents(deploy: &Path, text: &str) {
    let emitted = samples(text);
    let mut names = 0;
    for file in ["recording.yaml", "alerts.yaml", "dashboard.json"] {
        let document = fs::read_to_string(deploy.join(file)).unwrap();
        if file != "dashboard.json" {
            assert_grouped(&document, &emitted, text);
        }
        for name in queried(&document) {
            // Only `trace-dbt` emits this metric.
            let is_there = emitted.contains(name) || name == "floe_dbt_nodes_total";
            assert!(is_there, "{file}: `{name}` in\n{text}");
            names += 1;
        }
    }
    assert!(names > 20, "{names}");
}

fn assert_dashboard(deploy: &Path, text: &str) {
    let emitted = samples(text);
    let dashboard = fs::read_to_string(deploy.join("dashboard.json")).unwrap();
    let of_runs = emitted.iter().copied();
    let of_runs = of_runs.filter(|name| {
        name.starts_with("floe_") && !name.ends_with("_bucket") && !name.ends_with("_sum")
    });
    let unused: Vec<_> = of_runs.filter(|name| !dashboard.contains(name)).collect();
    assert_eq!(unused, COUNTED_UP);
}

fn assert_metrics_of_backends(text: &str) {
    let emitted = samples(text);
    // `.ci/services backends` reads the same list back from a real backend.
    let every = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/backends/metrics.txt");
    let every = fs::read_to_string(every).unwrap();
    let every: Vec<_> = every.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(every.len() > 20, "{every:?}");
    for name in every {
        assert!(emitted.contains(name), "`{name}` in\n{text}");
    }
}

/// Checks that the real programs read the metrics that this process emits.
fn check_real_programs(port: u16, text: &str) {
    lint(text);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // The provider stands for a service, which is called all the time.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = load();
                thread::park_timeout(Duration::from_millis(100));
            }
        });
        let checked = catch_unwind(|| runs::check(port));
        is_over.store(true, Ordering::Relaxed);
        checked.unwrap();
    });
}

#[test]
fn the_documents_of_deploy_query_emitted_metrics() {
    let reserved = ReservedPort::new();
    let port = reserved.number();
    let provider = four_runs(port);
    let text = get(port, "/metrics").unwrap();
    assert_runs(&text);
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    assert_documents(&deploy, &text);
    assert_dashboard(&deploy, &text);
    assert_metrics_of_backends(&text);
    if env::var_os("PROMETHEUS").is_some() {
        check_real_programs(port, &text);
    }
    provider.shutdown(TIMEOUT).unwrap();
}

#[traced(name = "orders.load", metrics)]
fn load() -> Result<(), String> {
    Err("no orders".to_owned())
}

/// Checks the metrics with `promtool`, which may only reject names of OpenTelemetry's conventions that end in `_count`,
/// and one duration that is specified in milliseconds.
fn lint(text: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let messages = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let known = |line: &&str| {
        let is_count = line.contains("should not have \"_count\" suffix");
        let is_duration = line.starts_with("floe_compute_validation_duration_milliseconds ");
        is_count && line.starts_with("process_") || is_duration && line.contains("base unit")
    };
    let others: Vec<_> = messages.lines().filter(|line| !known(line)).collect();
    assert_eq!(others, [""; 0], "{messages}");
    // The exit code 3 means that the metrics were parsed and that there are findings.
    assert_eq!(output.status.code(), Some(3), "{messages}");
}
