//! Compares the spans of random programs with those of OpenTelemetry's SDK.
//!
//! ```text
//! cargo run --release -p floe-differential -- --programs 100000
//! ```
#![expect(clippy::print_stdout, reason = "the result is the output of the program")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use floe_differential::search;

#[derive(Debug, Parser)]
#[command(about = "Compares the spans of random programs with those of OpenTelemetry's SDK")]
struct Arguments {
    #[arg(long, default_value_t = 10_000)]
    programs: usize,
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let (compared, found) = search::search(arguments.programs, arguments.seed);
    let differences = usize::from(found.is_some());
    if let Some(found) = &found {
        println!("{found}");
    }

    println!(
        "{compared} programs, {differences} differences, {:.1} s",
        start.elapsed().as_secs_f64()
    );

    if found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
