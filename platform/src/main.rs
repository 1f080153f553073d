//! The `floe` binary. The code is in the library, where tests can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    floe::cli::main()
}
