//! The settings of the manifest are written to the artifacts, and a run follows them.

use floe::artifacts::{CompiledArtifacts, Observability};
use floe::manifest::LineageTransport;
use floe_telemetry::config::{
    Compression, ExporterKind, MetricTemporality, OtlpProtocol, PanicOutput, Propagator,
    RedactionLevel, SamplingConfig, Secret, TelemetryAuth,
};
use floe_telemetry::{Mode, TelemetryConfig};
use floe_tests::Receiver;

use crate::product::Product;

const ARTIFACTS: &str = ".floe/compiled_artifacts.json";

fn shop(manifest: &str) -> Product {
    let product = Product::shop();
    product.append("manifest.yaml", manifest);
    product
}

fn compiled(manifest: &str, arguments: &[&str]) -> Observability {
    let product = shop(manifest);
    // The compilation is traced as well, so the credential must exist.
    let variables = [("JAEGER_KEY", "hunter2-hunter2")];
    let output = product.floe("compile", arguments, &variables);
    let text = product.read(ARTIFACTS);
    assert!(!text.contains("hunter2"), "{text}");
    output.assert_code(0);
    CompiledArtifacts::read(&product.path(ARTIFACTS)).unwrap().observability
}

fn telemetry(manifest: &str) -> TelemetryConfig {
    compiled(manifest, &[]).telemetry
}

const EVERY_SETTING: &str = "\
environment: staging
observability:
  tracing: { endpoint: 'http://otlp.example.com:4318', protocol: http, trace_url: 'http://jaeger/trace/{trace_id}' }
  lineage: { enabled: false, transport: http, endpoint: 'http://marquez:5000' }
  logging: { level: WARNING, format: text }
telemetry:
  sampling: { dev: 1.0, staging: 0.25, prod: 0.01 }
  batch_processor: { max_queue_size: 8192, max_export_batch_size: 1024, schedule_delay_millis: 2000 }
  log_batch_processor: { max_queue_size: 4096, schedule_delay_millis: 500 }
  authentication: { auth_type: api_key, api_key: '${env:JAEGER_KEY}', header_name: X-Api-Key }
  redaction: { level: strict, keys: [ticket] }
  otlp: { all: { compression: gzip, headers: { X-Tenant: '${env:JAEGER_KEY}' } } }
  exporters: { metrics: [none] }
  metrics: { temporality: delta }
  limits: { attribute_count: 64 }
  panic_output: redacted
  propagators: [tracecontext]
plugins: { telemetry_backend: { type: jaeger } }";

#[test]
fn every_setting_of_the_manifest_is_written_to_the_artifacts() {
    let Observability {
        telemetry,
        lineage,
        lineage_namespace,
        lineage_endpoint,
        lineage_transport,
        trace_url,
    } = compiled(EVERY_SETTING, &[]);
    assert!(telemetry.enabled);
    assert_eq!(telemetry.backend, "jaeger");
    assert_eq!(telemetry.otlp_endpoint.as_deref(), Some("http://otlp.example.com:4318"));
    assert_eq!(telemetry.otlp_protocol, Some(OtlpProtocol::Http));
    assert_eq!(telemetry.logging.log_level, "WARN");
    assert!(!telemetry.logging.json_output);
    assert_eq!(telemetry.batch_processor.max_queue_size, 8192);
    assert_eq!(telemetry.batch_processor.export_timeout_millis, 30000);
    let log_batches = telemetry.log_batch_processor;
    assert_eq!((log_batches.max_queue_size, log_batches.schedule_delay_millis), (4096, 500));
    // The artifacts contain the reference, which is not a credential.
    let authentication = TelemetryAuth::api_key("X-Api-Key", "${env:JAEGER_KEY}");
    assert_eq!(telemetry.authentication, Some(authentication));
    assert_eq!(telemetry.redaction.level, RedactionLevel::Strict);
    assert_eq!(telemetry.redaction.keys, ["ticket"]);
    assert_eq!(telemetry.otlp.all.compression, Some(Compression::Gzip));
    let tenant = telemetry.otlp.all.headers.get("X-Tenant");
    assert_eq!(tenant.map(Secret::expose), Some("${env:JAEGER_KEY}"));
    assert_eq!(telemetry.exporters.metrics, Some(vec![ExporterKind::None]));
    assert_eq!(telemetry.metrics.temporality, MetricTemporality::Delta);
    assert_eq!(telemetry.limits.attribute_count, 64);
    assert_eq!(telemetry.panic_output, PanicOutput::Redacted);
    assert_eq!(telemetry.propagators, [Propagator::TraceContext]);
    // The manifest's environment selects the sampling ratio.
    assert!((telemetry.sampling_ratio() - 0.25).abs() < f64::EPSILON);
    let resource = &telemetry.resource_attributes;
    assert_eq!(resource.service_name, "shop");
    assert_eq!(resource.service_version.as_deref(), Some("1.0.0"));
    assert_eq!(resource.deployment_environment.as_deref(), Some("staging"));
    assert_eq!(resource.floe_mode, Some(Mode::Staging));
    assert_eq!(resource.floe_namespace.as_deref(), Some("retail"));
    assert_eq!(resource.floe_product_name.as_deref(), Some("shop"));
    assert_eq!(resource.floe_product_version.as_deref(), Some("1.0.0"));

    assert!(!lineage);
    assert_eq!(lineage_namespace, "retail");
    assert_eq!(lineage_endpoint.as_deref(), Some("http://marquez:5000"));
    assert_eq!(lineage_transport, Some(LineageTransport::Http));
    assert_eq!(trace_url.unwrap().to_string(), "http://jaeger/trace/{trace_id}");
}

#[test]
fn a_manifest_without_settings_gives_the_defaults() {
    let observability = compiled("", &["--env", "prod"]);
    let telemetry = &observability.telemetry;
    assert!(telemetry.enabled);
    assert!(telemetry.authentication.is_none());
    assert_eq!(telemetry.backend, "console");
    assert_eq!(telemetry.otlp_endpoint, None);
    assert_eq!(telemetry.logging.log_level, "INFO");
    assert!(telemetry.logging.json_output);
    assert_eq!(telemetry.resource_attributes.floe_mode, Some(Mode::Prod));
    let SamplingConfig { dev, staging, prod, .. } = telemetry.sampling;
    assert_eq!((dev, staging, prod), (Some(1.0), Some(0.5), Some(0.1)));
    assert!(telemetry.sampling.keep_errors);
    assert!((telemetry.sampling_ratio() - 0.1).abs() < f64::EPSILON);
    assert_eq!(telemetry.batch_processor.max_queue_size, 100_000);
    let instance = telemetry.metrics.service_instance_id.as_deref();
    assert_eq!(instance, Some("retail/shop/prod"));
    let identity = ["floe.namespace", "floe.product.name", "floe.product.version", "floe.mode"];
    assert_eq!(telemetry.baggage_attributes, identity);
    let keys = telemetry.resource_attributes.to_otel_dict();
    let keys: Vec<_> = keys.iter().map(|attribute| attribute.key.as_str()).collect();
    for key in ["deployment.environment.name", "deployment.environment"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(observability.lineage);
}

#[test]
fn a_sampling_ratio_of_the_manifest_leaves_the_others_at_their_defaults() {
    let SamplingConfig { dev, staging, prod, keep_errors, .. } =
        telemetry("telemetry: { sampling: { prod: 0.3 } }").sampling;
    assert_eq!((dev, staging, prod), (Some(1.0), Some(0.5), Some(0.3)));
    assert!(keep_errors);
}

#[test]
fn artifacts_without_the_identity_are_refused() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let text = product.read(ARTIFACTS);
    let mut artifacts: serde_json::Value = serde_json::from_str(&text).unwrap();
    let resource = &mut artifacts["observability"]["telemetry"]["resource_attributes"];
    resource.as_object_mut().unwrap().remove("floe_mode").unwrap();
    product.write("artifacts.json", &artifacts.to_string());
    let error = CompiledArtifacts::read(&product.path("artifacts.json")).unwrap_err();
    let expected = "observability.telemetry: resource_attributes: expected `floe_namespace`, `floe_product_name`, `floe_product_version` and `floe_mode`, found not all of them";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn lineage_over_http_needs_an_endpoint_unless_it_is_switched_off() {
    let product = shop("observability: { lineage: { transport: http } }");
    let output = product.floe("compile", &[], &[]);
    assert_eq!(
        output.stderr,
        "error: {dir}/manifest.yaml: expected `observability.lineage.endpoint` for the transport http, for example `http://marquez:5000`, found none\n"
    );
    let product = shop("observability: { lineage: { transport: http, enabled: false } }");
    product.floe("compile", &[], &[]).assert_ok();
}

#[test]
fn backend_and_endpoint_follow_from_the_tracing_settings() {
    const COLLECTOR: Option<&str> = Some("http://collector:4317");
    const DEFAULT: Option<&str> = None;
    for (tracing, plugins, enabled, backend, endpoint) in [
        ("", "", true, "console", DEFAULT),
        ("exporter: none", "", false, "console", DEFAULT),
        ("enabled: false", "type: jaeger", false, "jaeger", DEFAULT),
        ("exporter: console", "", true, "console", DEFAULT),
        ("exporter: otlp", "", true, "otlp", DEFAULT),
        ("endpoint: 'http://collector:4317'", "", true, "otlp", COLLECTOR),
        ("endpoint: 'http://collector:4317'", "type: jaeger", true, "jaeger", COLLECTOR),
        // The console backend exports nothing over OTLP.
        ("endpoint: 'http://collector:4317'", "type: console", true, "console", DEFAULT),
        ("endpoint: 'http://collector:4317', exporter: console", "", true, "console", DEFAULT),
        // The manifest's endpoint takes precedence over the default of the backend.
        (
            "endpoint: 'http://localhost:4317'",
            "type: jaeger",
            true,
            "jaeger",
            Some("http://localhost:4317"),
        ),
    ] {
        let mut manifest = format!("observability: {{ tracing: {{ {tracing} }} }}");
        if !plugins.is_empty() {
            let plugins = format!("\nplugins: {{ telemetry_backend: {{ {plugins} }} }}");
            manifest.push_str(&plugins);
        }
        let found = telemetry(&manifest);
        assert_eq!(
            (found.enabled, &*found.backend, found.otlp_endpoint.as_deref()),
            (enabled, backend, endpoint),
            "{manifest}"
        );
    }
}

/// Without an endpoint, spans go to the default endpoint of the protocol.
#[test]
fn a_destination_is_where_the_exporter_sends_spans() {
    let mut config = TelemetryConfig::new("shop");
    assert_eq!(floe::telemetry::destination(&config), None);
    config.exporters.traces = Some(vec![ExporterKind::Otlp]);
    for (protocol, endpoint) in [
        (OtlpProtocol::Grpc, "http://localhost:4317"),
        (OtlpProtocol::Http, "http://localhost:4318"),
    ] {
        config.otlp_protocol = Some(protocol);
        assert_eq!(floe::telemetry::destination(&config).as_deref(), Some(endpoint));
    }
    config.backend = "jaeger".to_owned();
    assert_eq!(floe::telemetry::destination(&config).as_deref(), Some("jaeger"));
    config.otlp_endpoint = Some("http://user:hunter2@collector:4317".to_owned());
    let found = floe::telemetry::destination(&config).unwrap();
    assert!(found.ends_with("collector:4317"), "{found}");
    assert!(!found.contains("hunter2"), "{found}");
}

#[test]
fn the_console_exporter_prints_the_trace_and_sends_nothing() {
    let receiver = Receiver::http();
    let product = shop(&format!(
        "observability: {{ tracing: {{ endpoint: '{}', exporter: console }} }}",
        receiver.endpoint()
    ));
    let output = product.floe("run", &["--trace"], &[]);
    output.assert_ok();
    assert!(output.stdout.contains("floe.pipeline.run"), "{}", output.stdout);
    assert!(receiver.requests().is_empty());
}
