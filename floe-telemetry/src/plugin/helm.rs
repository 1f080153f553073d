//! Values of Helm charts, as `helm install --values` reads them.

use serde::Serialize;

use super::OtlpExporterConfig;
use crate::config::{OtlpProtocol, TelemetryAuth, TelemetryConfig};

/// The values of one Helm chart.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HelmValues {
    /// The chart, with its repository: `jaegertracing/jaeger`.
    pub chart: String,
    /// YAML. Never a credential: it names the Kubernetes secret that has it.
    pub values: String,
}

impl HelmValues {
    /// The values of this chart.
    pub fn new(chart: impl Into<String>, values: impl Into<String>) -> Self {
        Self {
            chart: chart.into(),
            values: values.into(),
        }
    }
}

/// Jaeger with traces in memory, of a size for development (the chart `jaegertracing/jaeger`,
/// <https://github.com/jaegertracing/helm-charts>).
pub(super) fn jaeger() -> HelmValues {
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
    HelmValues::new("jaegertracing/jaeger", VALUES)
}

/// The Kubernetes secret, and the entry in it, that the collector's credential comes from.
const SECRET: (&str, &str) = ("floe-telemetry", "credential");

/// The variable that brings it into the collector's process.
const VARIABLE: &str = "FLOE_TELEMETRY_CREDENTIAL";

/// A collector that takes OTLP and sends it on (the chart `open-telemetry/opentelemetry-collector`,
/// <https://github.com/open-telemetry/opentelemetry-helm-charts>). Receivers and processors are
/// the chart's own: OTLP on 4317 and 4318, `memory_limiter` and `batch`.
pub(super) fn collector(to: &OtlpExporterConfig, config: &TelemetryConfig) -> HelmValues {
    let (exporter, settings) = match to.protocol {
        OtlpProtocol::Grpc => ("otlp/backend", grpc(&to.endpoint)),
        OtlpProtocol::Http => ("otlphttp/backend", http(&to.endpoint)),
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
    HelmValues::new("open-telemetry/opentelemetry-collector", values)
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
    let scheme = authentication.scheme();
    format!("      headers:\n        {name}: \"{scheme}${{env:{VARIABLE}}}\"\n")
}

/// The collector wants `host:port` here, and is told apart whether it is TLS.
fn grpc(endpoint: &str) -> String {
    let (scheme, address) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let address = quoted(address.trim_end_matches('/'));
    let insecure = scheme == "http";
    format!("      endpoint: {address}\n      tls:\n        insecure: {insecure}\n")
}

/// The collector appends the path of the signal to one, and not to the other.
fn http(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    let key = if endpoint.ends_with("/v1/traces") {
        "traces_endpoint"
    } else {
        "endpoint"
    };
    format!("      {key}: {}\n", quoted(endpoint))
}

/// A YAML text, whatever is in it. JSON's quotes are YAML's.
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
