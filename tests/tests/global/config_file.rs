//! The effects of `OTEL_CONFIG_FILE`, and of a file that cannot be used. Each case is a process.

use std::fs;
use std::path::Path;

use floe_telemetry_detectors as _;

use floe_semconv::SCHEMA_URL;
use floe_telemetry::{TelemetryConfig, init, span};
use floe_tests::{Receiver, Value, program};

fn child() {
    let telemetry = init().unwrap();
    drop(span("order CUST-4711").start());
    println!("noop={}", telemetry.is_noop());
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("otel.yaml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_file_takes_the_place_of_the_variables() {
    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let (receiver, second, unused) = (Receiver::http(), Receiver::grpc(), Receiver::grpc());
    let file = write(
        folder.path(),
        "file_format: '1.0'
disabled: ${OFF:-false}
resource: {attributes: [{name: service.name, value: '${SERVICE}'}, {name: replicas, value: 3, type: int}]}
tracer_provider:
  processors:
    - batch: {exporter: {otlp_http: {endpoint: '${COLLECTOR}/v1/traces'}}}
    - batch: {exporter: {otlp_grpc: {endpoint: '${SECOND}'}}}
",
    );
    let (stdout, stderr) = program.run(&[
        ("OTEL_CONFIG_FILE", &file),
        ("SERVICE", "orders"),
        ("COLLECTOR", &receiver.endpoint()),
        ("SECOND", &second.endpoint()),
        ("OTEL_SERVICE_NAME", "ignored"),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_SAMPLER", "no such sampler"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &unused.endpoint()),
    ]);
    assert!(stdout.contains("noop=false"), "{stdout}{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
    for receiver in [&receiver, &second] {
        let span = receiver.span("order CUST-4711");
        assert_eq!(span.resource["replicas"], Value::Int(3));
        assert_eq!(span.resource["service.name"], Value::from("orders"));
    }
    assert!(unused.spans().is_empty());
}

#[test]
fn detectors_of_the_file_have_a_schema() {
    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let file = write(
        folder.path(),
        &format!(
            "file_format: '1.0'
tracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: '{endpoint}/v1/traces'}}}}}}}}]}}
"
        ),
    );
    program.run(&[
        ("OTEL_CONFIG_FILE", &*file),
        ("FLOE_RESOURCE_DETECTORS", "container,process,kubernetes"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("POD_NAME", "orders-7d4f"),
    ]);
    let span = receiver.spans().pop().unwrap();
    assert!(span.resource.contains_key("process.pid"));
    assert_eq!(span.resource["k8s.pod.name"], Value::from("orders-7d4f"));
    assert_eq!(span.resource_schema_url, SCHEMA_URL);
}

#[test]
fn a_document_of_ours_configures_init() {
    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let file = write(
        folder.path(),
        "resource_attributes:
  service_name: orders
  service_version: ${VERSION}
  additional: {k8s.pod.name: '${env:POD}', region: '${REGION:-eu-1}', price: '5 $$', absent: 'a${NO_SUCH}b'}
otlp_endpoint: ${COLLECTOR}
otlp: {all: {headers: {x-tenant: '${env:TENANT}'}}}
batch_processor: {max_queue_size: '${QUEUE}'}
redaction: {patterns: ['CUST-[0-9]+']}
span_attributes: {team: checkout}
",
    );
    let variables = [
        ("FLOE_CONFIG_FILE", &*file),
        ("COLLECTOR", &endpoint),
        ("POD", "orders-7d4f"),
        ("VERSION", "1.4.0"),
        ("TENANT", "sales"),
        ("QUEUE", "4096"),
        ("OTEL_SERVICE_NAME", "from the variable"),
    ];
    let (stdout, stderr) = program.run(&variables);
    assert_eq!(stderr, "");
    assert!(stdout.contains("noop=false"), "{stdout}");
    let spans = receiver.spans();
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].name, "order <REDACTED>");
    assert_eq!(spans[0].attributes["team"], Value::from("checkout"));
    let resource = &spans[0].resource;
    for (key, value) in [
        ("service.name", "from the variable"),
        ("service.version", "1.4.0"),
        ("k8s.pod.name", "orders-7d4f"),
        ("region", "eu-1"),
        ("price", "5 $"),
        ("absent", "ab"),
    ] {
        assert_eq!(resource[key], Value::from(value), "{key}");
    }
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.headers["x-tenant"] == "sales"));
}

#[test]
fn a_file_that_cannot_be_used_is_one_warning_and_nothing_is_recorded() {
    const OURS: &str = "resource_attributes: {service_name: orders}";

    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mistaken = file("a", "file_format: '1.0'\ntracer_provider: {procesors: []}\n");
    let reference =
        file("b", &format!("{OURS}\nspan_attributes: {{a: '${{file:/etc/hostname}}'}}"));
    let misspelled = file("c", "otlp_endpiont: x");
    let (both, other) = (file("d", OURS), file("e", "file_format: '1.0'"));
    let missing = folder.path().join("missing.yaml");
    for (standard, ours, warning) in [
        (&*mistaken, "", "line 2, column 18: tracer_provider.processors: is missing"),
        (missing.to_str().unwrap(), "", "No such file"),
        (folder.path().to_str().unwrap(), "", "not a regular file"),
        ("", &*reference, "line 2, column 22: span_attributes.a: expected `${NAME}`"),
        (&*other, &*both, "expected `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE`, found both"),
        ("", &*misspelled, "did you mean `otlp_endpoint`?"),
    ] {
        let variables = [("OTEL_CONFIG_FILE", standard), ("FLOE_CONFIG_FILE", ours)];
        let (stdout, stderr) = program.run(&variables);
        assert!(stdout.contains("noop=true"), "{stdout}{stderr}");
        assert!(stderr.starts_with("warning: nothing is recorded: "), "{stderr}");
        assert_eq!(stderr.matches("warning: ").count(), 1, "{stderr}");
        assert!(stderr.contains(warning), "{stderr}");
        if ours.is_empty() {
            let error = TelemetryConfig::from_config_file(standard).unwrap_err();
            assert!(error.is_config() && error.to_string().contains(warning), "{error}");
        }
    }
    // A blank variable counts as not set.
    let (stdout, _) = program.run(&[("OTEL_CONFIG_FILE", " ")]);
    assert!(stdout.contains("noop=false"), "{stdout}");
}
