//! The global `tracing` subscriber: log lines and spans, each with its filter.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

use crate::config::{self, Directive, LogOutput, LoggingConfig, TelemetryConfig, parse_levels};
use crate::error::Error;
use crate::logs::{LogRecords, ProgramLayer};

/// The filter of `tracing` without a variable.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Installs the subscriber, with the layers of the program. A subscriber that the program has stays.
///
/// # Errors
///
/// Fails if there are layers to be added to a subscriber that the program has.
pub(super) fn install(
    config: &mut TelemetryConfig,
    mut layers: Vec<ProgramLayer>,
) -> Result<(), Error> {
    let rust_log = config::rust_log();
    let has_layers = !layers.is_empty();
    let records = LogRecords::linked();
    let filter = line_filter(config, rust_log.as_deref());
    if let Some(records) = records {
        if is_terminal(config.logging.output) && !config::is_set("FLOE_LOG_JSON") {
            config.logging.json_output = false;
        }
        layers.push((records.layer)(&config.logging, filter.clone()));
    }
    // A `Vec` without layers would disable everything.
    let subscriber = Registry::default().with((!layers.is_empty()).then_some(layers));
    #[cfg(feature = "tracing")]
    let subscriber =
        floe_telemetry_tracing::with_current_span(subscriber.with(spans(config, rust_log)));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        if has_layers {
            return Err(Error::state(
                "expected no global `tracing` subscriber, found one, to which the layers of `with_layer` cannot be added",
            ));
        }
        check_existing();
        return Ok(());
    }
    if let Some(records) = records {
        (records.complete)(&config.logging, &filter);
    }
    Ok(())
}

/// Whether log lines are written to a terminal.
fn is_terminal(output: LogOutput) -> bool {
    match output {
        LogOutput::Stdout => io::stdout().is_terminal(),
        LogOutput::Stderr => io::stderr().is_terminal(),
        LogOutput::None => false,
    }
}

/// The filter of log lines.
fn line_filter(config: &TelemetryConfig, rust_log: Option<&[Directive]>) -> Targets {
    let is_default = config.logging.log_level == LoggingConfig::default().log_level;
    match rust_log {
        Some(directives) if is_default && !config::is_set("FLOE_LOG_LEVEL") => targets(directives),
        // An invalid level is an error of the provider.
        _ => level_filter(&config.logging)
            .unwrap_or_else(|_| Targets::new().with_default(DEFAULT_LEVEL)),
    }
}

/// Returns the filter by the configured levels of log lines.
///
/// # Errors
///
/// The levels are not valid.
pub fn level_filter(config: &LoggingConfig) -> Result<Targets, Error> {
    let levels = parse_levels(&config.log_level)
        .map_err(|message| Error::config(format!("logging.log_level: {message}")))?;
    Ok(targets(&levels))
}

/// Returns what the layers of `tracing` filter by.
fn targets(directives: &[Directive]) -> Targets {
    let mut targets = Targets::new();
    for (target, most) in directives {
        let level = match most {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        };
        targets = if target.is_empty() {
            targets.with_default(level)
        } else {
            targets.with_target(target.clone(), level)
        };
    }
    targets
}

/// The layer that records the spans and events of `tracing`.
#[cfg(feature = "tracing")]
fn spans<S>(
    config: &TelemetryConfig,
    rust_log: Option<Vec<Directive>>,
) -> impl tracing_subscriber::Layer<S> + Send + Sync + use<S>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
{
    use tracing_subscriber::Layer as _;

    let span_filter = config.span_filter.as_deref();
    let span_filter = span_filter.and_then(|text| config::parse_filter(text).ok());
    let filter = match span_filter.or(rust_log) {
        Some(directives) => targets(&directives),
        None => Targets::new().with_default(DEFAULT_LEVEL),
    };
    let layer = floe_telemetry_tracing::tracing_layer().with_events(config.logging.span_events);
    layer.with_filter(filter)
}

/// The subscriber of the program stays. Only whether it has the layer for spans can be seen.
fn check_existing() {
    #[cfg(feature = "tracing")]
    if !tracing::dispatcher::get_default(
        tracing::Dispatch::is::<floe_telemetry_tracing::TracingLayer>,
    ) {
        tracing::warn!(
            "the process already has a global `tracing` subscriber: its spans are recorded only if it has the layer `floe_telemetry::tracing_layer()`"
        );
    }
}
