//! How often `why` is wrong: `cargo run --release -p floe-trace --example causes_power [FILES]`.
//!
//! Healthy files have independent calls, and no cause should be named in 99 of 100. In queues, calls wait for one of
//! some servers, first come, first served; `contended_lock` should be the first cause in 9 of 10.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an example that prints tables of drawn files"
)]

use std::collections::BTreeMap;

use floe_trace::{Cause, CauseKind, Forest, Recording, Source, Span, SpanId, TraceId, causes};

const MEDIAN: f64 = 20.0;
const SPREADS: [f64; 4] = [0.1, 0.3, 0.6, 1.0];
const VARIATIONS: [f64; 4] = [0.05, 0.2, 0.5, 1.0];

/// Random numbers from a seed.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((bits ^ (bits >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -self.uniform().ln() * mean
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn lognormal(&mut self, spread: f64) -> f64 {
        MEDIAN * (self.normal() * spread).exp()
    }
}

/// A file whose times are in milliseconds.
#[derive(Default)]
struct File(Recording);

impl File {
    fn add(&mut self, trace: usize, parent: Option<u64>, name: &str, from: f64, to: f64) -> u64 {
        let id = self.0.spans.len() as u64 + 1;
        let nanos = |it: f64| 1_000_000_000_000 + (it * 1e6) as u64;
        let span = Span {
            trace: TraceId(trace as u128 + 1),
            id: SpanId(id),
            parent: parent.map(SpanId),
            name: name.into(),
            start: nanos(from),
            end: nanos(to),
            ..Span::default()
        };
        self.0.add_span(span, Source::default());
        id
    }

    /// A trace for each call.
    fn calls(calls: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut file = Self::default();
        for (trace, (from, to)) in calls.into_iter().enumerate() {
            let root = file.add(trace, None, "GET /", from - 0.05, to + 0.05);
            file.add(trace, Some(root), "SELECT t", from, to);
        }
        file
    }

    /// The same by a clock of so many milliseconds.
    fn rounded(mut self, clock: u64) -> Self {
        for span in &mut self.0.spans {
            for time in [&mut span.start, &mut span.end] {
                *time -= *time % (clock * 1_000_000);
            }
        }
        self
    }

    fn causes(&self) -> Vec<Cause> {
        causes(&Forest::new(&self.0))
    }
}

/// Traces of parallel calls, of which each begins later than the one before.
fn fan_outs(random: &mut Random, traces: usize, calls: usize, later: f64, spread: f64) -> File {
    let (mut file, mut now) = (File::default(), 1.0);
    for trace in 0..traces {
        let drawn: Vec<_> =
            (0..calls).map(|call| (now + later * call as f64, random.lognormal(spread))).collect();
        let ends = drawn.iter().map(|(from, time)| from + time);
        let end = ends.fold(now, f64::max);
        let root = file.add(trace, None, "GET /", now - 0.05, end + 0.05);
        for (from, time) in drawn {
            file.add(trace, Some(root), "SELECT t", from, from + time);
        }
        now = end + random.exponential(MEDIAN);
    }
    file
}

/// Requests that share nothing, of which so many are in flight on average. `memory` is how much a duration depends on
/// the one before.
fn requests(random: &mut Random, in_flight: f64, spread: f64, memory: f64) -> File {
    let step = MEDIAN * (spread * spread / 2.0).exp() / in_flight;
    let (mut now, mut level) = (1.0, random.normal());
    File::calls((0..400).map(|_| {
        now += random.exponential(step);
        level = memory * level + (1.0 - memory * memory).sqrt() * random.normal();
        (now, now + MEDIAN * (level * spread).exp())
    }))
}

/// The same, of which every hundred are quick, then slow and three times as frequent.
fn regimes(random: &mut Random, in_flight: f64, spread: f64) -> File {
    let mut now = 1.0;
    File::calls((0..400).map(|call| {
        let (rate, factor) = if call / 100 % 2 == 0 { (1.0, 1.0) } else { (3.0, 3.0) };
        now += random.exponential(MEDIAN / in_flight / rate);
        (now, now + random.lognormal(spread) * factor)
    }))
}

/// Calls that wait for one of some servers, at a load, or in a burst without one.
fn queue(random: &mut Random, servers: usize, load: Option<f64>, variation: f64) -> File {
    let spread = variation.mul_add(variation, 1.0).ln().sqrt();
    let mean = MEDIAN * (spread * spread / 2.0).exp();
    let calls = load.map_or(30 * servers, |_| 400);
    let step = load.map_or(0.02, |load| mean / servers as f64 / load);
    let mut now = 1.0;
    let mut free = vec![0.0_f64; servers];
    File::calls((0..calls).map(|_| {
        now += random.exponential(step);
        free.sort_by(f64::total_cmp);
        free[0] = free[0].max(now) + random.lognormal(spread);
        (now, free[0])
    }))
}

/// A row: what is counted in each of the files of four columns.
fn row(
    what: &str,
    files: u64,
    draw: impl Fn(&mut Random, usize) -> File,
    is: impl Fn(&[Cause]) -> bool,
    kinds: &mut BTreeMap<CauseKind, usize>,
) {
    let cells = [0, 1, 2, 3].map(|column| {
        let mut found = 0;
        for seed in 0..files {
            let seed = what.bytes().fold(seed * 4 + column as u64, |sum, it| {
                sum.wrapping_mul(31).wrapping_add(it.into())
            });
            let causes =
                draw(&mut Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)), column).causes();
            found += u64::from(is(&causes));
            for cause in causes {
                *kinds.entry(cause.kind).or_default() += 1;
            }
        }
        format!("{found:>4}")
    });
    println!("| {what} | {} |", cells.join(" | "));
}

fn main() {
    let files = std::env::args().nth(1).and_then(|it| it.parse().ok()).unwrap_or(20);
    let mut kinds = BTreeMap::new();
    println!("| healthy, of {files}: a cause | σ 0.1 | 0.3 | 0.6 | 1.0 |\n|---|---|---|---|---|");
    for traces in [1, 20, 100, 400] {
        for calls in [4, 8, 12, 20, 50].into_iter().filter(|it| it * traces <= 8_000) {
            row(
                &format!("{traces} fan-outs of {calls}"),
                files,
                |random, at| fan_outs(random, traces, calls, 0.02, SPREADS[at]),
                |it| !it.is_empty(),
                &mut kinds,
            );
        }
    }
    for (memory, what) in [(0.0, "independent"), (0.7, "autocorrelated")] {
        for in_flight in [2.0, 5.0, 20.0] {
            row(
                &format!("400 {what} requests, {in_flight} in flight"),
                files,
                |random, at| requests(random, in_flight, SPREADS[at], memory),
                |it| !it.is_empty(),
                &mut kinds,
            );
        }
    }
    for in_flight in [2.0, 5.0] {
        row(
            &format!("400 requests, {in_flight} in flight, at times slow and frequent"),
            files,
            |random, at| regimes(random, in_flight, SPREADS[at]),
            |it| !it.is_empty(),
            &mut kinds,
        );
    }
    for traces in [1, 20, 100] {
        row(
            &format!("{traces} fan-outs of 20 at one time"),
            files,
            |random, at| fan_outs(random, traces, 20, 0.0, SPREADS[at]),
            |it| !it.is_empty(),
            &mut kinds,
        );
    }
    for clock in [1, 10] {
        row(
            &format!("400 independent requests, 5 in flight, by a clock of {clock} ms"),
            files,
            |random, at| requests(random, 5.0, SPREADS[at], 0.0).rounded(clock),
            |it| !it.is_empty(),
            &mut kinds,
        );
    }
    println!("\nfalse causes: {kinds:?}\n");
    kinds.clear();
    queues(files, &mut kinds);
    println!("\nall causes: {kinds:?}");
}

/// Whether the first cause is a queue.
fn is_queue(found: &[Cause]) -> bool {
    let first = found.first();
    first.is_some_and(|it| it.kind == CauseKind::ContendedLock)
}

/// The number of places that the first cause names.
fn places(found: &[Cause]) -> Option<f64> {
    let text = &found.first()?.message;
    if text.contains(" one goes on ") {
        return Some(1.0);
    }
    let (_, text) = text.split_once(": about ")?;
    text.split(' ').next()?.parse().ok()
}

fn queues(files: u64, kinds: &mut BTreeMap<CauseKind, usize>) {
    println!(
        "| queue, of {files}: `contended_lock` first | cv 0.05 | 0.2 | 0.5 | 1.0 |\n|---|---|---|---|---|"
    );
    for load in [None, Some(0.95), Some(1.1), Some(1.5)] {
        for servers in [1, 4, 10] {
            let arrivals = load.map_or("a burst".to_owned(), |load| format!("load {load}"));
            row(
                &format!("{arrivals}, servers: {servers}"),
                files,
                |random, at| queue(random, servers, load, VARIATIONS[at]),
                is_queue,
                kinds,
            );
            row(
                "with the right number of places, within a third",
                files,
                |random, at| queue(random, servers, load, VARIATIONS[at]),
                |it| {
                    let named = places(it).filter(|_| is_queue(it));
                    named.is_some_and(|it| (0.66..1.5).contains(&(it / servers as f64)))
                },
                kinds,
            );
        }
    }
}
