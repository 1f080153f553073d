//! A setting that decides where, to whom, with what trust or how much is sent is obeyed, or its signal is left out: each
//! row of the table of variables with an invalid value, in the environment, in a document and in OpenTelemetry's file.
//! The receiver has a certificate of an authority that the system trusts, and each request has a credential.

use std::fs;
use std::path::Path;
use std::process::Command;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{
    MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, init_or_noop,
};
use floe_tests::{Authority, ClientCertificate, Program, Receiver, document, program};
use serde_json::{Value, json};

use super::pipeline::secure;
use super::variables::{COMPANIONS, Row, rows};

const SIGNALS: [&str; 3] = ["traces", "metrics", "logs"];

const HEADER: &str = "authorization=Bearer%20hunter2";

fn child() {
    let telemetry = init_or_noop();
    drop(create_span("from.child"));
    tracing::info!("from child");
    MetricRecorder::new("child").increment("from.child", 1, &[]);
    drop(telemetry);
}

/// A receiver over HTTP with TLS, and a program that sends to it.
struct Sent {
    program: Program,
    authority: Authority,
    receiver: Receiver,
}

impl Sent {
    fn new(program: Program) -> Self {
        let authority = Authority::new();
        let receiver = Receiver::http_with_tls(&authority, ClientCertificate::NotRequested);
        Self { program, authority, receiver }
    }

    fn counts(&self) -> [usize; 3] {
        [self.receiver.spans().len(), self.receiver.points().len(), self.receiver.logs().len()]
    }

    /// Runs the program, and returns which signals have arrived and the lines about problems.
    fn run(&self, variables: &[(&str, &str)]) -> ([bool; 3], Vec<String>) {
        let before = self.counts();
        let mut all = vec![("SSL_CERT_FILE", self.authority.certificate().display().to_string())];
        all.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let all: Vec<_> = all.iter().map(|(name, value)| (*name, &**value)).collect();
        let (_, stderr) = self.program.run(&all);
        assert!(!stderr.contains("hunter2"), "{stderr}");
        let after = self.counts();
        // Once there is a subscriber, an error is a line of it.
        let starts = ["error: ", "warning: ", "{\"event\":\"nothing is recorded: "];
        let is_problem = |line: &&str| starts.iter().any(|start| line.starts_with(start));
        let problems = stderr.lines().filter(is_problem).map(str::to_owned).collect();
        ([0, 1, 2].map(|at| after[at] > before[at]), problems)
    }

    /// Runs the program with the variables that send everything, and with others.
    fn run_with(&self, others: &[(&str, &str)]) -> ([bool; 3], Vec<String>) {
        let endpoint = self.receiver.endpoint();
        let mut all = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", HEADER),
        ];
        all.extend(others);
        self.run(&all)
    }
}

fn is_left_out(row: &Row) -> bool {
    row.verdict.0 == "left out"
}

/// Returns which signals a variable is about.
fn signals_of(name: &str) -> [bool; 3] {
    let is_of = |word: &&str| name.contains(&format!("_{}_", word.to_uppercase()));
    match SIGNALS.iter().position(is_of) {
        Some(signal) => [0, 1, 2].map(|at| at == signal),
        None if name == "FLOE_SPAN_FILTER" => [true, false, false],
        None if name == "FLOE_LOG_EXPORT" => [false, false, true],
        None => [true; 3],
    }
}

#[test]
fn a_variable_that_cannot_be_obeyed_leaves_its_signal_out() {
    let sent = Sent::new(program!({ child() }));
    assert_eq!(sent.run_with(&[]), ([true; 3], Vec::new()));
    // Nothing is lost by it.
    let none = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_TRACES_SAMPLER", "alway_on")];
    assert_eq!(sent.run_with(&none), ([false, true, true], Vec::new()));
    let (certificate, key) = sent.authority.client();
    let bare = sent.receiver.endpoint().replace("https://", "");
    let mut checked = 0;
    for row in rows().iter().filter(|row| is_left_out(row)) {
        let mut variables = COMPANIONS
            .iter()
            .find(|(name, _)| *name == row.name)
            .map_or(Vec::new(), |(_, variables)| variables.to_vec());
        let others = [
            ("_CLIENT_KEY", "_CLIENT_CERTIFICATE", certificate.to_str().unwrap()),
            ("_CLIENT_CERTIFICATE", "_CLIENT_KEY", key.to_str().unwrap()),
            // It matters for an endpoint without a scheme.
            ("_INSECURE", "_ENDPOINT", &*bare),
        ];
        let other = others.iter().find_map(|(end, other, value)| {
            Some((row.name.strip_suffix(end)?.to_owned() + other, *value))
        });
        variables.extend(other.iter().map(|(name, value)| (&**name, *value)));
        variables.push((&row.name, row.wrong));
        let (arrived, problems) = sent.run_with(&variables);
        let of = signals_of(&row.name);
        assert_eq!(arrived, of.map(|is_of| !is_of), "{}: {problems:?}", row.name);
        let [problem] = &*problems else { panic!("{}: {problems:?}", row.name) };
        let (signals, reason) = problem.split_once(" is left out: ").unwrap();
        assert!(signals.starts_with("error: an exporter of "), "{problem}");
        for (signal, is_of) in SIGNALS.iter().zip(of) {
            assert_eq!(signals.contains(signal), is_of, "{problem}");
        }
        assert!(reason.contains(&*row.name), "{problem}");
        assert!(reason.contains(row.verdict.1), "{problem}");
        checked += 1;
    }
    assert_eq!(checked, 35);
}

/// Sets the value below the keys of a path, which are created.
fn insert(document: &mut Value, path: &str, value: Value) {
    let place = path.split('.').fold(document, |place, key| match key.parse::<usize>() {
        Ok(at) => &mut place[at],
        Err(_) => &mut place[key],
    });
    *place = value;
}

/// Returns a value in YAML: a number, or a text.
fn scalar(text: &str) -> Value {
    serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| json!(text), Value::Number)
}

#[test]
fn a_document_with_an_invalid_value_sends_nothing() {
    let sent = Sent::new(program!({ child() }));
    let (certificate, key) = sent.authority.client();
    let written = |row: Option<&Row>| {
        let mut all = json!({
            "resource_attributes": {"service_name": "orders"},
            "otlp_endpoint": sent.receiver.endpoint(),
            "otlp_protocol": "http",
            "otlp": {"all": {"headers": {"authorization": "Bearer hunter2"}}},
        });
        if let Some(row) = row {
            let value = scalar(row.wrong);
            for (end, other, file) in [
                ("client_key", "client_certificate", &certificate),
                ("client_certificate", "client_key", &key),
            ] {
                if let Some(section) = row.field.strip_suffix(end) {
                    insert(&mut all, &format!("{section}{other}"), json!(file));
                }
            }
            insert(
                &mut all,
                &row.field,
                if row.gives.starts_with('[') { json!([value]) } else { value },
            );
        }
        document(&all.to_string())
    };
    let run = |row| {
        let file = written(row);
        sent.run(&[("FLOE_CONFIG_FILE", file.path().to_str().unwrap())])
    };
    assert_eq!(run(None), ([true; 3], Vec::new()));
    let mut checked = 0;
    for row in rows().iter().filter(|row| !row.wrong.is_empty() && !row.field.is_empty()) {
        let (arrived, problems) = run(Some(row));
        assert_eq!(arrived, [false; 3], "{}: {problems:?}", row.name);
        let [problem] = &*problems else { panic!("{}: {problems:?}", row.name) };
        assert!(problem.contains("nothing is recorded: "), "{problem}");
        checked += 1;
    }
    assert_eq!(checked, 66);
}

/// The paths of OpenTelemetry's file with the meaning of a variable, below the exporter of a signal.
const KEYS: [(&str, &str); 7] = [
    ("ENDPOINT", "endpoint"),
    ("HEADERS", "headers_list"),
    ("TIMEOUT", "timeout"),
    ("COMPRESSION", "compression"),
    ("CERTIFICATE", "tls.ca_file"),
    ("CLIENT_CERTIFICATE", "tls.cert_file"),
    ("CLIENT_KEY", "tls.key_file"),
];

const BATCH: &str = "tracer_provider.processors.0.batch";

/// Returns the path of the exporter of a signal.
fn exporter(signal: &str) -> &'static str {
    match signal {
        "traces" => "tracer_provider.processors.0.batch.exporter",
        "metrics" => "meter_provider.readers.0.periodic.exporter",
        _ => "logger_provider.processors.0.batch.exporter",
    }
}

/// Returns the paths and the value of a variable with an invalid value in OpenTelemetry's file; none if the file has no
/// such setting.
fn in_file(row: &Row) -> Vec<(String, Value)> {
    let name = &*row.name;
    let value = scalar(row.wrong);
    let of = signals_of(name);
    let signals = SIGNALS.iter().zip(of).filter(|(_, is_of)| *is_of).map(|(signal, _)| *signal);
    let path = match name {
        "OTEL_SDK_DISABLED" => return vec![("disabled".to_owned(), value)],
        "OTEL_TRACES_SAMPLER" => {
            return vec![("tracer_provider.sampler".to_owned(), json!({ (row.wrong): null }))];
        }
        "OTEL_TRACES_SAMPLER_ARG" => "tracer_provider.sampler.trace_id_ratio_based.ratio",
        "OTEL_BSP_MAX_QUEUE_SIZE" => &format!("{BATCH}.max_queue_size"),
        "OTEL_BSP_SCHEDULE_DELAY" => &format!("{BATCH}.schedule_delay"),
        "OTEL_METRIC_EXPORT_TIMEOUT" => "meter_provider.readers.0.periodic.timeout",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" => "attribute_limits.attribute_value_length_limit",
        "OTEL_TRACES_EXPORTER" | "OTEL_METRICS_EXPORTER" | "OTEL_LOGS_EXPORTER" => {
            return signals
                .map(|it| (exporter(it).to_owned(), json!({ (row.wrong): null })))
                .collect();
        }
        _ => {
            let Some(key) = KEYS.iter().find(|(end, _)| {
                name.strip_prefix("OTEL_EXPORTER_OTLP_").is_some_and(|rest| {
                    SIGNALS
                        .iter()
                        .map(|it| it.to_uppercase() + "_")
                        .chain([String::new()])
                        .any(|prefix| rest.strip_prefix(&*prefix) == Some(end))
                })
            }) else {
                return Vec::new();
            };
            let at = |it| (format!("{}.otlp_http.{}", exporter(it), key.1), value.clone());
            return signals.map(at).collect();
        }
    };
    vec![(path.to_owned(), value)]
}

#[test]
fn a_file_of_opentelemetry_with_an_invalid_value_does_not_send_it_otherwise() {
    let sent = Sent::new(program!({ child() }));
    let (certificate, key) = sent.authority.client();
    let endpoint = sent.receiver.endpoint();
    let run = |settings: &[(String, Value)]| {
        let otlp = |signal: &str| {
            json!({"otlp_http": {
                "endpoint": format!("{endpoint}/v1/{signal}"),
                "headers_list": HEADER,
                "tls": {"ca_file": sent.authority.certificate()},
            }})
        };
        let mut all = json!({
            "file_format": "1.0",
            "tracer_provider": {"processors": [{"batch": {"exporter": otlp("traces")}}]},
            "meter_provider": {"readers": [{"periodic": {"exporter": otlp("metrics")}}]},
            "logger_provider": {"processors": [{"batch": {"exporter": otlp("logs")}}]},
        });
        for (path, value) in settings {
            if let Some(tls) = path.strip_suffix("cert_file").or(path.strip_suffix("key_file")) {
                insert(&mut all, &format!("{tls}cert_file"), json!(certificate));
                insert(&mut all, &format!("{tls}key_file"), json!(key));
            }
            insert(&mut all, path, value.clone());
        }
        let file = document(&all.to_string());
        sent.run(&[("OTEL_CONFIG_FILE", file.path().to_str().unwrap())])
    };
    assert_eq!(run(&[]), ([true; 3], Vec::new()));
    let mut checked = 0;
    for row in rows().iter().filter(|row| !row.wrong.is_empty()) {
        let settings = in_file(row);
        if settings.is_empty() {
            continue;
        }
        let (arrived, problems) = run(&settings);
        // Each place with the value is named at most once.
        assert!((1..=settings.len()).contains(&problems.len()), "{}: {problems:?}", row.name);
        for (is_of, has_arrived) in signals_of(&row.name).into_iter().zip(arrived) {
            assert!(!(is_of && has_arrived), "{}: {problems:?}", row.name);
        }
        checked += 1;
    }
    assert_eq!(checked, 38);
}

/// A volume that is not mounted, a folder, a pipe, an empty file, one that cannot be read (also by root), and one
/// without a certificate.
#[test]
fn a_credential_never_leaves_if_the_pinned_authority_cannot_be_read() {
    let program = program!({ child() });
    let authority = Authority::new();
    let file = authority.certificate();
    let place = |name: &str| file.with_file_name(name).display().to_string();
    let [missing, pipe, empty, text] = ["our-ca.pem", "pipe", "empty.pem", "note.pem"].map(place);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::write(&empty, "").unwrap();
    fs::write(&text, "not a certificate").unwrap();
    for (protocol, receiver) in secure(&authority, ClientCertificate::NotRequested) {
        let endpoint = receiver.endpoint();
        let run = |variable: &str, file: &str| {
            program.run(&[
                ("SSL_CERT_FILE", authority.certificate().to_str().unwrap()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                (
                    "OTEL_EXPORTER_OTLP_PROTOCOL",
                    if protocol == OtlpProtocol::Grpc { "grpc" } else { "http/protobuf" },
                ),
                ("OTEL_EXPORTER_OTLP_HEADERS", HEADER),
                (variable, file),
            ])
        };
        for unusable in [&*missing, "/etc", &pipe, &empty, "/proc/self/mem", &text] {
            let (_, stderr) = run("OTEL_EXPORTER_OTLP_CERTIFICATE", unusable);
            assert_eq!(receiver.every_request(), [], "{unusable}");
            let errors: Vec<_> = stderr.lines().filter(|it| it.starts_with("error: ")).collect();
            let [error] = *errors else { panic!("{stderr}") };
            let start =
                "error: an exporter of traces, logs and metrics is left out: otlp: the file `";
            assert!(error.starts_with(&format!("{start}{unusable}` ")), "{error}");
            assert!(error.ends_with("; change `OTEL_EXPORTER_OTLP_CERTIFICATE`"), "{error}");
        }
        run("OTEL_EXPORTER_OTLP_CERTIFICATE", " ");
        assert_eq!(receiver.spans().len(), 1, "a blank variable is not set");
        assert_eq!(receiver.requests()[0].headers["authorization"], "Bearer hunter2");
    }
}

/// Several variables are named in one error, and code overrides them.
#[test]
fn code_overrides_a_variable_that_cannot_be_obeyed() {
    let program = program!({
        let mut config = TelemetryConfig::from_env().unwrap();
        if let Ok(endpoint) = std::env::var("IN_CODE") {
            config.otlp_endpoint = Some(endpoint);
            config.otlp_protocol = Some(OtlpProtocol::Http);
            config.sampling = config.sampling.with_ratio(1.0);
            assert!(!config.to_string().contains("left out"), "{config}");
        }
        if std::env::var_os("AGAIN").is_some() {
            config.apply_env().unwrap();
        }
        let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
        drop(create_span("from.child"));
        drop(telemetry);
    });
    let receiver = Receiver::http();
    let endpoint = receiver.endpoint();
    let variables = |sampler| {
        [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "köln:4317"),
            ("OTEL_TRACES_SAMPLER", sampler),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ]
    };
    let (_, stderr) = program.run(&variables(""));
    let reasons = [
        "traces is left out: OTEL_EXPORTER_OTLP_PROTOCOL: expected `grpc` or",
        "; OTEL_EXPORTER_OTLP_ENDPOINT: ",
    ];
    assert!(reasons.iter().all(|reason| stderr.contains(reason)), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let (_, stderr) = program.run(&[&variables("always")[..], &[("IN_CODE", &endpoint)]].concat());
    assert_eq!(stderr, "");
    assert_eq!(receiver.spans().len(), 1);
    // The variables decide again when they are read again.
    let again = [&variables("")[..], &[("IN_CODE", &endpoint), ("AGAIN", "1")]].concat();
    let (_, stderr) = program.run(&again);
    assert!(stderr.contains(reasons[1]), "{stderr}");
    // No key is read without TLS.
    let variables = [
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ];
    let (_, stderr) = program.run(&variables);
    assert_eq!(stderr, "");
    assert_eq!(receiver.spans().len(), 2);
}

/// Each invalid entry of a list is named, and none is quoted that may be a credential.
#[test]
fn an_entry_that_cannot_be_obeyed_is_named() {
    let sent = Sent::new(program!({ child() }));
    for (name, value, is_sent, words) in [
        ("OTEL_TRACES_EXPORTER", "zipkin,otlp", true, "entry 1: expected `otlp`,"),
        (
            "OTEL_TRACES_EXPORTER",
            "none,otlp",
            false,
            "expected `none` alone, found `none` together with",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x-a=1,pigeon,x-b=1,=hunter2",
            false,
            "; entry 4: expected `key=value",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x-key=hunter2%0A,x-b=1",
            false,
            "entry 1: the value of `x-key` has characters that no",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "hunter2dGVzdA==",
            false,
            "expected `name=value`, found a header without a",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "x key=hunter2",
            false,
            "expected a header name of letters, digits, `-`",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "https://floe:hunter2@c",
            false,
            "`https://<REDACTED>@c` is not an endpoint",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "http://c:4318/a b",
            false,
            "a character that must be percent-encoded",
        ),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "Cargo.toml",
            false,
            "the certificate of a client and its key belong together",
        ),
    ] {
        let (arrived, problems) = sent.run_with(&[(name, value)]);
        assert_eq!(arrived[0], is_sent, "{name}={value}: {problems:?}");
        let [problem] = &*problems else { panic!("{name}={value}: {problems:?}") };
        assert!(problem.contains(&format!(" is left out: {name}: ")), "{problem}");
        assert!(problem.contains(words), "{problem}");
    }
    assert!(Path::new("Cargo.toml").exists(), "the key of the last row can be read");
}
