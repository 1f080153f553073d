//! Logs that belong to the same story: every line says in which trace it was written, and whose it
//! is, and carries no credential.
//!
//! ```standalone_crate
//! use floe_telemetry::config::LoggingConfig;
//!
//! floe_telemetry::logs::configure_logging(&LoggingConfig::default())?;
//! tracing::info!(rows = 25_000, table = "orders", "loaded");
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! prints, within a span of a program that has a provider, one line:
//!
//! ```json
//! {"event":"loaded","level":"info","timestamp":"2026-11-20T13:32:26.123456Z","target":"orders",
//!  "trace_id":"5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5","span_id":"00f067aa0ba902b7",
//!  "floe.namespace":"sales","floe.product.name":"customer-360","floe.product.version":"1.2.0",
//!  "floe.mode":"prod","rows":25000,"table":"orders"}
//! ```
//!
//! The span is the one of OpenTelemetry's current `Context`, whoever made it: `#[traced]`, the
//! plain API, or another process. Outside of a span there are no ids. The identity is the one of
//! the baggage, else the provider's. Records of `tracing` and of `log` go the same way.
//!
//! Message, fields and target are redacted before they are written, by the configuration of the
//! provider, while there is none by the default one. A text is cut at 8 KiB, a record has at most
//! 128 fields and 32 KiB. A field that has the name of one of ours is written with `fields.` before
//! it. A record that is made while another one is written, by a `Debug` for example, is left out.
//!
//! Where a provider sends spans by OTLP, it sends the records, too, unless `exporters.logs` or
//! `OTEL_LOGS_EXPORTER` says otherwise: batched as `log_batch_processor` says, from a bounded queue of
//! their own. Levels hold for them, too. What does not fit is dropped and counted
//! ([`Statistics`](crate::Statistics)). What the exporters log themselves is written and not sent.
//!
//! Lines are written on the thread that logs, and a writer that blocks holds it up: where that
//! matters, give a writer with a queue, such as that of `tracing-appender`. What cannot be written
//! is lost.

mod bounded;
mod console;
mod current;
mod delivery;
mod entry;
mod fields;
mod json;
mod layer;
mod memory;
mod timestamp;
mod worker;

use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Registry};

pub(crate) use self::delivery::{LogDestination, LogReports, Logs};
use self::layer::{Form, LogLayer};
pub(crate) use self::worker::LogSettings;
use crate::config::{Levels, LoggingConfig};
use crate::environment::wants_no_color;
use crate::error::Error;

/// The name of our logger. On the wire a record's scope is its target.
const SCOPE: &str = "floe.telemetry";

/// Makes the process write its logs, those of `tracing` and of `log`, to the standard output.
///
/// # Errors
///
/// The level is not one, or the process has a subscriber of `tracing` already
/// ([`Error::is_state`]): give that one a [`layer()`].
///
/// ```standalone_crate
/// use floe_telemetry::config::LoggingConfig;
/// use floe_telemetry::logs::configure_logging;
///
/// configure_logging(&LoggingConfig::default())?;
/// assert!(configure_logging(&LoggingConfig::default()).unwrap_err().is_state());
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn configure_logging(config: &LoggingConfig) -> Result<(), Error> {
    install(layer::<Registry>(config)?)
}

/// The same to a writer of one's own, without colours: `std::io::stderr`, or one in a `Mutex`.
///
/// # Errors
///
/// As [`configure_logging`].
pub fn configure_logging_with_writer<W>(config: &LoggingConfig, writer: W) -> Result<(), Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    install(layer_with_writer::<Registry, _>(config, writer)?)
}

/// What writes the logs to the standard output, for a subscriber of one's own: JSON lines, or text,
/// which is coloured if that is a terminal and `NO_COLOR` is not set.
///
/// Its levels hold for it alone and not for other layers. A process is to have one: each sends the
/// records to the exporters of the provider.
///
/// # Errors
///
/// The level is not one.
///
/// ```
/// use floe_telemetry::config::LoggingConfig;
/// use floe_telemetry::logs;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber =
///     tracing_subscriber::registry().with(logs::layer(&LoggingConfig::default())?);
/// # let _ = subscriber;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn layer<S>(config: &LoggingConfig) -> Result<impl Layer<S> + Send + Sync + use<S>, Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let has_color = io::stdout().is_terminal() && !wants_no_color();
    filtered(config, io::stdout, has_color)
}

/// The same to a writer of one's own, without colours.
///
/// # Errors
///
/// As [`layer()`].
pub fn layer_with_writer<S, W>(
    config: &LoggingConfig,
    writer: W,
) -> Result<impl Layer<S> + Send + Sync + use<S, W>, Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    filtered(config, writer, false)
}

fn filtered<S, W>(
    config: &LoggingConfig,
    writer: W,
    has_color: bool,
) -> Result<impl Layer<S> + Send + Sync + use<S, W>, Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let levels = Levels::parse(&config.log_level)
        .map_err(|message| Error::config(format!("logging.log_level: {message}")))?;
    let targets = levels
        .targets
        .iter()
        .map(|(target, word)| (target, level(word)));
    let filter = Targets::new()
        .with_default(level(&levels.default))
        .with_targets(targets);
    let form = if config.json_output {
        Form::Json
    } else {
        Form::Text { has_color }
    };
    Ok(LogLayer::new(writer, form).with_filter(filter))
}

/// `tracing` has no level above `ERROR`.
fn level(word: &str) -> LevelFilter {
    match word {
        "OFF" => LevelFilter::OFF,
        "WARN" | "WARNING" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        "TRACE" => LevelFilter::TRACE,
        _ => LevelFilter::ERROR,
    }
}

fn install(layer: impl Layer<Registry> + Send + Sync) -> Result<(), Error> {
    let subscriber = Registry::default().with(layer);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| {
        Error::state(
            "the process has a subscriber of `tracing` already: add `floe_telemetry::logs::layer()` to it",
        )
    })?;
    // Behind the subscriber, so that its level is known: what it does not want is not made.
    let forwarded = LogTracer::builder()
        .with_max_level(LevelFilter::current().as_log())
        .init();
    if forwarded.is_err() {
        tracing::warn!(
            "`log` has a logger already: its records come here if that one passes them on to `tracing`"
        );
    }
    Ok(())
}
