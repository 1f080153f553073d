//! Kept connections that have ended, fallen silent or refused a request, and receivers that answer early or without end.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use floe_telemetry::config::OtlpProtocol;
use floe_telemetry::{TelemetryProvider, create_span};
use floe_tests::{Code, Response, Script, TIMEOUT, relay};

use super::pipeline::{receiver, start, traces_alone};

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
    // Closed while it is idle, and when the next request has arrived.
    assert_eq!(after_one_answer(|_| Ok(())), 2);
    assert_eq!(after_one_answer(|stream| read_request(stream).map(drop)), 2);
    // The same with a word before.
    for connection in ["close", "keep-alive, Close"] {
        let timed_out = format!(
            "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: {connection}\r\n\r\n"
        );
        let late = timed_out.clone();
        assert_eq!(after_one_answer(move |stream| stream.write_all(timed_out.as_bytes())), 2);
        let answer = move |stream: &mut TcpStream| {
            read_request(stream)?;
            stream.write_all(late.as_bytes())
        };
        assert_eq!(after_one_answer(answer), 2, "{connection}");
    }
    // Silent for ever.
    let silent = |stream: &mut TcpStream| io::copy(stream, &mut io::sink()).map(drop);
    assert_eq!(after_one_answer(silent), 2);
}

/// A connection is kept while its receiver answers.
/// A receiver that is usually slow may use the whole time on a kept connection, so no time is left for another one.
#[alone]
fn a_slow_receiver_without_an_answer_is_not_called_unknown() {
    let timeout = Duration::from_secs(2);
    let receiver = Script::new(move |_, stream| {
        read_request(stream)?;
        // Nothing arrives meanwhile.
        stream.set_read_timeout(Some(timeout / 3))?;
        let _ = stream.read(&mut [0]);
        stream.write_all(OK)?;
        stream.set_read_timeout(None)?;
        io::copy(stream, &mut io::sink()).map(drop)
    });
    let mut config = traces_alone(OtlpProtocol::Http, receiver.endpoint());
    config.otlp.all.timeout_millis = Some(2_000);
    let telemetry = start(config);
    assert_eq!(export(&telemetry), (1, 0));

    drop(create_span("work"));
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    assert!(error.contains(": no response; a slow receiver"), "{error}");
    assert_eq!(receiver.connections(), 1);
    telemetry.shutdown(TIMEOUT).unwrap();
}

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

/// A balancer from which the receivers have moved answers, and keeps its connections open.
#[alone]
fn a_connection_is_left_after_a_refusal() {
    let page = |status| Response::Http { status, headers: Vec::new() };
    let unavailable = Response::Grpc { code: Code::Unavailable, message: "drained".to_owned() };
    for (protocol, refusal) in [
        (OtlpProtocol::Http, page(503)),
        (OtlpProtocol::Http, page(404)),
        (OtlpProtocol::Grpc, unavailable),
        (OtlpProtocol::Grpc, page(404)),
    ] {
        let old = receiver(protocol);
        let new = receiver(protocol);
        old.respond(refusal.clone());
        let ports = [old.port(), new.port()];
        let (ended, connections) = mpsc::channel();
        let ended = Mutex::new(ended);
        let balancer = Script::new(move |number, client| {
            let server = TcpStream::connect(("127.0.0.1", ports[number.min(1)]))?;
            let relayed = relay(client, &server);
            let _ = ended.lock().unwrap().send(number);
            relayed
        });
        let mut config = traces_alone(protocol, balancer.endpoint());
        config.otlp.all.timeout_millis = Some(4_000);
        let telemetry = start(config);
        let (exported, failed) = export(&telemetry);
        assert_eq!(exported + failed, 1, "{refusal:?}");
        // The connection does not wait for the next export.
        assert_eq!(connections.recv_timeout(TIMEOUT), Ok(0), "{refusal:?}");
        assert_eq!(export(&telemetry), (exported + 1, failed), "{refusal:?}");
        assert_eq!(old.requests().len(), 1, "{refusal:?}");
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// A receiver that throttles is alive, so that another connection would only burden it.
#[alone]
fn a_connection_is_kept_when_the_receiver_throttles() {
    let forever = vec![("retry-after".to_owned(), "999999999".to_owned())];
    let exhausted = Response::Grpc { code: Code::ResourceExhausted, message: "slow".to_owned() };
    for (protocol, throttle) in [
        (OtlpProtocol::Http, Response::Http { status: 429, headers: forever }),
        (OtlpProtocol::Grpc, exhausted),
        (OtlpProtocol::Grpc, Response::Throttled { delay: TIMEOUT }),
    ] {
        let receiver = receiver(protocol);
        let port = receiver.port();
        let counted = Script::new(move |_, client| {
            let server = TcpStream::connect(("127.0.0.1", port))?;
            relay(client, &server)
        });
        let mut config = traces_alone(protocol, counted.endpoint());
        config.otlp.all.timeout_millis = Some(300);
        let telemetry = start(config);
        receiver.respond(throttle.clone());
        assert_eq!(export(&telemetry), (0, 1), "{throttle:?}");
        receiver.respond(Response::Ok);
        assert_eq!(export(&telemetry), (1, 1), "{throttle:?}");
        assert_eq!(counted.connections(), 1, "{throttle:?}");
        telemetry.shutdown(TIMEOUT).unwrap();
    }
}

/// A receiver may end a request or a connection with any code of HTTP/2: it has not accepted the request.
#[alone]
fn a_request_that_the_receiver_resets_is_sent_again() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

    let receiver = receiver(OtlpProtocol::Grpc);
    let port = receiver.port();
    let resets =
        (0..=0xd).map(|code| [&[0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0][..], &[code]].concat());
    let ends = (0..=0xd)
        .map(|code| [&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[code]].concat());
    for (number, end) in (1..).zip(resets.chain(ends)) {
        let sent = end.clone();
        let server = Script::new(move |number, client| {
            if number == 0 {
                client.write_all(SETTINGS)?;
                // A request has begun.
                client.read_exact(&mut [0; 200])?;
                client.write_all(&sent)?;
                return io::copy(client, &mut io::sink()).map(drop);
            }
            relay(client, &TcpStream::connect(("127.0.0.1", port))?)
        });
        let telemetry = start(traces_alone(OtlpProtocol::Grpc, server.endpoint()));
        assert_eq!(export(&telemetry), (1, 0), "{end:?}");
        telemetry.shutdown(TIMEOUT).unwrap();
        assert_eq!(receiver.requests().len(), number, "{end:?}");
    }
}

/// A body need not end, and its bytes between two parts of it need not, either.
#[alone]
fn a_body_without_an_end_is_given_up() {
    let receiver = Script::new(|_, stream| {
        read_request(stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;")?;
        loop {
            stream.write_all(&[b'x'; 1024])?;
        }
    });
    let telemetry = start(traces_alone(OtlpProtocol::Http, receiver.endpoint()));
    drop(create_span("work"));
    let error = telemetry.force_flush(TIMEOUT).unwrap_err().to_string();
    assert!(error.contains("the response is incomplete: a part of its body"), "{error}");
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
    let expected = "answered 413 Payload Too Large; to send fewer items in a request, lower \
                    `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`";
    assert!(error.contains(expected), "{error}");
    let _ = telemetry.shutdown(TIMEOUT);
}
