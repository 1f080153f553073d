//! Runs a command with telemetry: draws its trace, and delivers the telemetry before the program ends.

use std::sync::Arc;

use floe_plugins::process::interrupt;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::config::ExporterKind;
use floe_telemetry::exporter::ConsoleExporter;

use crate::pipeline::RunError;
use crate::telemetry;

/// The spans of the trace that a command prints.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(super) enum Tree {
    /// Nothing
    None,
    /// Failed and long spans, and the number of the other spans by name
    Summary,
    /// Every span
    Full,
}

pub(super) struct Observed<T> {
    pub(super) outcome: Result<T, RunError>,
    /// The destination of the exported spans; `None` if they are not exported over OTLP.
    pub(super) exported_to: Option<String>,
    /// Whether spans have an exporter. Otherwise no span is recorded.
    pub(super) has_exporter: bool,
    /// Whether the sampler kept spans.
    pub(super) is_recorded: bool,
    pub(super) is_disabled: bool,
}

/// Runs a command with telemetry, and prints as much of its trace as `tree` requests when the command has ended. After a
/// signal, the command stops and the telemetry is still delivered.
pub(super) fn observed<T>(
    config: TelemetryConfig,
    tree: Option<Tree>,
    command: impl FnOnce() -> Result<T, RunError>,
) -> Result<Observed<T>, RunError> {
    let mut config = telemetry::with_environment(config)?;
    let exported_to = telemetry::destination(&config);
    let terminal = match tree {
        None | Some(Tree::None) => None,
        Some(Tree::Summary) => Some(ConsoleExporter::stdout().with_max_unfolded(0)),
        Some(Tree::Full) => Some(ConsoleExporter::stdout().with_max_unfolded(usize::MAX)),
    };
    telemetry::draw_only(&mut config, tree.is_some());
    let is_drawn = terminal.is_some();
    let exporters = config.exporters.traces.as_ref();
    let has_exporter = is_drawn || exporters.is_none_or(|it| !it.is_empty());
    let is_printed = |it: &ExporterKind| *it == ExporterKind::Console;
    // A trace that is only printed is for a user of the program, whom its source code does not concern.
    config.code_attributes = exporters.is_none_or(|it| !it.iter().all(is_printed));
    let is_disabled = !config.enabled;
    let product = config.clone();
    let telemetry = Arc::new(telemetry::start(config, terminal)?);
    let overdue = Arc::clone(&telemetry);
    interrupt::listen(telemetry::SHUTDOWN_TIMEOUT, move || {
        // The error is not printed, because the command may hold the lock of the output.
        let _ = telemetry::stop(&overdue);
    });
    let outcome = {
        let _context = telemetry::context(&product).attach();
        command()
    };
    interrupt::command_stopped();
    // The runtime itself reports telemetry that it could not deliver. An unreachable collector must not fail a command
    // that has finished.
    let _ = telemetry::stop(&telemetry);
    let statistics = telemetry.statistics();
    Ok(Observed {
        outcome,
        exported_to,
        has_exporter,
        is_recorded: statistics.collected > statistics.sampled_out,
        is_disabled: is_disabled || telemetry.is_noop(),
    })
}
