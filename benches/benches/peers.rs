//! What a span costs on the caller's thread, beside the peers.
//!
//! A trace is a root and ten children. Each contestant is a process of its own for each state, and
//! they are measured in turn, round after round. Between measurements everything is delivered, so
//! that no queue is ever full, and at the end what arrived at each exporter is counted.
//!
//! `--quick` shows that everything runs; `--rounds N` sets how often each is measured.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use benches::contestant::process::{self, Delivery, Nanos, Process};
use benches::contestant::{NAMES, State, title};
use benches::span_cost::{Cell, OURS, Place, goals};
use benches::{arguments, report};

/// The processes are started anew this often: where the linker and the system put code and stack
/// changes a figure by some per cent for the whole life of a process.
const GENERATIONS: usize = 4;

/// Nanoseconds of each contestant, and what became of its spans.
type Measured = Vec<(&'static str, State, Vec<Vec<Nanos>>, Delivery)>;

fn main() {
    if process::serve() {
        return;
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
}

/// The figures of each contestant in each state, by the index of the place.
fn measure(places: &[Place], rounds: usize) -> Measured {
    let pairs = || {
        NAMES
            .into_iter()
            .flat_map(|name| State::ALL.map(|state| (name, state)))
    };
    let mut measured: Measured = pairs()
        .map(|(name, state)| {
            (
                name,
                state,
                vec![Vec::new(); places.len()],
                Delivery::default(),
            )
        })
        .collect();
    for generation in 0..GENERATIONS.min(rounds) {
        let mut processes: Vec<Process> = pairs()
            .map(|(name, state)| Process::start(name, state))
            .collect();
        // Not counted: what a process does once.
        measure_once(places, &mut processes, |_, _, _| {});
        for _ in (generation..rounds).step_by(GENERATIONS) {
            measure_once(places, &mut processes, |process, place, nanos| {
                measured[process].2[place].push(nanos);
            });
        }
        for (process, (.., total)) in processes.iter_mut().zip(&mut measured) {
            let delivery = process.delivery();
            total.asked += delivery.asked;
            total.delivered += delivery.delivered;
        }
    }
    measured
}

/// One round: each contestant in each place, the contestants of a place in turn.
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
        let here = measured
            .iter()
            .filter(|(_, state, ..)| *state == place.state);
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
    let threads = if threads == 1 {
        "1 thread"
    } else {
        "2 threads"
    };
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
