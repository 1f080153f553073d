//! The response is compressed: much larger than it looks, truncated, or with a wrong checksum. Over HTTP, the
//! request did not ask for it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "compressed_response",
    promise: "a compressed response is decompressed over gRPC only, up to a limit, and the request is not repeated",
    protocols: BOTH,
    max_memory: 48,
    program,
    check,
};

const NAMES: [&str; 3] = ["bomb", "truncated", "checksum"];

/// The size in bytes of a response that compresses to a thousandth.
const BOMB: usize = 64 * 1024 * 1024;

fn program(program: &mut Program) {
    let mut config = program.config();
    config.otlp.all.timeout_millis = Some(5_000);
    program.start(config);
    for name in NAMES {
        program.spans(10);
        program.flush(name, Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let protocol = case.protocol;
    let answers =
        [answer(protocol, "bomb")?, answer(protocol, "truncated")?, answer(protocol, "checksum")?];
    let relay =
        Relay::with(0, move |number| Plan::Answer(answers[number % answers.len()].clone()))?;
    let report = case.report(&relay.endpoint())?;
    for name in NAMES {
        let error = report.error(name)?;
        ensure!(error.contains("compress"), "{name}: {error}");
    }
    let connections = relay.connections();
    ensure!(connections == NAMES.len(), "{connections} connections");
    let failed = 10 * NAMES.len() as u64;
    ensure!(report.counters.failed == failed, "{:?}", report.counters);
    Ok(report)
}

fn answer(protocol: OtlpProtocol, name: &str) -> Result<Vec<u8>> {
    let mut body = GzEncoder::new(Vec::new(), Compression::default());
    let length = if name == "bomb" { BOMB } else { 100 };
    body.write_all(&vec![0; length])?;
    let mut body = body.finish()?;
    match name {
        "bomb" => {}
        "truncated" => body.truncate(body.len() - 9),
        _ => {
            let checksum = body.len() - 8;
            body[checksum] ^= 1;
        }
    }
    if protocol != OtlpProtocol::Http {
        let message = http2::compressed_message(&body);
        return Ok([http2::settings(), http2::compressed_headers(), message, http2::end()].concat());
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Ok([head.into_bytes(), body].concat())
}
