//! Each run is a process that pushes its metrics once, to real backends with the rules and the dashboard of `deploy/`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use floe_tests::ReservedPort;
use serde_json::Value;
use tempfile::TempDir;

use crate::product::Product;
use crate::server::{Server, eventually, get, wait};
use crate::setup::{PLAY, Setup, recorded};

/// A backend with the rules of `deploy/`, which also scrapes a service.
struct Backend {
    _servers: Vec<Server>,
    _ports: [ReservedPort; 2],
    _folder: TempDir,
    otlp: String,
    /// The port that answers queries.
    queries: u16,
    /// The port that lists the alerts.
    rules: u16,
}

impl Backend {
    /// Starts Prometheus. Debian's package has no OTLP receiver, so vmagent receives the metrics and sends them by
    /// remote write.
    fn prometheus(service: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = [ReservedPort::new(), ReservedPort::new()];
        let [port, agent] = ports.each_ref().map(ReservedPort::number);
        let configuration = format!(
            "{GLOBAL}rule_files: {:?}\n{}storage: {{tsdb: {{out_of_order_time_window: 48h}}}}\n",
            rules(),
            scraped(service)
        );
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, configuration).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let server = Server::start(
            Command::new("prometheus")
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", path("data")))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--web.enable-remote-write-receiver"),
        );
        wait("Prometheus", || get(port, "/-/ready").is_some());
        let agent_server = Server::start(
            Command::new("vmagent")
                .arg(format!("-httpListenAddr=127.0.0.1:{agent}"))
                .arg(format!("-remoteWrite.url=http://127.0.0.1:{port}/api/v1/write"))
                .arg(format!("-remoteWrite.tmpDataPath={}", path("agent")))
                .arg(format!("-remoteWrite.relabelConfig={}", deploy("victoria-metrics.yaml")))
                .args(["-remoteWrite.forcePromProto", "-opentelemetry.usePrometheusNaming"]),
        );
        wait("vmagent", || get(agent, "/health").is_some());
        Self {
            _servers: vec![agent_server, server],
            _ports: ports,
            _folder: folder,
            otlp: format!("http://127.0.0.1:{agent}/opentelemetry/v1/metrics"),
            queries: port,
            rules: port,
        }
    }

    /// Starts `VictoriaMetrics`, and vmalert, which evaluates the rules.
    fn victoria(service: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = [ReservedPort::new(), ReservedPort::new()];
        let [port, alerts] = ports.each_ref().map(ReservedPort::number);
        let file = folder.path().join("scrape.yml");
        fs::write(
            &file,
            format!("{}{}", GLOBAL.replace(", evaluation_interval: 1s", ""), scraped(service)),
        )
        .unwrap();
        let server = Server::start(
            Command::new("victoria-metrics")
                .arg(format!("-storageDataPath={}", folder.path().join("data").display()))
                .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
                .arg(format!("-promscrape.config={}", file.display()))
                .arg(format!("-relabelConfig={}", deploy("victoria-metrics.yaml")))
                .args([
                    "-retentionPeriod=30d",
                    "-opentelemetry.usePrometheusNaming",
                    "-search.latencyOffset=0s",
                ]),
        );
        wait("VictoriaMetrics", || get(port, "/health").is_some());
        let url = format!("http://127.0.0.1:{port}");
        let vmalert = Server::start(
            Command::new("vmalert")
                .args(rules().map(|file| format!("-rule={file}")))
                .arg(format!("-httpListenAddr=127.0.0.1:{alerts}"))
                .args(
                    ["datasource", "remoteRead", "remoteWrite"]
                        .map(|name| format!("-{name}.url={url}")),
                )
                .args(["-notifier.blackhole", "-evaluationInterval=1s", "-rule.evalDelay=0s"]),
        );
        wait("vmalert", || get(alerts, "/health").is_some());
        Self {
            _servers: vec![vmalert, server],
            _ports: ports,
            _folder: folder,
            otlp: format!("{url}/opentelemetry/v1/metrics"),
            queries: port,
            rules: alerts,
        }
    }

    fn query(&self, query: &str) -> Vec<Value> {
        let mut encoded = String::new();
        for byte in query.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        let path = format!("/api/v1/query?query={encoded}");
        let Some(body) = get(self.queries, &path) else {
            panic!("the query `{query}` was not answered with the status 200");
        };
        let body: Value = serde_json::from_str(&body).unwrap();
        body["data"]["result"].as_array().unwrap().clone()
    }

    /// Returns the firing alerts, each with the product or the program that it is about, except those of the service.
    fn firing(&self) -> BTreeSet<(String, String)> {
        let body = get(self.rules, "/api/v1/alerts").unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        let alerts = body["data"]["alerts"].as_array().unwrap().iter();
        alerts
            .filter(|alert| alert["state"] == "firing")
            .map(|alert| {
                let label = |name: &str| alert["labels"][name].as_str().unwrap().to_owned();
                (label("alertname"), label("job"))
            })
            // The service runs products in its own process, and the last run has failed.
            .filter(|(_, job)| job != "service")
            .collect()
    }

    fn wait_for_alerts(&self, expected: &[(&str, &str)]) {
        let expected: BTreeSet<_> =
            expected.iter().map(|(name, job)| ((*name).to_owned(), (*job).to_owned())).collect();
        let mut firing = BTreeSet::new();
        let is_so = eventually(|| {
            firing = self.firing();
            firing == expected
        });
        assert!(is_so, "{firing:?}, expected {expected:?}");
    }

    fn run(&self, product: &Product, variables: &[(&str, &str)], code: i32) {
        let mut all = vec![
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*self.otlp),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"),
        ];
        all.extend(variables);
        let output = product.floe("run", &[], &all);
        let text = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(output.code, Some(code), "{text}");
        assert!(!text.contains("warning"), "{text}");
    }

    fn dbt(&self, events: &str, code: i32) {
        let setup = Setup::new(&format!("{PLAY}\nexit {code}"));
        let mut command = setup.command(&["build"]);
        command
            .env("EVENTS", recorded(events))
            .env("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &self.otlp)
            .env("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf");
        assert_eq!(command.output().unwrap().status.code(), Some(code));
    }

    fn series(&self, product: &str) -> usize {
        self.query(&format!("last_over_time({{job=\"{product}\"}}[1h])")).len()
    }
}

const GLOBAL: &str = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n";

fn scraped(service: u16) -> String {
    format!(
        "scrape_configs:\n  - {{job_name: service, static_configs: [{{targets: ['127.0.0.1:{service}']}}]}}\n"
    )
}

fn deploy(file: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus").canonicalize().unwrap();
    folder.join(file).display().to_string()
}

fn rules() -> [String; 2] {
    ["recording.yaml", "alerts.yaml"].map(deploy)
}

fn named(name: &str) -> Product {
    let product = Product::shop();
    product.replace("floe.yaml", "name: shop", &format!("name: {name}"));
    product
}

/// Runs products on both backends: one succeeds three times, two fail, and one ran only yesterday. `service` is the
/// port of a program that runs all the time.
pub(crate) fn check(service: u16) {
    for backend in [Backend::prometheus(service), Backend::victoria(service)] {
        let good = named("good");
        for _ in 0..3 {
            backend.run(&good, &[], 0);
        }

        let broken = named("broken");
        broken.replace("models/totals.sql", "count(*)", "nothing");
        backend.run(&broken, &[], 1);
        let doubtful = named("doubtful");
        doubtful.append("floe.yaml", "    checks: [{ row_count: 3 }]");
        backend.run(&doubtful, &[], 1);
        let stale = named("stale");
        let faketime = std::env::var("FAKETIME_LIBRARY").unwrap();
        let yesterday = [
            ("LD_PRELOAD", &*faketime),
            ("FAKETIME", "-30h"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        backend.run(&stale, &yesterday, 0);
        backend.dbt("build_failed.jsonl", 1);

        backend.wait_for_alerts(&[
            ("FloePipelineFailed", "broken"),
            ("FloePipelineFailed", "doubtful"),
            ("FloeChecksFailed", "doubtful"),
            ("FloePipelineStale", "stale"),
            ("FloeDbtFailed", "dbt"),
        ]);
        for (title, query) in queries() {
            wait(&format!("{title}: {query}"), || !backend.query(&query).is_empty());
        }
        let health = get(backend.rules, "/api/v1/rules").unwrap();
        assert!(!health.contains("\"health\":\"err"), "{health}");
        let series = backend.series("good");
        assert!(series > 50, "{series}");

        backend.run(&good, &[], 0);
        broken.replace("models/totals.sql", "nothing", "count(*)");
        backend.run(&broken, &[], 0);
        doubtful.replace("floe.yaml", "row_count: 3", "row_count: 1");
        backend.run(&doubtful, &[], 0);
        backend.run(&stale, &[], 0);
        backend.dbt("build_ok.jsonl", 0);
        backend.wait_for_alerts(&[]);
        for product in ["good", "broken", "doubtful", "stale"] {
            let query = format!("floe_pipeline:last_run:failed{{job=\"{product}\"}} == 0");
            wait(&query, || backend.query(&query).len() == 1);
        }
        // The later run has continued the series of the earlier ones.
        assert_eq!(backend.series("good"), series);
    }
}

/// Returns the queries of the dashboard, each with the title of its panel and without Grafana's variables.
fn queries() -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus/dashboard.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap().replace("$job", ".*");
            let title = panel["title"].as_str().unwrap().to_owned();
            queries.push((title, query.replace("$__rate_interval", "1m")));
        }
    }
    assert!(!queries.is_empty());
    queries
}
