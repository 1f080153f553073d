//! Scenarios of receivers and of the network.

use std::io::{self, Read as _, Write as _};
use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Code, ReceivedRequest, Response, Script};

use crate::program::{Program, millis};
use crate::receivers::{Plan, Relay, http2};
use crate::report::{Report, SLACK};
use crate::scenario::{Case, GRPC, SCENARIO, Scenario};

pub(super) static SCENARIOS: [Scenario; 12] = [
    Scenario {
        name: "divided_batch",
        program: |program| {
            let mut config = program.config();
            config.otlp.all.timeout_millis = millis(BATCH_TIMEOUT);
            config.otlp.all.max_request_bytes = Some(64 * 1024);
            program.start(config);
            program.spans_of(BATCH_SPANS, &"x".repeat(5_000));
            program.flush("flush");
            program.end();
        },
        check: |case| {
            let report = case.report_of_silent_receiver()?;
            // All spans are in one batch, or in two if the flush began while spans were collected. They take over
            // thirty requests.
            report.ended_at("flush", BATCH_TIMEOUT * 2)?;
            report.failed("flush", &["not delivered within"])?;
            ensure!(report.counters.failed == BATCH_SPANS, "{:?}", report.counters);
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "slow_receiver",
        program: |program| {
            program.start_within(Duration::from_secs(10));
            // These are more spans than fit into the queue and one buffer.
            program.deliver("flush", 20_000);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            relay.delay(Duration::from_millis(200));
            let report = case.report(&relay.endpoint())?;
            let counters = report.counters;
            ensure!(counters.failed == 0 && counters.exported > 2000, "{counters:?}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "connection_resets",
        program: |program| {
            program.start(program.config());
            program.deliver("flush", 100);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::with(receiver.port(), |number| match number {
                0 | 1 => Plan::ResetAfter(1500),
                _ => Plan::Forward,
            });

            let report = case.report(&relay.endpoint())?;
            report.succeeded(&["flush"])?;
            ensure!(relay.connections() == 3, "{}", relay.connections());
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "half_open",
        program: |program| {
            program.start_within(Duration::from_secs(6));
            interrupted(program);
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            let report = report_around(case, &relay, || relay.freeze(), || ())?;
            ensure!(relay.connections() == 2, "{}", relay.connections());
            // A connection shows that it is silent before the export is given up: over HTTP/2 by pings, and over HTTP/1.1
            // because the receiver has answered faster before.
            let exported = report.counters.exported;
            ensure!(exported == 30, "expected 30 exported spans, found {exported}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "stopped_receiver",
        program: |program| {
            program.start_within(STOPPED_TIMEOUT);
            interrupted(program);
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            let report = report_around(case, &relay, || relay.stop(), || relay.resume())?;
            report.ended_at(MEANWHILE, STOPPED_TIMEOUT)?;
            report.failed(MEANWHILE, &["not delivered within", &relay.endpoint()])?;
            let counters = report.counters;
            ensure!((counters.exported, counters.failed) == (20, 10), "{counters:?}");
            // The receiver may still read requests that were sent while it was stopped and that have failed since.
            let mut report = report.arrived_at(&receiver);
            ensure!((20..=30).contains(&report.arrived), "{} spans arrived", report.arrived);
            report.unconfirmed = report.arrived - counters.exported;
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "stopped_process",
        program: |program| {
            program.start_within(PAUSED_TIMEOUT);
            program.deliver("flush", 10);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let relay = Relay::to(receiver.port());
            // The answer is on its way while the process is stopped.
            relay.delay(Duration::from_millis(300));
            let child = case.start(&relay.endpoint())?;
            receiver.wait_for_requests(1);
            child.send("-STOP")?;
            thread::sleep(PAUSED_TIMEOUT + SLACK);
            child.send("-CONT")?;
            let report = child.finish()?;
            report.succeeded(&["flush", "shutdown"])?;
            ensure!(report.counters.exported == 10, "{:?}", report.counters);
            ensure!(relay.connections() == 1, "{}", relay.connections());
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "receiver_restarts",
        program: |program| {
            program.start(program.config());
            interrupted(program);
        },
        check: |case| {
            let first = case.receiver();
            let second = case.receiver();
            let relay = Relay::to(first.port());
            let mut first_arrived = 0;
            let end = || {
                relay.set_receiver(0);
                relay.disconnect();
                first_arrived = first.spans().len();
                drop(first);
            };

            let report = report_around(case, &relay, end, || relay.set_receiver(second.port()))?;
            ensure!(second.spans().len() == 10, "{}", second.spans().len());
            Ok(report.arrived_in(first_arrived + second.spans().len()))
        },
        ..SCENARIO
    },
    Scenario {
        name: "throttled",
        program: |program| {
            let protocol = program.config().otlp_protocol.unwrap_or_default();
            program.start_within(THROTTLED_TIMEOUT);
            let delivered = delays(protocol).into_iter().map(|(phase, ..)| phase);
            let failed = throttles(protocol).into_iter().map(|(phase, ..)| phase);
            for phase in delivered.chain(failed) {
                program.wait(phase);
                program.deliver(phase, 1);
            }

            program.wait("end");
            program.end();
        },
        check: |case| {
            let delays = delays(case.protocol);
            let throttles = throttles(case.protocol);
            let receiver = case.receiver();
            let mut child = case.start(&receiver.endpoint())?;
            let mut begin = |phase: &str, response: &Response| {
                child.wait_for(phase)?;
                receiver.respond(response.clone());
                let requests = receiver.requests().len();
                child.proceed().map(|()| requests)
            };

            for (phase, response, _) in &delays {
                let requests = begin(phase, response)?;
                receiver.wait_for_requests(requests + 1);
                receiver.respond(Response::Ok);
            }

            let mut before = Vec::new();
            for (phase, response, _) in &throttles {
                before.push(begin(phase, response)?);
            }

            before.push(begin("end", &Response::Ok)?);
            for ((phase, _, expected), before) in throttles.iter().zip(before.windows(2)) {
                let attempts = before[1] - before[0];
                ensure!(expected.contains(&attempts), "{phase}: {attempts} attempts");
            }

            let report = child.finish()?;
            for (phase, _, shortest) in &delays {
                report.succeeded(&[phase])?;
                let duration = report.operation(phase)?.duration;
                ensure!(duration >= *shortest, "{phase}: {duration:?}");
            }

            report.ended_at(TOO_LONG, THROTTLED_TIMEOUT)?;
            let counters = report.counters;
            let expected = (delays.len() as u64, throttles.len() as u64);
            ensure!((counters.exported, counters.failed) == expected, "{counters:?}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "status_table",
        program: |program| {
            let protocol = program.config().otlp_protocol.unwrap_or_default();
            program.start_within(Duration::from_millis(1500));
            for row in 0..statuses(protocol).len() {
                program.wait(&row.to_string());
                program.deliver(&row.to_string(), 1);
            }

            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let rows = statuses(case.protocol);
            let mut child = case.start(&receiver.endpoint())?;
            let mut before = 0;
            let mut attempts = Vec::new();
            for (row, (response, _)) in rows.iter().enumerate() {
                child.wait_for(&row.to_string())?;
                let requests = receiver.requests();
                attempts.push(attempts_of_last(&requests[before..]));
                before = requests.len();
                receiver.respond(response.clone());
                child.proceed()?;
            }

            let report = child.finish()?;
            attempts.push(attempts_of_last(&receiver.requests()[before..]));
            for ((response, is_retried), attempts) in rows.iter().zip(&attempts[1..]) {
                ensure!((*attempts > 1) == *is_retried, "{response:?}: {attempts} attempts");
            }

            ensure!(report.counters.failed == rows.len() as u64, "{:?}", report.counters);
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "error_page",
        protocols: GRPC,
        program: |program| {
            program.start_within(Duration::from_secs(10));
            for status in REJECTED_PAGES {
                program.deliver(&status.to_string(), 1);
            }

            program.deliver("retried", 10);
            program.end();
        },
        check: |case| {
            let receiver = case.receiver();
            let pages: Vec<u16> = REJECTED_PAGES.into_iter().chain(RETRIED_PAGES).collect();
            let count = pages.len();
            let relay = Relay::with(receiver.port(), move |number| match pages.get(number) {
                Some(status) => {
                    let has_type = ![404, 502, 504].contains(status);
                    Plan::Answer([http2::settings(), http2::page(*status, has_type)].concat())
                }
                None => Plan::Forward,
            });

            let report = case.report(&relay.endpoint())?;
            report.succeeded(&["retried"])?;
            for status in REJECTED_PAGES.map(|status| status.to_string()) {
                report.failed(&status, &["in place of gRPC", &status])?;
            }

            ensure!(relay.connections() == count + 1, "{} connections", relay.connections());
            let counters = report.counters;
            let failed = REJECTED_PAGES.len() as u64;
            ensure!((counters.exported, counters.failed) == (10, failed), "{counters:?}");
            Ok(report.arrived_at(&receiver))
        },
        ..SCENARIO
    },
    Scenario {
        name: "limit_of_requests",
        protocols: GRPC,
        program: |program| {
            program.start(program.config());
            program.deliver("flush", 10);
            program.end();
        },
        check: |case| {
            let server = Script::new(|_, stream| {
                stream.read_exact(&mut [0; 24])?;
                // A request that begins meanwhile ends the connection.
                stream.set_read_timeout(Some(EARLY))?;
                while let Ok(is_request) = http2::is_request(stream) {
                    if is_request {
                        return Ok(());
                    }
                }
                stream.set_read_timeout(None)?;
                stream.write_all(&http2::settings_with_limit(0))?;
                stream.write_all(&http2::settings_with_limit(100))?;
                while !http2::is_request(stream)? {}
                stream.write_all(&http2::accepted())?;
                io::copy(stream, &mut io::sink()).map(drop)
            });
            let report = case.report(&server.endpoint())?;
            report.succeeded(&["flush"])?;
            ensure!(server.connections() == 1, "{} connections", server.connections());
            Ok(report.arrived_in(10))
        },
        ..SCENARIO
    },
    Scenario {
        name: "unusable_answers",
        max_memory: 48,
        program: |program| {
            let protocol = program.config().otlp_protocol.unwrap_or_default();
            program.start_within(answer_timeout(protocol));
            for (fault, _) in unusable(protocol) {
                program.deliver(fault, 10);
            }

            program.end();
        },
        check: |case| {
            let faults = unusable(case.protocol);
            let answer = match case.protocol {
                OtlpProtocol::Http => http_answer,
                _ => grpc_answer,
            };

            let received: Result<Vec<_>> = faults.iter().map(|(fault, _)| answer(fault)).collect();
            let answers = received?;
            let is_http = case.protocol == OtlpProtocol::Http;
            let server = Script::new(move |number, stream| {
                let (start, more) = &answers[number % answers.len()];
                if is_http {
                    // A request has begun.
                    stream.read_exact(&mut [0; 200])?;
                    stream.write_all(start)?;
                } else {
                    http2::answer(stream, start)?;
                }
                while !more.is_empty() {
                    stream.write_all(more)?;
                }

                io::copy(stream, &mut io::sink()).map(drop)
            });

            let report = case.report(&server.endpoint())?;
            for (fault, part) in faults {
                report.failed(fault, &[part])?;
                report.ended_at(fault, answer_timeout(case.protocol))?;
            }

            let connections = server.connections();
            ensure!(connections == faults.len(), "{connections} connections: {report:?}");
            ensure!(report.counters.failed == 10 * faults.len() as u64, "{:?}", report.counters);
            Ok(report)
        },
        ..SCENARIO
    },
];

/// The name of the delivery while the receiver does not answer.
const MEANWHILE: &str = "meanwhile";

fn interrupted(program: &mut Program) {
    program.deliver("before", 10);
    program.wait("down");
    program.deliver(MEANWHILE, 10);
    program.wait("up");
    program.deliver("after", 10);
    program.end();
}

/// Runs [`interrupted`]. The first and the last delivery must succeed.
fn report_around(
    case: &Case,
    relay: &Relay,
    down: impl FnOnce(),
    up: impl FnOnce(),
) -> Result<Report> {
    let mut child = case.start(&relay.endpoint())?;
    child.wait_for("down")?;
    down();
    child.proceed()?;
    child.wait_for("up")?;
    up();
    child.proceed()?;
    let report = child.finish()?;
    report.succeeded(&["before", "after"])?;
    Ok(report)
}

/// The number of spans of a batch that needs several requests of a few spans each.
const BATCH_SPANS: u64 = 400;
const BATCH_TIMEOUT: Duration = Duration::from_secs(1);

const STOPPED_TIMEOUT: Duration = Duration::from_secs(2);

const THROTTLED_TIMEOUT: Duration = Duration::from_secs(4);

const PAUSED_TIMEOUT: Duration = Duration::from_secs(3);

/// The name of a phase with a delay that no timeout allows.
const TOO_LONG: &str = "too long";

fn retry_after(value: &str) -> Response {
    Response::Http { status: 429, headers: vec![("retry-after".to_owned(), value.to_owned())] }
}

/// Returns the phases in which the first request is refused with a delay, with the minimum time until the delivery. The
/// maximum time is the timeout.
fn delays(protocol: OtlpProtocol) -> Vec<(&'static str, Response, Duration)> {
    match protocol {
        OtlpProtocol::Http => [("2", 2), ("0", 0), ("soon", 0), ("-1", 0)]
            .map(|(value, shortest)| (value, retry_after(value), Duration::from_secs(shortest)))
            .into(),
        _ => [("2 s", Duration::from_secs(2)), ("none", Duration::ZERO)]
            .map(|(phase, delay)| (phase, Response::Throttled { delay }, delay))
            .into(),
    }
}

/// Returns the phases in which each request is refused, with the number of requests within the timeout.
fn throttles(protocol: OtlpProtocol) -> Vec<(&'static str, Response, RangeInclusive<usize>)> {
    match protocol {
        OtlpProtocol::Http => {
            vec![("no pause", retry_after("0"), 3..=6), (TOO_LONG, retry_after("999999999"), 1..=1)]
        }
        _ => vec![
            (TOO_LONG, Response::Throttled { delay: Duration::from_secs(999_999_999) }, 1..=1),
            ("without `RetryInfo`", code_of(Code::ResourceExhausted), 1..=1),
        ],
    }
}

/// The HTTP statuses, and whether a request is repeated.
const STATUSES: [(u16, bool); 15] = [
    (301, false),
    (400, false),
    (401, false),
    (403, false),
    (404, false),
    (408, false),
    (413, false),
    (415, false),
    (429, true),
    (500, false),
    (501, false),
    (502, true),
    (503, true),
    (504, true),
    (507, false),
];

/// The codes of gRPC except `OK`, and whether a request is repeated.
const CODES: [(Code, bool); 16] = [
    (Code::Cancelled, true),
    (Code::Unknown, false),
    (Code::InvalidArgument, false),
    (Code::DeadlineExceeded, true),
    (Code::NotFound, false),
    (Code::AlreadyExists, false),
    (Code::PermissionDenied, false),
    // This response has no `RetryInfo`.
    (Code::ResourceExhausted, false),
    (Code::FailedPrecondition, false),
    (Code::Aborted, true),
    (Code::OutOfRange, true),
    (Code::Unimplemented, false),
    (Code::Internal, false),
    (Code::Unavailable, true),
    (Code::DataLoss, true),
    (Code::Unauthenticated, false),
];

fn statuses(protocol: OtlpProtocol) -> Vec<(Response, bool)> {
    match protocol {
        OtlpProtocol::Http => STATUSES.map(|(status, retried)| (status_of(status), retried)).into(),
        _ => CODES.map(|(code, retried)| (code_of(code), retried)).into(),
    }
}

/// Counts the requests with the body of the last request. Other requests do not count, because a request that was given
/// up may arrive late.
fn attempts_of_last(requests: &[ReceivedRequest]) -> usize {
    let last = requests.last().map(|request| &request.body);
    requests.iter().filter(|request| Some(&request.body) == last).count()
}

fn status_of(status: u16) -> Response {
    Response::Http { status, headers: vec![] }
}

fn code_of(code: Code) -> Response {
    Response::Grpc { code, message: "a test".to_owned() }
}

const RETRIED_PAGES: [u16; 4] = [429, 502, 503, 504];

/// HTTP statuses of pages that are not retried over gRPC.
const REJECTED_PAGES: [u16; 6] = [200, 400, 401, 403, 404, 500];

/// Returns the timeout of an export. Over gRPC, the timeout passes before pings show that a connection is silent.
const fn answer_timeout(protocol: OtlpProtocol) -> Duration {
    match protocol {
        OtlpProtocol::Http => Duration::from_secs(6),
        _ => Duration::from_secs(2),
    }
}

/// The decompressed size in bytes of a response that is compressed to about a thousandth.
const BOMB: usize = 64 * 1024 * 1024;

/// Returns the names of answers that no OTLP receiver sends, each with a part of the resulting error.
const fn unusable(protocol: OtlpProtocol) -> &'static [(&'static str, &'static str)] {
    match protocol {
        OtlpProtocol::Http => &[
            ("stalled body", "the response is incomplete"),
            ("endless headers", ""),
            ("endless body", "longer than"),
            ("page", "web page"),
            ("page in upper case", "web page"),
            ("page as protobuf", "web page"),
            ("JSON", "JSON"),
            ("text", "instead of an OTLP response"),
            // The request did not accept compression.
            ("bomb", "compress"),
            ("truncated", "compress"),
            ("checksum", "compress"),
        ],
        _ => &[
            ("stalled body", "not delivered within"),
            ("endless headers", ""),
            // The message is one byte longer than the exporter reads.
            ("large message", "too large"),
            ("bomb", "compress"),
            ("truncated", "compress"),
            ("checksum", "compress"),
        ],
    }
}

/// The time for which a server waits with its settings.
const EARLY: Duration = Duration::from_millis(300);

/// An answer, and the bytes that are then repeated without end.
type Answer = Result<(Vec<u8>, Vec<u8>)>;

fn http_answer(fault: &str) -> Answer {
    let (fields, body) = match fault {
        "stalled body" => ("content-type: application/x-protobuf\r\ncontent-length: 10", vec![]),
        "endless headers" => {
            let more = format!("x-more: {}\r\n", "x".repeat(1000));
            return Ok((b"HTTP/1.1 200 OK\r\n".to_vec(), more.into_bytes()));
        }
        "endless body" => {
            let head = "content-type: application/x-protobuf\r\ntransfer-encoding: chunked";
            let chunk = [&b"10000\r\n"[..], &vec![0; 0x10000], b"\r\n"].concat();
            return Ok((http(head, &[]), chunk));
        }
        "page" => ("content-type: text/html", b"<html></html>".to_vec()),
        "page in upper case" => {
            ("content-type: TEXT/HTML; charset=utf-8", b"<HTML></HTML>".to_vec())
        }
        "page as protobuf" => ("content-type: application/x-protobuf", b"<!doctype html>".to_vec()),
        "JSON" => (
            "content-type: application/json",
            br#"{"partialSuccess":{"rejectedSpans":"10"}}"#.to_vec(),
        ),
        "text" => ("content-type: text/plain", b"ok".to_vec()),
        _ => ("content-type: application/x-protobuf\r\ncontent-encoding: gzip", compressed(fault)?),
    };

    if body.is_empty() {
        return Ok((http(fields, &body), vec![]));
    }

    let fields = format!("{fields}\r\nconnection: close\r\ncontent-length: {}", body.len());
    Ok((http(&fields, &body), vec![]))
}

fn http(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n").as_bytes(), body].concat()
}

fn grpc_answer(fault: &str) -> Answer {
    let frames = match fault {
        "stalled body" => vec![http2::headers(), http2::message(9, b"")],
        "endless headers" => {
            let start = [http2::settings(), http2::open_headers()].concat();
            return Ok((start, http2::more_headers()));
        }
        "large message" => {
            vec![http2::headers(), http2::message(4 * 1024 * 1024 + 1, &[0; 1000]), http2::end()]
        }
        _ => {
            let message = http2::compressed_message(&compressed(fault)?);
            vec![http2::compressed_headers(), message, http2::end()]
        }
    };

    Ok(([http2::settings(), frames.concat()].concat(), vec![]))
}

/// Returns a compressed body with this fault: it becomes very large, is truncated, or has a wrong checksum.
fn compressed(fault: &str) -> Result<Vec<u8>> {
    let mut body = GzEncoder::new(Vec::new(), Compression::default());
    body.write_all(&vec![0; if fault == "bomb" { BOMB } else { 100 }])?;
    let mut body = body.finish()?;
    let checksum = body.len() - 8;
    match fault {
        "truncated" => body.truncate(checksum - 1),
        "checksum" => body[checksum] ^= 1,
        _ => {}
    }

    Ok(body)
}
