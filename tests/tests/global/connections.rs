//! Kept connections over HTTP that have ended or fallen silent, and receivers that answer early.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryProvider, create_span};
use floe_tests::{Script, TIMEOUT};

use super::pipeline::{start, traces_alone};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Reads a request whose body has a length, and returns whether there was one.
fn read_request(stream: &mut TcpStream) -> io::Result<bool> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(false);
        }
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split_once("content-length: ").unwrap().1.lines().next().unwrap();
    stream.read_exact(&mut vec![0; length.parse().unwrap()])?;
    Ok(true)
}

/// Exports one span and returns the numbers of exported and failed spans so far.
fn export(telemetry: &TelemetryProvider) -> (u64, u64) {
    drop(create_span("work"));
    let _ = telemetry.force_flush(TIMEOUT);
    let statistics = telemetry.statistics();
    (statistics.exported, statistics.failed)
}

/// Exports two spans to a receiver whose first connection answers one request, and then does this; other connections answer
/// every request.
fn after_one_answer(
    then: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> usize {
    let receiver = Script::new(move |number, stream| {
        while read_request(stream)? {
            stream.write_all(OK)?;
            if number == 0 {
                return then(stream);
            }
        }
        Ok(())
    });
    let mut config = traces_alone(OtlpProtocol::Http, receiver.endpoint());
    config.otlp.all.timeout_millis = Some(4_000);
    let telemetry = start(config);
    assert_eq!(export(&telemetry), (1, 0));
    assert_eq!(export(&telemetry), (2, 0));
    telemetry.shutdown(TIMEOUT).unwrap();
    receiver.connections()
}

#[alone]
fn a_kept_connection_that_has_ended_costs_nothing() {
    const TIMED_OUT: &[u8] =
        b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    // Closed while it is idle, with and without a word.
    assert_eq!(after_one_answer(|_| Ok(())), 2);
    assert_eq!(after_one_answer(|stream| stream.write_all(TIMED_OUT)), 2);
    // Closed when the next request has arrived.
    assert_eq!(after_one_answer(|stream| read_request(stream).map(drop)), 2);
    let late = |stream: &mut TcpStream| {
        read_request(stream)?;
        stream.write_all(TIMED_OUT)
    };
    assert_eq!(after_one_answer(late), 2);
    // Silent for ever.
    let silent = |stream: &mut TcpStream| io::copy(stream, &mut io::sink()).map(drop);
    assert_eq!(after_one_answer(silent), 2);
}

/// A connection is kept while its receiver answers.
#[alone]
fn a_connection_is_used_again() {
    let receiver = Script::new(|_, stream| {
        while read_request(stream)? {
            stream.write_all(OK)?;
        }
        Ok(())
    });
    let telemetry = start(traces_alone(OtlpProtocol::Http, receiver.endpoint()));
    for exported in 1..=3 {
        assert_eq!(export(&telemetry), (exported, 0));
    }
    assert_eq!(receiver.connections(), 1);
    telemetry.shutdown(TIMEOUT).unwrap();
}

/// A receiver may refuse a large request before it has read it.
#[alone]
fn an_early_refusal_is_understood() {
    let receiver = Script::new(|_, stream| {
        stream.read_exact(&mut [0; 100])?;
        let refusal =
            b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(refusal)
    });
    let telemetry = start(traces_alone(OtlpProtocol::Http, receiver.endpoint()));
    for _ in 0..40 {
        create_span("large").set_attribute("text", "x".repeat(60_000));
    }
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    let expected = "answered 413 Payload Too Large; to send fewer spans in a request, lower \
                    `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`";
    assert!(error.contains(expected), "{error}");
    let _ = telemetry.shutdown(TIMEOUT);
}
