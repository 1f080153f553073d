//! The receiver does not answer within the timeout of a flush, and answers later.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::receivers::Script;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

/// More than the queue has room for, and less than queue and buffer together.
const SPANS: u64 = 5_000;

/// Flushes in vain.
const FLUSHES: usize = 3;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "flush_times_out",
    promise: "a flush that times out drops nothing that the buffers have room for",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    program.start_within(Duration::from_secs(60));
    program.spans(SPANS);
    for _ in 0..FLUSHES {
        program.flush("flush", Duration::from_millis(200));
    }
    program.wait("flushed");
    program.shutdown(Duration::from_secs(60));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let port = Arc::new(AtomicU16::new(0));
    let opened = Arc::clone(&port);
    // Forwards its connections once there is a port.
    let gate = Script::new(move |_, client| {
        while opened.load(Ordering::Acquire) == 0 {
            thread::park_timeout(Duration::from_millis(10));
        }
        let mut server = TcpStream::connect(("127.0.0.1", opened.load(Ordering::Acquire)))?;
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || io::copy(&mut from, &mut to));
        io::copy(client, &mut server).map(drop)
    })?;
    let mut child = case.start(&gate.endpoint())?;
    child.wait_for("flushed")?;
    port.store(receiver.port(), Ordering::Release);
    child.proceed()?;
    let report = child.finish()?;
    let flush = report.error("flush")?;
    ensure!(flush.contains("flush did not finish within"), "{flush}");
    ensure!(report.error("shutdown")?.is_empty(), "{report:?}");
    ensure!(report.counters.exported == SPANS, "{:?}", report.counters);
    Ok(report.arrived_at(&receiver))
}
