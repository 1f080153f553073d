//! The receiver quotes the headers of the request in its error.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Code, Response};

use crate::program::{Program, TOKEN};
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "quoted_credential",
    promise: "the credential of the exporter is in no message, although the receiver quotes it",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start(program.config());
    program.spans(1);
    program.flush("quoted", Duration::from_secs(10));
    program.wait("partial");
    program.spans(3);
    program.flush("partial", Duration::from_secs(10));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    receiver.respond(match case.protocol {
        OtlpProtocol::Http => Response::Echo,
        _ => Response::Grpc {
            code: Code::Unauthenticated,
            message: format!("invalid team key {TOKEN}"),
        },
    });
    let mut child = case.start(&receiver.endpoint())?;
    child.wait_for("partial")?;
    receiver
        .respond(Response::Partial { rejected: 2, message: format!("quota of {TOKEN} exceeded") });
    child.proceed()?;
    let report = child.finish()?;
    let error = report.error("partial")?;
    ensure!(error.contains("rejected 2 items") && error.contains("<REDACTED>"), "{error}");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (1, 3), "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
