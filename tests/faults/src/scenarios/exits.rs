//! Scenarios of an exit without an exit handler, without a thread, or during a look-up.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::program::{Program, work};
use crate::report::{Report, SLACK};
use crate::scenario::{Case, SCENARIO, Scenario};
use crate::surroundings::Surroundings;

pub(super) static SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "exit_during_lookup",
        program: |program| {
            program.start_within(Duration::from_secs(20));
            program.shutdown_at_exit(END);
            program.spans(SPANS);
            program.exit();
        },
        check: |case| {
            let surroundings = Surroundings::answering(&["hang"])?;
            let (report, duration) = case.start_in(&surroundings, 4317)?.finish_timed()?;
            ensure!(duration < END + SLACK, "the program took {duration:?} to end");
            let lost =
                "error: telemetry has ended: exported 0 of 10 spans: failed=10; exporter `otlp`: ";
            let cause = "; the name service of this machine does not answer";
            ensure!(report.stderr.starts_with(lost), "{}", report.stderr);
            ensure!(report.stderr.contains(cause), "{}", report.stderr);
            ensure!(report.stderr.lines().count() == 1, "{}", report.stderr);
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "no_thread_for_the_exit",
        program: register,
        check: |case| {
            let cause = "the thread of `exit` could not be started";
            check_refused(case, Surroundings::forbid_threads, cause)
        },
        ..SCENARIO
    },
    Scenario {
        name: "no_thread_for_the_start",
        program: |program| {
            program.start_within(Duration::from_secs(20));
            program.step("goes on", |_| {
                ensure!(floe_telemetry::init_or_noop().is_noop());
                work(0, "");
                Ok(())
            });
        },
        check: |case| {
            let surroundings = Surroundings::answering(&[])?;
            surroundings.forbid_threads()?;
            let report = case.start_in(&surroundings, 4317)?.finish()?;
            let cause = "the thread of `collector` could not be started";
            report.failed("initialize", &[cause])?;
            report.succeeded(&["goes on"])?;
            let told = format!("error: nothing is recorded: {cause}: ");
            ensure!(report.stderr.starts_with(&told), "{}", report.stderr);
            ensure!(report.stderr.lines().count() == 1, "{}", report.stderr);
            Ok(report)
        },
        ..SCENARIO
    },
    Scenario {
        name: "no_exit_handler",
        program: register,
        check: |case| {
            let cause = "`atexit` has failed";
            check_refused(case, Surroundings::forbid_exit_handlers, cause)
        },
        ..SCENARIO
    },
];

/// The timeout of the shutdown at the end of the process.
const END: Duration = Duration::from_secs(3);

const SPANS: u64 = 10;

/// Prepares the exit in vain.
fn register(program: &mut Program) {
    program.start_within(Duration::from_secs(20));
    program.wait("register");
    program.shutdown_at_exit(END);
    program.step("signals", |program| {
        let telemetry = program.telemetry().context("no telemetry")?;
        Ok(telemetry.shutdown_on_signals()?)
    });
    program.deliver("delivered", SPANS);
    program.end();
}

/// Checks that both calls that prepare the exit say that they have failed, and that telemetry works nevertheless.
fn check_refused(
    case: &Case,
    change: fn(&Surroundings) -> Result<()>,
    reason: &str,
) -> Result<Report> {
    let receiver = case.receiver();
    let surroundings = Surroundings::answering(&["address 127.0.0.1"])?;
    let mut child = case.start_in(&surroundings, receiver.port())?;
    child.wait_for("register")?;
    change(&surroundings)?;
    child.proceed()?;
    let report = child.finish()?;
    let warning = "warning: telemetry is not delivered when the process exits: ";
    ensure!(report.stderr.starts_with(warning), "{}", report.stderr);
    ensure!(report.stderr.contains(reason), "{}", report.stderr);
    report.failed("signals", &[reason])?;
    report.succeeded(&["delivered", "shutdown"])?;
    Ok(report.arrived_at(&receiver))
}
