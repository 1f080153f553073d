//! The headers of the response do not end.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;

use crate::program::Program;
use crate::receivers::{Script, http2};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "endless_headers",
    promise: "headers without an end are read up to a limit, and the request is not repeated",
    protocols: BOTH,
    max_memory: 48,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(5));
    program.spans(10);
    program.flush("flush", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let protocol = case.protocol;
    let server = Script::new(move |_, stream| {
        let (start, more) = match protocol {
            OtlpProtocol::Http => (
                b"HTTP/1.1 200 OK\r\n".to_vec(),
                format!("x-more: {}\r\n", "x".repeat(1000)).into_bytes(),
            ),
            _ => ([http2::settings(), http2::open_headers()].concat(), http2::more_headers()),
        };
        // The request has begun.
        stream.read_exact(&mut [0; 200])?;
        stream.write_all(&start)?;
        loop {
            stream.write_all(&more)?;
        }
    })?;
    let report = case.report(&server.endpoint())?;
    ensure!(report.counters.failed == 10, "{:?}", report.counters);
    ensure!(server.connections() == 1, "{} connections: {report:?}", server.connections());
    Ok(report)
}
