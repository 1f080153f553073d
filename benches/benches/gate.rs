//! Fails if telemetry adds five percent or more to the CPU time of a run of the demo: of all of its threads, with
//! every span sampled and delivered over OTLP, against the same run without telemetry. `--limit PERCENT` sets another
//! limit. `--quick` changes nothing: it takes as many pairs of runs as the noise of the machine demands.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::gate::gate;
use benches::{arguments, receiver};

/// The requirements set this limit, in percent.
const LIMIT: f64 = 5.0;

fn main() -> ExitCode {
    if receiver::serve() {
        return ExitCode::SUCCESS;
    }
    let limit = arguments::value("--limit").unwrap_or(LIMIT);
    let mut checks = Checks::new();
    let measured = gate(limit, &mut checks);
    let added = measured.added_percent;
    println!(
        "telemetry adds {:.2} % of CPU time to a run of the demo (95 % confidence: {:.2} to {:.2}, {} pairs), expected less than {limit} %",
        added.median, added.from, added.to, measured.pairs
    );
    if !measured.is_below {
        checks.failed("telemetry adds too much");
    }
    checks.finish()
}
