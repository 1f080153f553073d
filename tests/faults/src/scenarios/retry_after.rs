//! The receiver throttles with `Retry-After`.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_tests::Response;

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

const EXPORT: Duration = Duration::from_secs(4);

/// The value of the header, and the minimum time until the delivery in seconds. The maximum is the timeout.
const VALUES: [(&str, u64); 4] = [("2", 2), ("0", 0), ("soon", 0), ("-1", 0)];

/// The phase in which every request is refused with `Retry-After: 0`, and the maximum number of requests within
/// its timeout.
const NO_PAUSE: (&str, usize) = ("no pause", 6);

/// A value that no timeout allows.
const TOO_LONG: &str = "999999999";

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "retry_after",
    promise: "the pause that a receiver requires is respected, never exceeds the timeout, and cannot shorten the backoff",
    protocols: HTTP,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(EXPORT);
    for (value, _) in VALUES {
        program.wait(value);
        program.spans(1);
        program.flush(value, Duration::from_secs(20));
    }
    program.wait(NO_PAUSE.0);
    program.spans(1);
    program.flush(NO_PAUSE.0, Duration::from_secs(20));
    program.wait(TOO_LONG);
    program.spans(1);
    program.flush(TOO_LONG, Duration::from_secs(20));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let throttle = |value: &str| {
        receiver.respond(Response::Http {
            status: 429,
            headers: vec![("retry-after".to_owned(), value.to_owned())],
        });
    };
    let mut child = case.start(&receiver.endpoint())?;
    for (value, _) in VALUES {
        child.wait_for(value)?;
        throttle(value);
        let requests = receiver.requests().len();
        child.proceed()?;
        receiver.wait_for_requests(requests + 1);
        receiver.respond(Response::Ok);
    }
    child.wait_for(NO_PAUSE.0)?;
    throttle("0");
    let before = receiver.requests().len();
    child.proceed()?;
    child.wait_for(TOO_LONG)?;
    let attempts = receiver.requests().len() - before;
    ensure!((3..=NO_PAUSE.1).contains(&attempts), "{attempts} requests without a pause");
    throttle(TOO_LONG);
    let requests = receiver.requests().len();
    child.proceed()?;
    let report = child.finish()?;
    for (value, shortest) in VALUES {
        let operation = report.operation(value)?;
        ensure!(operation.error.is_none(), "{value}: {operation:?}");
        ensure!(operation.duration >= Duration::from_secs(shortest), "{operation:?}");
    }
    report.ended_at(TOO_LONG, EXPORT)?;
    ensure!(receiver.requests().len() == requests + 1, "retried too early");
    let counters = report.counters;
    ensure!((counters.exported, counters.failed) == (4, 2), "{counters:?}");
    Ok(report.arrived_at(&receiver))
}
