//! What redaction costs: a clean message beside plain regular expressions, a log, and texts that are
//! made to be slow. CPU time of the thread, the best of several measurements.
//!
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::{report, sanitize};

fn main() {
    let rows = sanitize::measure();
    println!("\n{:<34} {:>10} {:>12} {:>10}", "", "bytes", "ns", "MB/s");
    for row in &rows {
        println!(
            "{:<34} {:>10} {:>12.0} {:>10.1}",
            row.what, row.bytes, row.nanos, row.megabytes_per_second
        );
    }
    report::write("sanitize", &rows);
}
