//! What CPU time a span of `tracing` costs on its thread with a layer that makes an OpenTelemetry
//! span of it: ours beside tracing-opentelemetry, over the same subscriber.
//!
//! Each is a process of its own for each state, and they are measured in turn, round after round. At
//! the end what arrived at each exporter is counted. `--quick` shows that everything runs;
//! `--rounds N` sets how often each is measured.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::bridge::process::{self, Process};
use benches::bridge::{Bridge, Shape};
use benches::statistics::Spread;
use benches::{arguments, report};
use serde::Serialize;

/// One layer in one case.
#[derive(Debug, Serialize)]
struct Cell {
    bridge: &'static str,
    sampled: bool,
    shape: &'static str,
    /// Nanoseconds of the thread's CPU time per span.
    nanos: Spread,
    /// Our nanoseconds as a multiple of these.
    ours_to_this: f64,
    asked: u64,
    delivered: u64,
}

fn main() {
    if process::serve() {
        return;
    }
    let rounds = arguments::value("--rounds").unwrap_or(if arguments::quick() { 1 } else { 40 });
    let mut cells = Vec::new();
    for is_sampled in [true, false] {
        cells.extend(measure(is_sampled, rounds));
    }
    for cells in cells.chunk_by(|a, b| (a.sampled, a.shape) == (b.sampled, b.shape)) {
        print(cells);
    }
    println!("\ngoals");
    for (sampled, most) in [(true, 0.35), (false, 0.2)] {
        let theirs = cells
            .iter()
            .filter(|cell| cell.sampled == sampled && cell.bridge == Bridge::OpenTelemetry.name());
        for cell in theirs {
            let got = cell.ours_to_this;
            let verdict = if got <= most { "met" } else { "MISSED" };
            let state = state(sampled);
            println!(
                "{state}, {:<10} <= {most} x theirs: {got:.3} {verdict}",
                cell.shape
            );
        }
    }
    report::write("bridge", &cells);
}

fn measure(is_sampled: bool, rounds: usize) -> Vec<Cell> {
    let mut processes = Bridge::ALL.map(|bridge| Process::start(bridge, is_sampled));
    let mut nanos = [const { [const { Vec::new() }; Shape::ALL.len()] }; Bridge::ALL.len()];
    for round in 0..=rounds {
        for (at, shape) in Shape::ALL.into_iter().enumerate() {
            for (process, nanos) in processes.iter_mut().zip(&mut nanos) {
                let measured = process.measure(shape);
                // The first round is what a process does once.
                if round > 0 {
                    nanos[at].push(measured);
                }
            }
        }
    }
    let mut cells = Vec::new();
    let deliveries = processes.each_mut().map(Process::delivery);
    for (at, shape) in Shape::ALL.into_iter().enumerate() {
        let spreads = nanos.each_ref().map(|nanos| Spread::of(nanos[at].clone()));
        let ours = Bridge::ALL.into_iter().zip(spreads);
        let ours = ours
            .filter(|(bridge, _)| *bridge == Bridge::Floe)
            .map(|(_, spread)| spread.median);
        let ours = ours.fold(f64::NAN, f64::min);
        for ((bridge, nanos), (asked, delivered)) in
            Bridge::ALL.into_iter().zip(spreads).zip(deliveries)
        {
            cells.push(Cell {
                bridge: bridge.name(),
                sampled: is_sampled,
                shape: shape.name(),
                nanos,
                ours_to_this: ours / nanos.median,
                asked,
                delivered,
            });
        }
    }
    cells
}

const fn state(sampled: bool) -> &'static str {
    if sampled { "sampled" } else { "unsampled" }
}

fn print(cells: &[Cell]) {
    let title = format!("{}, {}", state(cells[0].sampled), cells[0].shape);
    println!(
        "\n{title:<28} {:>8} {:>17} {:>9}",
        "ns/span", "quartiles", "ours / it"
    );
    for cell in cells {
        let fault = if cell.asked == cell.delivered {
            ""
        } else {
            "  LOST SOME"
        };
        println!(
            "{:<28} {:>8.1} {:>8.1}{:>9.1} {:>9.3}{fault}",
            cell.bridge, cell.nanos.median, cell.nanos.low, cell.nanos.high, cell.ours_to_this,
        );
    }
}
