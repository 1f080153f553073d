//! What a log line costs: ours, with its trace and its identity, beside `tracing-subscriber`'s own
//! JSON, into a writer that takes everything. CPU time of the thread, the best of several
//! measurements for which the contestants take turns.
//!
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::{logs, report};

fn main() {
    let rows = logs::measure();
    println!("\n{:<72} {:>10}", "", "ns a line");
    for row in &rows {
        println!("{:<72} {:>10.1}", row.what, row.nanos);
    }
    report::write("logs", &rows);
}
