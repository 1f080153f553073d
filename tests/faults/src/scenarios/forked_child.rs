//! The program forks while spans wait for export.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::program::Program;
use crate::report::Report;
use crate::scenario::{BOTH, Case, Scenario};

const SPANS: u64 = 100;

/// The spans of the provider that the child starts.
const OWN: u64 = 50;

pub(crate) static SCENARIO: Scenario = Scenario {
    name: "forked_child",
    promise: "a fork neither hangs nor exports its parent's spans, and its own provider delivers",
    protocols: BOTH,
    max_memory: 64,
    program,
    check,
};

fn program(program: &mut Program) {
    let config = program.config();
    program.start(config.clone());
    program.spans(SPANS);
    program.fork("fork", |program| {
        // The provider of the parent records nothing here.
        program.spans(SPANS);
        ensure!(!program.flush("inherited", Duration::from_secs(5)), "flushed");
        program.replace(config);
        program.spans(OWN);
        ensure!(program.shutdown(Duration::from_secs(5)), "not shut down");
        Ok(())
    });
    program.spans(SPANS);
    program.shutdown(Duration::from_secs(5));
}

fn check(case: &Case) -> Result<Report> {
    let receiver = case.receiver();
    let report = case.report(&receiver.endpoint())?;
    ensure!(report.error("fork")?.is_empty(), "{}", report.error("fork")?);
    let fork = report.operation("fork")?;
    ensure!(fork.duration < Duration::from_secs(5), "{fork:?}");
    ensure!(report.error("shutdown")?.is_empty(), "{report:?}");
    ensure!(report.counters.exported == 2 * SPANS, "{:?}", report.counters);
    let spans = receiver.spans();
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    let expected = usize::try_from(2 * SPANS + OWN)?;
    ensure!(
        (spans.len(), ids.len()) == (expected, expected),
        "{} spans with {} ids arrived",
        spans.len(),
        ids.len()
    );
    Ok(report.arrived_in(spans.len() - usize::try_from(OWN)?))
}
