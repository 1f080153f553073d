//! `floe run`: compiles a product, builds its tables, and prints its trace and a summary.

use clap::Args;
use floe_plugins::error::Error;

use super::arguments::ProductArgs;
use super::observed::{Tree, observed};
use super::output::{print_redacted, print_summary};
use crate::compile::Definition;
use crate::identity::Lines;
use crate::pipeline::{self, Report, RunError, RunId};
use crate::record::Outcome;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    product: ProductArgs,
    /// The orchestrator that runs the product: local or dagster [default: the manifest's, else local]
    #[arg(long, value_name = "NAME")]
    orchestrator: Option<String>,
    /// Print errors and warnings only
    #[arg(short, long)]
    quiet: bool,
    /// Print the trace, too: failed and long spans, unless another AMOUNT is given
    #[arg(long, value_enum, value_name = "AMOUNT", num_args = 0..=1, default_missing_value = "summary")]
    trace: Option<Tree>,
}

impl Arguments {
    fn read(&self) -> Result<Definition, Error> {
        let mut definition = self.product.read()?;
        definition.identity.orchestrator.clone_from(&self.orchestrator);
        definition.identity.lines = if self.quiet { Lines::Errors } else { Lines::Text };
        Ok(definition)
    }

    /// Reports a run whose product or manifest cannot be read.
    fn report(&self, error: &Error) {
        let ProductArgs { folder, platform } = &self.product;
        let manifest = platform.manifest.as_deref();
        if let Some(lost) = pipeline::report_unread(folder, manifest, platform.env, error) {
            print_redacted("warning", &lost);
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), RunError> {
    let definition = arguments.read().inspect_err(|error| arguments.report(error))?;
    let config = definition.telemetry.clone();
    let mode = config.resource_attributes.floe_mode.unwrap_or_default();
    let ratio = config.sampling_ratio();
    // A quiet run prints no trace, whatever the exporter is, unless `--trace` requests one.
    let tree = arguments.trace.or(arguments.quiet.then_some(Tree::None));
    let observed = observed(config, tree, || pipeline::run(&definition, &RunId::new()))
        .inspect_err(|error| {
            if let RunError::Stopped(error) = error {
                let run_id = RunId::new();
                pipeline::write_unbegun(&arguments.product.folder, run_id.as_str(), error);
            }
        })?;
    let (report, error) = match &observed.outcome {
        Ok(report) => (Some(report), None),
        Err(error) => (error.report(), Some(error)),
    };
    print_problems(report, error);
    let Some(report) = report.filter(|it| it.has_begun()) else {
        return observed.outcome.map(drop);
    };
    if !arguments.quiet {
        let to = observed.exported_to.as_deref();
        let trace_url = definition.manifest.observability.tracing.trace_url.as_ref();
        let trace = match (report.record.trace_id.as_deref(), trace_url, to) {
            _ if observed.is_disabled || !observed.has_exporter => None,
            (Some(id), Some(url), Some(_)) if observed.is_recorded => Some(url.of(id)),
            (Some(id), _, Some(to)) if observed.is_recorded => Some(format!("{id} at {to}")),
            (Some(id), _, None) if observed.is_recorded => Some(id.to_owned()),
            _ => {
                let percent = ratio * 100.0;
                Some(format!("not recorded: `{mode}` records {percent} % of the runs that succeed"))
            }
        };
        let mut summary = report.to_string();
        let run = Some(report.run_id().to_string());
        for (label, text) in [("trace", trace), ("run", run)] {
            summary.extend(text.map(|text| format!("\n{label:<8} {text}")));
        }
        print_summary(&summary);
    }
    observed.outcome.map(drop)
}

/// Prints the warnings of a run and the error that ended it early, unless the last asset has the same error.
fn print_problems(report: Option<&Report>, error: Option<&RunError>) {
    for warning in report.iter().flat_map(|it| &it.warnings) {
        print_redacted("warning", warning);
    }
    let Some(RunError::Unfinished { report, error }) = error else {
        return;
    };
    let message = error.redacted();
    let last = report.steps().last().map(|step| &step.outcome);
    let is_printed = matches!(last, Some(Outcome::Failed { message: last }) if *last == message);
    if !is_printed {
        print_redacted("error", &message);
    }
}
