//! Mistakes in the `OTEL_*` variables, and the effects of usable and unusable configuration files. Each case runs in
//! its own process.

use floe_telemetry_detectors as _;

use floe_semconv::SCHEMA_URL;
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, init, span};
use floe_tests::{Receiver, document, program};
use tempfile::NamedTempFile;

/// Checks that an unusable certificate or endpoint in the code is an error. Then starts from the environment.
fn child_with_certificate(certificate: &str) {
    let mut config = TelemetryConfig::new("orders");
    config.otlp_endpoint = Some("https://localhost:1".to_owned());
    config.otlp.all.certificate = Some(certificate.into());
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config(), "{error}");
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let address = "http://collector:4317?key=hunter2";
        let mut config = TelemetryConfig::from_env().unwrap();
        config.otlp_endpoint = Some(address.to_owned());
        assert!(TelemetryProvider::builder(config).initialize().unwrap_err().is_config());
    }

    let telemetry = init().unwrap();
    drop(create_span("from.child"));
    println!("noop={}", telemetry.is_noop());
}

type Variables = [(&'static str, &'static str)];

/// Variables with mistakes, and the messages about them, without the texts of other libraries.
const MISTAKES: [(&Variables, &[&str]); 4] = [
    (
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317?key=hunter2")],
        &["traces, logs and metrics {query}"],
    ),
    (
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:4317/otlp?key=hunter2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
        &["traces, logs and metrics {path}"],
    ),
    (
        &[("OTEL_CONFIG_FILE", "{file}")],
        &[
            "traces is left out: otlp: {certificate}; change `OTEL_CONFIG_FILE`, line 2, column 112 of \
             `{file}`",
        ],
    ),
    (
        &[
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
            ("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1"),
            ("OTEL_EXPORTER_PROMETHEUS_PORT", "{port}"),
        ],
        &["metrics is left out: exporters.metrics: `prometheus`: ; change \
            `OTEL_METRICS_EXPORTER`"],
    ),
];

const QUERY: &str = "is left out: otlp: the endpoint `http://localhost:4317` has a query, which gRPC cannot send, expected \
    an endpoint without one, for example `http://collector:4317`; change `OTEL_EXPORTER_OTLP_ENDPOINT`";

const PATH: &str = "is left out: otlp: the endpoint `https://localhost:4317/otlp` has a path, which gRPC cannot send; a \
    receiver with a path speaks OTLP over HTTP, which needs `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf` \
    (`otlp_protocol`); change `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_PROTOCOL`";

#[test]
fn a_setting_of_the_environment_never_stops_a_program() {
    let program = program!({
        child_with_certificate(&std::env::var("EMPTY").unwrap());
    });
    let nothing = document("");
    let empty = path(&nothing);
    let file = document(&format!(
        "file_format: '1.0'\ntracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: 'https://localhost:1', tls: {{ca_file: {empty}}}}}}}}}}}]}}\n"
    ));
    let in_use = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = in_use.local_addr().unwrap().port().to_string();
    let filled = |text: &str| {
        text.replace("{certificate}", "the file `{empty}` has no certificate in PEM format")
            .replace("{query}", QUERY)
            .replace("{path}", PATH)
            .replace("{empty}", empty)
            .replace("{file}", path(&file))
            .replace("{port}", &port)
    };

    for (variables, messages) in MISTAKES {
        let set: Vec<_> = variables.iter().map(|(name, value)| (*name, filled(value))).collect();
        let variables: Vec<_> =
            set.iter().map(|(name, value)| (*name, &**value)).chain([("EMPTY", empty)]).collect();
        let (stdout, stderr) = program.run(&variables);
        assert!(stdout.contains("noop=false"), "{stdout}{stderr}");
        let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines.len(), messages.len(), "{stderr}");
        for (line, message) in lines.iter().zip(messages) {
            let message = filled(message);
            let (beginning, change) = message.split_once("; change ").unwrap();
            let (found, found_change) = line.split_once("; change ").unwrap();
            assert!(found.starts_with(&format!("error: an exporter of {beginning}")), "{line}");
            assert_eq!(found_change, change, "{line}");
        }

        assert!(!stderr.contains("hunter2"), "{stderr}");
    }
}

#[test]
fn a_document_with_an_exporter_that_cannot_be_created_is_an_error_with_its_name() {
    let program = program!({
        let error = init().unwrap_err();
        println!("{} {error}", error.is_config());
    });
    let written = document(
        "resource_attributes: {service_name: orders}
otlp_endpoint: http://localhost:1
authentication: {auth_type: bearer, bearer_token: '${env:NOT_SET}'}
",
    );
    let file = path(&written);
    let (stdout, stderr) = program.run(&[("FLOE_CONFIG_FILE", file)]);
    let expected = format!("true the configuration file `{file}`: authentication: ");
    assert!(stdout.contains(&expected), "{stdout}{stderr}");
    assert!(stdout.contains("NOT_SET"), "{stdout}{stderr}");
}

#[test]
fn a_variable_of_one_signal_starts_that_signal() {
    let program = program!({
        let telemetry = init().unwrap();
        drop(create_span("from.child"));
        tracing::info!("from child");
        MetricRecorder::new("child").increment("from.child", 1, &[]);
        drop(telemetry);
    });
    let of = |signal: &str| format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    for signal in ["TRACES", "METRICS", "LOGS"] {
        let receiver = Receiver::http();
        let path = format!("/v1/{}", signal.to_lowercase());
        let endpoint = (&*of(signal), &*(receiver.endpoint() + &path));
        program.run(&[endpoint]);
        let spans = receiver.spans();
        let points = receiver.points();
        let logs = receiver.logs();
        let arrived = [!spans.is_empty(), !points.is_empty(), !logs.is_empty()];
        let expected = ["TRACES", "METRICS", "LOGS"].map(|each| each == signal);
        assert_eq!(arrived, expected, "{signal}");
        match signal {
            "TRACES" => assert_eq!(spans[0].name, "from.child"),
            "METRICS" => assert!(points.iter().any(|point| point.name == "from.child")),
            _ => assert_eq!(logs[0].body, Some("from child".into())),
        }
    }
}

fn child() {
    let telemetry = init().unwrap();
    drop(span("order CUST-4711").start());
    println!("noop={}", telemetry.is_noop());
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn the_file_takes_the_place_of_the_variables() {
    let program = program!({ child() });
    let receiver = Receiver::http();
    let second = Receiver::grpc();
    let unused = Receiver::grpc();
    let file = document(
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
        ("OTEL_CONFIG_FILE", path(&file)),
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
        assert_eq!(span.resource["replicas"], 3);
        assert_eq!(span.resource["service.name"], "orders");
    }

    assert!(unused.spans().is_empty());
}

#[test]
fn detectors_of_the_file_have_a_schema() {
    let program = program!({ child() });
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let file = document(&format!(
        "file_format: '1.0'
tracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: '{endpoint}/v1/traces'}}}}}}}}]}}
"
    ));
    program.run(&[
        ("OTEL_CONFIG_FILE", path(&file)),
        ("FLOE_RESOURCE_DETECTORS", "container,process,kubernetes"),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("POD_NAME", "orders-7d4f"),
    ]);
    let span = receiver.spans().pop().unwrap();
    assert!(span.resource.contains_key("process.pid"));
    assert_eq!(span.resource["k8s.pod.name"], "orders-7d4f");
    assert_eq!(span.resource_schema_url, SCHEMA_URL);
}

#[test]
fn a_document_of_ours_configures_init() {
    let program = program!({ child() });
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let file = document(
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
        ("FLOE_CONFIG_FILE", path(&file)),
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
    assert_eq!(spans[0].attributes["team"], "checkout");
    let resource = &spans[0].resource;
    for (key, value) in [
        ("service.name", "from the variable"),
        ("service.version", "1.4.0"),
        ("k8s.pod.name", "orders-7d4f"),
        ("region", "eu-1"),
        ("price", "5 $"),
        ("absent", "ab"),
    ] {
        assert_eq!(resource[key], value, "{key}");
    }

    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.headers["x-tenant"] == "sales"));
}

#[test]
fn a_file_that_cannot_be_used_is_one_warning_and_nothing_is_recorded() {
    const OURS: &str = "resource_attributes: {service_name: orders}";

    let program = program!({ child() });
    let folder = tempfile::tempdir().unwrap();
    let mistaken = document("file_format: '1.0'\ntracer_provider: {procesors: []}\n");
    let reference = document(&format!("{OURS}\nspan_attributes: {{a: '${{file:/etc/hostname}}'}}"));
    let misspelled = document("otlp_endpiont: x");
    let both = document(OURS);
    let other = document("file_format: '1.0'");
    let missing = folder.path().join("missing.yaml");
    for (standard, ours, warning) in [
        (
            path(&mistaken),
            "",
            "line 2, column 19: tracer_provider.procesors: unknown key; did you mean `processors`?",
        ),
        (missing.to_str().unwrap(), "", "No such file"),
        (folder.path().to_str().unwrap(), "", "not a regular file"),
        ("", path(&reference), "line 2, column 22: span_attributes.a: expected `${NAME}`"),
        (
            path(&other),
            path(&both),
            "expected `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE`, found both",
        ),
        ("", path(&misspelled), "did you mean `otlp_endpoint`?"),
    ] {
        let variables = [("OTEL_CONFIG_FILE", standard), ("FLOE_CONFIG_FILE", ours)];
        let (stdout, stderr) = program.run(&variables);
        assert!(stdout.contains("noop=true"), "{stdout}{stderr}");
        assert!(stderr.starts_with("error: nothing is recorded: "), "{stderr}");
        let variable = if ours.is_empty() { "`OTEL_CONFIG_FILE`" } else { "`FLOE_CONFIG_FILE`" };
        assert!(stderr.contains(variable), "{stderr}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        assert!(stderr.contains(warning), "{stderr}");
        if ours.is_empty() {
            let error = TelemetryConfig::from_config_file(standard).unwrap_err();
            assert!(error.is_config(), "{error}");
            assert!(error.to_string().contains(warning), "{error}");
        }
    }

    // A blank variable counts as not set.
    let (stdout, _) = program.run(&[("OTEL_CONFIG_FILE", " ")]);
    assert!(stdout.contains("noop=false"), "{stdout}");
}
