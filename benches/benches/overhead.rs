//! The cost of telemetry in real operations: the pipeline of the demo, an HTTP handler, point queries.
//! Each operation is measured in pairs: once with every span sampled and exported over OTLP, once
//! without telemetry. Of the HTTP requests, the CPU time of the server's thread is measured.
//!
//! `--quick` measures one pair of each. The program fails if a span is lost or a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::{overhead, receiver, report};

fn main() -> ExitCode {
    if receiver::serve() {
        return ExitCode::SUCCESS;
    }
    let mut checks = Checks::new();
    let rows = overhead::measure(&mut checks);
    checks.equal("operations", rows.len() as u64, 5);
    println!(
        "\n{:<44} {:>12} {:>17} {:>9} {:>9} {:>17} {:>6} {:>7}",
        "", "us without", "quartiles", "added us", "added %", "95 % confidence", "pairs", "spans"
    );
    for row in &rows {
        println!(
            "{:<44} {:>12.2} {:>8.1}{:>9.1} {:>9.3} {:>9.2} {:>8.2}{:>9.2} {:>6} {:>7}",
            row.operation,
            row.micros.median,
            row.micros.low,
            row.micros.high,
            row.added_micros.median,
            row.added_percent.median,
            row.added_percent.from,
            row.added_percent.to,
            row.pairs,
            row.spans,
        );
    }
    report::write("overhead", &rows);
    checks.finish()
}
