//! The body of the response does not end.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::{Script, read_request};
use crate::report::Report;
use crate::scenario::{Case, HTTP, Scenario};

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "endless_response",
    promise: "a response without an end is read up to a limit, and the request is not repeated",
    protocols: HTTP,
    max_memory: 48,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.spans(10);
    program.flush("flush", Duration::from_secs(60));
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let requests = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&requests);
    let server = Script::new(move |_, stream| {
        if !read_request(stream)? {
            return Ok(());
        }
        counter.fetch_add(1, Ordering::Relaxed);
        stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ntransfer-encoding: chunked\r\n\r\n",
        )?;
        let mut chunk = b"10000\r\n".to_vec();
        chunk.extend_from_slice(&vec![0; 0x10000]);
        chunk.extend_from_slice(b"\r\n");
        loop {
            stream.write_all(&chunk)?;
        }
    })?;
    let report = case.report(&server.endpoint())?;
    ensure!(report.counters.failed == 10, "{:?}", report.counters);
    let error = report.error("flush")?;
    ensure!(error.contains("longer than"), "{error}");
    let requests = requests.load(Ordering::Relaxed);
    ensure!(requests == 1, "{requests} requests");
    Ok(report)
}
