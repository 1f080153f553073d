//! The response is compressed, although the request did not ask for it: much larger than it looks, truncated,
//! or with a wrong checksum.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "compressed_response",
    promise: "a compressed response is not decompressed, and the request is not repeated",
    protocols: BOTH,
    max_memory: 48,
    program,
    check,
};

/// The header of a file in the format of gzip.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/// An empty file, compressed, without its checksum and its length.
const EMPTY: [u8; 2] = [3, 0];

/// The names of the answers. Over gRPC the headers decide, so there is one.
const HTTP: [&str; 3] = ["bomb", "truncated", "checksum"];
const GRPC: [&str; 1] = ["truncated"];

fn names(protocol: OtlpProtocol) -> &'static [&'static str] {
    match protocol {
        OtlpProtocol::Http => &HTTP,
        _ => &GRPC,
    }
}

fn program(program: &mut Program) {
    let mut config = program.config();
    let protocol = config.otlp_protocol;
    config.otlp.all.timeout_millis = Some(5_000);
    program.start(config);
    for name in names(protocol) {
        program.spans(10);
        program.flush(name, Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let protocol = case.protocol;
    let relay = Relay::with(0, move |number| {
        let names = names(protocol);
        Plan::Answer(answer(protocol, names[number % names.len()]))
    })?;
    let report = case.report(&relay.endpoint())?;
    let names = names(protocol);
    for name in names {
        let error = report.error(name)?;
        ensure!(error.contains("compressed"), "{name}: {error}");
    }
    let connections = relay.connections();
    ensure!(connections == names.len(), "{connections} connections");
    let failed = 10 * names.len() as u64;
    ensure!(report.counters.failed == failed, "{:?}", report.counters);
    Ok(report)
}

fn answer(protocol: OtlpProtocol, name: &str) -> Vec<u8> {
    let mut body = GZIP.to_vec();
    match name {
        // Zeros that compress to a thousandth: the first bytes are enough to begin.
        "bomb" => body.resize(10_000, 0),
        "truncated" => body.extend(EMPTY),
        _ => {
            body.extend(EMPTY);
            body.extend([0xff; 8]);
        }
    }
    if protocol != OtlpProtocol::Http {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let headers = http2::compressed_headers();
        return [http2::settings(), headers, http2::message(length, &body)].concat();
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}
