//! Log records with trace id and span id, redacted, as JSON or text lines and over OTLP.
//!
//! ```standalone_crate
//! use floe_telemetry::config::LoggingConfig;
//!
//! floe_telemetry::logs::configure_logging(&LoggingConfig::default())?;
//! tracing::info!(rows = 25_000, table = "orders", "loaded");
//! # Ok::<(), floe_telemetry::Error>(())
//! ```
//!
//! writes one line to standard error, here inside a span:
//!
//! ```json
//! {"event":"loaded","level":"info","timestamp":"2026-11-20T13:32:26.123456Z","target":"orders",
//!  "trace_id":"5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5","span_id":"00f067aa0ba902b7",
//!  "rows":25000,"table":"orders"}
//! ```
//!
//! The ids belong to the span in OpenTelemetry's current `Context`, which may come from `#[traced]`, OpenTelemetry's
//! API or a remote process. Without a current span, a record has no ids. An event with an explicit parent
//! (`parent: &span`) has the ids of that span if `tracing_layer` records the span; an event with `parent: None` has no
//! ids. [`span_attributes`](floe_telemetry_sdk::config::LoggingConfig::span_attributes) also copies attributes of the
//! span. After the ids follow the floe identity of the configuration and the values of the baggage keys in
//! `baggage_attributes`, which take precedence over the configuration. Records of `log` are treated like events of
//! `tracing`, and their key-values become fields if this crate forwards them to `tracing`.
//!
//! Message, fields and target are redacted before they are written, as the provider is configured, or by default
//! settings if there is no provider. A text is truncated to 8 KiB. A record has at most 128 fields, and gets no further
//! fields once its texts have 32 KiB. In JSON, a field with the name of a built-in field, such as `level`, is written
//! as `fields.level`. A record that is created while its thread writes another one, for example by a `Debug`
//! implementation, is dropped.
//!
//! An event of `tracing` that is exported as a record is no event of its span. Exceptions of spans become records on
//! request ([`exceptions`](floe_telemetry_sdk::TelemetryConfig::exceptions)).
//!
//! A provider that exports spans over OTLP also exports the records that pass the level filter, unless
//! `exporters.logs` or `OTEL_LOGS_EXPORTER` selects something else. They are batched as configured in
//! `log_batch_processor`, from a bounded queue of their own. Records that do not fit into the queue
//! are dropped and counted ([`Statistics`](floe_telemetry_sdk::Statistics)). Records of the exporters themselves
//! are written but not exported.
//!
//! [`TelemetryProvider::logger_provider`](floe_telemetry_sdk::TelemetryProvider::logger_provider) is for code that uses
//! OpenTelemetry's logs API. An event of `tracing` to which the code gives a name (`info!(name: "order.placed", …)`)
//! has this name as OpenTelemetry's event name.
//!
//! Lines are written by the thread that logs, so a slow writer slows it down. If this matters, use a writer with a
//! queue, such as `tracing-appender`'s. A line that cannot be written is lost.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
mod console;
mod context;
mod current;
mod described;
mod draft;
mod exception;
mod fields;
mod filtered;
mod json;
mod layer;
mod nested;
mod output;
mod panicked;
mod safe_writer;
mod thread_state;
mod timestamp;

use floe_telemetry_core::__sdk::internal_log::internal_log;
use floe_telemetry_core::__sdk::recorder::Sampling;
use floe_telemetry_core::__sdk::{caught, clock, program_signals, recorder};
use floe_telemetry_core::{attributes, keys};
use floe_telemetry_sdk::__parts::collector;
use floe_telemetry_sdk::__parts::init::LogLines;
use floe_telemetry_sdk::__parts::logs::LogRecords;
use floe_telemetry_sdk::__parts::parts::Part;
use floe_telemetry_sdk::Error;
use floe_telemetry_sdk::config::{LogOutput, LoggingConfig};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Registry};

use self::filtered::FilteredLines;
use self::layer::{Form, LogLayer};
use self::output::Output;
use self::panicked::Lines;
pub use self::safe_writer::{SafeLine, SafeWriter, safe_writer};
pub use floe_telemetry_sdk::{RecorderLogger, RecorderLoggerProvider};

floe_telemetry_sdk::__part!(
    Part::of(&[("logs", true)]);
    "fl_logs_0_1": logs::LogRecords = LogRecords {
        start: current::start,
        stop: current::stop,
        emit: api::emit,
        is_enabled: api::is_enabled,
        panicked: panicked::panicked,
        exception: exception::write,
    };
    "fl_lines_0_1": init::LogLines = LogLines { layer: output_layer, complete, forward_log };
);

/// Installs a global `tracing` subscriber that writes events of `tracing` and records of `log` to the
/// [output](LoggingConfig::output), which is standard error by default.
///
/// # Errors
///
/// Fails if the level is invalid, or if the process already has a global `tracing` subscriber
/// ([`Error::is_state`]). In the latter case add a [`layer()`] to that subscriber.
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

/// Installs a global `tracing` subscriber like [`configure_logging`] that writes to `writer`, without
/// colours. A writer is, for example, `std::io::stderr` or a `Mutex<File>`.
///
/// # Errors
///
/// Fails like [`configure_logging`].
pub fn configure_logging_with_writer<W>(config: &LoggingConfig, writer: W) -> Result<(), Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    install(layer_with_writer::<Registry, _>(config, writer)?)
}

/// Creates a layer that writes log records to the [output](LoggingConfig::output), for your own subscriber. It writes
/// JSON lines or text, with colours on a terminal unless `NO_COLOR`, `FORCE_COLOR` or `TERM` decides otherwise.
///
/// The level filter applies to this layer only. A program that changes levels while it runs puts a filter of
/// [`reload`](tracing_subscriber::reload) around a layer with the level `trace`. Add only one such layer to a process,
/// because each layer sends the records to the exporters of the provider, and a second one would duplicate them.
///
/// # Errors
///
/// Fails if the level is invalid.
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
    let filter = config.level_filter()?;
    if config.output != LogOutput::None {
        make_ids(&filter);
    }
    panicked::write_to(lines(config, &filter));
    Ok(output_layer(config, filter))
}

fn lines(config: &LoggingConfig, filter: &Targets) -> Lines {
    let output = Output(config.output);
    Lines { output, form: form(config, output.has_color()), filter: filter.clone() }
}

fn output_layer<S>(config: &LoggingConfig, filter: Targets) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let output = Output(config.output);
    FilteredLines::new(LogLayer::new(output, form(config, output.has_color())), filter).boxed()
}

/// Ensures that root spans have ids even if no spans are recorded, because log lines carry the ids. Does nothing if the
/// filter lets no line pass.
fn make_ids(filter: &Targets) {
    if Layer::<Registry>::max_level_hint(filter) != Some(LevelFilter::OFF) {
        Sampling::make_ids();
    }
}

/// Creates a layer like [`layer()`] that writes to `writer` and without colours.
///
/// # Errors
///
/// Fails like [`layer()`].
pub fn layer_with_writer<S, W>(
    config: &LoggingConfig,
    writer: W,
) -> Result<impl Layer<S> + Send + Sync + use<S, W>, Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = config.level_filter()?;
    make_ids(&filter);
    Ok(FilteredLines::new(LogLayer::new(writer, form(config, false)), filter))
}

const fn form(config: &LoggingConfig, has_color: bool) -> Form {
    if config.json_output { Form::Json } else { Form::Text { has_color } }
}

fn install(layer: impl Layer<Registry> + Send + Sync) -> Result<(), Error> {
    let subscriber = Registry::default().with(layer);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| {
        Error::state(
            "the process already has a global `tracing` subscriber: add `floe_telemetry::logs::layer()` to it",
        )
    })?;
    forward_log_or_warn();
    Ok(())
}

/// Ensures ids for lines and forwards `log`. Call this after the subscriber of [`output_layer`] is installed.
fn complete(config: &LoggingConfig, filter: &Targets) {
    if config.output != LogOutput::None {
        make_ids(filter);
    }
    panicked::write_to(lines(config, filter));
    forward_log_or_warn();
}

/// Forwards `log` to `tracing`, unless the process has a logger. Call this after the subscriber is installed, because
/// the level of the subscriber becomes that of `log`.
fn forward_log() -> bool {
    let forwarded = log::set_boxed_logger(Box::new(fields::Forwarder(LogTracer::new()))).is_ok();
    if forwarded {
        log::set_max_level(LevelFilter::current().as_log());
    }
    forwarded
}

fn forward_log_or_warn() {
    if !forward_log() {
        internal_log!(
            warn,
            "the process already has a `log` logger: records of `log` are written only if it forwards them to `tracing`"
        );
    }
}
