//! The cost of redaction: a clean message compared with plain regular expressions, a log, and inputs
//! designed to be slow. CPU time of the thread, the minimum of several measurements.
//!
//! `--quick` uses short texts. The program fails if a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::{report, sanitize};

fn main() -> ExitCode {
    let mut checks = Checks::new();
    let rows = sanitize::measure();
    println!("\n{:<34} {:>10} {:>12} {:>10}", "", "bytes", "ns", "MB/s");
    for row in &rows {
        println!(
            "{:<34} {:>10} {:>12.0} {:>10.1}",
            row.what, row.bytes, row.nanos, row.megabytes_per_second
        );
        checks.measured(&row.what, row.nanos);
    }
    report::write("sanitize", &rows);
    checks.finish()
}
