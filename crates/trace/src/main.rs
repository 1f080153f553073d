//! The program `floe-trace`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
