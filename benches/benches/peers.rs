//! The cost of a span on the caller's thread, compared with other libraries.
//!
//! A trace has a root and ten children. Each contestant runs in its own process for each state, and the
//! processes are measured in turn. All spans are flushed between measurements, so that no queue is ever
//! full, and the spans that arrived at each exporter are counted at the end.
//!
//! `--against COMMIT` measures this library alone, in turn with the build of another commit, and fails if it is slower.
//! `--quick` measures one round, `--rounds N` sets the number of rounds. The program fails if a
//! contestant loses or duplicates a span or a figure is missing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::process::{Command, ExitCode};

use benches::checks::Checks;
use benches::contestant::process::{self, Delivery, Nanos, Process};
use benches::contestant::{NAMES, State, makes_spans, title};
use benches::span_cost::{Cell, OURS, Place, goals};
use benches::{arguments, report};

/// Restarts of the processes: the addresses of code and stack change a figure by some percent for the whole life of a
/// process.
const GENERATIONS: usize = 4;

/// The figures of each contestant, and the number of its spans that arrived.
type Measured = Vec<(&'static str, State, Vec<Vec<Nanos>>, Delivery)>;

fn main() -> ExitCode {
    if process::serve() {
        return ExitCode::SUCCESS;
    }
    if let Some(commit) = arguments::value::<String>("--against") {
        return against(&commit);
    }
    let rounds = arguments::value("--rounds").unwrap_or(if arguments::quick() { 1 } else { 60 });
    let places = Place::all();
    let cells = cells(&places, &measure(&places, rounds));
    for cells in cells.chunk_by(|a, b| key(a) == key(b)) {
        print(cells);
    }
    println!("\ngoals, one thread");
    for goal in goals(&cells) {
        println!("{goal}");
    }
    report::write("peers", &cells);
    check(&cells, places.len())
}

/// A program of its own measures both versions: it compiles no peers.
fn against(commit: &str) -> ExitCode {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/measure");
    match Command::new(script).args(["against", commit]).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("expected to run {script}, found {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(cells: &[Cell], places: usize) -> ExitCode {
    let mut checks = Checks::new();
    checks.equal("cells", cells.len() as u64, (places * NAMES.len()) as u64);
    for cell in cells {
        let (state, shape, attributes, threads) = key(cell);
        let place = format!(
            "{}, {state}, {shape}, {attributes} attributes, {threads} threads",
            cell.contestant
        );
        checks.measured(&place, cell.nanos.median);
        checks.measured(format!("{place}, after a pause"), cell.after_pause.median);
        if state == State::Sampled.name() && makes_spans(cell.contestant) {
            checks.at_least(format!("{place}, spans"), cell.recorded, 1);
        }
        checks.equal(format!("{place}, spans delivered"), cell.delivered, cell.recorded);
    }
    checks.finish()
}

/// The figures are listed by the index of the place.
fn measure(places: &[Place], rounds: usize) -> Measured {
    let pairs = || NAMES.into_iter().flat_map(|name| State::ALL.map(|state| (name, state)));
    let mut measured: Measured = pairs()
        .map(|(name, state)| (name, state, vec![Vec::new(); places.len()], Delivery::default()))
        .collect();
    for generation in 0..GENERATIONS.min(rounds) {
        let mut processes: Vec<Process> =
            pairs().map(|(name, state)| Process::start(name, state)).collect();
        // The first round is not counted: a process initialises lazily.
        measure_once(places, &mut processes, |_, _, _| {});
        for _ in (generation..rounds).step_by(GENERATIONS) {
            measure_once(places, &mut processes, |process, place, nanos| {
                measured[process].2[place].push(nanos);
            });
        }
        for (process, (.., total)) in processes.iter_mut().zip(&mut measured) {
            let delivery = process.delivery();
            total.recorded += delivery.recorded;
            total.delivered += delivery.delivered;
        }
    }
    measured
}

/// The contestants of a place are measured in turn.
fn measure_once(
    places: &[Place],
    processes: &mut [Process],
    mut record: impl FnMut(usize, usize, Nanos),
) {
    for (at, place) in places.iter().enumerate() {
        for (which, process) in processes.iter_mut().enumerate() {
            if process.state == place.state {
                record(which, at, process.measure(place.case, place.threads));
            }
        }
    }
}

fn cells(places: &[Place], measured: &Measured) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let here = measured.iter().filter(|(_, state, ..)| *state == place.state);
        let mut here: Vec<Cell> = here
            .map(|(name, _, nanos, delivery)| place.cell(name, &nanos[at], *delivery))
            .collect();
        let ours = here.iter().find(|cell| cell.contestant == OURS);
        let ours = ours.map_or(f64::NAN, |cell| cell.nanos.median);
        for cell in &mut here {
            cell.ours_to_this = ours / cell.nanos.median;
        }
        cells.extend(here);
    }
    cells
}

fn key(cell: &Cell) -> (&str, &str, u8, usize) {
    (cell.state, cell.shape, cell.attributes, cell.threads)
}

fn print(cells: &[Cell]) {
    let (state, shape, attributes, threads) = key(&cells[0]);
    let threads = if threads == 1 { "1 thread" } else { "2 threads" };
    println!(
        "\n{:<44} {:>8} {:>17} {:>9} {:>8}",
        format!("{state}, {shape}, {attributes} attributes, {threads}"),
        "ns/span",
        "quartiles",
        "ours / it",
        "slept"
    );
    for cell in cells {
        let fault = cell.fault().unwrap_or_default();
        println!(
            "{:<44} {:>8.1} {:>8.1}{:>9.1} {:>9.3} {:>8.1}  {fault}",
            title(cell.contestant),
            cell.nanos.median,
            cell.nanos.low,
            cell.nanos.high,
            cell.ours_to_this,
            cell.after_pause.median,
        );
    }
}
