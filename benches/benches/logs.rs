//! The cost of a log line: ours, with its trace context and identity, compared with the JSON formatter
//! of `tracing-subscriber`. The writer discards its input. CPU time of the thread, the minimum of
//! several measurements in which the contestants take turns.
//!
//! And the cost of a record until an OTLP receiver in another process has it: CPU time of the process, the median.
//!
//! `--quick` measures each three times. The program fails if a log record is lost or a figure is
//! missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::{log_delivery, logs, receiver, report};

fn main() -> ExitCode {
    if receiver::serve() || log_delivery::serve() {
        return ExitCode::SUCCESS;
    }
    let mut checks = Checks::new();
    let rows = logs::measure(&mut checks);
    println!("\n{:<72} {:>10}", "", "ns a line");
    for row in &rows {
        println!("{:<72} {:>10.1}", row.what, row.nanos);
        checks.measured(&row.what, row.nanos);
    }
    report::write("logs", &rows);
    let rows = log_delivery::measure(&mut checks);
    println!("\n{:<72} {:>10}", "delivered, over OTLP/HTTP", "CPU ns");
    for row in &rows {
        println!("{:<72} {:>10.0}", row.what, row.cpu_nanos);
        checks.measured(row.what, row.cpu_nanos);
    }
    report::write("log-delivery", &rows);
    checks.finish()
}
