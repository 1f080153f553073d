//! The cost of telemetry in real operations: the pipeline of the demo, an HTTP handler, point queries.
//! Each operation is measured in pairs: once with every span sampled and exported over OTLP, once
//! without telemetry. Of the HTTP requests, the CPU time of the server's thread is measured, and the time until the
//! client has the response.
//!
//! `--quick` measures one pair of each. The program fails if a span is lost or a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::overhead::Row;
use benches::{overhead, receiver, report};

fn main() -> ExitCode {
    if receiver::serve() {
        return ExitCode::SUCCESS;
    }
    let mut checks = Checks::new();
    let rows = overhead::measure(&mut checks);
    checks.equal("operations", rows.len() as u64, 5);
    println!(
        "\n{:<44} {:>12} {:>17} {:>9} {:>15} {:>9} {:>17} {:>12} {:>6} {:>7}",
        "",
        "us without",
        "quartiles",
        "added ns",
        "95 % confidence",
        "added %",
        "95 % confidence",
        "of elapsed",
        "pairs",
        "spans"
    );
    for row in &rows {
        println!(
            "{:<44} {:>12.2} {:>8.1}{:>9.1} {:>9.0} {:>7.0}{:>8.0} {:>9.2} {:>8.2}{:>9.2} {:>12} {:>6} {:>7}",
            row.operation,
            row.micros.median,
            row.micros.low,
            row.micros.high,
            row.added_nanos.median,
            row.added_nanos.from,
            row.added_nanos.to,
            row.added_percent.median,
            row.added_percent.from,
            row.added_percent.to,
            of_elapsed(row),
            row.pairs,
            row.spans,
        );
    }
    report::write("overhead", &rows);
    checks.finish()
}

/// The added time in percent of the time that a request takes, and that time.
fn of_elapsed(row: &Row) -> String {
    match (row.added_percent_of_elapsed, row.elapsed_micros) {
        (Some(percent), Some(elapsed)) => format!("{percent:.2} of {:.0}", elapsed.median),
        _ => String::new(),
    }
}
