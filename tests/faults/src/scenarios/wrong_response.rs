//! A server that is not a receiver answers with 200.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay};
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

/// The content type and the body, and a part of the error.
const ANSWERS: [(&str, &str, &str); 5] = [
    ("text/html", "<html></html>", "web page"),
    ("TEXT/HTML; charset=utf-8", "<HTML></HTML>", "web page"),
    ("application/json", r#"{"partialSuccess":{"rejectedSpans":"10"}}"#, "JSON"),
    ("text/plain", "ok", "instead of an OTLP response"),
    ("application/x-protobuf", "<!doctype html>", "web page"),
];

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "wrong_response",
    promise: "a success whose body is not an OTLP response is a failure with that reason, and is not repeated",
    protocols: HTTP,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(5));
    for answer in 0..ANSWERS.len() {
        program.spans(10);
        program.flush(&answer.to_string(), Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let relay = Relay::with(0, |number| {
        let (kind, body, _) = ANSWERS[number % ANSWERS.len()];
        let length = body.len();
        Plan::Answer(
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    })?;
    let report = case.report(&relay.endpoint())?;
    for (answer, (_, _, part)) in ANSWERS.iter().enumerate() {
        let error = report.error(&answer.to_string())?;
        ensure!(error.contains(part), "{part}: {error}");
    }
    let connections = relay.connections();
    ensure!(connections == ANSWERS.len(), "{connections} connections");
    ensure!(report.counters.failed == 50, "{:?}", report.counters);
    Ok(report)
}
