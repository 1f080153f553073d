//! The CPU time of a `tracing` span on its thread with a layer that records it as an OpenTelemetry
//! span: ours compared with tracing-opentelemetry, over the same subscriber.
//!
//! Each layer runs in its own process for each state, and the processes are measured in turn. The spans
//! that arrived at each exporter are counted at the end. `--quick` measures one round, `--rounds N` sets
//! the number of rounds. The program fails if a layer loses a span or a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::ExitCode;

use benches::bridge::process::{self, Process};
use benches::bridge::{Bridge, Shape};
use benches::checks::Checks;
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
    recorded: u64,
    delivered: u64,
}

fn main() -> ExitCode {
    if process::serve() {
        return ExitCode::SUCCESS;
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
    for (ours, sampled, most) in [
        (Bridge::Floe, true, 0.33),
        (Bridge::FloeBoundaries, true, 0.25),
        (Bridge::Floe, false, 0.2),
    ] {
        for shape in Shape::ALL.map(Shape::name) {
            let nanos = |bridge: Bridge| {
                let mut cells = cells.iter().filter(|cell| {
                    (cell.sampled, cell.shape, cell.bridge) == (sampled, shape, bridge.name())
                });
                cells.next().map_or(f64::NAN, |cell| cell.nanos.median)
            };
            let got = nanos(ours) / nanos(Bridge::OpenTelemetry);
            let verdict = if got <= most { "met" } else { "MISSED" };
            let (state, ours) = (state(sampled), ours.name());
            println!("{state}, {shape:<10} {ours:<26} <= {most} x theirs: {got:.3} {verdict}");
        }
    }
    report::write("bridge", &cells);
    check(&cells)
}

fn check(cells: &[Cell]) -> ExitCode {
    let mut checks = Checks::new();
    let expected = 2 * Shape::ALL.len() * Bridge::ALL.len();
    checks.equal("cells", cells.len() as u64, expected as u64);
    for cell in cells {
        let place = format!("{}, {}, {}", cell.bridge, state(cell.sampled), cell.shape);
        checks.measured(&place, cell.nanos.median);
        if cell.sampled && cell.bridge != Bridge::Registry.name() {
            checks.at_least(format!("{place}, spans"), cell.recorded, 1);
        }
        checks.equal(format!("{place}, spans delivered"), cell.delivered, cell.recorded);
    }
    checks.finish()
}

fn measure(is_sampled: bool, rounds: usize) -> Vec<Cell> {
    let mut processes = Bridge::ALL.map(|bridge| Process::start(bridge, is_sampled));
    let mut nanos = [const { [const { Vec::new() }; Shape::ALL.len()] }; Bridge::ALL.len()];
    for round in 0..=rounds {
        for (at, shape) in Shape::ALL.into_iter().enumerate() {
            for (process, nanos) in processes.iter_mut().zip(&mut nanos) {
                let measured = process.measure(shape);
                // The first round is not counted: a process initialises lazily.
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
        let ours =
            ours.filter(|(bridge, _)| *bridge == Bridge::Floe).map(|(_, spread)| spread.median);
        let ours = ours.fold(f64::NAN, f64::min);
        for ((bridge, nanos), (recorded, delivered)) in
            Bridge::ALL.into_iter().zip(spreads).zip(deliveries)
        {
            cells.push(Cell {
                bridge: bridge.name(),
                sampled: is_sampled,
                shape: shape.name(),
                nanos,
                ours_to_this: ours / nanos.median,
                recorded,
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
    println!("\n{title:<28} {:>8} {:>17} {:>9}", "ns/span", "quartiles", "ours / it");
    for cell in cells {
        let fault = if cell.recorded == cell.delivered { "" } else { "  LOST SOME" };
        println!(
            "{:<28} {:>8.1} {:>8.1}{:>9.1} {:>9.3}{fault}",
            cell.bridge, cell.nanos.median, cell.nanos.low, cell.nanos.high, cell.ours_to_this,
        );
    }
}
