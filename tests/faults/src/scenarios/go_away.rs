//! The server closes HTTP/2 connections with GOAWAY, or refuses or cancels the request.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "go_away",
    promise: "a connection that the server closes gracefully is replaced, and nothing is lost",
    protocols: GRPC,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(100);
    program.flush("flush", Duration::from_secs(10));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let ends = [
        http2::go_away(),
        // `REFUSED_STREAM` and `CANCEL`
        [http2::reset(0x7), http2::go_away()].concat(),
        [http2::reset(0x8), http2::go_away()].concat(),
    ];
    let count = ends.len();
    let relay = Relay::with(receiver.port(), move |number| match ends.get(number) {
        Some(end) => Plan::Answer([http2::settings(), end.clone()].concat()),
        None => Plan::Forward,
    })?;
    let report = case.report(&relay.endpoint())?;
    ensure!(report.error("flush")?.is_empty(), "{report:?}");
    let connections = relay.connections();
    ensure!(connections == count + 1, "{connections} connections");
    Ok(report.arrived_at(&receiver))
}
