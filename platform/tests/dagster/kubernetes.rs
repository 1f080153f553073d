//! Dagster with `dagster-k8s`: each asset in a Job.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use floe_tests::tree;
use serde_json::Value as Json;

use crate::setup::{Setup, assert_attributes, assert_one_trace, linked, parent, single, text};

/// The folder of the programs of a Dagster with `dagster-k8s`.
fn real() -> Option<PathBuf> {
    std::env::var_os("PIPELINE_DAGSTER_K8S").map(PathBuf::from)
}

/// What answers as Kubernetes does.
struct Cluster(Child);

impl Cluster {
    fn start(programs: &Path, folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagster/cluster.py");
        let mut child = Command::new(programs.join("python"))
            .arg(script)
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn real_dagster_builds_assets_in_jobs_in_one_trace() {
    let Some(programs) = real() else { return };
    let setup = Setup::new(&programs.join("dagster"), 0);
    let folder = setup.product.path("cluster");
    let _cluster = Cluster::start(&programs, &folder);
    let config = folder.join("config").display().to_string();
    let home = ".floe/orchestrator/home";
    fs::create_dir_all(setup.product.path(home)).unwrap();
    let launcher = format!(
        "run_launcher:
  module: dagster_k8s
  class: K8sRunLauncher
  config: {{ load_incluster_config: false, kubeconfig_file: '{config}', dagster_home: '{}', instance_config_map: dagster, service_account_name: floe, job_namespace: data }}",
        setup.product.path(home).display()
    );
    let instance = format!("{home}/dagster.yaml");
    setup.product.write(&instance, &launcher);
    let settings = format!(
        "retry_delay_seconds: 0, executor: k8s_job, max_concurrent: 2, kubernetes: {{ \
         load_incluster_config: false, kubeconfig_file: '{config}', job_image: 'registry.example/floe:1', \
         env_vars: ['OTEL_EXPORTER_OTLP_ENDPOINT={}'] }}",
        setup.receiver.endpoint()
    );
    setup
        .product
        .replace("manifest.yaml", "retry_delay_seconds: 0", &settings);
    let output = setup.run();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("2 models and 1 source built, 0 failed · "),
        "{stderr}"
    );

    let spans = setup.spans();
    assert_one_trace(&spans);
    let [orders, stg_orders, totals] = ["orders", "stg_orders", "totals"]
        .map(|key| single(&spans, &format!("dagster.asset.{key}")));
    for asset in [orders, stg_orders, totals] {
        assert_eq!(
            parent(&spans, asset),
            "orchestrator.run",
            "{}",
            tree(&spans)
        );
        assert_attributes(asset, &[("dagster.asset.status", "success".into())]);
    }
    assert_eq!(linked(&spans, totals), ["dagster.asset.stg_orders"]);

    let jobs: Vec<Json> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
        .collect();
    assert_eq!(jobs.len(), 3);
    for job in &jobs {
        let container = &job["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], "registry.example/floe:1");
    }
}

#[test]
fn real_dagster_accepts_the_instance_of_the_deployment() {
    let Some(programs) = real() else { return };
    let platform = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(programs.join("python"))
        .arg(platform.join("tests/dagster/instance.py"))
        .arg(platform.join("../deploy/kubernetes/run.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "DagsterPostgresStorage\nK8sRunLauncher\n"
    );
}
