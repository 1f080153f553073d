//! Values of the Helm charts that run a telemetry backend in a cluster, as `helm install --values`
//! reads them.

use floe_telemetry::TelemetryConfig;
use floe_telemetry::backend::{ExporterConfig, OtlpExporterConfig, TelemetryBackendPlugin};
use floe_telemetry::config::{AuthType, OtlpProtocol, TelemetryAuth};

/// The values of one Helm chart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HelmValues {
    /// The chart with its repository, for example `jaegertracing/jaeger`.
    pub chart: &'static str,
    /// YAML. It never contains a credential: it names the Kubernetes secret that does.
    pub values: String,
}

/// The charts that `backend` needs, with values for the configuration. Empty for a backend outside the cluster.
pub fn charts(backend: &dyn TelemetryBackendPlugin, config: &TelemetryConfig) -> Vec<HelmValues> {
    let ExporterConfig::Otlp(otlp) = backend.otlp_exporter_config(config) else {
        return Vec::new();
    };
    match backend.name() {
        "jaeger" => vec![jaeger(), collector(&otlp, config)],
        "otlp" => vec![collector(&otlp, config)],
        _ => Vec::new(),
    }
}

/// Jaeger with traces in memory, sized for development
/// (<https://github.com/jaegertracing/helm-charts>).
fn jaeger() -> HelmValues {
    const VALUES: &str = "\
collector:
  resources:
    limits: { cpu: 500m, memory: 512Mi }
    requests: { cpu: 100m, memory: 128Mi }
query:
  resources:
    limits: { cpu: 250m, memory: 256Mi }
    requests: { cpu: 50m, memory: 64Mi }
storage:
  type: memory
";
    HelmValues { chart: "jaegertracing/jaeger", values: VALUES.to_owned() }
}

/// The Kubernetes secret with the collector's credential, and the key of the credential in it.
const SECRET: (&str, &str) = ("floe-telemetry", "credential");

/// The environment variable of the collector that holds the credential.
const VARIABLE: &str = "FLOE_TELEMETRY_CREDENTIAL";

/// An OpenTelemetry collector that forwards to the endpoint of `to`
/// (<https://github.com/open-telemetry/opentelemetry-helm-charts>). Receivers and processors are the
/// chart's defaults: OTLP on ports 4317 and 4318, `memory_limiter` and `batch`.
fn collector(to: &OtlpExporterConfig, config: &TelemetryConfig) -> HelmValues {
    let (exporter, settings) = match to.protocol {
        OtlpProtocol::Grpc => ("otlp/backend", grpc(&to.endpoint)),
        _ => ("otlphttp/backend", http(&to.endpoint)),
    };
    let authentication = config.authentication.as_ref();
    let variables = authentication.map(|_| credential()).unwrap_or_default();
    let headers = authentication.map(header).unwrap_or_default();
    let values = format!(
        "\
mode: deployment
image:
  repository: otel/opentelemetry-collector-k8s
{variables}config:
  exporters:
    {exporter}:
{settings}{headers}  service:
    pipelines:
      traces:
        exporters: [{exporter}]
"
    );
    HelmValues { chart: "open-telemetry/opentelemetry-collector", values }
}

fn credential() -> String {
    let (secret, key) = SECRET;
    format!(
        "\
extraEnvs:
  - name: {VARIABLE}
    valueFrom:
      secretKeyRef:
        name: {secret}
        key: {key}
"
    )
}

fn header(authentication: &TelemetryAuth) -> String {
    let name = quoted(&authentication.header_name);
    let scheme = match authentication.auth_type {
        AuthType::Bearer => "Bearer ",
        _ => "",
    };
    format!("      headers:\n        {name}: \"{scheme}${{env:{VARIABLE}}}\"\n")
}

/// The collector's gRPC exporter expects `host:port`, and TLS as a separate setting.
fn grpc(endpoint: &str) -> String {
    let (scheme, address) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let address = quoted(address.trim_end_matches('/'));
    let insecure = scheme == "http";
    format!("      endpoint: {address}\n      tls:\n        insecure: {insecure}\n")
}

/// The collector appends the path of the signal to `endpoint`, and uses `traces_endpoint` unchanged.
fn http(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    let key = if endpoint.ends_with("/v1/traces") { "traces_endpoint" } else { "endpoint" };
    format!("      {key}: {}\n", quoted(endpoint))
}

/// A double-quoted YAML string. Control characters are dropped.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            c if c.is_control() => Vec::new(),
            c => vec![c],
        })
        .collect();
    format!("\"{escaped}\"")
}
