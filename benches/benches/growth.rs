//! How the price of a span grows: with depth, attributes, threads, spans made so far, spans open at
//! once. A point that is more than 15 % above the first of its line is marked.
//!
//! `--quick` shows that everything runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::growth::{self, Point};
use benches::report;

fn main() {
    let (points, arrived, asked) = growth::measure();
    for line in points.chunk_by(|a, b| a.line == b.line) {
        print(line);
    }
    let verdict = if arrived == asked { "all" } else { "LOST SOME" };
    println!("\nspans delivered: {arrived} of {asked}, {verdict}");
    report::write("growth", &points);
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
