//! How often `diff` is wrong: `cargo run --release -p floe-trace --example diff_power`.
//!
//! A/A: two sets of 20 runs of the same service, 100 times; it should be quiet in 99. A/B: one span is 5 % slower in the
//! second set; it should be named in 95, and nothing else.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "an example that prints a table"
)]

#[path = "../tests/runs/mod.rs"]
mod runs;

use floe_trace::{ChangeKind, diff};
use runs::{Service, set};

fn main() {
    println!("| runs | noise of a call | A/A quiet | A/B named | and nothing else |");
    println!("|---|---|---|---|---|");
    for (runs, noise) in [(20, 0.05), (20, 0.1), (20, 0.2), (10, 0.1), (40, 0.2)] {
        let (mut quiet, mut named, mut alone) = (0, 0, 0);
        for seed in 0..100 {
            let service = Service {
                noise,
                ..Service::default()
            };
            let slower = Service {
                slower: 1.05,
                ..service
            };
            let [before, after] = set(&[service, service], runs, seed * 2);
            quiet += usize::from(diff(&before, &after).changes.is_empty());
            let [before, after] = set(&[service, slower], runs, seed * 2 + 1);
            let changes = diff(&before, &after).changes;
            let is_it = |name: &str, kind| name == "price" && kind == ChangeKind::Slower;
            let found = changes.iter().filter(|it| is_it(&it.name, it.kind)).count();
            named += found;
            alone += usize::from(found == 1 && changes.len() == 1);
        }
        println!(
            "| {runs} + {runs} | {:.0} % | {quiet} of 100 | {named} of 100 | {alone} of 100 |",
            noise * 100.0
        );
    }
}
