//! The global `tracing` subscriber: log lines and spans, each with its filter.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

#[cfg(feature = "logs")]
use crate::config::LogOutput;
use crate::config::{self, Directive, TelemetryConfig};
use crate::error::Error;
use crate::provider::ProgramLayer;

/// The filter of `tracing` without a variable.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// Installs the subscriber, with the layers of the program. A subscriber that the program has stays.
///
/// # Errors
///
/// Fails if there are layers to be added to a subscriber that the program has.
pub(super) fn install(
    config: &mut TelemetryConfig,
    layers: Vec<ProgramLayer>,
) -> Result<(), Error> {
    let rust_log = config::rust_log();
    let has_layers = !layers.is_empty();
    // A `Vec` without layers would disable everything.
    let subscriber = Registry::default().with(has_layers.then_some(layers));
    #[cfg(feature = "logs")]
    let filter = line_filter(config, rust_log.as_deref());
    #[cfg(feature = "logs")]
    let subscriber = subscriber.with(lines(config, filter.clone()));
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
    #[cfg(feature = "logs")]
    {
        if config.logging.output != LogOutput::None {
            crate::logs::make_ids(&filter);
        }
        crate::logs::forward_log();
    }
    Ok(())
}

/// The layer that writes and exports log records.
#[cfg(feature = "logs")]
fn lines<S>(
    config: &mut TelemetryConfig,
    filter: Targets,
) -> impl tracing_subscriber::Layer<S> + Send + Sync + use<S>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
{
    if crate::logs::is_terminal(config.logging.output) && !config::is_set("FLOE_LOG_JSON") {
        config.logging.json_output = false;
    }
    crate::logs::output_layer(&config.logging, filter)
}

#[cfg(feature = "logs")]
fn line_filter(config: &TelemetryConfig, rust_log: Option<&[Directive]>) -> Targets {
    use crate::config::LoggingConfig;

    let is_default = config.logging.log_level == LoggingConfig::default().log_level;
    match rust_log {
        Some(directives) if is_default && !config::is_set("FLOE_LOG_LEVEL") => {
            config::targets(directives)
        }
        // An invalid level is an error of the provider.
        _ => crate::logs::level_filter(&config.logging)
            .unwrap_or_else(|_| Targets::new().with_default(DEFAULT_LEVEL)),
    }
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
        Some(directives) => config::targets(&directives),
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
