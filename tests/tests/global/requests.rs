//! The requests of the OTLP exporter and the responses to them. One test, because a process has one
//! provider.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::process::Command;
use std::sync::Mutex;

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol, TelemetryAuth};
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, logs, traced};
use floe_tests::{Authority, Code, Receiver, Response, TIMEOUT, Value};
use opentelemetry::KeyValue;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[traced(attributes(payload))]
fn work(payload: &str) -> usize {
    payload.len()
}

fn both() -> [(OtlpProtocol, Receiver); 2] {
    [(OtlpProtocol::Grpc, Receiver::grpc()), (OtlpProtocol::Http, Receiver::http())]
}

fn config(protocol: OtlpProtocol, endpoint: String) -> TelemetryConfig {
    let mut config = TelemetryConfig::new("requests");
    config.otlp_protocol = Some(protocol);
    config.otlp_endpoint = Some(endpoint);
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.logs = Some(vec![ExporterKind::None]);
    config
}

fn start(config: TelemetryConfig) -> TelemetryProvider {
    TelemetryProvider::builder(config).initialize().unwrap()
}

#[alone]
fn requests_and_their_responses() {
    logs::configure_logging_with_writer(&LoggingConfig::default(), || Log).unwrap();
    a_request_names_the_exporter_and_the_instance();
    a_batch_is_split_below_the_limit();
    logs_are_split_below_the_limit();
    metrics_are_split_below_the_limit();
    a_partial_success_counts_both_parts();
    the_credential_is_removed_from_every_message();
    the_text_of_a_receiver_is_shown_on_one_line();
    the_query_of_an_endpoint_stays_in_its_place();
    an_unsuitable_file_is_an_error();
    a_redirect_is_not_followed();
    two_destinations_have_two_names();
}

fn a_request_names_the_exporter_and_the_instance() {
    let mut instances = BTreeSet::new();
    for (protocol, receiver) in both() {
        let telemetry = start(config(protocol, receiver.endpoint()));
        work("");
        telemetry.shutdown(TIMEOUT).unwrap();
        let request = &receiver.requests()[0];
        let expected =
            concat!("floe-telemetry/", env!("CARGO_PKG_VERSION"), " (OTLP exporter; Rust)");
        let agent = &request.headers["user-agent"];
        assert!(agent.starts_with(expected), "{agent}");
        let resource = &receiver.spans()[0].resource;
        let text = |key: &str| match &resource[key] {
            Value::String(text) => text.clone(),
            other => panic!("{key}: {other:?}"),
        };
        assert_eq!(text("telemetry.sdk.name"), "floe-telemetry");
        assert_eq!(text("telemetry.sdk.language"), "rust");
        assert_eq!(text("telemetry.sdk.version"), env!("CARGO_PKG_VERSION"));
        assert!(!resource.contains_key("service.version"));
        let id = text("service.instance.id");
        let digits: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(digits, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        instances.insert(id);
    }
    assert_eq!(instances.len(), 1, "a process is one instance");

    let receiver = Receiver::http();
    let mut config = config(OtlpProtocol::Http, receiver.endpoint());
    let additional = &mut config.resource_attributes.additional;
    additional.insert("service.instance.id".to_owned(), "orders-1".to_owned());
    let telemetry = start(config);
    work("");
    telemetry.shutdown(TIMEOUT).unwrap();
    let resource = &receiver.spans()[0].resource;
    assert_eq!(resource["service.instance.id"], "orders-1".into());
}

fn a_batch_is_split_below_the_limit() {
    const MAX: usize = 20_000;
    for (protocol, receiver) in both() {
        let mut config = config(protocol, receiver.endpoint());
        config.otlp.traces.max_request_bytes = Some(MAX);
        let telemetry = start(config);
        for number in 0..20 {
            work(&"x".repeat(4000));
            if number == 7 {
                work(&"y".repeat(MAX));
            }
        }
        let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
        assert!(error.contains("the maximum size of a request, which is 20000 bytes"), "{error}");
        let statistics = telemetry.statistics();
        assert_eq!((statistics.exported, statistics.failed), (20, 1));
        assert_eq!(receiver.spans().len(), 20);
        let requests = receiver.requests();
        assert_eq!(requests.len(), 5);
        // gRPC's frame adds five bytes.
        assert!(requests.iter().all(|request| request.body.len() <= MAX + 5));
        // The next batch is not affected.
        work("");
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, 21);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

fn metrics_are_split_below_the_limit() {
    const MAX: usize = 4_000;
    static METRICS: MetricRecorder = MetricRecorder::new("orders");
    for (protocol, receiver) in both() {
        let mut config = config(protocol, receiver.endpoint());
        config.exporters.metrics = Some(vec![ExporterKind::Otlp]);
        config.otlp.metrics.max_request_bytes = Some(MAX);
        let telemetry = start(config);
        for table in 0..300 {
            let name = format!("rows.{}", table / 5);
            METRICS.increment(name.as_str(), 1, &[KeyValue::new("table", table)]);
        }
        telemetry.force_flush(TIMEOUT).unwrap();
        let points = receiver.points();
        let points = points.iter().filter(|point| point.name.starts_with("rows."));
        let tables: Vec<_> = points.map(|point| format!("{:?}", point.attributes)).collect();
        assert_eq!(tables.len(), 300);
        assert_eq!(tables.iter().collect::<BTreeSet<_>>().len(), 300);
        let requests = receiver.every_request();
        assert!(requests.len() > 4, "{}", requests.len());
        assert!(requests.iter().all(|request| request.body.len() <= MAX + 5));
        // A metric that is too large is dropped, and the others arrive.
        let large = KeyValue::new("table", "x".repeat(MAX));
        METRICS.set_gauge("large", 1, &[large]);
        METRICS.set_gauge("backlog", 2, &[]);
        let error = telemetry.force_flush(TIMEOUT).unwrap_err();
        assert!(error.is_export(), "{error}");
        let log = String::from_utf8(LOG.lock().unwrap().split_off(0)).unwrap();
        assert!(log.contains("1 not sent: larger than"), "{log}");
        let points = receiver.points();
        let backlog = points.iter().filter(|point| point.name == "backlog");
        assert_eq!(backlog.count(), 1);
        let _ = telemetry.shutdown(TIMEOUT);
    }
}

fn logs_are_split_below_the_limit() {
    const MAX: usize = 10_000;
    for (protocol, receiver) in both() {
        let mut config = config(protocol, receiver.endpoint());
        config.exporters.traces = Some(vec![ExporterKind::None]);
        config.exporters.logs = Some(vec![ExporterKind::Otlp]);
        config.otlp.logs.max_request_bytes = Some(MAX);
        let telemetry = start(config);
        for number in 0..50 {
            tracing::info!(number, text = "x".repeat(900), "many");
        }
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().logs_exported, 50);
        assert_eq!(receiver.logs().len(), 50);
        let requests = receiver.every_request();
        assert!(requests.len() > 4, "{}", requests.len());
        assert!(requests.iter().all(|request| request.body.len() <= MAX + 5));
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

fn a_partial_success_counts_both_parts() {
    for (protocol, receiver) in both() {
        let mut config = config(protocol, receiver.endpoint());
        config.exporters.logs = Some(vec![ExporterKind::Otlp]);
        let telemetry = start(config);
        let partial = |rejected| Response::Partial { rejected, message: "too old".to_owned() };
        receiver.respond(partial(2));
        for number in 0..5 {
            work("");
            tracing::info!(number, "five");
        }
        let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
        assert!(error.contains("rejected 2 items of a batch: too old"), "{error}");
        let statistics = telemetry.statistics();
        assert_eq!((statistics.exported, statistics.failed), (3, 2));
        assert_eq!((statistics.logs_exported, statistics.logs_failed), (3, 2));
        // The request is not repeated.
        assert_eq!(receiver.every_request().len(), 2);

        // A message without rejected items is a warning.
        receiver.respond(partial(0));
        work("");
        telemetry.force_flush(TIMEOUT).unwrap();
        assert_eq!(telemetry.statistics().exported, 4);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
    // The text of the receiver does not replace the message of the record.
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let warning = "\"event\":\"the OTLP receiver sent a warning\"";
    let mut warnings = log.lines().filter(|line| line.contains(warning));
    let warning = warnings.next().unwrap();
    assert!(warning.contains("\"warning\":\"too old\""), "{warning}");
}

fn the_text_of_a_receiver_is_shown_on_one_line() {
    let hostile = "quota\r\nERROR forged\u{1b}[2J\0\u{7f}\u{9b}\u{202e}\u{2028}";
    let shown = r"quota\r\nERROR forged\u{1b}[2J\u{0}\u{7f}\u{9b}\u{202e}\u{2028}";
    for (protocol, receiver) in both() {
        let telemetry = start(config(protocol, receiver.endpoint()));
        receiver.respond(Response::Partial { rejected: 1, message: hostile.to_owned() });
        work("");
        let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
        assert!(error.ends_with(shown), "{error:?}");
        assert!(!error.contains(char::is_control), "{error:?}");
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

fn the_credential_is_removed_from_every_message() {
    let receiver = Receiver::grpc();
    let mut config = config(OtlpProtocol::Grpc, receiver.endpoint());
    config.authentication = Some(TelemetryAuth::bearer("correct horse"));
    let headers = &mut config.otlp.all.headers;
    headers.insert("x-team".to_owned(), "blue-whale".into());
    let telemetry = start(config);
    for (code, message) in [
        (Code::Unauthenticated, "invalid team key blue-whale for correct horse"),
        (Code::InvalidArgument, "seen: Bearer correct horse, blue-whale"),
    ] {
        let message = message.to_owned();
        receiver.respond(Response::Grpc { code, message });
        work("");
        let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
        assert!(error.contains("<REDACTED>"), "{error}");
        for secret in ["blue-whale", "correct horse"] {
            assert!(!error.contains(secret), "{error}");
        }
    }
    telemetry.shutdown(TIMEOUT).unwrap();
}

fn the_query_of_an_endpoint_stays_in_its_place() {
    let receiver = Receiver::http();
    let endpoint = format!("{}/?tenant=blue", receiver.endpoint());
    let telemetry = start(config(OtlpProtocol::Http, endpoint));
    work("");
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(receiver.requests()[0].path, "/v1/traces?tenant=blue");

    let endpoint = "http://127.0.0.1:1?tenant=blue".to_owned();
    let result = TelemetryProvider::builder(config(OtlpProtocol::Grpc, endpoint)).initialize();
    let error = result.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("query"), "{error}");
}

/// A certificate or a token in a file that is not regular, or is too long: this one occupies no disk, but a terabyte of
/// memory if it is read.
fn an_unsuitable_file_is_an_error() {
    let folder = Authority::new();
    let place = |name: &str| folder.certificate().with_file_name(name);
    let (pipe, sparse) = (place("pipe"), place("sparse"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    for (file, expected) in [
        (&*pipe, "is not a regular file"),
        ("/dev/zero".as_ref(), "is not a regular file"),
        ("/dev".as_ref(), "is not a regular file"),
        (&*sparse, "is longer than "),
    ] {
        for protocol in [OtlpProtocol::Grpc, OtlpProtocol::Http] {
            let mut with_certificate = config(protocol, "https://127.0.0.1:1".to_owned());
            with_certificate.otlp.all.certificate = Some(file.to_owned());
            let mut with_token = config(protocol, "http://127.0.0.1:1".to_owned());
            let token = format!("${{file:{}}}", file.display());
            with_token.authentication = Some(TelemetryAuth::bearer(token));
            for config in [with_certificate, with_token] {
                let error = TelemetryProvider::builder(config).initialize().unwrap_err();
                assert!(error.is_config() && error.to_string().contains(expected), "{error}");
            }
        }
    }
}

fn a_redirect_is_not_followed() {
    for (protocol, receiver) in both() {
        let other = match protocol {
            OtlpProtocol::Http => Receiver::http(),
            _ => Receiver::grpc(),
        };
        let mut config = config(protocol, receiver.endpoint());
        config.authentication = Some(TelemetryAuth::bearer("correct horse"));
        let telemetry = start(config);
        for (number, status) in (1..).zip([301, 302, 303, 307, 308]) {
            receiver.respond(Response::Http {
                status,
                headers: vec![("location".to_owned(), format!("{}/v1/traces", other.endpoint()))],
            });
            work("");
            let error = telemetry.force_flush(TIMEOUT).unwrap_err();
            assert!(error.is_export(), "{error}");
            let statistics = telemetry.statistics();
            assert_eq!((statistics.exported, statistics.failed), (0, number), "{status}");
        }
        // The request is neither repeated nor sent elsewhere, with its credential.
        assert_eq!(receiver.requests().len(), 5);
        assert_eq!(other.every_request().len(), 0);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

fn two_destinations_have_two_names() {
    let respond = || {
        let receiver = Receiver::http();
        receiver.respond(Response::Http { status: 400, headers: vec![] });
        receiver
    };
    let receivers = [respond(), respond()];
    let endpoints = receivers.each_ref().map(Receiver::endpoint);
    let with_query = format!("{}/?token=abcdef123456", endpoints[0]);
    let telemetry = TelemetryProvider::builder(config(OtlpProtocol::Http, endpoints[1].clone()))
        .with_otlp(with_query, OtlpProtocol::Http)
        .initialize()
        .unwrap();
    work("");
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    for (name, endpoint) in ["otlp", "otlp/2"].into_iter().zip(endpoints) {
        let failure = format!(
            "exporter `{name}`: 1 span failed: `{endpoint}/v1/traces`: the receiver answered 400 Bad Request"
        );
        assert!(error.contains(&failure), "{error}");
    }
    assert!(!error.contains("abcdef123456"), "{error}");
    telemetry.shutdown(TIMEOUT).unwrap();
}
