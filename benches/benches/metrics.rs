//! The cost of metrics on the caller's thread: an increment of a counter and a histogram measurement,
//! each with two attributes, and metrics derived from the calls of a function. CPU time of one
//! measurement, the median of many rounds in which the contestants take turns; and CPU time of the
//! whole process, including background threads.
//!
//! `--quick` measures three rounds. The program fails if a measurement or a span is lost or a figure is
//! missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::{metrics, report};

fn main() -> ExitCode {
    let mut checks = Checks::new();
    let rows = metrics::measure(&mut checks);
    println!("\n{:<52} {:>10} {:>18} {:>12}", "", "ns", "quartiles", "process, ns");
    for row in &rows {
        let quartiles = format!("{:.1} to {:.1}", row.caller.low, row.caller.high);
        println!(
            "{:<52} {:>10.1} {quartiles:>18} {:>12.1}",
            row.what, row.caller.median, row.process.median
        );
        checks.measured(row.what, row.caller.median);
        checks.measured(format!("{}, process", row.what), row.process.median);
    }
    report::write("metrics", &rows);
    checks.finish()
}
