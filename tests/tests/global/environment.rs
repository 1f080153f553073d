//! Mistakes in the `OTEL_*` variables. Each case is a process.

use floe_telemetry::config::{OtlpProtocol, TelemetryAuth};
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::{Receiver, program};

/// A certificate that cannot be used is an error if the code names it.
fn child_with_certificate(certificate: &str) {
    let mut config = TelemetryConfig::new("orders").with_otlp_endpoint("https://localhost:1");
    config.otlp.all.certificate = Some(certificate.into());
    let error = TelemetryProvider::builder(config).initialize().unwrap_err();
    assert!(error.is_config(), "{error}");
    let mut config = TelemetryConfig::from_env().unwrap();
    config.otlp = floe_telemetry::config::OtlpConfig::default();
    let added = TelemetryProvider::builder(config)
        .with_otlp("http://localhost:4317?key=hunter2", OtlpProtocol::Grpc);
    assert!(added.initialize().unwrap_err().is_config());
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let address = "http://collector:4317?key=hunter2";
        let mut config = TelemetryConfig::from_env().unwrap();
        config.otlp_endpoint = Some(address.to_owned());
        assert!(TelemetryProvider::builder(config).initialize().unwrap_err().is_config());
        let settings: [fn(&mut TelemetryConfig, &str); 3] = [
            |config, certificate| config.otlp.all.certificate = Some(certificate.into()),
            |config, _| {
                config.otlp.all.headers.insert("x-key".to_owned(), "${env:NOT_SET}".into());
            },
            |config, _| {
                config.authentication = Some(TelemetryAuth::bearer("${env:NOT_SET}"));
            },
        ];
        for set in settings {
            let mut config = TelemetryConfig::from_env().unwrap();
            config.otlp_endpoint = Some("https://localhost:1".to_owned());
            set(&mut config, certificate);
            assert!(TelemetryProvider::builder(config).initialize().unwrap_err().is_config());
        }
    }
    let telemetry = floe_telemetry::init().unwrap();
    drop(create_span("from.child"));
    println!("noop={}", telemetry.is_noop());
}

type Variables = [(&'static str, &'static str)];

/// Variables, and the messages about them, without the texts of other libraries.
const MISTAKES: [(&Variables, &[&str]); 4] = [
    (
        &[
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://localhost:1"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "{empty}"),
        ],
        &[
            "traces is left out: otlp: {certificate}; change `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`",
        ],
    ),
    (
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317?key=hunter2")],
        &["traces {query}", "logs {query}", "metrics {query}"],
    ),
    (
        &[("OTEL_CONFIG_FILE", "{file}")],
        &["traces is left out: otlp: {certificate}; change `OTEL_CONFIG_FILE`"],
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

#[test]
fn a_setting_of_the_environment_never_stops_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    let file = folder.path().join("otel.yaml");
    let (empty, file) = (empty.to_str().unwrap(), file.to_str().unwrap());
    let program = program!({
        child_with_certificate(&std::env::var("EMPTY").unwrap());
    });
    std::fs::write(empty, "").unwrap();
    let yaml = format!(
        "file_format: '1.0'\ntracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: 'https://localhost:1', tls: {{ca_file: {empty}}}}}}}}}}}]}}\n"
    );
    std::fs::write(file, yaml).unwrap();
    let in_use = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = in_use.local_addr().unwrap().port().to_string();
    let filled = |text: &str| {
        text.replace("{certificate}", "the file `{empty}` has no certificate in PEM format")
            .replace("{query}", QUERY)
            .replace("{empty}", empty)
            .replace("{file}", file)
            .replace("{port}", &port)
    };
    for (variables, messages) in MISTAKES {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| (*name, filled(value))).collect();
        let variables = variables.iter().map(|(name, value)| (*name, &**value));
        let variables: Vec<_> = variables.chain([("EMPTY", empty)]).collect();
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
        let error = floe_telemetry::init().unwrap_err();
        println!("{} {error}", error.is_config());
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("floe.yaml");
    let document = "resource_attributes: {service_name: orders}
otlp_endpoint: http://localhost:1
authentication: {auth_type: bearer, bearer_token: '${env:NOT_SET}'}
";
    std::fs::write(&file, document).unwrap();
    let file = file.to_str().unwrap();
    let (stdout, stderr) = program.run(&[("FLOE_CONFIG_FILE", file)]);
    let expected = format!("true the configuration file `{file}`: authentication: ");
    assert!(stdout.contains(&expected) && stdout.contains("NOT_SET"), "{stdout}{stderr}");
}

#[test]
fn a_variable_of_one_signal_starts_that_signal() {
    let program = program!({
        let telemetry = floe_telemetry::init().unwrap();
        drop(create_span("from.child"));
        tracing::info!("from child");
        MetricRecorder::new("child").increment("from.child", 1, &[]);
        drop(telemetry);
    });
    let of = |signal: &str| format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    for signal in ["TRACES", "METRICS", "LOGS"] {
        let receiver = Receiver::grpc();
        let endpoint = (&*of(signal), &*receiver.endpoint());
        program.run(&[endpoint]);
        let spans = receiver.spans();
        let (points, logs) = (receiver.points(), receiver.logs());
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
