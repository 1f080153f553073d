//! The command line: parses the arguments and runs the command, whose exit code or signal ends the program.

mod arguments;
mod backend;
mod compile;
mod dagster;
mod find;
mod observed;
mod output;
mod run;
mod trace_dbt;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use floe_plugins::error::Error;
use floe_plugins::process::interrupt;

use self::arguments::ProductArgs;
use self::output::{print, print_error, print_redacted, print_summary};
use self::trace_dbt::trace_dbt;
use crate::pipeline::RunError;

/// A small data platform: compiles a data product and runs it.
#[derive(Debug, Parser)]
#[command(name = "floe", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a product and write its compiled artifacts, one JSON file
    #[command(after_help = EXIT_CODES)]
    Compile(ProductArgs),
    /// Compile a product and build its tables
    ///
    /// The tables are stored in a SQLite database, `.floe/warehouse.db` in the product's folder. It is
    /// replaced only if all tables were built. If some of them failed, those that were built are stored in
    /// `.floe/warehouse.failed.db` beside it.
    #[command(after_help = EXIT_CODES)]
    Run(run::Arguments),
    /// Build one asset as a step of Dagster, which starts this command through Dagster Pipes
    #[command(hide = true)]
    BuildAsset {
        /// The product's folder
        #[arg(value_name = "PRODUCT")]
        folder: PathBuf,
    },
    /// Evaluate the sensor of a product for Dagster, and print the result as JSON
    #[command(hide = true)]
    EvaluateSensor(dagster::SensorArguments),
    /// Write the manifest of a product's dbt project, from which Dagster makes assets
    #[command(hide = true)]
    ParseProject {
        /// The product's folder
        #[arg(value_name = "PRODUCT")]
        folder: PathBuf,
    },
    /// Find a run by any of its ids, and print all its ids and the address of its trace
    ///
    /// The ids are those of the run, its trace, its first span, its runs in lineage, its dbt invocation and its Dagster
    /// run. The last runs of the product on this machine, at most 400, are searched.
    #[command(after_help = FOUND_EXIT_CODES, override_usage = "floe find [OPTIONS] [PRODUCT] <ID>")]
    Find(find::Arguments),
    /// Check whether the product's telemetry backend accepts telemetry, within ten seconds
    Backend(ProductArgs),
    /// Run dbt inside a trace: a span for the command, and one for each node that dbt builds
    ///
    /// The OTEL_* variables set the destination of the spans and of dbt's log records; without any, the trace is
    /// printed to standard error. The spans have the product identity from BAGGAGE, or else from the nearest floe.yaml.
    /// Output and exit code are those of dbt.
    #[command(after_help = "Example: floe trace-dbt -- dbt build --select tag:daily")]
    TraceDbt {
        /// The command line that runs dbt
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  a table could not be built, or an operation of the system failed
  2  the product, the manifest or the command line contains a mistake
SIGINT, SIGTERM and SIGHUP end the program by the same signal, after at most
nine seconds: nothing is replaced, and the trace is delivered.";

const FOUND_EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  no run was found, or an operation of the system failed
  2  the product, the manifest or the command line contains a mistake";

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    if let Command::TraceDbt { command } = &cli.command {
        return trace_dbt(command);
    }
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_failure(&error);
            let code = error.exit_code();
            let signal = match &error {
                RunError::Stopped(Error::Interrupted { signal })
                | RunError::Unfinished { error: Error::Interrupted { signal }, .. } => {
                    Some(*signal)
                }
                _ => None,
            };
            if let Some(signal) = signal {
                interrupt::end(signal);
            }
            ExitCode::from(code)
        }
    }
}

fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(message) => print_error("error", message.trim_end()),
        None if error.use_stderr() => print_summary(text.trim_end()),
        None => {
            if let Err(error) = print(&text) {
                print_redacted("error", &error.redacted());
                return ExitCode::from(error.exit_code());
            }
        }
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn execute(command: &Command) -> Result<(), RunError> {
    match command {
        Command::Compile(arguments) => compile::compile(arguments)?,
        Command::Run(arguments) => run::run(arguments)?,
        Command::BuildAsset { folder } => dagster::build_asset(folder)?,
        Command::ParseProject { folder } => dagster::parse_project(folder)?,
        Command::EvaluateSensor(arguments) => dagster::evaluate_sensor(arguments)?,
        Command::Find(arguments) => find::find(arguments)?,
        Command::Backend(arguments) => backend::backend(arguments)?,
        // `main` has already run this command, because it returns the exit code of dbt.
        Command::TraceDbt { .. } => {}
    }
    Ok(())
}

/// Prints the error of a command, unless the command has printed it.
fn print_failure(error: &RunError) {
    match error {
        // `run` has printed the errors before its summary.
        RunError::AssetsFailed(_) | RunError::Unfinished { .. } => {}
        RunError::AssetFailed(message) => print_redacted("error", message),
        RunError::Stopped(error) => print_redacted("error", &error.redacted()),
    }
}
