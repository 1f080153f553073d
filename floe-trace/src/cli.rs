//! The command line: parses it, calls the library, and prints the result.

mod export;
mod input;

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use floe_telemetry::printable;

use self::export::Export;
use self::input::Input;

/// Shows what is in OpenTelemetry traces of any program: OTLP as JSON lines or protobuf, compressed with gzip or not.
#[derive(Debug, Parser)]
#[command(name = "floe-trace", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the files in the format of another program
    Export(Export),
    /// Print how many traces, spans and errors there are, and what is wrong with the files
    Info {
        #[command(flatten)]
        input: Input,
    },
}

/// The exit code if files or arguments cannot be used.
const UNUSABLE: u8 = 2;

/// Why a command has no result.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { UNUSABLE } else { 0 });
        }
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {}", printable(&failure.0));
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Export(export) => export.run(),
        Command::Info { input } => {
            let recording = input.read()?;
            let forest = floe_trace::Forest::new(&recording);
            let errors: usize = forest.traces().iter().map(|trace| trace.errors).sum();
            print(format_args!(
                "{} traces, {} spans, {errors} failed, {} log records\n",
                forest.traces().len(),
                recording.spans.len(),
                recording.logs.len()
            ))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prints to standard output. A reader that has gone, as `head` does, is no failure.
pub(crate) fn print(text: fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure(format!(
            "standard output cannot be written: {error}"
        ))),
        Ok(()) => Ok(()),
    }
}
