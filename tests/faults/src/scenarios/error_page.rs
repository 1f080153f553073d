//! A load balancer answers with error pages while it has no receiver.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Plan, Relay, http2};
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

/// The statuses of pages after which a request is repeated.
const RETRIED: [u16; 4] = [429, 502, 503, 504];

/// The other statuses, and the codes that gRPC maps them to.
const REJECTED: [(u16, &str); 6] = [
    (200, "Unknown"),
    (400, "Internal"),
    (401, "Unauthenticated"),
    (403, "PermissionDenied"),
    (404, "Unimplemented"),
    (500, "Unknown"),
];

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "error_page",
    promise: "a page instead of a gRPC response has the code of its HTTP status, and 429, 502, 503 and 504 are retried",
    protocols: GRPC,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(10));
    for (status, _) in REJECTED {
        program.spans(1);
        program.flush(&status.to_string(), Duration::from_secs(20));
    }
    program.spans(10);
    program.flush("retried", Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let pages: Vec<_> = REJECTED.map(|(status, _)| status).into_iter().chain(RETRIED).collect();
    let relay = Relay::with(receiver.port(), move |number| match pages.get(number) {
        Some(status) => {
            let has_type = ![404, 502, 504].contains(status);
            Plan::Answer([http2::settings(), http2::page(*status, has_type)].concat())
        }
        None => Plan::Forward,
    })?;
    let report = case.report(&relay.endpoint())?;
    ensure!(report.error("retried")?.is_empty(), "{report:?}");
    for (status, code) in REJECTED {
        let error = report.error(&status.to_string())?;
        ensure!(error.contains(code), "{status}: {error}");
    }
    let connections = relay.connections();
    ensure!(connections == REJECTED.len() + RETRIED.len() + 1, "{connections} connections");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (10, REJECTED.len() as u64), "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
