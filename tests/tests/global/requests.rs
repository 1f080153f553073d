//! The requests of the OTLP exporter and the responses to them.

use std::collections::BTreeSet;

use floe_telemetry::config::{ExporterKind, LoggingConfig, OtlpProtocol, TelemetryAuth};
use floe_telemetry::{MetricRecorder, TelemetryConfig, TelemetryProvider, logs, span};
use floe_tests::{Code, Receiver, Response, TIMEOUT, Written, receivers as in_file};
use opentelemetry::KeyValue;

use super::pipeline::{BOTH, Pipeline, only_traces, receiver, work};

fn sending_traces(protocol: OtlpProtocol, change: impl FnOnce(&mut TelemetryConfig)) -> Pipeline {
    Pipeline::over(protocol, |config| {
        only_traces(config);
        change(config);
    })
}

fn failure(pipeline: &Pipeline) -> String {
    let error = pipeline.telemetry.force_flush(TIMEOUT).unwrap_err();
    assert!(error.is_export(), "{error}");
    error.to_string()
}

fn log() -> Written {
    let log = Written::default();
    logs::configure_logging_with_writer(&LoggingConfig::default(), log.writer()).unwrap();
    log
}

#[alone]
fn a_request_names_the_exporter_and_the_instance() {
    let mut instances = BTreeSet::new();
    for protocol in BOTH {
        let pipeline = sending_traces(protocol, |_| ());
        work();
        let receiver = pipeline.end();
        let expected =
            concat!("floe-telemetry/", env!("CARGO_PKG_VERSION"), " (OTLP exporter; Rust)");
        let agent = &receiver.requests()[0].headers["user-agent"];
        assert!(agent.starts_with(expected), "{agent}");
        let resource = receiver.span("work").resource;
        assert_eq!(resource["telemetry.sdk.name"], "floe-telemetry");
        assert_eq!(resource["telemetry.sdk.language"], "rust");
        assert_eq!(resource["telemetry.sdk.version"], env!("CARGO_PKG_VERSION"));
        assert!(!resource.contains_key("service.version"));
        let id = resource["service.instance.id"].as_str().unwrap().to_owned();
        let digits: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(digits, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        instances.insert(id);
    }

    assert_eq!(instances.len(), 1, "a process is one instance");

    let pipeline = sending_traces(OtlpProtocol::Http, |config| {
        let additional = &mut config.resource_attributes.additional;
        additional.insert("service.instance.id".to_owned(), "orders-1".to_owned());
        // The query of an endpoint follows the path of the signal.
        config.otlp_endpoint = config.otlp_endpoint.take().map(|it| it + "/?tenant=blue");
    });

    work();
    let receiver = pipeline.end();
    assert_eq!(receiver.span("work").resource["service.instance.id"], "orders-1");
    assert_eq!(receiver.requests()[0].path, "/v1/traces?tenant=blue");
}

#[alone]
fn requests_are_split_below_the_limit() {
    const MAX: usize = 5_000;
    static METRICS: MetricRecorder = MetricRecorder::new("orders");

    let log = log();
    for protocol in BOTH {
        let pipeline = Pipeline::over(protocol, |config| {
            config.otlp.all.max_request_bytes = Some(MAX);
        });

        let work = |bytes| drop(span("work").attribute("payload", "x".repeat(bytes)).start());
        (0..20).for_each(|_| work(4_000));
        for number in 0..500 {
            let name = format!("rows.{}", number / 5);
            METRICS.increment(name.as_str(), 1, &[KeyValue::new("table", number)]);
        }

        for number in 0..50 {
            tracing::info!(number, text = "x".repeat(900), "many");
        }

        pipeline.flush();

        let points = pipeline.receiver.points();
        let of_tables = points.iter().filter(|point| point.name.starts_with("rows."));
        let tables: Vec<_> = of_tables.map(|point| format!("{:?}", point.attributes)).collect();
        assert_eq!(tables.len(), 500);
        assert_eq!(tables.iter().collect::<BTreeSet<_>>().len(), 500);
        assert_eq!(pipeline.receiver.logs().len(), 50);
        assert_eq!(pipeline.receiver.spans().len(), 20);
        let requests = pipeline.receiver.every_request();
        for signal in ["trace", "metrics", "logs"] {
            let of = requests.iter().filter(|it| it.path.to_lowercase().contains(signal));
            assert!(of.count() > 4, "{signal}");
        }

        // gRPC's frame adds five bytes.
        assert!(requests.iter().all(|request| request.body.len() <= MAX + 5));
        // An item that is too large is dropped, and the rest arrives.
        work(MAX);
        work(1);
        let large = KeyValue::new("table", "x".repeat(MAX));
        METRICS.set_gauge("large", 1, &[large]);
        METRICS.set_gauge("backlog", 2, &[]);
        let error = failure(&pipeline);
        assert!(error.contains("the maximum size of a request, which is 5000 bytes"), "{error}");
        let statistics = pipeline.statistics();
        assert_eq!((statistics.exported, statistics.failed), (21, 1));
        let log = log.take();
        assert!(log.contains("items not sent: 1; a span, a log record"), "{log}");
        pipeline.receiver.point("backlog");
        let _ = pipeline.telemetry.shutdown(TIMEOUT);
    }
}

/// The message shows the receiver's text on one line.
#[alone]
fn a_partial_success_counts_both_parts() {
    const TEXT: &str = "too old\r\nERROR forged\u{1b}[2J\0\u{7f}\u{9b}\u{202e}\u{2028}";
    const SHOWN: &str = r"too old\r\nERROR forged\u{1b}[2J\u{0}\u{7f}\u{9b}\u{202e}\u{2028}";

    let log = log();
    for protocol in BOTH {
        let pipeline = sending_traces(protocol, |config| {
            config.exporters.logs = Some(vec![ExporterKind::Otlp]);
        });

        let receiver = &pipeline.receiver;
        receiver.respond(Response::Partial { rejected: 2, message: TEXT.to_owned() });
        for number in 0..5 {
            work();
            tracing::info!(number, "five");
        }

        let error = failure(&pipeline);
        let rejected = format!("rejected 2 items of a batch: {SHOWN}");
        assert_eq!(error.matches(&rejected).count(), 1, "{error}");
        assert!(error.ends_with("; log records failed for the same reason"), "{error}");
        assert!(!error.contains(char::is_control), "{error:?}");
        let statistics = pipeline.statistics();
        assert_eq!((statistics.exported, statistics.failed), (3, 2));
        assert_eq!((statistics.logs_exported, statistics.logs_failed), (3, 2));
        // The request is not repeated.
        assert_eq!(receiver.every_request().len(), 2);

        // A message without rejected items is only a warning.
        receiver.respond(Response::Partial { rejected: 0, message: "soon too old".to_owned() });
        work();
        pipeline.flush();
        assert_eq!(pipeline.statistics().exported, 4);
        pipeline.shut_down();
    }

    // The text of the receiver does not replace the message of the record.
    let log = log.text();
    let event = "\"event\":\"the OTLP receiver sent a warning\"";
    let warning = log.lines().find(|line| line.contains(event)).unwrap();
    assert!(warning.contains("\"warning\":\"soon too old\""), "{warning}");
}

#[alone]
fn the_credential_is_removed_from_every_message() {
    let pipeline = sending_traces(OtlpProtocol::Grpc, |config| {
        config.authentication = Some(TelemetryAuth::bearer("correct horse"));
        config.otlp.all.headers.insert("x-team".to_owned(), "blue-whale".into());
    });

    for (code, message) in [
        (Code::Unauthenticated, "invalid team key blue-whale for correct horse"),
        (Code::InvalidArgument, "seen: Bearer correct horse, blue-whale"),
    ] {
        let message = message.to_owned();
        pipeline.receiver.respond(Response::Grpc { code, message });
        work();
        let error = failure(&pipeline);
        assert!(error.contains("<REDACTED>"), "{error}");
        for secret in ["blue-whale", "correct horse"] {
            assert!(!error.contains(secret), "{error}");
        }
    }

    pipeline.shut_down();
}

#[alone]
fn a_redirect_is_not_followed() {
    for protocol in BOTH {
        let other = receiver(protocol);
        let pipeline = sending_traces(protocol, |config| {
            config.authentication = Some(TelemetryAuth::bearer("correct horse"));
        });

        for (number, status) in (1..).zip([301, 302, 303, 307, 308]) {
            let location = format!("{}/v1/traces", other.endpoint());
            let headers = vec![("location".to_owned(), location)];
            pipeline.receiver.respond(Response::Http { status, headers });
            work();
            failure(&pipeline);
            let statistics = pipeline.statistics();
            assert_eq!((statistics.exported, statistics.failed), (0, number), "{status}");
        }

        // The request, which has a credential, is neither repeated nor sent elsewhere.
        assert_eq!(pipeline.receiver.requests().len(), 5);
        assert_eq!(other.every_request().len(), 0);
        pipeline.shut_down();
    }
}

#[alone]
fn two_destinations_have_two_names() {
    let respond = || {
        let receiver = Receiver::http();
        receiver.respond(Response::Http { status: 400, headers: vec![] });
        receiver
    };

    let receivers = [respond(), respond()];
    let endpoints = receivers.each_ref().map(Receiver::endpoint);
    let with_query = format!("{}/v1/traces?token=abcdef123456", endpoints[0]);
    let http = |url: String| format!("otlp_http: {{endpoint: '{url}'}}");
    let mut config = TelemetryConfig::new("orders");
    only_traces(&mut config);
    let file = in_file(|_| [http(with_query.clone()), http(format!("{}/v1/traces", endpoints[1]))]);
    config.otlp = TelemetryConfig::from_config_file(file).unwrap().otlp;
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    work();
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
