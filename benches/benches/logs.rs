//! The cost of a log line: ours, with its trace context and identity, compared with the JSON formatter
//! of `tracing-subscriber`. The writer discards its input. CPU time of the thread, the minimum of
//! several measurements in which the contestants take turns.
//!
//! `--quick` measures each three times. The program fails if a log record is lost or a figure is
//! missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::{logs, report};

fn main() -> ExitCode {
    let mut checks = Checks::new();
    let rows = logs::measure(&mut checks);
    println!("\n{:<72} {:>10}", "", "ns a line");
    for row in &rows {
        println!("{:<72} {:>10.1}", row.what, row.nanos);
        checks.measured(&row.what, row.nanos);
    }
    report::write("logs", &rows);
    checks.finish()
}
