//! Answers that no receiver of OTLP sends: they stall or do not end, are too large, compressed, or of another server.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::{Script, http2};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// The timeout of an export. Over gRPC it is shorter than the time after which pings replace a silent connection.
const fn timeout(protocol: OtlpProtocol) -> Duration {
    match protocol {
        OtlpProtocol::Http => Duration::from_secs(6),
        _ => Duration::from_secs(2),
    }
}

/// The size in bytes of a response that compresses to a thousandth.
const BOMB: usize = 64 * 1024 * 1024;

/// The faults over HTTP, and a part of the error.
const HTTP: [(&str, &str); 11] = [
    ("stalled body", "not delivered within"),
    ("endless headers", ""),
    ("endless body", "longer than"),
    ("page", "web page"),
    ("page in upper case", "web page"),
    ("page as protobuf", "web page"),
    ("JSON", "JSON"),
    ("text", "instead of an OTLP response"),
    // The request did not ask for compression.
    ("bomb", "compress"),
    ("truncated", "compress"),
    ("checksum", "compress"),
];

/// The faults over gRPC, and a part of the error.
const GRPC: [(&str, &str); 6] = [
    ("stalled body", "not delivered within"),
    ("endless headers", ""),
    // One byte longer than the exporter reads.
    ("large message", "too large"),
    ("bomb", "compress"),
    ("truncated", "compress"),
    ("checksum", "compress"),
];

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "unusable_answers",
    promise: "an answer that is not OTLP is read up to a limit and within the timeout, and the request is not repeated",
    protocols: BOTH,
    max_memory: 48,
    program,
    check,
};

const fn faults(protocol: OtlpProtocol) -> &'static [(&'static str, &'static str)] {
    match protocol {
        OtlpProtocol::Http => &HTTP,
        _ => &GRPC,
    }
}

fn program(program: &mut Program) {
    let protocol = program.config().otlp_protocol.unwrap_or_default();
    program.start_within(timeout(protocol));
    for (fault, _) in faults(protocol) {
        program.spans(10);
        program.flush(fault, Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let faults = faults(case.protocol);
    let answer = match case.protocol {
        OtlpProtocol::Http => http_answer,
        _ => grpc_answer,
    };
    let answers: Result<Vec<_>> = faults.iter().map(|(fault, _)| answer(fault)).collect();
    let answers = answers?;
    let server = Script::new(move |number, stream| {
        let (start, more) = &answers[number % answers.len()];
        // The request has begun.
        stream.read_exact(&mut [0; 200])?;
        stream.write_all(start)?;
        while !more.is_empty() {
            stream.write_all(more)?;
        }
        io::copy(stream, &mut io::sink()).map(drop)
    })?;
    let report = case.report(&server.endpoint())?;
    for (fault, part) in faults {
        let error = report.error(fault)?;
        ensure!(error.contains(part), "{fault}: {error}");
        report.ended_at(fault, timeout(case.protocol))?;
    }
    let connections = server.connections();
    ensure!(connections == faults.len(), "{connections} connections: {report:?}");
    ensure!(report.counters.failed == 10 * faults.len() as u64, "{:?}", report.counters);
    Ok(report)
}

/// An answer, and what follows it without an end.
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

/// A compressed body: much larger than it looks, truncated, or with a wrong checksum.
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
