//! Every status, with the number of attempts that the specification requires.

use std::time::Duration;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Code, ReceivedRequest, Response};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// The HTTP statuses, and whether a request is repeated.
const HTTP: [(u16, bool); 15] = [
    (301, false),
    (400, false),
    (401, false),
    (403, false),
    (404, false),
    (408, false),
    (413, false),
    (415, false),
    (429, true),
    (500, false),
    (501, false),
    (502, true),
    (503, true),
    (504, true),
    (507, false),
];

/// The codes of gRPC except `OK`, and whether a request is repeated.
const CODES: [(Code, bool); 16] = [
    (Code::Cancelled, true),
    (Code::Unknown, false),
    (Code::InvalidArgument, false),
    (Code::DeadlineExceeded, true),
    (Code::NotFound, false),
    (Code::AlreadyExists, false),
    (Code::PermissionDenied, false),
    // Without `RetryInfo`.
    (Code::ResourceExhausted, false),
    (Code::FailedPrecondition, false),
    (Code::Aborted, true),
    (Code::OutOfRange, true),
    (Code::Unimplemented, false),
    (Code::Internal, false),
    (Code::Unavailable, true),
    (Code::DataLoss, true),
    (Code::Unauthenticated, false),
];

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "status_table",
    promise: "a request is repeated exactly if the specification of OTLP requires it for the status",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let config = program.config();
    let rows = match config.otlp_protocol {
        Some(OtlpProtocol::Http) => HTTP.len(),
        _ => CODES.len(),
    };
    program.start_within(Duration::from_millis(1500));
    for row in 0..rows {
        program.wait(&row.to_string());
        program.spans(1);
        program.flush(&row.to_string(), Duration::from_secs(20));
    }
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let rows: Vec<(Response, bool)> = match case.protocol {
        OtlpProtocol::Http => {
            HTTP.map(|(status, is_retried)| (status_of(status), is_retried)).to_vec()
        }
        _ => CODES.map(|(code, is_retried)| (code_of(code), is_retried)).to_vec(),
    };
    let mut child = case.start(&receiver.endpoint())?;
    let mut before = 0;
    let mut attempts = Vec::new();
    for (row, (response, _)) in rows.iter().enumerate() {
        child.wait_for(&row.to_string())?;
        let requests = receiver.requests();
        attempts.push(attempts_of_last(&requests[before..]));
        before = requests.len();
        receiver.respond(response.clone());
        child.proceed()?;
    }
    let report = child.finish()?;
    attempts.push(attempts_of_last(&receiver.requests()[before..]));
    for ((response, is_retried), attempts) in rows.iter().zip(&attempts[1..]) {
        ensure!(
            if *is_retried { *attempts > 1 } else { *attempts == 1 },
            "{response:?}: {attempts} attempts"
        );
    }
    ensure!(report.counters.failed == rows.len() as u64, "{:?}", report.counters);
    Ok(report.arrived_at(&receiver))
}

/// Without an attempt of the row before that was given up on its way.
fn attempts_of_last(requests: &[ReceivedRequest]) -> usize {
    let last = requests.last().map(|request| &request.body);
    requests.iter().filter(|request| Some(&request.body) == last).count()
}

fn status_of(status: u16) -> Response {
    Response::Http { status, headers: vec![] }
}

fn code_of(code: Code) -> Response {
    Response::Grpc { code, message: "a test".to_owned() }
}
