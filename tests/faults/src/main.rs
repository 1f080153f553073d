//! Faults injected into programs with telemetry.
//!
//! ```text
//! faults [--quick] [NAME…]
//! faults --soak [SECONDS]
//! ```
//!
//! Each scenario is defined in `scenarios` and named in docs/faults.md. It has a program, which runs in a child process
//! with a time limit, and a check, which runs in this process together with the receivers that misbehave. The output
//! states for each scenario and protocol whether the promise was kept, with the figures of the program. The last
//! line is the score; the exit code is 1 unless every run has passed. `--quick` alone adds a soak of two minutes.
#![expect(clippy::print_stdout, reason = "the scorecard is the output of the program")]

mod child;
mod program;
mod receivers;
mod report;
mod scenario;
mod scenarios;
mod soak;
mod surroundings;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use self::program::Program;
use self::scenario::{Case, Scenario};

/// The number of scenarios that run at the same time. Scenarios mostly wait.
const WORKERS: usize = 4;

const QUICK: &str = "--quick";

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = given.iter().map(String::as_str).collect();
    let (passed, all) = match &*arguments {
        [child::PROGRAM, name, protocol, endpoint] => {
            return run_program(name, protocol, endpoint);
        }
        ["--soak"] => run_soak(soak::DEFAULT),
        ["--soak", seconds] => match seconds.parse() {
            Ok(seconds) => run_soak(Duration::from_secs(seconds)),
            Err(error) => {
                println!("`{seconds}` is not a number of seconds: {error}");
                return ExitCode::FAILURE;
            }
        },
        arguments => run_scenarios(arguments),
    };

    println!("{passed} of {all}");
    if passed == all && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the selected scenarios, and with `--quick` alone also a soak. Returns the numbers of passed and of all cases.
fn run_scenarios(arguments: &[&str]) -> (usize, usize) {
    let is_quick = arguments.contains(&QUICK);
    let names: Vec<_> = arguments.iter().filter(|it| **it != QUICK).collect();
    let is_selected =
        |scenario: &Scenario| names.is_empty() || names.iter().any(|name| **name == scenario.name);
    let selected = scenarios::all().filter(|scenario| is_selected(scenario));
    let cases: Vec<Case> = selected.flat_map(Case::all_of).collect();
    thread::scope(|scope| {
        let with_soak = is_quick && names.is_empty();
        let soak = with_soak.then(|| scope.spawn(|| run_soak(soak::QUICK)));
        let passed = run(&cases);
        // A soak that panics counts as one failed case.
        let soak = soak.map_or((0, 0), |soak| soak.join().unwrap_or((0, 1)));
        (passed + soak.0, cases.len() + soak.1)
    })
}

fn run_soak(length: Duration) -> (usize, usize) {
    let results = match soak::run(length) {
        Ok(results) => results,
        Err(error) => {
            println!("FAIL  soak  {error:#}");
            return (0, 1);
        }
    };

    let mut passed = 0;
    for (protocol, result) in &results {
        let promise =
            "memory, threads and descriptors stay flat, and every span is counted at every moment";
        let (word, text) = match result {
            Ok(figures) => ("pass", figures.clone()),
            Err(error) => ("FAIL", format!("{error:#}")),
        };

        passed += usize::from(result.is_ok());
        println!("{word}  {:<24} {protocol:<4}  {promise}\n       {text}", soak::NAME);
    }

    (passed, results.len())
}

fn run_program(name: &str, protocol: &str, endpoint: &str) -> ExitCode {
    let scenario = scenarios::all().find(|known| known.name == name);
    let run = match scenario {
        Some(scenario) => scenario.program,
        None if name == soak::NAME => soak::program,
        None => return ExitCode::FAILURE,
    };

    let mut program = Program::new(protocol, endpoint);
    run(&mut program);
    program.finish();
    ExitCode::SUCCESS
}

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
