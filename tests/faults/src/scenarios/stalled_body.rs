//! The receiver sends the headers of a response and then nothing.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const TIMEOUT: Duration = Duration::from_millis(1500);

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "stalled_body",
    promise: "the timeout of an export covers the body of the response",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(TIMEOUT);
    program.spans(10);
    program.flush("flush", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let answer = match case.protocol {
        OtlpProtocol::Http => {
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 10\r\n\r\n"
                .to_vec()
        }
        _ => [http2::settings(), http2::headers(), http2::message(9, b"")].concat(),
    };
    let relay = Relay::with(0, move |_| Plan::Answer(answer.clone()))?;
    let report = case.report(&relay.endpoint())?;
    ensure!(report.counters.failed == 10, "{:?}", report.counters);
    let flush = report.operation("flush")?;
    ensure!(flush.duration < TIMEOUT + Duration::from_secs(1), "{flush:?}");
    Ok(report)
}
