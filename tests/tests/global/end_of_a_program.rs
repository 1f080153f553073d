//! The end of a program whose receiver is not there: it does not wait for it, and the error has endpoint and reason.
//! One test, because a process has one provider.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::TcpListener;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::{Error, MetricRecorder, TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{Authority, ClientCertificate, Receiver};

/// Longer than the test may take.
const NEVER: Duration = Duration::from_secs(3600);

const BOTH: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::Http];

#[traced]
fn work() {
    MetricRecorder::new("end").increment("end.work", 1, &[]);
}

fn start(protocol: OtlpProtocol, endpoint: &str) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("end");
    config.otlp_protocol = Some(protocol);
    config.otlp_endpoint = Some(endpoint.to_owned());
    config.otlp.all.timeout_millis = Some(3_600_000);
    config.batch_processor.export_timeout_millis = 3_600_000;
    config.metrics.export_timeout_millis = 3_600_000;
    config.exporters.logs = Some(vec![ExporterKind::None]);
    let telemetry = TelemetryProvider::builder(config).initialize().unwrap();
    work();
    telemetry
}

fn end(protocol: OtlpProtocol, endpoint: &str, timeout: Duration) -> Error {
    start(protocol, endpoint).shutdown(timeout).unwrap_err()
}

fn refused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_shutdown_does_not_wait_for_a_receiver_that_is_not_there() {
    floe_tests::alone!();
    let authority = Authority::new();
    for protocol in BOTH {
        let secure = match protocol {
            OtlpProtocol::Grpc => {
                Receiver::grpc_with_tls(&authority, ClientCertificate::NotRequested)
            }
            _ => Receiver::http_with_tls(&authority, ClientCertificate::NotRequested),
        };
        for (endpoint, reason) in [
            (format!("http://127.0.0.1:{}", refused_port()), "refused"),
            ("http://receiver.invalid:4317".to_owned(), "dns error"),
            (secure.endpoint(), "invalid peer certificate"),
        ] {
            let error = end(protocol, &endpoint, NEVER);
            assert!(error.is_export(), "{error}");
            let text = error.to_string();
            assert!(text.contains(&endpoint) && text.contains(reason), "{text}");
        }
        // Nothing answers, and the reason is known before the shutdown ends.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let error = end(protocol, &endpoint, Duration::from_secs(2));
        assert!(error.is_export(), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&endpoint) && text.contains("no response"),
            "{text}"
        );
    }
}
