//! A scenario, and one run of it.

use std::fmt;

use anyhow::{Result, ensure};
use floe_telemetry::config::OtlpProtocol;
use floe_tests::Receiver;

use crate::child::Child;
use crate::program::{Program, TOKEN};
use crate::report::Report;

/// Over gRPC and over HTTP.
pub(crate) const BOTH: &[OtlpProtocol] = &[OtlpProtocol::Grpc, OtlpProtocol::Http];

/// Over gRPC only.
pub(crate) const GRPC: &[OtlpProtocol] = &[OtlpProtocol::Grpc];

/// Over HTTP only.
pub(crate) const HTTP: &[OtlpProtocol] = &[OtlpProtocol::Http];

/// The most time that a call of an annotated function may take in 999 of 1000 calls, in nanoseconds, in
/// addition to the time in which they have waited for a processor, as if only the slowest calls had. It is not
/// checked for a program with few calls, of which the first one is slow.
const MAX_CALL: u64 = 5_000_000;
const MIN_CALLS: u64 = 10_000;

/// The most time that any call may take, in nanoseconds, in addition to the time in which all calls have waited
/// for a processor: the scheduler of a busy machine interrupts some, but none may wait for a receiver.
const MAX_PAUSE: u64 = 250_000_000;

/// The most threads of a program: the main thread, the collector and the exporters.
const MAX_THREADS: u64 = 16;

/// A fault and what is promised.
pub(crate) struct Scenario {
    /// The name of its file.
    pub(crate) name: &'static str,
    /// What holds under the fault, in one line.
    pub(crate) promise: &'static str,
    /// The protocols it is run over.
    pub(crate) protocols: &'static [OtlpProtocol],
    /// The most memory of the program, in MiB.
    pub(crate) max_memory: u64,
    /// Runs in the child process.
    pub(crate) program: fn(&mut Program),
    /// Starts the receiver and the child process, and checks the report. What holds for all scenarios
    /// is checked by [`Case::run`].
    pub(crate) check: fn(&Case) -> Result<Report>,
}

/// A scenario over one protocol.
pub(crate) struct Case {
    scenario: &'static Scenario,
    pub(crate) protocol: OtlpProtocol,
}

impl Case {
    /// One case for each protocol of a scenario.
    pub(crate) fn all_of(scenario: &'static Scenario) -> impl Iterator<Item = Self> {
        scenario.protocols.iter().map(move |protocol| Self {
            scenario,
            protocol: *protocol,
        })
    }

    /// Starts the program in a child process.
    pub(crate) fn start(&self, endpoint: &str) -> Result<Child> {
        Child::start(self.scenario.name, self.protocol, endpoint)
    }

    /// Starts a receiver of the protocol.
    pub(crate) fn receiver(&self) -> Receiver {
        match self.protocol {
            OtlpProtocol::Http => Receiver::http(),
            _ => Receiver::grpc(),
        }
    }

    /// Runs the program without interruptions.
    pub(crate) fn report(&self, endpoint: &str) -> Result<Report> {
        self.start(endpoint)?.finish()
    }

    /// Runs the scenario and returns the figures of the program, or why it fell short.
    pub(crate) fn run(&self) -> Result<String> {
        let report = (self.scenario.check)(self)?;
        let books = report.books;
        ensure!(
            report.created == books.exported + books.failed + books.dropped + books.pending,
            "{} spans were created, but the counters are {books:?}",
            report.created
        );
        ensure!(
            report.wrong_results == 0,
            "{} calls had another result",
            report.wrong_results
        );
        let operations = report.operations.values();
        let errors = operations.filter_map(|operation| operation.error.as_ref());
        let mut messages = errors.chain([&report.log]);
        ensure!(
            !messages.any(|message| message.contains(TOKEN)),
            "the credential is in a message: {report:?}"
        );
        let (calls, memory) = (report.calls, report.peak_memory_kib / 1024);
        ensure!(
            calls.count < MIN_CALLS
                || calls.p999_nanos <= MAX_CALL + report.waited_nanos / (calls.count / 1000),
            "999 of 1000 calls took up to {} ns",
            calls.p999_nanos
        );
        ensure!(
            calls.max_nanos <= MAX_PAUSE + report.waited_nanos,
            "a call took {} ns",
            calls.max_nanos
        );
        ensure!(
            memory <= self.scenario.max_memory,
            "the program used {memory} MiB"
        );
        ensure!(
            report.threads <= MAX_THREADS,
            "{} threads are left",
            report.threads
        );
        Ok(format!(
            "{} spans = {} exported + {} failed + {} dropped + {} pending, p99.9 {} ns (bare {}), {memory} MiB, {} threads",
            report.created,
            books.exported,
            books.failed,
            books.dropped,
            books.pending,
            calls.p999_nanos,
            report.bare_calls.p999_nanos,
            report.threads,
        ))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            OtlpProtocol::Http => "HTTP",
            _ => "gRPC",
        };
        let Scenario { name, promise, .. } = self.scenario;
        write!(f, "{name:<24} {protocol:<4}  {promise}\n     ")
    }
}
