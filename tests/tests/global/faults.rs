//! Faults of the receiver: the program continues, one warning and one count report the loss without
//! a credential, and spans are delivered again when the receiver is back. One test, because a
//! process has one provider.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use floe_telemetry::config::{ExporterKind, OtlpProtocol, TelemetryAuth};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_tests::{Authority, ClientCertificate, Code, Receiver, ReservedPort, Response};

const TIMEOUT: Duration = Duration::from_secs(60);

const BOTH: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::Http];

#[traced]
fn work() -> u8 {
    7
}

/// The library's own log messages.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The messages since the last call.
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn start(protocol: OtlpProtocol, endpoint: String) -> TelemetryProvider {
    let mut config = TelemetryConfig::new("faults");
    config.otlp_protocol = Some(protocol);
    config.otlp_endpoint = Some(endpoint);
    config.authentication = Some(TelemetryAuth::bearer("hunter2-token"));
    config.otlp.all.timeout_millis = Some(2_000);
    // Metrics are disabled, because the final flush would fail to export them.
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    TelemetryProvider::builder(config).initialize().unwrap()
}

/// Two spans that cannot be delivered, in two batches.
fn fails(telemetry: &TelemetryProvider, log: &Log, what: &str) {
    for n in 1..=2 {
        assert_eq!(work(), 7);
        let error = telemetry.force_flush(TIMEOUT).unwrap_err();
        assert!(error.is_export(), "{what}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(error.to_string().contains(what), "{what}: {error}");
        assert_eq!(telemetry.statistics().failed, n, "{what}");
    }
    let log = log.take();
    assert_eq!(log.matches("spans could not be exported").count(), 1, "{what}: {log}");
    assert!(!log.contains("hunter2"), "{log}");
}

fn succeeds(telemetry: &TelemetryProvider) {
    assert_eq!(work(), 7);
    telemetry.force_flush(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics().exported, 1);
}

/// Sends the same response to each connection, whatever the request.
fn respond_with(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut request = vec![0; 64 * 1024];
                let read = stream.read(&mut request);
                let written = stream.write_all(answer.as_bytes());
                // The client closes the connection, so that it is not reset.
                read.and(written).and_then(|()| stream.read(&mut request))
            });
        }
    });
    endpoint
}

#[test]
fn faults_of_the_receiver_do_not_affect_the_program() {
    floe_tests::alone!();
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).init();

    wrong_credentials(&log);
    tls_on_one_side_only(&log);
    a_server_that_is_not_otlp(&log);
    a_closed_port_that_opens_later(&log);
}

fn wrong_credentials(log: &Log) {
    let http = Receiver::http();
    for status in [401, 403] {
        let telemetry = start(OtlpProtocol::Http, http.endpoint());
        http.respond(Response::Http { status, headers: vec![] });
        fails(&telemetry, log, &format!("the receiver answered {status}"));
        http.respond(Response::Ok);
        succeeds(&telemetry);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
    // No batch was retried.
    assert_eq!(http.requests().len(), 6);
    let grpc = Receiver::grpc();
    for (code, name) in
        [(Code::Unauthenticated, "Unauthenticated"), (Code::PermissionDenied, "PermissionDenied")]
    {
        let telemetry = start(OtlpProtocol::Grpc, grpc.endpoint());
        let message = "no such token: hunter2-token, password=hunter2".to_owned();
        grpc.respond(Response::Grpc { code, message });
        fails(&telemetry, log, name);
        grpc.respond(Response::Ok);
        succeeds(&telemetry);
        telemetry.shutdown(TIMEOUT).unwrap();
    }
    assert_eq!(grpc.requests().len(), 6);
}

fn tls_on_one_side_only(log: &Log) {
    let authority = Authority::new();
    for protocol in BOTH {
        let (secure, plain) = match protocol {
            OtlpProtocol::Grpc => (
                Receiver::grpc_with_tls(&authority, ClientCertificate::NotRequested),
                Receiver::grpc(),
            ),
            _ => (
                Receiver::http_with_tls(&authority, ClientCertificate::NotRequested),
                Receiver::http(),
            ),
        };
        for endpoint in [
            format!("http://127.0.0.1:{}", secure.port()),
            format!("https://127.0.0.1:{}", plain.port()),
        ] {
            let telemetry = start(protocol, endpoint);
            fails(&telemetry, log, "exporter `otlp`");
            telemetry.shutdown(TIMEOUT).unwrap();
        }
        assert_eq!((secure.requests().len(), plain.requests().len()), (0, 0));
    }
}

fn a_server_that_is_not_otlp(log: &Log) {
    for protocol in BOTH {
        for answer in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
        ] {
            let telemetry = start(protocol, respond_with(answer));
            let is_page = protocol == OtlpProtocol::Http && answer.starts_with("HTTP");
            let what = if is_page {
                "200 OK with a web page: it is not an OTLP receiver"
            } else {
                "exporter `otlp`"
            };
            fails(&telemetry, log, what);
            telemetry.shutdown(TIMEOUT).unwrap();
        }
    }
}

fn a_closed_port_that_opens_later(log: &Log) {
    let port = ReservedPort::new();
    let telemetry = start(OtlpProtocol::Http, port.endpoint());
    fails(&telemetry, log, "refused");
    let receiver = Receiver::http_at(port);
    succeeds(&telemetry);
    assert_eq!(receiver.spans().len(), 1);
    telemetry.shutdown(TIMEOUT).unwrap();
}
