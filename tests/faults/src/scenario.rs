//! A scenario, and one run of it.

use std::fmt;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;
use floe_tests::{Receiver, Script};

use crate::child::Child;
use crate::program::{Program, TOKEN};
use crate::report::Report;
use crate::surroundings::Surroundings;

const BOTH: &[OtlpProtocol] = &[OtlpProtocol::Grpc, OtlpProtocol::Http];

pub(crate) const GRPC: &[OtlpProtocol] = &[OtlpProtocol::Grpc];

pub(crate) const HTTP: &[OtlpProtocol] = &[OtlpProtocol::Http];

/// The limit in nanoseconds for 999 of 1000 calls of an annotated function. The time for which the thread waits for a
/// processor does not count.
const MAX_CALL: u64 = 5_000_000;

/// The minimum number of calls for a check with [`MAX_CALL`], because the first call of a thread is slow.
const MIN_CALLS: u64 = 1_000;

/// The limit for every call, in nanoseconds. A call that waited for a receiver would mostly take 2 seconds, the default
/// timeout of an export. A busy machine may also delay a thread in ways that the system does not count as waiting.
const MAX_PAUSE: u64 = 1_000_000_000;

/// The maximum number of threads: the main thread, the collector and those of the exporters.
const MAX_THREADS: u64 = 16;

/// A fault of docs/faults.md: a program that suffers it, and the check of what the page promises.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) protocols: &'static [OtlpProtocol],
    /// The limit of the peak resident memory, in MiB.
    pub(crate) max_memory: u64,
    /// Runs in the child process.
    pub(crate) program: fn(&mut Program),
    /// Starts the receiver and the child process, and checks the report. [`Case::run`] checks what every
    /// scenario promises.
    pub(crate) check: fn(&Case) -> Result<Report>,
}

pub(crate) const SCENARIO: Scenario = Scenario {
    name: "",
    protocols: BOTH,
    max_memory: 64,
    program: |_| {},
    check: |_| Ok(Report::default()),
};

/// Reads from docs/faults.md the effect of each fault and the names of its scenarios.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../../../docs/faults.md").lines();
    let rows = lines.filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let mut cells = row.split(" | ").skip(1);
        Some((cells.next()?, cells.next()?))
    })
}

pub(crate) struct Case {
    scenario: &'static Scenario,
    pub(crate) protocol: OtlpProtocol,
}

impl Case {
    pub(crate) fn all_of(scenario: &'static Scenario) -> impl Iterator<Item = Self> {
        scenario.protocols.iter().map(move |protocol| Self { scenario, protocol: *protocol })
    }

    pub(crate) fn start(&self, endpoint: &str) -> Result<Child> {
        Child::start(self.scenario.name, self.protocol, endpoint)
    }

    /// Starts the program with the name of a receiver at this port.
    pub(crate) fn start_in(&self, surroundings: &Surroundings, port: u16) -> Result<Child> {
        let endpoint = surroundings.endpoint(port);
        Child::start_in(surroundings, self.scenario.name, self.protocol, &endpoint)
    }

    pub(crate) fn receiver(&self) -> Receiver {
        receiver(self.protocol)
    }

    pub(crate) fn report_of_silent_receiver(&self) -> Result<Report> {
        self.report(&Script::silent().endpoint())
    }

    pub(crate) fn report(&self, endpoint: &str) -> Result<Report> {
        self.start(endpoint)?.finish()
    }

    /// Returns the figures of the program. The error names the broken promise.
    pub(crate) fn run(&self) -> Result<String> {
        let report = (self.scenario.check)(self)?;
        let counters = report.counters;
        check_counters(&report)?;
        ensure!(report.wrong_results == 0, "{} calls had a wrong result", report.wrong_results);
        let operations = report.operations.values();
        let errors = operations.filter_map(|operation| operation.error.as_ref());
        let mut messages = errors.chain([&report.log, &report.stderr]);
        ensure!(
            !messages.any(|message| message.contains(TOKEN)),
            "the credential is in a message: {report:?}"
        );

        let calls = report.calls;
        let memory = report.peak_memory_kib / 1024;
        ensure!(
            calls.count < MIN_CALLS || calls.p999_nanos <= MAX_CALL,
            "999 of 1000 calls: expected at most {MAX_CALL} ns, found {}",
            calls.p999_nanos
        );

        ensure!(calls.max_nanos <= MAX_PAUSE, "a call took {} ns", calls.max_nanos);
        ensure!(memory <= self.scenario.max_memory, "the program used {memory} MiB");
        ensure!(report.threads <= MAX_THREADS, "{} threads are still alive", report.threads);
        Ok(format!(
            "{} spans = {} exported + {} failed + {} dropped + {} pending, {} arrived, p99.9 of {} calls {} ns, {memory} MiB, {} threads",
            report.created,
            counters.exported,
            counters.failed,
            counters.dropped,
            counters.pending,
            report.arrived,
            calls.count,
            calls.p999_nanos,
            report.threads,
        ))
    }
}

/// Checks that every span is counted, and that exported spans have arrived. After a shutdown that did not time out, no
/// span may be pending, because a span that was lost without a count would be pending for ever.
fn check_counters(report: &Report) -> Result<()> {
    let created = report.created;
    let counters = report.counters;
    ensure!(
        created == counters.all(),
        "{created} spans were created, but the counters are {counters:?}"
    );

    let arrived = report.arrived;
    let unconfirmed = report.unconfirmed;
    ensure!(
        arrived == counters.exported + unconfirmed,
        "{arrived} spans arrived, {unconfirmed} of them without a confirmation, but the counters are {counters:?}"
    );

    let Some(shutdown) = report.operations.get("shutdown") else {
        return Ok(());
    };

    let error = shutdown.error.as_deref().unwrap_or_default();
    ensure!(
        counters.pending == 0 || error.contains("did not finish within"),
        "spans are pending after a shutdown that did not time out: {counters:?}"
    );

    Ok(())
}

pub(crate) fn receiver(protocol: OtlpProtocol) -> Receiver {
    match protocol {
        OtlpProtocol::Http => Receiver::http(),
        _ => Receiver::grpc(),
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.scenario.name;
        let quoted = format!("`{name}`");
        let promises =
            rows().filter(|(_, names)| names.contains(&quoted)).map(|(promise, _)| promise);
        let promise = promises.collect::<Vec<_>>().join("; ");
        let protocol = match self.protocol {
            OtlpProtocol::Http => "HTTP",
            _ => "gRPC",
        };

        write!(f, "{name:<24} {protocol:<4}  {promise}\n     ")
    }
}
