//! Runs the benchmarks that the command line names, or all of them.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::run()
}
