//! Faults injected into programs with telemetry.
//!
//! ```text
//! faults [--quick] [NAME…]
//! ```
//!
//! Each scenario is a file of `scenarios`. It has a program, which runs in a child process with a time
//! limit, and a check, which runs in this process together with the receivers that misbehave. For each
//! scenario and protocol one line says whether the program kept its results, whether every span was
//! counted, and what the program used. The last line is the score; the exit code is 1 unless it is full.
#![expect(
    clippy::print_stdout,
    reason = "the scorecard is the output of the program"
)]

mod child;
mod program;
mod receivers;
mod report;
mod scenario;
mod scenarios;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::program::Program;
use self::scenario::{Case, Scenario};

/// How many scenarios run at the same time. Their programs wait most of the time.
const WORKERS: usize = 4;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, protocol, endpoint] = &*arguments
        && flag == child::PROGRAM
    {
        return run_program(name, protocol, endpoint);
    }
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let names: Vec<_> = arguments
        .iter()
        .filter(|argument| *argument != "--quick")
        .collect();
    let is_selected = |scenario: &Scenario| {
        (!is_quick || scenario.is_quick)
            && (names.is_empty() || names.iter().any(|name| *name == scenario.name))
    };
    let selected = scenarios::ALL
        .iter()
        .filter(|scenario| is_selected(scenario));
    let cases: Vec<Case> = selected
        .flat_map(|scenario| Case::all_of(scenario))
        .collect();
    let passed = run(&cases);
    println!("{passed} of {}", cases.len());
    if passed == cases.len() && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs the program of a scenario, in the child process.
fn run_program(name: &str, protocol: &str, endpoint: &str) -> ExitCode {
    let Some(scenario) = scenarios::ALL.iter().find(|known| known.name == name) else {
        return ExitCode::FAILURE;
    };
    let mut program = Program::new(protocol, endpoint);
    (scenario.program)(&mut program);
    program.finish();
    ExitCode::SUCCESS
}

/// Runs the cases and prints a line for each. Returns how many passed.
fn run(cases: &[Case]) -> usize {
    let next = AtomicUsize::new(0);
    let passed = AtomicUsize::new(0);
    let output = Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = case.run();
                    let _lines = output.lock();
                    match result {
                        Ok(figures) => {
                            passed.fetch_add(1, Ordering::Relaxed);
                            println!("pass  {case}  {figures}");
                        }
                        Err(error) => println!("FAIL  {case}  {error:#}"),
                    }
                }
            });
        }
    });
    passed.into_inner()
}
