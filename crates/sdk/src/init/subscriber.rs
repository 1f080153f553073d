//! The global `tracing` subscriber: log lines and spans, each with its filter.

#[cfg_attr(not(feature = "tracing"), path = "subscriber/no_spans.rs")]
mod spans;

use std::iter;

use tracing::callsite::rebuild_interest_cache;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::set_global_default;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use crate::config::{self, Directive, LoggingConfig, TelemetryConfig, parse_levels};
use crate::error::Error;
use crate::layers::ProgramLayer;
use crate::provider::TelemetryProviderBuilder;

/// The level if no variable sets one, as in `tracing_subscriber::fmt`.
const DEFAULT_LEVEL: LevelFilter = LevelFilter::INFO;

/// The number of the default level in a [`Directive`].
const DEFAULT_SPANS: u8 = 3;

/// The layers below the log lines.
type Below = Layered<Option<Vec<ProgramLayer>>, Registry>;

/// The layer of log lines, linked by another crate.
#[derive(Debug)]
pub struct LogLines {
    /// The layer that writes and exports the events of `tracing`.
    pub layer: fn(&LoggingConfig, Targets) -> Box<dyn Layer<Below> + Send + Sync>,
    /// Forwards records of `log` and requests ids for log lines, once the layer is installed.
    pub complete: fn(&LoggingConfig, &Targets),
    /// Forwards records of `log`, unless the process has a logger, and returns whether it does.
    pub forward_log: fn() -> bool,
}

floe_telemetry_core::__floe_link_list! {
    #[allow(unsafe_code, reason = "the linker defines the bounds of the list, see `link_list`")]
    static LINES: [LogLines] = "fl_lines_0_1";
}

impl TelemetryProviderBuilder {
    /// Adds a layer to the `tracing` subscriber that [`init`](Self::init) installs (feature `logs` or `tracing`), for
    /// example one of `tracing_subscriber::fmt`. Each call adds one layer.
    ///
    /// The filters of the variables apply only to the layers of this crate, so the added layer needs a filter of its
    /// own. It runs before the layer that records spans.
    ///
    /// ```standalone_crate
    /// use tracing_subscriber::{Layer as _, filter::LevelFilter, fmt};
    ///
    /// let telemetry = floe_telemetry::builder()
    ///     .with_layer(fmt::layer().with_writer(std::io::stderr).with_filter(LevelFilter::WARN))
    ///     .init()?;
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn with_layer(mut self, layer: impl Layer<Registry> + Send + Sync) -> Self {
        self.layers.get_or_insert_default().push(Box::new(layer));
        self
    }

    /// Lets [`init`](Self::init) install no `tracing` subscriber, so that the program has no log lines and no spans of
    /// `tracing` unless it installs one itself.
    ///
    /// ```standalone_crate
    /// let telemetry = floe_telemetry::builder().without_subscriber().init()?;
    /// tracing::info!("neither written nor exported");
    /// # drop(telemetry);
    /// # Ok::<(), floe_telemetry::Error>(())
    /// ```
    pub fn without_subscriber(mut self) -> Self {
        self.layers = None;
        self
    }
}

/// Installs the subscriber, with the layers of the program. An existing subscriber of the program stays.
///
/// # Errors
///
/// Fails if layers would have to be added to the program's own subscriber.
pub(super) fn install(
    config: &mut TelemetryConfig,
    layers: Vec<ProgramLayer>,
) -> Result<(), Error> {
    let rust_log = config::rust_log();
    let has_layers = !layers.is_empty();
    let filter = line_filter(config, rust_log.as_deref());
    let lines = LINES.iter().next();
    // A `Vec` without layers would disable everything.
    let subscriber = Registry::default().with(has_layers.then_some(layers));
    if lines.is_some() && config.logging.output.is_terminal() && !config::is_set("FLOE_LOG_JSON") {
        config.logging.json_output = false;
    }
    let subscriber = subscriber.with(lines.map(|it| (it.layer)(&config.logging, filter.clone())));
    let [spans, events] = match (&config.sampling.filter, &rust_log) {
        (Some(filter), _) => [targets(filter), targets(filter)],
        (None, Some(levels)) => [spans_beside(levels), targets(levels)],
        (None, None) => [default_filter(), default_filter()],
    };
    if set_global_default(spans::with_spans(subscriber, spans, events)).is_err() {
        if has_layers {
            return Err(Error::state(
                "expected no global `tracing` subscriber, found one, to which the layers of `with_layer` cannot be added",
            ));
        }
        // The refused subscriber has raised the level of the process.
        rebuild_interest_cache();
        spans::check_existing();
        if let Some(lines) = lines {
            (lines.forward_log)();
        }
        return Ok(());
    }
    if let Some(lines) = lines {
        (lines.complete)(&config.logging, &filter);
    }
    Ok(())
}

fn line_filter(config: &TelemetryConfig, rust_log: Option<&[Directive]>) -> Targets {
    let is_default = config.logging.log_level == LoggingConfig::default().log_level;
    match rust_log {
        Some(directives) if is_default && !config::has_log_levels() => targets(directives),
        // An invalid level is reported by the provider.
        _ => config.logging.level_filter().unwrap_or_else(|_| default_filter()),
    }
}

/// Returns the filter of spans for the levels of `RUST_LOG`. A filter of log lines must not remove spans, because a
/// trace without them is of no use: the levels can only add spans to the default ones.
fn spans_beside(levels: &[Directive]) -> Targets {
    let default = (String::new(), DEFAULT_SPANS);
    let levels = levels.iter().map(|(target, most)| (target.clone(), DEFAULT_SPANS.max(*most)));
    targets(&iter::once(default).chain(levels).collect::<Vec<_>>())
}

fn default_filter() -> Targets {
    Targets::new().with_default(DEFAULT_LEVEL)
}

impl LoggingConfig {
    /// Returns the filter that these levels describe.
    #[doc(hidden)]
    pub fn level_filter(&self) -> Result<Targets, Error> {
        let levels = parse_levels(&self.log_level)
            .map_err(|message| Error::config(format!("logging.log_level: {message}")))?;
        Ok(targets(&levels))
    }
}

fn targets(directives: &[Directive]) -> Targets {
    let mut targets = Targets::new();
    for (target, most) in directives {
        // `tracing` numbers the levels in the same way.
        let level = most.to_string().parse().unwrap_or(LevelFilter::TRACE);
        targets = if target.is_empty() {
            targets.with_default(level)
        } else {
            targets.with_target(target.clone(), level)
        };
    }
    targets
}
