//! The benchmarks. Each prints its tables as Markdown.
//!
//! A contestant is a library that records spans, or a baseline. Each contestant runs in its own process, because
//! tracing's subscriber, fastrace's reporter and our provider are global to a process. The contestants are measured in
//! turn, so that a change of the machine's speed affects all of them.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark prints its table, and panics with a message when it cannot continue"
)]

mod bytes;
mod child;
mod contestant;
mod delivery;
mod gate;
mod logs;
mod measure;
mod peers;
mod receiver;
mod report;
mod sanitize;
mod sink;
mod work;

use std::process::ExitCode;

use self::report::Checks;

type Benchmark = fn(&mut Checks);

const ALL: [(&str, Benchmark); 6] = [
    ("bytes", bytes::run),
    ("delivery", delivery::run),
    ("gate", gate::run),
    ("logs", logs::run),
    ("peers", peers::run),
    ("sanitize", sanitize::run),
];

/// Runs the benchmarks that the arguments name, or all of them. Fails if a check of a benchmark fails.
#[must_use]
pub fn run() -> ExitCode {
    if child::serve() {
        return ExitCode::SUCCESS;
    }

    let is_named = |name: &str| measure::flag(name);
    let all = !ALL.iter().any(|(name, _)| is_named(name));
    let mut checks = Checks::default();
    for (name, benchmark) in ALL {
        if all || is_named(name) {
            println!("\n## {name}\n\n{}", report::machine());
            benchmark(&mut checks);
        }
    }

    checks.finish()
}
