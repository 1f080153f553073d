//! The command `check`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use floe_redact::printable;
use floe_trace::read::Checker;

use super::input::{Files, print_notes, read};
use super::{Failure, print};

/// The exit code if something differs.
const DIFFERENT: u8 = 1;

/// What is checked.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    files: Files,
}

/// Prints a line for each difference.
pub(crate) fn check(options: &Check) -> Result<ExitCode, Failure> {
    let mut checker = Checker::new();
    read(&options.files.files, |name, input| checker.read(name, input))?;
    print_notes(checker.notes());
    let differences = checker.differences();
    for difference in &differences {
        print(format_args!("{}\n", printable(&difference.to_string())))?;
    }
    if differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let _ = writeln!(
        io::stderr(),
        "{} differences from the semantic conventions {}",
        differences.len(),
        floe_semconv::VERSION
    );
    Ok(ExitCode::from(DIFFERENT))
}
