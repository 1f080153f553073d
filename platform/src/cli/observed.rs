//! Runs a command with telemetry: draws its trace, and delivers the telemetry before the program ends.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use floe_plugins::process::interrupt;
use floe_telemetry::TelemetryConfig;
use floe_telemetry::exporter::{ConsoleExporter, uses_color};

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
    tree: Drawing,
    /// The destination of the exported spans; `None` if they are not exported over OTLP.
    pub(super) exported_to: Option<String>,
    /// Whether spans have an exporter. Otherwise no span is recorded.
    pub(super) has_exporter: bool,
    /// Whether the sampler kept spans.
    pub(super) is_recorded: bool,
    pub(super) is_disabled: bool,
}

impl<T> Observed<T> {
    pub(super) fn print_tree(&self, to: &mut impl io::Write) {
        let tree = self.tree.0.lock().unwrap_or_else(PoisonError::into_inner);
        // If the output is closed, the error cannot be printed.
        let _ = to.write_all(&tree).and_then(|()| to.flush());
    }
}

/// Buffers the drawn trace until the command has ended.
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

/// Runs a command with telemetry, and draws as much of its trace as `tree` requests. After a signal, the command stops
/// and the telemetry is still delivered.
pub(super) fn observed<T>(
    config: TelemetryConfig,
    tree: Option<Tree>,
    command: impl FnOnce() -> Result<T, RunError>,
) -> Result<Observed<T>, RunError> {
    let mut config = telemetry::with_environment(config)?;
    let exported_to = telemetry::destination(&config);
    let drawing = Drawing::default();
    let terminal = match tree {
        None | Some(Tree::None) => None,
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
    telemetry::draw_only(&mut config, tree.is_some());
    let is_drawn = terminal.is_some();
    let exporters = config.exporters.traces.as_ref();
    let has_exporter = is_drawn || exporters.is_none_or(|it| !it.is_empty());
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
        tree: drawing,
        exported_to,
        has_exporter,
        is_recorded: statistics.collected > statistics.sampled_out,
        is_disabled: is_disabled || telemetry.is_noop(),
    })
}
