//! The command line: parses it, calls the library, and prints the result.

pub mod audit;
pub mod helm;
pub mod scaffold;
pub mod schema;

mod asset_list;
mod columns;
mod command_line;
mod find;
mod output;
mod plugin_list;
mod preview;
mod redact;
mod runs;
mod summary;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
#[cfg(unix)]
use floe_dbt::{Ended, Recorded};
#[cfg(unix)]
use floe_plugin::rfc3339;
use floe_plugin::{PluginMetadata, PluginType, registry};
use floe_plugins::error::Error;
use floe_plugins::files::atomic;
#[cfg(unix)]
use floe_plugins::process::foreground::Exit;
use floe_plugins::process::interrupt;
use floe_telemetry::exporter::{ConsoleExporter, uses_color};
use floe_telemetry::{TelemetryConfig, backend};

use self::asset_list::AssetList;
use self::audit::Audit;
use self::output::{
    print, print_error, print_redacted, print_summary, print_usage_error, print_warnings,
    redactions,
};
use self::plugin_list::PluginList;
use self::summary::Summary;
use crate::artifacts::{self, CompiledArtifacts};
use crate::compile;
use crate::environment::Environment;
use crate::identity::{Identity, Lines};
use crate::manifest::Manifest;
#[cfg(unix)]
use crate::pipeline::history::{self, Job, Record};
use crate::pipeline::{self, DagsterSensor, DagsterStep, Outcome, Report, RunError, RunId};
use crate::product;
use crate::select::Select;
use crate::step_spans::StepSpans;
use crate::telemetry::{self, Written};

/// A small data platform: compiles a data product and runs it.
#[derive(Debug, Parser)]
#[command(name = "floe", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a product that can be run: a folder with a floe.yaml, a source and two models
    New {
        /// The folder to create, named after the product
        #[arg(value_name = "PRODUCT")]
        folder: PathBuf,
    },
    /// Check a product and write its compiled artifacts, one JSON file
    #[command(after_help = EXIT_CODES)]
    Compile {
        #[command(flatten)]
        product: ProductArgs,
        /// The file to write: a new one, or earlier artifacts, which are replaced
        /// [default: `.floe/compiled_artifacts.json` in the product's folder]
        #[arg(long, value_name = "PATH")]
        output: Option<PathBuf>,
    },
    /// Print the sources and the models of a product, in the order in which they are built
    Ls {
        #[command(flatten)]
        product: ProductArgs,
        #[command(flatten)]
        select: SelectArgs,
    },
    /// Compile a product and build its tables
    ///
    /// The tables are stored in a SQLite database, `.floe/warehouse.db` in the product's folder. It is
    /// replaced only if all tables were built. Otherwise the tables that were built are stored in
    /// `.floe/warehouse.failed.db` beside it.
    #[command(after_help = EXIT_CODES)]
    Run {
        #[command(flatten)]
        product: ProductArgs,
        #[command(flatten)]
        select: SelectArgs,
        /// Compiled artifacts to build from, instead of compiling the product
        #[arg(long, value_name = "PATH", conflicts_with_all = ["env", "manifest", "orchestrator"])]
        artifacts: Option<PathBuf>,
        /// The orchestrator that runs the product: local or dagster [default: the manifest's, else local]
        #[arg(long, value_name = "NAME", value_parser = orchestrator)]
        orchestrator: Option<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Build one asset as a step of Dagster, which starts this command through Dagster Pipes
    #[command(hide = true)]
    BuildAsset {
        /// The product's folder
        #[arg(value_name = "PRODUCT")]
        folder: PathBuf,
    },
    /// Evaluate the sensor of a product, which Dagster calls, and print the result as JSON
    #[command(hide = true)]
    EvaluateSensor {
        /// The product's folder
        #[arg(value_name = "PRODUCT")]
        folder: PathBuf,
        /// The name of the sensor
        #[arg(long)]
        name: String,
        /// The name of the job that it requests runs of
        #[arg(long)]
        job: String,
        /// The cursor of the evaluation before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Find a run by any of its ids, and print all of them and the address of its trace
    ///
    /// The ids are those of the run, its trace, its first span, its runs in lineage, its dbt invocation and its
    /// Dagster run. The last 50 runs of the product on this machine are searched.
    #[command(after_help = FIND_EXIT_CODES, allow_missing_positional = true)]
    Find {
        #[command(flatten)]
        product: ProductArgs,
        /// The id
        #[arg(value_name = "ID")]
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the last runs with their times and what was unusual about them, or those of one asset
    ///
    /// The last 400 runs of the product on this machine are known.
    #[command(after_help = RUNS_EXIT_CODES)]
    Runs {
        #[command(flatten)]
        product: ProductArgs,
        #[command(flatten)]
        arguments: runs::Arguments,
    },
    /// Print the values of the Helm charts that run the product's telemetry backend
    Backend {
        #[command(flatten)]
        product: ProductArgs,
        /// Check instead whether the backend accepts telemetry, within ten seconds
        #[arg(long)]
        check: bool,
    },
    /// Run dbt inside a trace: a span for the command, and one for each node that dbt builds
    ///
    /// The OTEL_* variables configure where the spans and dbt's log records go; without any, the trace is printed to
    /// standard error. The spans have the identity of the product in BAGGAGE, else of the nearest floe.yaml. Output
    /// and exit code are those of dbt.
    #[command(after_help = "Example: floe trace-dbt -- dbt build --select tag:daily")]
    TraceDbt {
        /// The command line that runs dbt
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Print the plugins that a product runs on: type, name, version and tracer
    #[command(after_help = "\
Exit codes:
  0  success
  1  with --check: a plugin did not start, is not healthy or did not stop
  2  the product, the manifest or the command line contains a mistake")]
    Plugins {
        #[command(flatten)]
        product: ProductArgs,
        /// Also start each plugin, check its health and stop it: at most 30, 5 and 30 seconds
        #[arg(long)]
        check: bool,
        /// Print JSON instead of a table; the trace of the check is then printed to standard error
        #[arg(long)]
        json: bool,
    },
    /// Print every annotated function, every tracer and every plugin, and what is not instrumented
    ///
    /// Among the attributes of a function, `{Type}` stands for all keys of that type, and `*` for
    /// keys that are known only when the function runs.
    Audit {
        /// Print JSON instead of tables
        #[arg(long)]
        json: bool,
    },
    /// Copy standard input to standard output without credentials and personal data
    ///
    /// Each line is written as soon as it is complete. What is removed is replaced by `<REDACTED>`.
    /// Personal data are e-mail addresses, payment cards, bank accounts, telephone numbers and US
    /// social security numbers.
    #[command(after_help = REDACT_EXIT_CODES)]
    Redact(redact::Arguments),
    /// Print the attributes of the platform's spans as a registry of semantic conventions
    ///
    /// The registry is in the YAML format of OpenTelemetry Weaver.
    Schema {
        /// Print the JSON Schema of the telemetry configuration instead
        #[arg(long)]
        config: bool,
        /// Print the JSON Schemas of the plugins' configurations instead, by type and name
        #[arg(long, conflicts_with = "config")]
        plugins: bool,
    },
    /// Print the script by which a shell completes the commands and options of this program
    #[command(after_help = "\
Example: floe completions bash > ~/.local/share/bash-completion/completions/floe")]
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  a table could not be built, or an operation of the system failed
  2  the product, the manifest or the command line contains a mistake
SIGINT, SIGTERM and SIGHUP end the program by the same signal, after at most
seven seconds: nothing is replaced, and the trace is delivered.";

const FIND_EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  no run has the id, or an operation of the system failed
  2  the product, the manifest or the command line contains a mistake";

const RUNS_EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  no run has the asset, or an operation of the system failed
  2  the product, the manifest or the command line contains a mistake";

const REDACT_EXIT_CODES: &str = "\
Exit codes:
  0  success, also if the reader of the output closes it
  1  standard input cannot be read, or standard output cannot be written
  2  the command line contains a mistake

Example: kubectl logs orders-0 | floe redact --key customer_ref > orders.log";

#[derive(Debug, Args)]
struct ProductArgs {
    /// The product's folder, with its floe.yaml
    #[arg(value_name = "PRODUCT", default_value = ".", hide_default_value = true)]
    folder: PathBuf,
    /// The environment to compile for [default: the manifest's environment, else dev]
    #[arg(long, value_enum)]
    env: Option<Environment>,
    /// The platform's manifest [default: the nearest manifest.yaml in the product's folder or
    /// above it, else a built-in one]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SelectArgs {
    /// Only these sources and models: NAME, +NAME with all that it reads, NAME+ with all that reads it. Spaces and
    /// commas separate them; a run takes the tables of the others from the warehouse
    #[arg(long, short, value_name = "NAME", num_args = 1.., value_delimiter = ',', value_parser = selected)]
    select: Vec<String>,
}

/// What a run prints.
#[derive(Debug, Args)]
struct OutputArgs {
    /// Print errors and warnings only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print the log records of the run, too: with -v those of level INFO, with -vv those of level DEBUG
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Print the trace, too: what failed and what took long, unless another AMOUNT is given
    #[arg(long, value_enum, value_name = "AMOUNT", num_args = 0..=1, default_missing_value = "summary")]
    trace: Option<Tree>,
    /// Print lines of JSON to standard output: `run_started`, `asset_ended` for each asset, and `run_ended`
    #[arg(long)]
    json: bool,
}

impl OutputArgs {
    fn lines(&self) -> Lines {
        match (self.json, self.quiet) {
            (true, _) => Lines::Json,
            (_, true) => Lines::Errors,
            _ => Lines::Text,
        }
    }

    /// How much of the trace is requested. Lines for machines are not mixed with it, whatever the exporter is.
    fn tree(&self) -> Option<Tree> {
        let default = (self.quiet || self.json).then_some(Tree::None);
        self.trace.or(default)
    }

    /// Where the page of the trace is written, if it is requested.
    fn page(&self, product: &Path) -> Option<PathBuf> {
        #[cfg(feature = "report")]
        if self.trace == Some(Tree::Html) {
            return Some(product.join(".floe/trace.html"));
        }
        let _ = product;
        None
    }

    /// Sets the logs that are printed.
    fn apply(&self, mut config: TelemetryConfig) -> TelemetryConfig {
        let level = match self.verbose {
            0 => return config,
            1 => "INFO",
            _ => "DEBUG",
        };
        level.clone_into(&mut config.logging.log_level);
        config.logging.json_output = false;
        config
    }
}

impl ProductArgs {
    /// The product's identity, and the configuration of its telemetry.
    fn identity(&self) -> Result<(Identity, TelemetryConfig), Error> {
        let (identity, _, config) = self.read()?;
        Ok((identity, config))
    }

    fn read(&self) -> Result<(Identity, Manifest, TelemetryConfig), Error> {
        let (identity, manifest) =
            Identity::read(&self.folder, self.manifest.as_deref(), self.env)?;
        let config = telemetry::config(&identity, &manifest).map_err(|error| {
            // The mistakes in the rest of the product are printed with it.
            let others = error.is_mistake().then(|| compile::assets(&identity).err());
            let others = others.flatten().filter(Error::is_mistake);
            Error::mistakes([Some(error), others].into_iter().flatten().collect())
        })?;
        Ok((identity, manifest, config))
    }
}

/// The name of an orchestrator that is linked into the program.
fn orchestrator(name: &str) -> Result<String, String> {
    let linked = registry::discover().map_err(|error| error.to_string())?;
    let kind = PluginType::Orchestrator;
    let names: Vec<&str> = linked
        .iter()
        .map(|it| it.plugin())
        .filter(|it| it.plugin_type() == kind)
        .map(PluginMetadata::name)
        .collect();
    if names.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(format!("expected {}", names.join(", ")))
}

/// An empty text, such as a variable that is not set, does not select everything. A name after the option belongs to it,
/// and would leave the current folder as the product.
fn selected(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected the name of a source or a model, found an empty text".to_owned());
    }
    if product::spec_path(Path::new(text)).is_file() {
        return Err("it is the folder of a product, which is written before `--select`".to_owned());
    }
    Ok(text.to_owned())
}

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
            if let RunError::Stopped(cause) | RunError::Unfinished { error: cause, .. } = &error
                && let Error::Interrupted { signal } = cause
            {
                interrupt::end(*signal);
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints the usage error, or the help that was requested.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::InvalidValue
        && let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidValue)
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && product::spec_path(Path::new(found)).is_file()
    {
        let message = format!(
            "`{option}`: found `{found}`, the folder of a product, which is written before the option"
        );
        print_error("error", &message);
        return ExitCode::from(2);
    }
    let text = error.render().to_string();
    match text.strip_prefix("error: ") {
        Some(message) => print_error("error", message.trim_end()),
        None if error.use_stderr() => print_usage_error(&text),
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
        Command::New { folder } => {
            scaffold::create(folder)?;
            let run = command_line::call(["run".as_ref(), folder.as_os_str()]);
            let folder = folder.display();
            Ok(print(&format_args!("created {folder}; next: {run}\n"))?)
        }
        Command::Compile { product, output } => {
            let (identity, config) = product.identity()?;
            let default = artifacts::default_path(&identity.folder);
            let output = output.as_deref().unwrap_or(&default);
            observed(config, Some(Tree::None), Written::Nothing, || {
                let artifacts = compile::compile(&identity, output)?;
                print_warnings(&artifacts.instrumentation);
                for warning in &artifacts.warnings {
                    print_redacted("warning", warning);
                }
                Ok(print(&format_args!("wrote {}\n", output.display()))?)
            })?
            .outcome
        }
        Command::Ls { product, select } => {
            let (mut sources, mut models) = compile::assets(&product.identity()?.0)?;
            let selected = Select::new(&select.select).of(&sources, &models)?;
            sources.retain(|it| selected.contains(&*it.name));
            models.retain(|it| selected.contains(&*it.name));
            Ok(print(&AssetList(sources, models))?)
        }
        Command::Backend { product, check } => {
            let (_, config) = product.identity()?;
            if *check {
                check_backend(&telemetry::with_environment(config)?)?;
            } else {
                print_charts(&config)?;
            }
            Ok(())
        }
        Command::Plugins {
            product,
            check,
            json,
        } => plugins(product, *check, *json),
        Command::TraceDbt { .. } => Ok(()),
        Command::Find { product, id, json } => {
            let (identity, manifest, _) = product.read()?;
            Ok(find::find(&identity, &manifest, id, *json)?)
        }
        Command::Runs { product, arguments } => {
            let (identity, _) = product.identity()?;
            Ok(runs::runs(&identity.folder, arguments)?)
        }
        Command::Audit { json } => {
            let audit = Audit::new()?;
            if *json {
                print(&format_args!("{:#}\n", serde_json::json!(audit)))?;
            } else {
                print(&audit)?;
            }
            print_warnings(audit.warnings());
            Ok(())
        }
        Command::Redact(arguments) => Ok(redact::redact(arguments)?),
        Command::Schema { config, plugins } => print_schema(*config, *plugins),
        Command::Completions { shell } => Ok(print(&completions(*shell))?),
        Command::BuildAsset { folder } => {
            let step = DagsterStep::open(folder)?;
            let spans = step.spans();
            let written = spans.as_deref().map_or(Written::Nothing, Written::ForRun);
            let observed = observed(step.telemetry(), None, written, || step.build())?;
            observed.print_tree(&mut io::stdout());
            observed.outcome
        }
        Command::EvaluateSensor {
            folder,
            name,
            job,
            cursor,
        } => evaluate_sensor(folder, name, job, cursor.as_deref()),
        Command::Run {
            product,
            select,
            artifacts,
            orchestrator,
            output,
        } => {
            let select = Select::new(&select.select);
            let orchestrator = orchestrator.clone();
            run(product, select, artifacts.as_deref(), orchestrator, output)
        }
    }
}

/// Prints the registry of the spans, or the schema of the configuration or of the plugins.
fn print_schema(config: bool, plugins: bool) -> Result<(), RunError> {
    if plugins {
        let schemas = schema::plugins().map_err(|error| Error::Setting(error.to_string()))?;
        return Ok(print(&format_args!("{schemas:#}\n"))?);
    }
    if config {
        let schema = TelemetryConfig::json_schema();
        return Ok(print(&format_args!("{schema:#}\n"))?);
    }
    let registry = schema::registry().map_err(Error::Setting)?;
    Ok(print(&registry)?)
}

/// Runs a product, and prints its trace and a summary.
fn run(
    product: &ProductArgs,
    select: Select,
    artifacts: Option<&Path>,
    orchestrator: Option<String>,
    output: &OutputArgs,
) -> Result<(), RunError> {
    let (identity, artifacts, trace_url, config) = match artifacts {
        None => {
            let (identity, manifest, config) = product.read()?;
            let url = manifest.observability.tracing.trace_url;
            (identity.with_orchestrator(orchestrator), None, url, config)
        }
        Some(path) => {
            let artifacts = CompiledArtifacts::read(path)?;
            let identity = Identity::compiled(&product.folder, path, &artifacts)?;
            let config = artifacts.observability.telemetry.clone();
            let url = artifacts.observability.trace_url.clone();
            (identity, Some(artifacts), url, config)
        }
    };
    let identity = identity.with_select(select).with_lines(output.lines());
    let mode = config.resource_attributes.floe_mode.unwrap_or_default();
    let ratio = config.sampling_ratio();
    let page = output.page(&product.folder);
    let config = output.apply(config);
    let mut observed = observed(
        config,
        output.tree(),
        page.as_deref().map_or(Written::Nothing, Written::Page),
        || match &artifacts {
            None => pipeline::run(&identity, &RunId::new()),
            Some(artifacts) => pipeline::run_compiled(&identity, &RunId::new(), artifacts),
        },
    )?;
    let report = match &mut observed.outcome {
        Ok(report) => Some(report),
        Err(error) => error.report_mut(),
    };
    let step_spans = report.and_then(Report::take_step_spans);
    if let Some(spans) = step_spans.filter(|_| observed.is_recorded)
        && let Err(error) = observed.send(&spans)
    {
        print_error("warning", &error.to_string());
    }
    let (report, error) = match &observed.outcome {
        Ok(report) => (Some(report), None),
        Err(error) => (error.report(), Some(error)),
    };
    for warning in report.iter().flat_map(|it| it.warnings()) {
        print_redacted("warning", warning);
    }
    if let Some(RunError::Unfinished { report, error }) = error {
        let message = error.redacted();
        let last = report.steps().last().map(|step| &step.outcome);
        let is_printed =
            matches!(last, Some(Outcome::Failed { message: last, .. }) if *last == message);
        if !is_printed {
            print_redacted("error", &message);
        }
    }
    let Some(report) = report.filter(|it| it.has_begun()) else {
        return observed.outcome.map(drop);
    };
    if output.json {
        observed.print_tree(&mut io::stderr());
        let message = error.map(|error| match error {
            RunError::Unfinished { error, .. } => error.redacted(),
            other => other.to_string(),
        });
        print(&format_args!(
            "{}\n",
            report.ended(message.as_deref(), observed.is_recorded)
        ))?;
    } else {
        observed.print_tree(&mut io::stdout());
    }
    if output.lines() == Lines::Text {
        let to = observed.exported_to.as_deref();
        let trace = match (report.trace_id(), &trace_url, to) {
            _ if observed.is_disabled || !observed.has_exporter => None,
            (Some(id), Some(url), Some(_)) if observed.is_recorded => Some(url.of(id)),
            (Some(id), _, Some(to)) if observed.is_recorded => Some(format!("{id} at {to}")),
            (Some(id), _, None) if observed.is_recorded => Some(id.to_owned()),
            _ => {
                let percent = ratio * 100.0;
                Some(format!(
                    "not recorded: `{mode}` records {percent} % of its runs, and those that fail"
                ))
            }
        };
        let summary = Summary {
            report,
            folder: &product.folder,
            trace,
            page: page.as_deref().filter(|page| page.exists()),
            proposes_trace: output.trace.is_none() && to.is_none() && !observed.is_disabled,
        };
        let redactions = observed.redactions.as_ref();
        let redactions = redactions.map(|it| format!("\n{it}")).unwrap_or_default();
        print_summary(&format!("{summary}{redactions}"));
    }
    observed.outcome.map(drop)
}

/// The script by which a shell completes command lines.
fn completions(shell: Shell) -> String {
    let all = Cli::command();
    // The script for bash would propose hidden commands, too.
    let shown = all.get_subcommands().filter(|it| !it.is_hide_set());
    let mut command = clap::Command::new("floe")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(shown.cloned());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "floe", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Evaluates a sensor of Dagster, and prints the result.
fn evaluate_sensor(
    folder: &Path,
    name: &str,
    job: &str,
    cursor: Option<&str>,
) -> Result<(), RunError> {
    let sensor = DagsterSensor::open(folder)?;
    // Standard output is data.
    observed(
        sensor.telemetry(),
        Some(Tree::None),
        Written::Nothing,
        || {
            let evaluation = sensor.evaluate(name, job, cursor)?;
            Ok(print(&format_args!("{}\n", serde_json::json!(evaluation)))?)
        },
    )?
    .outcome
}

/// Prints the plugins that a product runs on, and checks them.
fn plugins(product: &ProductArgs, check: bool, json: bool) -> Result<(), RunError> {
    let (identity, manifest, config) = product.read()?;
    let mut list = PluginList::new(&identity, &manifest, &config)?;
    let show = |list: &PluginList| {
        if json {
            return print(&format_args!("{:#}\n", serde_json::json!(list)));
        }
        print(list)
    };
    if !check {
        return Ok(show(&list)?);
    }
    let config = telemetry::with_environment(config)?;
    let observed = observed(config.clone(), Some(Tree::Full), Written::Nothing, || {
        let checked = list.check(&config);
        show(&list)?;
        Ok(checked?)
    })?;
    if json {
        observed.print_tree(&mut io::stderr());
    } else {
        observed.print_tree(&mut io::stdout());
    }
    observed.outcome
}

/// Runs dbt inside a trace. The program ends as dbt does.
#[cfg(unix)]
fn trace_dbt(command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::from(2);
    };
    let product = |project: &Path| {
        let (identity, _) = Identity::read(&product_of(project)?, None, None).ok()?;
        Some(telemetry::product(&identity))
    };
    let mut report = match floe_dbt::run(program, arguments, product) {
        Ok(report) => report,
        Err(error) => {
            print_redacted("error", &error.redacted());
            return ExitCode::from(error.exit_code());
        }
    };
    if let Some((recorded, project)) = report.recorded.zip(report.project)
        && let Some(product) = product_of(&project)
        && let Err(error) = history::add(&product, recorded.into())
    {
        let error = error.redacted();
        report
            .warnings
            .push(format!("the ids of the run are not kept: {error}"));
    }
    for warning in &report.warnings {
        print_error("warning", warning);
    }
    match report.ended {
        Ended::Exited(Exit::Code(code)) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Ended::Exited(Exit::Signal(signal)) => interrupt::end(signal),
        Ended::NotStarted { code, message } => {
            print_error("error", &message);
            ExitCode::from(code)
        }
    }
}

/// The product that a dbt project belongs to: the nearest folder with a `floe.yaml`.
#[cfg(unix)]
fn product_of(project: &Path) -> Option<PathBuf> {
    let mut folders = project.ancestors();
    let product = folders.find(|folder| product::spec_path(folder).is_file());
    product.map(Path::to_owned)
}

#[cfg(unix)]
impl From<Recorded> for Record {
    fn from(recorded: Recorded) -> Self {
        let jobs = recorded.jobs.into_iter().map(|job| Job {
            name: job.name,
            lineage_run_id: job.lineage_run_id,
            dbt_invocation_id: None,
        });
        let status = if recorded.succeeded {
            "success"
        } else {
            "failed"
        };
        Self {
            command: recorded.command,
            name: recorded
                .project
                .unwrap_or_else(|| "a dbt project".to_owned()),
            status: status.to_owned(),
            started_at: rfc3339(recorded.started),
            ended_at: Some(rfc3339(recorded.ended)),
            run_id: None,
            trace_id: recorded.trace_id,
            span_id: recorded.span_id,
            lineage_run_id: recorded.lineage_run_id,
            dbt_invocation_id: Some(recorded.invocation_id),
            dagster_run_id: recorded.dagster_run_id,
            jobs: jobs.collect(),
        }
    }
}

#[cfg(not(unix))]
fn trace_dbt(_: &[OsString]) -> ExitCode {
    print_error(
        "error",
        "`trace-dbt` needs named pipes, which this system does not have",
    );
    ExitCode::from(2)
}

/// Checks whether the backend accepts telemetry, within ten seconds.
fn check_backend(config: &TelemetryConfig) -> Result<(), Error> {
    let report = backend::validate_connection(config).map_err(|error| refused(&error))?;
    if report.is_ok() {
        return print(&format_args!("{}: {report}\n", config.backend));
    }
    Err(Error::Telemetry(format!("{}: {report}", config.backend)))
}

/// Prints the values of the Helm charts of the backend, one YAML document for each chart.
fn print_charts(config: &TelemetryConfig) -> Result<(), Error> {
    let backend = backend::find(&config.backend).map_err(|error| refused(&error))?;
    let mut text = String::new();
    for chart in helm::charts(backend, config) {
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "---\n# helm install … {}\n{}",
            chart.chart, chart.values
        );
    }
    if text.is_empty() {
        let _ = writeln!(text, "# {} needs no chart", config.backend);
    }
    print(&text)
}

fn refused(error: &floe_telemetry::Error) -> Error {
    Error::Setting(error.to_string())
}

/// How much of its trace a command prints.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Tree {
    /// Nothing
    None,
    /// What failed and what took long, the rest counted by name
    Summary,
    /// Every span
    Full,
    /// A page for a browser instead, `.floe/trace.html` in the product's folder
    #[cfg(feature = "report")]
    Html,
}

/// A command that was observed, after its telemetry was delivered.
struct Observed<T> {
    outcome: Result<T, RunError>,
    config: TelemetryConfig,
    /// When its telemetry has to be delivered.
    deadline: Instant,
    /// The trace, drawn.
    tree: Drawing,
    /// Where spans went, unless that is only here.
    exported_to: Option<String>,
    /// Whether anything takes spans. Otherwise, none is recorded.
    has_exporter: bool,
    /// Whether the sampler has kept spans.
    is_recorded: bool,
    is_disabled: bool,
    /// How many findings were redacted.
    redactions: Option<String>,
}

impl<T> Observed<T> {
    /// Sends the spans of the steps after those of the run.
    fn send(&self, spans: &StepSpans) -> Result<(), Error> {
        if self.exported_to.is_none() {
            return Ok(());
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        telemetry::send(&self.config, spans.read()?, left)
    }

    /// Prints the trace.
    fn print_tree(&self, to: &mut impl io::Write) {
        let tree = self.tree.0.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere to report that the reader has closed it.
        let _ = to.write_all(&tree).and_then(|()| to.flush());
    }
}

/// Where the trace is drawn until the command has ended.
#[derive(Clone, Default)]
struct Drawing(Arc<Mutex<Vec<u8>>>);

impl io::Write for Drawing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command with telemetry, and draws as much of its trace as `tree` requests, or writes it. A signal
/// stops the command, and its trace is delivered.
fn observed<T>(
    config: TelemetryConfig,
    tree: Option<Tree>,
    written: Written<'_>,
    command: impl FnOnce() -> Result<T, RunError>,
) -> Result<Observed<T>, RunError> {
    let mut config = telemetry::with_environment(config)?;
    let exported_to = telemetry::destination(&config);
    let drawing = Drawing::default();
    let terminal = match tree {
        None | Some(Tree::None) => None,
        #[cfg(feature = "report")]
        Some(Tree::Html) => None,
        Some(tree) => {
            let is_terminal = io::stdout().is_terminal();
            let width = terminal_size::terminal_size().filter(|_| is_terminal);
            let exporter =
                ConsoleExporter::to_writer(drawing.clone()).with_color(uses_color(is_terminal));
            let exporter = match width {
                Some((width, _)) => exporter.with_width(width.0.into()),
                None => exporter,
            };
            Some(exporter.with_max_unfolded(if tree == Tree::Full { usize::MAX } else { 0 }))
        }
    };
    // A step whose spans go nowhere has none for its run.
    let written = match written {
        Written::ForRun(_) if exported_to.is_none() => Written::Nothing,
        written => written,
    };
    telemetry::draw_only(&mut config, tree.is_some());
    let has_exporter = terminal.is_some()
        || matches!(written, Written::Page(_))
        || config
            .exporters
            .traces
            .as_ref()
            .is_none_or(|it| !it.is_empty());
    let is_disabled = !config.enabled;
    let product = config.clone();
    let telemetry = Arc::new(telemetry::start(config, terminal, written)?);
    let overdue = Arc::clone(&telemetry);
    interrupt::listen(telemetry::SHUTDOWN_TIMEOUT, move || {
        atomic::abandon();
        // The error cannot be printed: the command may be blocked in printing.
        let _ = telemetry::stop(&overdue);
    });
    let outcome = {
        let _context = telemetry::context(&product).attach();
        command()
    };
    interrupt::command_stopped();
    let deadline = Instant::now() + telemetry::SHUTDOWN_TIMEOUT;
    if let Err(error) = telemetry::stop(&telemetry) {
        // The command has finished: a collector that cannot be reached must not fail it.
        print_error("warning", &error.to_string());
    }
    let statistics = telemetry.statistics();
    Ok(Observed {
        outcome,
        config: product,
        deadline,
        tree: drawing,
        exported_to,
        has_exporter,
        is_recorded: statistics.collected > statistics.sampled_out,
        is_disabled: is_disabled || telemetry.is_noop(),
        redactions: redactions(&telemetry),
    })
}

/// Prints the error of a command. Those of assets were printed when they ended.
fn print_failure(error: &RunError) {
    match error {
        // `run` has printed these before its summary.
        RunError::AssetsFailed(_) | RunError::Unfinished { .. } => {}
        RunError::AssetFailed(message) => print_redacted("error", message),
        RunError::Stopped(error) => print_redacted("error", &error.redacted()),
    }
}
