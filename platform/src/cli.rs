//! The command line: reads it, calls the library, prints what became of it.

mod backend;
mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use floe_telemetry::TelemetryConfig;

use self::output::{complain, complain_of_usage, print_error, say, say_redactions, warn_of};
use crate::artifacts::{self, CompiledArtifacts};
use crate::audit::Audit;
use crate::compile;
use crate::environment::Environment;
use crate::error::Error;
use crate::identity::Identity;
use crate::pipeline::{self, Outcome, Report, RunId};
use crate::schema;
use crate::telemetry;

/// A small data platform: compiles a data product and runs it.
#[derive(Debug, Parser)]
#[command(name = "floe", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a product and write what a run needs to one JSON file
    #[command(after_help = EXIT_CODES)]
    Compile {
        #[command(flatten)]
        product: ProductArgs,
        /// The file to write [default: `.floe/compiled_artifacts.json` in the product's folder]
        #[arg(long, value_name = "PATH")]
        output: Option<PathBuf>,
    },
    /// Compile a product and build all of its tables
    ///
    /// The tables are in `.floe/warehouse.db` in the product's folder, a SQLite database, which is
    /// replaced when all of them could be built. Otherwise it stays as it was, and what could be
    /// built is in `.floe/warehouse.failed.db` beside it.
    #[command(after_help = EXIT_CODES)]
    Run {
        #[command(flatten)]
        product: ProductArgs,
        /// Compiled artifacts to build from, instead of compiling the product
        #[arg(long, value_name = "PATH", conflicts_with_all = ["env", "manifest"])]
        artifacts: Option<PathBuf>,
    },
    /// Print the values of the Helm charts that the product's telemetry backend needs
    Backend {
        #[command(flatten)]
        product: ProductArgs,
        /// Try instead whether the backend takes telemetry, within ten seconds
        #[arg(long)]
        check: bool,
    },
    /// Print what is instrumented and what is not: every annotated function, and every plugin
    ///
    /// Among a function's attributes, `{Type}` stands for all that the type has, and `*` for those
    /// that are known only when it runs.
    Audit {
        /// Print JSON instead of tables
        #[arg(long)]
        json: bool,
    },
    /// Print what the platform's spans say, as a registry of OpenTelemetry semantic conventions
    ///
    /// The registry is in the YAML of OpenTelemetry's Weaver.
    Schema {
        /// Print the JSON Schema of the telemetry's configuration instead
        #[arg(long)]
        config: bool,
    },
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  a table could not be built, or the system refused something
  2  the product, the manifest or the command line is not as it must be";

#[derive(Debug, Args)]
struct ProductArgs {
    /// The product's folder, with its floe.yaml
    #[arg(value_name = "PRODUCT")]
    folder: PathBuf,
    /// What to compile it for [default: the manifest's environment, else dev]
    #[arg(long, value_enum)]
    env: Option<Environment>,
    /// The platform's manifest [default: the nearest manifest.yaml in the product's folder or
    /// above it, else a built-in one]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
}

impl ProductArgs {
    /// Who is going to be observed, and how.
    fn identity(&self) -> Result<(Identity, TelemetryConfig), Error> {
        let (identity, manifest) =
            Identity::read(&self.folder, self.manifest.as_deref(), self.env)?;
        let config = telemetry::config(&identity, &manifest)?;
        Ok((identity, config))
    }
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// What there is instead of a command: a mistake, or help that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(message) => complain(message.trim_end()),
        None if error.use_stderr() => complain_of_usage(&text),
        None => say(&text),
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn execute(command: &Command) -> Result<(), Error> {
    match command {
        Command::Compile { product, output } => {
            let (identity, config) = product.identity()?;
            let default = artifacts::default_path(&identity.folder);
            let output = output.as_deref().unwrap_or(&default);
            observed(config, || {
                let artifacts = compile::compile(&identity, output)?;
                warn_of(&artifacts.instrumentation);
                say(&format_args!("wrote {}\n", output.display()));
                Ok(())
            })
        }
        Command::Backend { product, check } => {
            let (_, config) = product.identity()?;
            if *check {
                backend::check(&telemetry::with_environment(config)?)
            } else {
                backend::values(&config)
            }
        }
        Command::Audit { json } => {
            let audit = Audit::new()?;
            if *json {
                say(&format_args!("{:#}\n", serde_json::json!(audit)));
            } else {
                say(&audit);
            }
            warn_of(audit.warnings());
            Ok(())
        }
        Command::Schema { config: true } => {
            say(&format_args!("{:#}\n", TelemetryConfig::json_schema()));
            Ok(())
        }
        Command::Schema { config: false } => {
            let registry = schema::registry().map_err(|error| Error::Setting(error.to_string()))?;
            say(&registry);
            Ok(())
        }
        Command::Run {
            product,
            artifacts: None,
        } => {
            let (identity, config) = product.identity()?;
            observed(config, || told(pipeline::run(&identity, &RunId::new())))
        }
        Command::Run {
            product,
            artifacts: Some(path),
        } => {
            let artifacts = CompiledArtifacts::read(path)?;
            let identity = Identity::compiled(&product.folder, path, &artifacts)?;
            let config = artifacts.observability.telemetry.clone();
            observed(config, || {
                told(pipeline::run_compiled(&identity, &RunId::new(), &artifacts))
            })
        }
    }
}

/// Prints what became of a run.
fn told(outcome: Result<Report, Error>) -> Result<(), Error> {
    match &outcome {
        Ok(report) => say(&format_args!("{report}\n")),
        Err(Error::Failed(report)) => say(&format_args!("{report}\n")),
        Err(_) => {}
    }
    outcome.map(drop)
}

/// Does it under the eyes of the telemetry, whose picture comes behind what the command says.
fn observed(
    config: TelemetryConfig,
    command: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let (mode, ratio) = (
        config.resource_attributes.floe_mode,
        config.sampling_ratio(),
    );
    let telemetry = telemetry::start(config)?;
    let outcome = command();
    if let Err(error) = telemetry::stop(&telemetry) {
        // The work is done, and a collector that cannot be reached does not undo it.
        print_error("warning", &error.to_string());
    }
    say_redactions(&telemetry);
    if !telemetry.is_noop() && telemetry.statistics().collected == 0 {
        let percent = ratio * 100.0;
        say(&format_args!(
            "not recorded: `{mode}` records {percent} % of its runs\n"
        ));
    }
    outcome
}

/// One line for each thing that is wrong.
fn report(error: &Error) {
    let Error::Failed(report) = error else {
        return complain(&error.to_string());
    };
    for step in report.steps() {
        if let Outcome::Failed { message } = &step.outcome {
            complain(message);
        }
    }
}
