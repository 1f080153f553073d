//! What telemetry adds to real operations: the demonstration's pipeline, an HTTP handler, point
//! queries. Each with everything sampled and sent by OTLP to a receiver, and without, in pairs.
//!
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::{overhead, receiver, report};

fn main() {
    if receiver::serve() {
        return;
    }
    let rows = overhead::measure();
    println!(
        "\n{:<28} {:>12} {:>17} {:>9} {:>17} {:>6} {:>7}",
        "", "us without", "quartiles", "added %", "95 % confidence", "pairs", "spans"
    );
    for row in &rows {
        println!(
            "{:<28} {:>12.2} {:>8.1}{:>9.1} {:>9.2} {:>8.2}{:>9.2} {:>6} {:>7}",
            row.operation,
            row.micros.median,
            row.micros.low,
            row.micros.high,
            row.added_percent.median,
            row.added_percent.from,
            row.added_percent.to,
            row.pairs,
            row.spans,
        );
    }
    report::write("overhead", &rows);
}
