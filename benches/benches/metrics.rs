//! What metrics cost on the caller's thread: an increment and a value of a histogram, each with two
//! labels, and metrics made of the calls of a function. CPU time for one, the median of many
//! measurements in which all take turns; and of the whole process, with the threads behind.
//!
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::{metrics, report};

fn main() {
    let rows = metrics::measure();
    println!(
        "\n{:<52} {:>10} {:>18} {:>12}",
        "", "ns", "quartiles", "process, ns"
    );
    for row in &rows {
        let quartiles = format!("{:.1} to {:.1}", row.caller.low, row.caller.high);
        println!(
            "{:<52} {:>10.1} {quartiles:>18} {:>12.1}",
            row.what, row.caller.median, row.process.median
        );
    }
    report::write("metrics", &rows);
}
