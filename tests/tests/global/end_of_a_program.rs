//! The end of a program whose receiver is missing: the program does not wait, and writes one error for all signals. The
//! error has the endpoint and the reason.

use std::sync::{Barrier, Mutex, mpsc};
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::{
    EndingSpan, Error, MetricRecorder, TelemetryConfig, TelemetryProvider, traced,
};
use floe_tests::{
    Authority, ClientCertificate, ReservedPort, Script, TIMEOUT, program, wait_until,
};

use super::pipeline::{self, AtShutdown, BOTH, NEVER, secure};

#[traced]
fn work() {
    MetricRecorder::new("end").increment("end.work", 1, &[]);
}

fn end(protocol: OtlpProtocol, endpoint: &str, timeout: Duration) -> Error {
    let mut config = pipeline::config(protocol, endpoint);
    config.otlp.all.timeout_millis = Some(3_600_000);
    config.batch_processor.export_timeout_millis = 3_600_000;
    config.metrics.export_timeout_millis = 3_600_000;
    config.exporters.logs = Some(vec![ExporterKind::None]);
    let telemetry = pipeline::start(config);
    work();
    telemetry.shutdown(timeout).unwrap_err()
}

#[alone]
fn a_shutdown_does_not_wait_for_a_receiver_that_is_not_there() {
    let authority = Authority::new();
    let closed = ReservedPort::new();
    for (protocol, secure) in secure(&authority, ClientCertificate::NotRequested) {
        let of_endpoint = "`OTEL_EXPORTER_OTLP_ENDPOINT`";
        for (endpoint, reason, setting) in [
            (closed.endpoint(), "refused", of_endpoint),
            ("http://receiver.invalid:4317".to_owned(), "dns error", of_endpoint),
            (secure.endpoint(), "invalid peer certificate", "`OTEL_EXPORTER_OTLP_CERTIFICATE`"),
        ] {
            let error = end(protocol, &endpoint, NEVER);
            assert!(error.is_export(), "{error}");
            let text = error.to_string();
            assert!(text.contains(&endpoint), "{text}");
            assert!(text.contains(reason), "{text}");
            assert!(text.contains(setting), "{text}");
        }

        // A receiver that does not answer is named as the reason when the shutdown ends.
        let endpoint = Script::silent().endpoint();
        let error = end(protocol, &endpoint, Duration::from_secs(2));
        assert!(error.is_export(), "{error}");
        let text = error.to_string();
        assert!(text.contains(&endpoint), "{text}");
        assert!(text.contains("no response"), "{text}");
    }
}

/// The remaining spans are not in the exporter's queue, because the collector is still busy.
#[alone]
fn a_shutdown_counts_the_spans_that_it_has_no_time_for() {
    const SLOW: Duration = Duration::from_millis(200);

    for protocol in BOTH {
        let silent = Script::silent();
        let (stop, stopped) = mpsc::channel::<()>();
        let stopped = Mutex::new(stopped);
        let mut config = pipeline::traces_alone(protocol, silent.endpoint());
        config.batch_processor.max_export_batch_size = 1;
        let telemetry = TelemetryProvider::builder(config)
            .with_span_processor(move |span: &mut EndingSpan<'_>| {
                // Each call returns after a while, so the collector waits for all of them.
                if span.name() == "slow" {
                    let _ = stopped.lock().unwrap().recv_timeout(SLOW);
                }
            })
            .initialize()
            .unwrap();
        work();
        // The exporter waits for an answer.
        wait_until(|| silent.connections() > 0);
        for _ in 0..30 {
            drop(floe_telemetry::span("slow").start());
        }

        let error = telemetry.shutdown(10 * SLOW).unwrap_err();
        drop(stop);
        assert!(error.is_timeout(), "{error}");
        assert!(error.to_string().contains("exporter `otlp` still has"), "{error}");
        assert!(telemetry.statistics().dropped_shutdown > 0, "{:?}", telemetry.statistics());
    }
}

/// A program whose receiver refuses the connection writes one message for all three signals.
#[test]
fn a_program_without_its_receiver_writes_one_message() {
    let program = program!({
        let _telemetry = floe_telemetry::init().unwrap();
        let meter = opentelemetry::global::meter("program");
        meter.u64_counter("program.rows").build().add(1, &[]);
        work();
        tracing::info!("worked");
    });
    let closed = ReservedPort::new();
    let endpoint = closed.endpoint();
    for protocol in ["grpc", "http/protobuf"] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"),
            ("RUST_LOG", "debug,h2=off,hyper=off,hyper_util=off,tower=off,tonic=off"),
        ];
        let (stdout, stderr) = program.run(&variables);
        let is_failure = |line: &&str| {
            ["refused", "ExportError", "Noop", "could not", "not delivered"]
                .iter()
                .any(|word| line.contains(word))
        };

        let failures: Vec<_> = stdout.lines().chain(stderr.lines()).filter(is_failure).collect();
        let [failure] = failures[..] else {
            panic!("{failures:#?}\n{stdout}{stderr}");
        };

        assert!(failure.contains(&endpoint), "{failure}");
        assert!(failure.contains("refused"), "{failure}");
    }
}

#[test]
fn meters_without_an_exporter_of_metrics_write_no_message() {
    let program = program!({
        let _telemetry = floe_telemetry::init().unwrap();
        let meter = opentelemetry::global::meter("program");
        meter.u64_counter("program.rows").build().add(1, &[]);
    });
    let variables = [("OTEL_METRICS_EXPORTER", "none"), ("RUST_LOG", "debug")];
    let (stdout, _) = program.run(&variables);
    assert!(!stdout.contains("Noop"), "{stdout}");
}

/// The exporter writes what it has collected when it shuts down, which takes longer than the program has.
#[alone]
fn an_exporter_that_has_not_shut_down_is_named() {
    static FINISH: Barrier = Barrier::new(2);

    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
        .with_span_exporter(AtShutdown(|| _ = FINISH.wait()))
        .initialize()
        .unwrap();
    work();
    telemetry.force_flush(TIMEOUT).unwrap();
    let error = telemetry.shutdown(Duration::from_secs(2)).unwrap_err();
    let counted = telemetry.statistics();
    assert_eq!((counted.exported, counted.pending), (0, 1), "{counted:?}");
    FINISH.wait();
    let expected =
        "exporter `AtShutdown` has not shut down: the spans that it has collected may be lost";
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains(expected), "{error}");
}
