//! The number of instructions of a span on the caller's thread, of its way through the collector by stage, of a span of
//! `tracing`, and of a request with the HTTP layers. A figure does not depend on the load of the machine, so a change
//! that makes spans more expensive is noticed in the commit that makes it.
//!
//! The program runs itself under valgrind's callgrind, once for each measured program. Without an option it prints the
//! figures and the committed ones in `budget.toml`. `--check` fails if a figure is more than 5 % above the committed
//! one, and `--bless` writes the new figures.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a tool that prints its errors and exits"
)]

mod budget;
mod callgrind;
mod programs;
mod receiver;

use std::process::ExitCode;

use self::budget::Figure;
use self::programs::PROGRAMS;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, program] = &*arguments
        && option == callgrind::PROGRAM
    {
        programs::run(program);
        return ExitCode::SUCCESS;
    }

    if !callgrind::is_installed() {
        eprintln!(
            "valgrind, which counts the instructions, is missing: `.ci/measure instructions` fetches it"
        );

        return ExitCode::FAILURE;
    }

    let figures: Vec<Figure> = PROGRAMS
        .iter()
        .flat_map(|program| {
            let profile = callgrind::profile(program.name);
            program.figures.iter().map(move |(stage, function)| Figure {
                name: format!("{}{stage}", program.name),
                calls: program.calls.unsigned_abs(),
                instructions: callgrind::instructions(&profile, function),
            })
        })
        .collect();
    let is_kept = budget::compare(&figures);
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    if has("--bless") {
        budget::bless(&figures);
    } else if has("--check") && !is_kept {
        eprintln!(
            "a figure is above its limit in `{}`, or not in it: reduce it, or accept the figures with `--bless`",
            budget::file().display()
        );

        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
