//! How often `diff` is right: `cargo run --release -p floe-trace --example diff_power [DRAWS]`.
//!
//! Each row is a change of a generated service and its noise, drawn 30 times. A cell counts the draws in which nothing
//! was reported, the changed name, and something else. Beside `diff` are two tests of each name's self times: Mann and
//! Whitney's of all calls, and of the medians of the runs, with Holm's correction for the names of a draw.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example that prints a table"
)]

#[path = "../tests/runs/mod.rs"]
mod runs;

use std::collections::BTreeMap;
use std::env;

use floe_trace::{Forest, Recording, diff};
use runs::{Noise, Service, nights, set};

/// How many requests all runs of a side have, unless there is one run after.
const REQUESTS: u32 = 600;
/// The level of the tests beside `diff`.
const CHANCE: f64 = 0.01;

/// What is drawn.
struct Case {
    title: &'static str,
    runs: Runs,
    noise: (&'static str, Noise),
    services: [Service; 2],
    /// The name that has changed.
    name: &'static str,
}

#[derive(Clone, Copy)]
enum Runs {
    /// So many on each side, in turns.
    Turns(u32),
    /// So many, and one after them, each of so many requests.
    Nights(u32, u32),
}

/// Draws in which nothing was reported, the name that has changed, and something else.
#[derive(Default)]
struct Score(u32, u32, u32);

impl Score {
    fn add(&mut self, found: &[String], name: &str) {
        self.0 += u32::from(found.is_empty());
        self.1 += u32::from(found.iter().any(|it| it == name));
        self.2 += u32::from(found.iter().any(|it| it != name));
    }
}

fn main() {
    let draws = env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(30);
    println!(
        "| change | runs | noise | `diff` | each call, Mann-Whitney and Holm | each run's median, Mann-Whitney and Holm |"
    );
    println!("|---|---|---|---|---|---|");
    for (at, case) in cases().into_iter().enumerate() {
        let mut scores = [const { Score(0, 0, 0) }; 3];
        for draw in 0..draws {
            let [before, after] = case.draw(at as u64 * 100_000 + draw);
            let changes = diff(&before, &after).changes;
            let ours: Vec<String> = changes.into_iter().map(|it| it.name).collect();
            scores[0].add(&ours, case.name);
            scores[1].add(&by_name(&before, &after, <[f64]>::to_vec), case.name);
            scores[2].add(&by_name(&before, &after, |run| vec![median(run)]), case.name);
        }
        let runs = match case.runs {
            Runs::Turns(runs) => format!("{runs} + {runs}"),
            Runs::Nights(runs, _) => format!("{runs} + 1"),
        };
        let scores = scores.map(|it| format!("{} / {} / {}", it.0, it.1, it.2));
        println!("| {} | {runs} | {} | {} |", case.title, case.noise.0, scores.join(" | "));
    }
}

impl Case {
    fn draw(&self, seed: u64) -> [Vec<Recording>; 2] {
        let requests = match self.runs {
            Runs::Turns(runs) => REQUESTS / runs,
            Runs::Nights(_, requests) => requests,
        };
        let services =
            self.services.map(|service| Service { noise: self.noise.1, requests, ..service });
        match self.runs {
            Runs::Turns(runs) => set(&services, runs as usize, seed),
            Runs::Nights(runs, _) => nights(&services, runs as usize, seed),
        }
    }
}

fn noises() -> [(&'static str, Noise); 7] {
    let of = Noise::of;
    let uneven = Noise { run: 0.05, ..of(0.1) };
    let bimodal = Noise { is_bimodal: true, ..of(0.1) };
    let memory = Noise { memory: 0.9, ..of(0.1) };
    [
        ("5 %", of(0.05)),
        ("10 %", of(0.1)),
        ("20 %", of(0.2)),
        ("50 %", of(0.5)),
        ("10 %, runs 5 %", uneven),
        ("10 %, bimodal", bimodal),
        ("10 %, autocorrelated", memory),
    ]
}

fn cases() -> Vec<Case> {
    const TURNS: [Runs; 3] = [Runs::Turns(20), Runs::Turns(5), Runs::Turns(1)];
    const NIGHTS: Runs = Runs::Nights(14, 100);
    let [five, ten, twenty, fifty, uneven, _, memory] = noises();
    let base = Service::default();
    let busy = Service { failures: 0.02, extra: 0.3, fill: 0.05, tail: 0.05, ..base };
    let mut cases = Vec::new();
    let mut add = |title, runs, noise, services, name| {
        cases.push(Case { title, runs, noise, services, name });
    };
    for runs in TURNS.into_iter().chain([NIGHTS]) {
        for noise in noises() {
            add("none", runs, noise, [base, base], "");
        }
        add("none, with failures, calls and tails at random", runs, ten, [busy, busy], "");
    }
    for (title, slower, runs, noise) in [
        ("`price` +5 %", 1.05, TURNS[0], five),
        ("`price` +5 %", 1.05, TURNS[0], ten),
        ("`price` +5 %", 1.05, TURNS[0], twenty),
        ("`price` +10 %", 1.1, TURNS[0], twenty),
        ("`price` +10 %", 1.1, TURNS[0], uneven),
        ("`price` +10 %", 1.1, TURNS[0], memory),
        ("`price` +10 %", 1.1, TURNS[0], fifty),
        ("`price` +20 %", 1.2, TURNS[0], fifty),
        ("`price` +5 %", 1.05, TURNS[1], five),
        ("`price` +10 %", 1.1, TURNS[1], ten),
        ("`price` +20 %", 1.2, TURNS[1], ten),
        ("`price` +10 %", 1.1, TURNS[2], ten),
        ("`price` +20 %", 1.2, TURNS[2], twenty),
        ("`price` +10 %", 1.1, TURNS[2], uneven),
        ("`price` +10 %", 1.1, NIGHTS, ten),
        ("`price` +20 %", 1.2, NIGHTS, uneven),
    ] {
        add(title, runs, noise, [base, Service { slower, ..base }], "price");
    }
    for (title, services, name) in other_changes() {
        for runs in TURNS.into_iter().chain([NIGHTS]) {
            add(title, runs, ten, services, name);
        }
    }
    cases
}

/// Changes that are not of the middle of the times, and the names that they are of.
fn other_changes() -> Vec<(&'static str, [Service; 2], &'static str)> {
    let base = Service::default();
    let failing = |failures| Service { failures, ..base };
    let tail = |tail, tail_factor| Service { tail, tail_factor, ..base };
    let with = |fill| Service { fill, ..base };
    let audit = Service { has_audit: true, ..base };
    vec![
        ("2 → 3 queries", [base, Service { queries: 3, ..base }], "SELECT item"),
        ("30 % of requests: one more query", [base, Service { extra: 0.3, ..base }], "SELECT item"),
        ("`cache.fill` in 10 % → 90 % of requests", [with(0.1), with(0.9)], "cache.fill"),
        ("`price` fails 0 → 3 %", [base, failing(0.03)], "price"),
        ("`price` fails 2 → 6 %", [failing(0.02), failing(0.06)], "price"),
        ("`price`: 10 % of calls × 10", [base, tail(0.1, 10.0)], "price"),
        ("`price`: 5 % of calls × 6", [base, tail(0.05, 6.0)], "price"),
        ("`audit` is new", [base, audit], "audit"),
        ("`audit` is gone", [audit, base], "audit"),
    ]
}

/// The names that a test of their self times names; `samples` makes the samples of a run.
fn by_name(
    before: &[Recording],
    after: &[Recording],
    samples: fn(&[f64]) -> Vec<f64>,
) -> Vec<String> {
    let mut names: BTreeMap<String, [Vec<f64>; 2]> = BTreeMap::new();
    for (side, runs) in [before, after].into_iter().enumerate() {
        for run in runs {
            let forest = Forest::new(run);
            let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for index in 0..run.spans.len() {
                // All roots are one name.
                let name = forest.parent(index).map_or("GET", |_| &*run.spans[index].name);
                let own = forest.self_time(index) as f64;
                times.entry(name.to_owned()).or_default().push(own);
            }
            for (name, times) in times {
                names.entry(name).or_default()[side].extend(samples(&times));
            }
        }
    }
    let mut tests: Vec<(f64, String)> =
        names.into_iter().map(|(name, [one, other])| (mann_whitney(&one, &other), name)).collect();
    tests.sort_by(|one, other| one.0.total_cmp(&other.0));
    let many = tests.len();
    let unlikely = tests.into_iter().enumerate();
    unlikely
        .take_while(|(rank, (chance, _))| chance * (many - rank) as f64 <= CHANCE)
        .map(|(_, (_, name))| name)
        .collect()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// By the normal approximation, without ties, as times have none.
fn mann_whitney(before: &[f64], after: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = before.iter().map(|it| (*it, true)).collect();
    all.extend(after.iter().map(|it| (*it, false)));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let ranks = (1..).zip(&all).filter(|(_, it)| it.1);
    let sum: f64 = ranks.map(|(rank, _)| f64::from(rank)).sum();
    let (m, n) = (before.len() as f64, after.len() as f64);
    let distance = (sum - m * (m + n + 1.0) / 2.0).abs() - 0.5;
    let z = distance.max(0.0) / (m * n * (m + n + 1.0) / 12.0).sqrt();
    two_sided(z)
}

/// The part of a normal distribution that is further than `z` from 0, by the midpoint rule.
fn two_sided(z: f64) -> f64 {
    const STEPS: u32 = 2000;
    let width = 10.0 / f64::from(STEPS);
    let density = |step: u32| (-(z + (f64::from(step) + 0.5) * width).powi(2) / 2.0).exp();
    let sum: f64 = (0..STEPS).map(density).sum();
    sum * width * (2.0 / std::f64::consts::PI).sqrt()
}
