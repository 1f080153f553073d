//! Nanoseconds per span on the caller's thread.
//!
//! A trace has a root and ten children. Each contestant runs in its own process for each state, and the processes are
//! measured in turn. All spans are flushed between measurements, so that no queue is ever full, and each exporter
//! counts the spans that arrive.
//!
//! `--quick` measures one round, and `--rounds N` sets the number of rounds.

use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::child::{self, Child, Role};
use crate::contestant::{self, BARE, Case, Contestant, NAMES, SPANS, State};
use crate::measure::{self, median};
use crate::report::{self, Checks, figure};
use crate::sink::{Counting, Sink};

/// The number of starts of the processes. The addresses of code and stack change a figure by some percent for the whole
/// life of a process.
const GENERATIONS: usize = 4;

/// The number of traces of one measurement. `WARM_UP` traces before them fill the caches. Together they have 990 spans,
/// which fit into the SDK's queue of 2048.
const TRACES: u32 = 80;
const WARM_UP: u32 = 10;

/// The number of consecutive measurements of one turn. In the first one, the thread has slept while other contestants
/// filled the caches. After `SETTLED` measurements, the thread counts as busy.
const MEASUREMENTS: usize = 8;
const SETTLED: usize = 3;

/// The answer of a contestant to a [`Case`]: nanoseconds per span, and the numbers of spans so far.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Turn {
    /// The cost on a thread that recorded spans immediately before.
    busy: f64,
    /// The cost on a thread that slept while other contestants used its processor.
    after_pause: f64,
    recorded: u64,
    delivered: u64,
}

/// The turns of one contestant in one case.
struct Cell {
    name: &'static str,
    state: State,
    case: Case,
    turns: Vec<Turn>,
}

impl Cell {
    fn median(&self, of: fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(of).collect())
    }

    fn place(&self) -> String {
        let state = match self.state {
            State::Off => "not-initialised",
            State::Unsampled => "unsampled-children",
            State::Sampled => "sampled",
        };

        let shape = if self.case.is_async { "async-pending-once" } else { "sync" };
        format!("{state}, {shape}, {} attributes", if self.case.attributes { 3 } else { 0 })
    }
}

pub(crate) fn run(checks: &mut Checks) {
    let rounds = measure::value("--rounds").unwrap_or(if measure::quick() { 1 } else { 60 });
    let mut cells = cells();
    for generation in 0..GENERATIONS.min(rounds) {
        // The first round does not count, because a process initialises lazily.
        turns(&mut cells, 1 + (generation..rounds).step_by(GENERATIONS).count(), checks);
    }

    for (heading, of) in [
        ("On a busy thread:", (|turn| turn.busy) as fn(&Turn) -> f64),
        ("On a thread that has slept:", |turn| turn.after_pause),
    ] {
        println!("\n{heading}");
        let rows = cells.chunk_by(|a, b| a.place() == b.place()).map(|cells| {
            let figures = cells.iter().map(|cell| figure(cell.median(of)));
            [cells[0].place()].into_iter().chain(figures).collect()
        });

        report::table(&NAMES, rows);
    }

    for cell in &cells {
        let what = format!("{}, {}", cell.name, cell.place());
        checks.measured(&what, cell.median(|turn| turn.busy));
        checks.measured(&what, cell.median(|turn| turn.after_pause));
    }
}

/// Returns the cells in the order of the table. The contestants take turns in this order.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for state in [State::Sampled, State::Unsampled, State::Off] {
        for is_async in [false, true] {
            for attributes in [false, true] {
                let case = Case { is_async, attributes };
                cells.extend(NAMES.map(|name| Cell { name, state, case, turns: Vec::new() }));
            }
        }
    }
    cells
}

fn turns(cells: &mut [Cell], rounds: usize, checks: &mut Checks) {
    let mut processes = Vec::new();
    for state in [State::Sampled, State::Unsampled, State::Off] {
        for name in NAMES {
            let child = Child::start(&Role::Contestant { name: name.to_owned(), state });
            processes.push((name, state, child, Turn::default()));
        }
    }

    for round in 0..rounds {
        for cell in &mut *cells {
            let process = processes
                .iter_mut()
                .find(|(name, state, ..)| (*name, *state) == (cell.name, cell.state));
            let (.., child, last) = process.expect("a process for each contestant and state");
            *last = child.ask(&cell.case);
            if round > 0 {
                cell.turns.push(*last);
            }
        }
    }

    for (name, state, _, Turn { recorded, delivered, .. }) in processes {
        let what = format!("{name}, {state:?}, spans");
        checks.equal(&what, delivered, recorded);
        checks.at_least(what, recorded, u64::from(state == State::Sampled && name != BARE));
    }
}

pub(crate) fn serve(name: &str, state: State) {
    let arrived = Counting::default();
    let contestant = contestant::start(name, state, &Sink::Counting(arrived.clone()));
    let mut recorded = 0;
    child::answer_each(|case: Case| {
        let nanos: Vec<f64> = (0..MEASUREMENTS)
            .map(|_| {
                repeat(&contestant, case, state, WARM_UP);
                let start = Instant::now();
                repeat(&contestant, case, state, TRACES);
                let took = start.elapsed().as_secs_f64() * 1e9;
                contestant.flush();
                #[expect(clippy::cast_precision_loss, reason = "few spans")]
                let spans = (i64::from(TRACES) * SPANS) as f64;
                took / spans
            })
            .collect();
        if state == State::Sampled && name != BARE {
            recorded += u64::from(TRACES + WARM_UP) * SPANS.unsigned_abs() * MEASUREMENTS as u64;
        }

        Turn {
            busy: median(nanos[SETTLED..].to_vec()),
            after_pause: nanos[0],
            recorded,
            delivered: arrived.spans(),
        }
    });
}

fn repeat(contestant: &Arc<dyn Contestant>, case: Case, state: State, times: u32) {
    if state == State::Unsampled {
        contestant.below_unsampled_root(&mut || (0..times).for_each(|_| contestant.children(case)));
    } else {
        (0..times).for_each(|_| contestant.trace(case));
    }
}
