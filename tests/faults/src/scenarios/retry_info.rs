//! The receiver throttles with `RetryInfo`.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::{Code, Response};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, GRPC, Scenario};

const EXPORT: Duration = Duration::from_secs(4);

/// The delay, which is the minimum time until the delivery. The maximum is the timeout.
const DELAYS: [(&str, Duration); 2] = [("2 s", Duration::from_secs(2)), ("none", Duration::ZERO)];

/// A delay that no timeout allows.
const TOO_LONG: (&str, Duration) = ("too long", Duration::from_secs(999_999_999));

const WITHOUT: &str = "without `RetryInfo`";

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "retry_info",
    promise: "RESOURCE_EXHAUSTED is retried after the delay of RetryInfo, and without RetryInfo it is not",
    protocols: GRPC,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(EXPORT);
    let delays = DELAYS.map(|(name, _)| name);
    for name in delays.into_iter().chain([TOO_LONG.0, WITHOUT]) {
        program.wait(name);
        program.spans(1);
        program.flush(name, Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let throttle = |delay| {
        receiver.respond(Response::Throttled { delay });
        receiver.requests().len()
    };
    let mut child = case.start(&receiver.endpoint())?;
    for (name, delay) in DELAYS {
        child.wait_for(name)?;
        let requests = throttle(delay);
        child.proceed()?;
        receiver.wait_for_requests(requests + 1);
        receiver.respond(Response::Ok);
    }
    child.wait_for(TOO_LONG.0)?;
    let before = throttle(TOO_LONG.1);
    child.proceed()?;
    child.wait_for(WITHOUT)?;
    let attempts = receiver.requests().len() - before;
    ensure!(attempts == 1, "{attempts} attempts with a delay that is too long");
    let before = receiver.requests().len();
    receiver
        .respond(Response::Grpc { code: Code::ResourceExhausted, message: "try again".to_owned() });
    child.proceed()?;
    let report = child.finish()?;
    let attempts = receiver.requests().len() - before;
    ensure!(attempts == 1, "{attempts} attempts without a delay");
    for (name, shortest) in DELAYS {
        let operation = report.operation(name)?;
        ensure!(operation.error.is_none(), "{name}: {operation:?}");
        ensure!(operation.duration >= shortest, "{operation:?}");
    }
    report.ended_at(TOO_LONG.0, EXPORT)?;
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (2, 2), "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
