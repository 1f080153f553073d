//! The response is compressed, and much larger than it looks.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay};
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "compressed_response",
    promise: "a compressed response is not decompressed, and the request is not repeated",
    protocols: HTTP,
    is_quick: true,
    max_memory: 48,
    program,
    check,
};

fn program(program: &mut Program) {
    let mut config = program.config();
    config.otlp.all.timeout_millis = Some(5_000);
    program.start(config);
    program.spans(10);
    program.flush("flush", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let mut answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n\r\n".to_vec();
    // Zeros that compress to a thousandth: the first bytes are enough to begin.
    answer.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    answer.resize(answer.len() + 10_000, 0);
    let relay = Relay::with(0, move |_| Plan::Answer(answer.clone()))?;
    let report = case.report(&relay.endpoint())?;
    let error = report.error("flush")?;
    ensure!(error.contains("compressed"), "{error}");
    ensure!(relay.connections() == 1, "{}", relay.connections());
    ensure!(report.books.failed == 10, "{:?}", report.books);
    Ok(report)
}
