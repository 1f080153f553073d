//! The settings of the manifest are written to the artifacts, and a run follows them.

use std::time::Duration;

use floe::artifacts::{CompiledArtifacts, Observability};
use floe::manifest::LineageTransport;
use floe_telemetry::config::{
    Compression, ExporterKind, MetricTemporality, OtlpProtocol, Propagator, RedactionLevel,
    SamplingConfig, TelemetryAuth,
};
use floe_telemetry::{Mode, TelemetryConfig};
use floe_tests::Receiver;
use secrecy::ExposeSecret;

use crate::product::Product;

const ARTIFACTS: &str = ".floe/compiled_artifacts.json";

fn shop(choices: &str) -> Product {
    let product = Product::shop();
    product.append("manifest.yaml", choices);
    product
}

fn compiled(choices: &str, arguments: &[&str]) -> Observability {
    let product = shop(choices);
    // The compilation is observed, too, and so the credential must be there.
    let settings = [("JAEGER_KEY", "hunter2-hunter2")];
    let said = product.floe("compile", arguments, &settings);
    let text = product.read(ARTIFACTS);
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    CompiledArtifacts::read(&product.path(ARTIFACTS))
        .unwrap()
        .observability
}

fn telemetry(choices: &str) -> TelemetryConfig {
    compiled(choices, &[]).telemetry
}

#[test]
fn every_choice_is_carried_over() {
    let Observability {
        telemetry,
        lineage,
        lineage_namespace,
        lineage_endpoint,
        lineage_transport,
    } = compiled(
        "\
environment: staging
observability:
  tracing: { endpoint: 'http://otlp.example.com:4318', protocol: http }
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
  propagators: [tracecontext]
plugins: { telemetry_backend: { type: jaeger } }",
        &[],
    );
    assert!(telemetry.enabled);
    assert_eq!(telemetry.backend, "jaeger");
    assert_eq!(telemetry.otlp_endpoint, "http://otlp.example.com:4318");
    assert_eq!(telemetry.otlp_protocol, OtlpProtocol::Http);
    assert_eq!(telemetry.logging.log_level, "WARNING");
    assert!(!telemetry.logging.json_output);
    assert_eq!(telemetry.batch_processor.max_queue_size, 8192);
    assert_eq!(telemetry.batch_processor.export_timeout_millis, 30000);
    let log_batches = telemetry.log_batch_processor;
    assert_eq!(
        (
            log_batches.max_queue_size,
            log_batches.schedule_delay_millis
        ),
        (4096, 500)
    );
    // A reference is no credential, and is kept.
    let authentication = TelemetryAuth::api_key("X-Api-Key", "${env:JAEGER_KEY}");
    assert_eq!(telemetry.authentication, Some(authentication));
    assert_eq!(telemetry.redaction.level, RedactionLevel::Strict);
    assert_eq!(telemetry.redaction.keys, ["ticket"]);
    assert_eq!(telemetry.otlp.all.compression, Some(Compression::Gzip));
    let tenant = telemetry.otlp.all.headers.get("X-Tenant");
    assert_eq!(
        tenant.map(ExposeSecret::expose_secret),
        Some("${env:JAEGER_KEY}")
    );
    assert_eq!(telemetry.exporters.metrics, Some(vec![ExporterKind::None]));
    assert_eq!(telemetry.metrics.temporality, MetricTemporality::Delta);
    assert_eq!(telemetry.limits.attribute_count, 64);
    assert_eq!(telemetry.propagators, [Propagator::TraceContext]);
    // The manifest's environment counts, and with it the sampling.
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
}

#[test]
fn without_choices_the_defaults_are_there() {
    let observability = compiled("", &["--env", "prod"]);
    let telemetry = &observability.telemetry;
    assert!(telemetry.enabled && telemetry.authentication.is_none());
    assert_eq!(telemetry.backend, "console");
    assert_eq!(telemetry.otlp_endpoint, "http://localhost:4317");
    assert_eq!(telemetry.logging.log_level, "INFO");
    assert!(telemetry.logging.json_output);
    assert_eq!(telemetry.resource_attributes.floe_mode, Some(Mode::Prod));
    let SamplingConfig {
        dev, staging, prod, ..
    } = telemetry.sampling;
    assert_eq!((dev, staging, prod), (Some(1.0), Some(0.5), Some(0.1)));
    assert!((telemetry.sampling_ratio() - 0.1).abs() < f64::EPSILON);
    let identity = [
        "floe.namespace",
        "floe.product.name",
        "floe.product.version",
        "floe.mode",
    ];
    assert_eq!(telemetry.baggage_attributes, identity);
    let keys = telemetry.resource_attributes.to_otel_dict();
    let keys: Vec<_> = keys
        .iter()
        .map(|attribute| attribute.key.as_str())
        .collect();
    for key in ["deployment.environment.name", "deployment.environment"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(observability.lineage);
}

#[test]
fn a_ratio_of_the_manifest_leaves_the_others_at_their_defaults() {
    let SamplingConfig {
        dev, staging, prod, ..
    } = telemetry("telemetry: { sampling: { prod: 0.3 } }").sampling;
    assert_eq!((dev, staging, prod), (Some(1.0), Some(0.5), Some(0.3)));
}

#[test]
fn artifacts_without_the_identity_are_refused() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let text = product.read(ARTIFACTS);
    let mut artifacts: serde_json::Value = serde_json::from_str(&text).unwrap();
    let resource = &mut artifacts["observability"]["telemetry"]["resource_attributes"];
    resource
        .as_object_mut()
        .unwrap()
        .remove("floe_mode")
        .unwrap();
    product.write("artifacts.json", &artifacts.to_string());
    let error = CompiledArtifacts::read(&product.path("artifacts.json")).unwrap_err();
    let expected = "observability.telemetry: resource_attributes.floe_mode: is missing, accepted: the identity of the product";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn lineage_is_written_as_the_manifest_says() {
    for (lineage, enabled, transport, endpoint) in [
        ("", true, None, None),
        ("enabled: true", true, None, None),
        ("enabled: false", false, None, None),
        ("transport: http", true, Some(LineageTransport::Http), None),
        (
            "transport: console",
            true,
            Some(LineageTransport::Console),
            None,
        ),
        (
            "enabled: false, transport: noop",
            false,
            Some(LineageTransport::Noop),
            None,
        ),
        (
            "endpoint: 'https://marquez.example:5000'",
            true,
            None,
            Some("https://marquez.example:5000"),
        ),
    ] {
        let found = compiled(
            &format!("observability: {{ lineage: {{ {lineage} }} }}"),
            &[],
        );
        assert_eq!(
            (
                found.lineage,
                found.lineage_transport,
                found.lineage_endpoint.as_deref()
            ),
            (enabled, transport, endpoint),
            "{lineage}"
        );
        assert_eq!(found.lineage_namespace, "retail");
    }
}

#[test]
fn a_lineage_transport_that_does_not_exist_is_an_error_with_its_place() {
    let product = shop("observability: { lineage: { transport: kafka } }");
    let said = product.floe("compile", &[], &[]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        said.stderr,
        "error: {dir}/manifest.yaml:3:40: found `kafka`, accepted: http, console, noop\n"
    );
    assert!(!product.path(ARTIFACTS).exists());
}

#[test]
fn backend_exporter_and_endpoint_say_one_thing() {
    const COLLECTOR: &str = "http://collector:4317";
    const DEFAULT: &str = "http://localhost:4317";
    for (tracing, plugins, enabled, backend, endpoint) in [
        ("", "", true, "console", DEFAULT),
        ("exporter: none", "", false, "console", DEFAULT),
        ("enabled: false", "type: jaeger", false, "jaeger", DEFAULT),
        ("exporter: console", "", true, "console", DEFAULT),
        ("exporter: otlp", "", true, "otlp", DEFAULT),
        (
            "endpoint: 'http://collector:4317'",
            "",
            true,
            "otlp",
            COLLECTOR,
        ),
        (
            "endpoint: 'http://collector:4317'",
            "type: jaeger",
            true,
            "jaeger",
            COLLECTOR,
        ),
        // Whoever chooses the terminal sends nothing.
        (
            "endpoint: 'http://collector:4317'",
            "type: console",
            true,
            "console",
            DEFAULT,
        ),
        (
            "endpoint: 'http://collector:4317', exporter: console",
            "",
            true,
            "console",
            DEFAULT,
        ),
        // A Jaeger of this machine, and not the one of the cluster.
        (
            "endpoint: 'http://localhost:4317'",
            "type: jaeger",
            true,
            "jaeger",
            "http://localhost:4317/",
        ),
    ] {
        let mut choices = format!("observability: {{ tracing: {{ {tracing} }} }}");
        if !plugins.is_empty() {
            let plugins = format!("\nplugins: {{ telemetry_backend: {{ {plugins} }} }}");
            choices.push_str(&plugins);
        }
        let found = telemetry(&choices);
        assert_eq!(
            (found.enabled, &*found.backend, &*found.otlp_endpoint),
            (enabled, backend, endpoint),
            "{choices}"
        );
    }
}

#[test]
fn a_credential_is_in_no_artifact() {
    let product =
        shop("telemetry: { authentication: { auth_type: bearer, bearer_token: hunter2-hunter2 } }");
    let said = product.floe("compile", &[], &[]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.starts_with("error: {dir}/manifest.yaml:3:"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("mask"), "{}", said.stderr);
    assert!(!said.stderr.contains("hunter2") && !said.stdout.contains("hunter2"));
    assert!(!product.path(ARTIFACTS).exists());
}

#[test]
fn a_run_from_artifacts_is_observed_as_they_say() {
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let product = shop(&format!(
        "observability: {{ tracing: {{ endpoint: '{endpoint}' }} }}\nplugins: {{ telemetry_backend: {{ type: jaeger }} }}"
    ));
    let artifacts = product.path(ARTIFACTS);
    product.floe("compile", &[], &[]).assert_ok();
    let compiled = receiver.wait_for_spans(7, Duration::from_secs(10)).len();
    // From here on the artifacts alone say what is done.
    product.write("manifest.yaml", "name: other\nnamespace: other\n");
    product.write("floe.yaml", "name: other\nversion: 2.0.0\nmodels: []\n");
    let said = product.floe("run", &["--artifacts", artifacts.to_str().unwrap()], &[]);
    said.assert_ok();
    assert!(
        said.stdout.starts_with("shop 1.0.0 (dev), run "),
        "{}",
        said.stdout
    );
    let spans = receiver.wait_for_spans(compiled + 7, Duration::from_secs(10));
    let names: Vec<_> = spans[compiled..]
        .iter()
        .map(|span| span.name.as_str())
        .collect();
    assert!(names.contains(&"floe.pipeline.run") && names.contains(&"dagster.asset.totals"));
    assert!(
        !names.iter().any(|name| name.starts_with("floe.compile")),
        "{names:?}"
    );
}

#[test]
fn the_terminal_prints_and_sends_nothing() {
    let receiver = Receiver::grpc();
    let product = shop(&format!(
        "observability: {{ tracing: {{ endpoint: '{}', exporter: console }} }}",
        receiver.endpoint()
    ));
    let said = product.run();
    said.assert_ok();
    assert!(said.stdout.contains("floe.pipeline.run"), "{}", said.stdout);
    assert!(receiver.requests().is_empty());
}
