//! How the cost of a span grows with depth, attributes, threads, the number of spans recorded so far
//! and the number of open spans. A point that is more than 15 % above the first of its line is marked.
//!
//! `--quick` measures each point twice. The program fails if a span is lost or a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::checks::Checks;
use benches::growth::{self, Point};
use benches::report;

fn main() -> ExitCode {
    let mut checks = Checks::new();
    let (points, arrived, recorded) = growth::measure();
    let mut lines = 0;
    for line in points.chunk_by(|a, b| a.line == b.line) {
        print(line);
        lines += 1;
        for point in line {
            checks.measured(format!("{}, {}", point.line, point.at), point.nanos.median);
            checks.finite(format!("{}, {}: cost", point.line, point.at), point.price);
        }
    }
    let verdict = if arrived == recorded { "all" } else { "LOST SOME" };
    println!("\nspans delivered: {arrived} of {recorded}, {verdict}");
    report::write("growth", &points);
    checks.equal("lines", lines, 5);
    checks.at_least("spans", recorded, 1);
    checks.equal("spans delivered", arrived, recorded);
    checks.finish()
}

fn print(line: &[Point]) {
    println!(
        "\n{:<24} {:>8} {:>17} {:>10} {:>9}",
        line[0].line, "ns/span", "quartiles", "flat is", "above"
    );
    for point in line {
        let mark = if point.is_steep() { "  STEEP" } else { "" };
        println!(
            "{:>24} {:>8.1} {:>8.1}{:>9.1} {:>10.1} {:>7.1} %{mark}",
            point.at,
            point.nanos.median,
            point.nanos.low,
            point.nanos.high,
            point.price,
            point.above_first,
        );
    }
}
