//! The metrics of runs in Prometheus' format, and the metric names in the documents of `deploy/`. With
//! `PROMETHEUS=1`, which `.ci/prometheus` sets, a real Prometheus scrapes them. The provider is global,
//! so this is one test.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests, with helpers of other tests"
)]

#[path = "it/product.rs"]
mod product;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use floe::identity::Identity;
use floe::pipeline::{self, RunId};
use floe::telemetry;
use floe_telemetry::TelemetryProvider;
use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::MemoryExporter;

use crate::product::Product;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The prefixes of our metrics.
const OURS: [&str; 4] = ["floe_", "traces_", "otel_sdk_", "process_"];

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The body of a successful response.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

/// The names of samples, without labels.
fn samples(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect()
}

/// The names of our metrics in a document of `deploy/`, without those of its own recording rules.
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
            ];
            is_ours && !word.contains(':') && suffixes.iter().any(|end| word.ends_with(end))
        })
        .collect()
}

#[test]
fn the_documents_of_deploy_query_emitted_metrics() {
    let port = free_port();
    let product = Product::shop();
    // The path of the manifest is an attribute, and is redacted.
    product.write(
        "password=hunter2XyZ.yaml",
        "name: shop\nnamespace: retail\n",
    );
    let manifest = product.path("password=hunter2XyZ.yaml");
    let (identity, manifest) = Identity::read(&product.path(""), Some(&manifest), None).unwrap();
    let mut config = telemetry::config(&identity, &manifest).unwrap();
    config.exporters.metrics = Some(vec![ExporterKind::Prometheus]);
    "127.0.0.1".clone_into(&mut config.metrics.prometheus.host);
    config.metrics.prometheus.port = port;
    config.metrics.from_spans = true;
    let provider = TelemetryProvider::builder(config)
        .with_span_exporter(MemoryExporter::new())
        .initialize()
        .unwrap();
    assert!(pipeline::run(&identity, &RunId::new()).is_ok());
    product.replace(
        "models/totals.sql",
        "count(*)",
        "\"postgresql://shop:hunter2@db/x\"",
    );
    let _ = pipeline::run(&identity, &RunId::new());
    // A product that cannot be compiled is a failed run, too.
    product.write("models/totals.sql", "SELECT * FROM {{ ref('nowhere') }}");
    assert!(pipeline::run(&identity, &RunId::new()).is_err());
    provider.force_flush(TIMEOUT).unwrap();

    let text = get(port, "/metrics").unwrap();
    assert!(!text.contains("hunter2"));
    let failures = text
        .lines()
        .find(|line| line.starts_with("floe_pipeline_failures_total{"));
    assert!(failures.unwrap().ends_with("} 2"), "{text}");
    let compile = "floe_errors_total{component=\"compile\"";
    assert!(text.contains(compile), "{text}");
    let emitted = samples(&text);
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    let mut names = 0;
    for file in ["recording.yaml", "alerts.yaml", "dashboard.json"] {
        let document = fs::read_to_string(deploy.join(file)).unwrap();
        for name in queried(&document) {
            assert!(emitted.contains(name), "{file}: `{name}` in\n{text}");
            names += 1;
        }
    }
    assert!(names > 20, "{names}");
    // The same list is read back from a real backend by `.ci/backends`.
    let every = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/backends/metrics.txt");
    let every = fs::read_to_string(every).unwrap();
    let every: Vec<_> = every
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(every.len() > 20, "{every:?}");
    for name in every {
        assert!(emitted.contains(name), "`{name}` in\n{text}");
    }
    if env::var_os("PROMETHEUS").is_some() {
        lint(&text);
        scrape(port);
    }
    provider.shutdown(TIMEOUT).unwrap();
}

/// `promtool` reports only two kinds of findings: names of OpenTelemetry's conventions that end in
/// `_count`, and one duration that is specified in milliseconds.
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
    // 3: the metrics were parsed, and there are findings.
    assert_eq!(output.status.code(), Some(3), "{messages}");
}

/// A server that is killed when the test ends.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real Prometheus scrapes the metrics of the runs and evaluates the rules.
fn scrape(port: u16) {
    let folder = tempfile::tempdir().unwrap();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    let rules = rules.canonicalize().unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
         rule_files: ['{rules}/recording.yaml', '{rules}/alerts.yaml']\n\
         scrape_configs:\n  - {{job_name: shop, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n",
        rules = rules.display(),
    );
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, configuration).unwrap();
    let web = free_port();
    let server = Command::new("prometheus")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{web}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Prometheus(server);
    for (query, expected) in [
        (
            "floe_pipeline_runs_total",
            "\"floe_pipeline_status\":\"failed\"",
        ),
        ("target_info", "\"service_name\":\"shop\""),
        ("otel_sdk:span_queue:ratio", "\"job\":\"shop\""),
        ("ALERTS", "FloePipelineFailed"),
    ] {
        // The result is empty until the first scrape.
        let found = (0..60).any(|_| {
            let response = get(web, &format!("/api/v1/query?query={query}")).unwrap_or_default();
            let is_there = response.contains(expected);
            if !is_there {
                thread::park_timeout(Duration::from_millis(500));
            }
            is_there
        });
        assert!(found, "{query}");
    }
}
