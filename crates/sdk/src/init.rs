//! Starts telemetry in one call: everything that the build's features include, configured by the environment.

mod panics;
#[cfg_attr(not(feature = "subscriber"), path = "init/no_subscriber.rs")]
pub(crate) mod subscriber;

use std::io::{self, IsTerminal as _};
use std::sync::Once;

use opentelemetry::global;

use crate::config::{
    self, BatchSpanProcessorConfig, ExporterKind, OtlpProtocol, Signal, TelemetryConfig,
};
use crate::error::Error;
use crate::internal_log;
use crate::parts;
use crate::provider::{
    DROP_TIMEOUT, TelemetryProvider, TelemetryProviderBuilder, report_missing_exporter,
};
use crate::unheard::without_subscriber;

/// The delay of batches of spans that are printed on a terminal, in milliseconds, in place of the default.
const TERMINAL_DELAY: u64 = 100;

/// Starts the telemetry of a program from the environment, until the returned provider is dropped.
///
/// Call it first in `main`, and bind the provider to a name: `let _ = …` would drop it at once.
///
/// ```standalone_crate
/// use floe_telemetry::traced;
///
/// #[traced(attributes(table))]
/// fn load(table: &str) {}
///
/// fn main() -> Result<(), floe_telemetry::Error> {
///     let _telemetry = floe_telemetry::init()?;
///     load("orders");
///     Ok(())
/// }
/// ```
///
/// `init()` is [`builder()`](builder)`.init()`, and [`init_with`]`(config)` is
/// [`TelemetryProvider::builder`]`(config).init()`. So a program that needs its own setting, exporter, sampler, span
/// processor or layer inserts it between the two calls, and nothing else changes:
///
/// ```standalone_crate
/// use floe_telemetry::config::SamplingRule;
///
/// let _telemetry = floe_telemetry::builder()
///     .configure(|config| config.sampling.rules.push(SamplingRule::new("health.*", 0.0)))
///     .init()?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
///
/// Each of these functions starts:
///
/// | what | configured by | needs the feature | `initialize()` | `init_with` | `init` |
/// |---|---|---|---|---|---|
/// | spans of `#[traced]` functions | the configuration | | yes | yes | yes |
/// | metrics and export over OTLP | the configuration | `metrics`; `otlp-grpc` or `otlp-http` for OTLP | yes | yes | yes |
/// | the propagators of the process | the configuration | | yes | yes | yes |
/// | OpenTelemetry's global tracer provider and meter provider | | | | yes | yes |
/// | spans of `tracing`, and their events | `FLOE_SPAN_FILTER`, else the level `info` and what `RUST_LOG` adds to it; events as log lines | `tracing` | | yes | yes |
/// | log lines, on standard error by default, and log records over OTLP, of `tracing` and `log` | `logging`, else `FLOE_LOG_LEVEL`, else `RUST_LOG`, else the level `info`; `FLOE_LOG_JSON`, by default text on a terminal and JSON elsewhere; `FLOE_LOG_SPAN_ATTRIBUTES`, `FLOE_LOG_OUTPUT`, `FLOE_LOG_EXPORT` | `logs` | | yes | yes |
/// | exceptions of spans as log records | `exceptions`, else `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN` | `logs` | | | on request |
/// | a log record for each panic, with its message and location, after the previous panic hook has run | as log lines | `logs` | | yes | yes |
/// | in place of the panic hook: the redacted message of each panic on standard error | `panic_output`, else `FLOE_PANIC_OUTPUT` | | | on request | on request |
/// | export at [`std::process::exit`], and with `panic = "abort"` before a panic ends the process | | | | yes | yes |
/// | without an endpoint or an exporter: traces are printed on standard error | `OTEL_TRACES_EXPORTER` | `console` | always | on a terminal, soon after they have ended | on a terminal |
/// | without them and without a terminal: one line on standard error says so at the first span | `OTEL_TRACES_EXPORTER=none` | | | yes | yes |
/// | the configuration comes from the variables `OTEL_*` and `FLOE_*`, and from the file in `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE` | | | | | yes |
///
/// For export at SIGTERM, SIGINT and SIGHUP, call
/// [`shutdown_on_signals`](TelemetryProvider::shutdown_on_signals).
/// [The manual](https://docs.rs/floe-telemetry/latest/floe_telemetry/_manual/configuration/index.html#variables) lists the variables.
///
/// Without a receiver of spans, no span is recorded, and a call costs as much as without a provider. Receivers are
/// exporters, span processors, and log records with attributes of spans. If log lines or log records are written, roots
/// still have ids for them.
///
/// `RUST_LOG` consists of levels, targets and `target=level`, separated by commas. A global `tracing` subscriber that the program installed earlier
/// stays; it needs `tracing_layer` and `logs::layer`.
///
/// The record of a panic does not pass the `tracing` subscriber, because the panicking thread may hold a lock of one of
/// its layers. It is exported, and written as a line if `init` has installed the subscriber or the program has created a
/// `logs::layer`. Below another subscriber of the program, the previous panic hook alone writes the panic.
///
/// # Features of the build
///
/// The features `logs` and `tracing` change the effect of `init`, although Cargo enables a feature for the whole build
/// if any crate requests it. Otherwise each program would have to request them in code, too, and would show nothing if
/// it forgot that, although most programs enable the features in order to use them. A program that gets a feature only
/// through a dependency still decides: only programs call `init`, the program's own subscriber stays,
/// `builder().without_subscriber()` installs none, `FLOE_LOG_OUTPUT` moves the
/// lines, and `RUST_LOG=off` silences them. Libraries need neither feature: `#[traced]` and the events of `tracing` do
/// not depend on them, and no integration of this repository enables them.
///
/// # Errors
///
/// Fails if an exporter that the program has configured cannot be created, for example because the endpoint or its
/// protocol needs a feature that is not enabled ([`Error::is_config`]), or if another provider is in use or a thread of
/// the library cannot be started ([`Error::is_state`]). The failed call exports nothing, but log lines are written.
/// [`init_or_noop`] is for programs that must run in any case.
///
/// An exporter that is not created within 30 seconds, for example because its disk does not answer, ends the start with
/// an error ([`Error::is_timeout`]). In the constructor of a shared library that a program is loading, no thread of the
/// library runs before the constructor returns: the start waits for half a second and continues, exporters connect once
/// the library is loaded, and an exporter that cannot be created then is an error message.
///
/// A wrong value of a variable never causes a failure. If the variable decides where, to whom, with what trust or how much
/// is sent, its signal is not exported, and a line on standard error names the variable; otherwise it is ignored with
/// one warning. An unreadable or invalid file in `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE` causes one error message, and
/// nothing is recorded. A signal is not exported either if a variable or the file in `OTEL_CONFIG_FILE` requests an
/// exporter that cannot be created. If the file in `FLOE_CONFIG_FILE` requests such an exporter, for example with a reference
/// to a variable that is not set, it is an error like one in code.
pub fn init() -> Result<TelemetryProvider, Error> {
    builder().init()
}

/// Starts the telemetry of a program like [`init`], with this configuration in place of the environment's.
///
/// [`TelemetryConfig::from_env`] is the configuration of `init`, and [`TelemetryConfig::apply_env`] applies the
/// variables to another one. The variables of filters, log lines and panics, `FLOE_LOG_*`, `FLOE_SPAN_FILTER`,
/// `RUST_LOG` and `FLOE_PANIC_OUTPUT`, apply wherever the configuration has the default.
///
/// ```standalone_crate
/// use floe_telemetry::TelemetryConfig;
///
/// let mut config = TelemetryConfig::from_env()?;
/// config.redaction.keys.push("customer_ref".to_owned());
/// let _telemetry = floe_telemetry::init_with(config)?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
///
/// # Errors
///
/// Fails like [`init`], and if the configuration is not valid.
pub fn init_with(config: TelemetryConfig) -> Result<TelemetryProvider, Error> {
    TelemetryProvider::builder(config).init()
}

/// Returns a builder with the configuration of the environment. The program adds its own settings, exporters and layers
/// before `init`.
///
/// If the file in `FLOE_CONFIG_FILE` or `OTEL_CONFIG_FILE` cannot be read or is not valid, an error is logged, and
/// nothing is recorded.
///
/// ```standalone_crate
/// use floe_telemetry::EndingSpan;
///
/// let _telemetry = floe_telemetry::builder()
///     .with_span_processor(|span: &mut EndingSpan<'_>| span.set_attribute("team", "checkout"))
///     .init()?;
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn builder() -> TelemetryProviderBuilder {
    TelemetryProvider::builder(from_env())
}

impl TelemetryProviderBuilder {
    /// Starts the provider and everything else that [`init`] starts, until the returned provider is dropped. The
    /// documentation of [`init`] has the list.
    ///
    /// # Errors
    ///
    /// Fails like [`initialize`](Self::initialize), and if a layer was added (`with_layer`) and the process
    /// already has a global `tracing` subscriber ([`Error::is_state`]).
    pub fn init(mut self) -> Result<TelemetryProvider, Error> {
        self.config.apply_filters();
        self.say_warnings();
        let is_terminal = parts::has("console") && io::stderr().is_terminal();
        let has_exporter = !self.exporters.is_empty();
        let report =
            if has_exporter { None } else { choose_printing(&mut self.config, is_terminal) };
        set_global_providers();
        if let Some(layers) = self.layers.take() {
            subscriber::install(&mut self.config, layers)?;
        }
        panics::observe(self.config.panic_output);
        // Code has not made the changes for a terminal.
        self.config.remember();
        let provider = self.initialize()?;
        if !provider.is_noop() {
            if let Some(report) = report {
                report_missing_exporter(report);
            }
            provider.shutdown_at_exit(DROP_TIMEOUT);
            if cfg!(panic = "abort") {
                provider.flush_on_panic(DROP_TIMEOUT);
            }
        }
        Ok(provider)
    }
}

/// Reads the configuration. After an error in a configuration file, nothing is recorded, because the specification
/// forbids using other variables beside the file.
fn from_env() -> TelemetryConfig {
    TelemetryConfig::read_all().unwrap_or_else(|error| {
        say_nothing_is_recorded(&error);
        TelemetryConfig::in_place_of_file()
    })
}

/// Starts the telemetry of a program like [`init`], but does not fail: it logs the error, which also appears on standard
/// error if `RUST_LOG` excludes it, and returns a provider that records nothing ([`TelemetryProvider::is_noop`]).
///
/// ```standalone_crate
/// let telemetry = floe_telemetry::init_or_noop();
/// assert!(!telemetry.is_noop());
/// assert!(floe_telemetry::init_or_noop().is_noop(), "a provider is in use");
/// ```
pub fn init_or_noop() -> TelemetryProvider {
    init().unwrap_or_else(|error| {
        say_nothing_is_recorded(&error);
        TelemetryProvider::noop()
    })
}

/// The loss of all telemetry is an error, which appears on standard error even if `RUST_LOG` excludes it.
fn say_nothing_is_recorded(error: &Error) {
    internal_log::write(
        "error",
        || tracing::error!("nothing is recorded: {error}"),
        || format!("nothing is recorded: {error}"),
    );
}

/// Sets OpenTelemetry's global providers, which do nothing while there is no provider. They are set before the
/// subscriber, because OpenTelemetry logs the change.
fn set_global_providers() {
    static SET: Once = Once::new();

    let set = || {
        global::set_tracer_provider(TelemetryProvider::tracer_provider());
        global::set_meter_provider(TelemetryProvider::meter_provider());
    };
    // A subscriber of the program without a filter would write that OpenTelemetry's providers are set.
    SET.call_once(|| without_subscriber(set));
}

/// Chooses to print traces without an exporter on a terminal, soon after their end, but not in the log file of a service.
/// Returns the report of the first span that no exporter gets; `None` if traces are not wanted.
fn choose_printing(config: &mut TelemetryConfig, is_terminal: bool) -> Option<fn()> {
    let has_destination = config.has_span_destination();
    match config.exporters.chooses(Signal::Traces, ExporterKind::None) {
        Some(true) => return None,
        // `initialize` reports an empty list.
        Some(false) if config.has_no_choice_of_traces() => return None,
        None if !is_terminal && !has_destination => {
            config.exporters.traces = Some(vec![ExporterKind::None]);
            return Some(warn_of_no_exporter);
        }
        None if is_terminal && !(has_destination && sends_otlp()) => {
            // The picture stays beside an error that names the feature of the endpoint.
            if has_destination {
                config.exporters.traces = Some(vec![ExporterKind::Otlp, ExporterKind::Console]);
            }

            let delay = &mut config.batch_processor.schedule_delay_millis;
            let default = BatchSpanProcessorConfig::default().schedule_delay_millis;
            if *delay == default && !config::is_set("OTEL_BSP_SCHEDULE_DELAY") {
                *delay = TERMINAL_DELAY;
            }
        }
        _ => {}
    }

    // A configured exporter that could not be created has its own message.
    Some(|| ())
}

fn sends_otlp() -> bool {
    parts::has("otlp-http") || parts::has("otlp-grpc")
}

/// Warns on standard error instead of through `tracing`, because log lines may be off or on standard output.
fn warn_of_no_exporter() {
    static WRITTEN: Once = Once::new();

    WRITTEN.call_once(|| {
        let line = no_exporter(sends_otlp(), parts::has("console"));
        internal_log::write_line("warn", &line);
    });
}

/// Returns the message that traces have no exporter, with the cause, and the settings and features that add one to this
/// program.
fn no_exporter(sends_otlp: bool, has_console: bool) -> String {
    let cause = match (sends_otlp, has_console) {
        (true, true) => "no valid endpoint is set for them, and standard error is not a terminal",
        (true, false) => "no valid endpoint is set for them",
        (false, true) => "standard error is not a terminal",
        (false, false) => "the program has no exporter for them",
    };
    let export = if sends_otlp {
        let endpoint = OtlpProtocol::default().default_endpoint();
        format!("set `OTEL_EXPORTER_OTLP_ENDPOINT` (`otlp_endpoint`), for example to `{endpoint}`")
    } else {
        "add an exporter with `cargo add floe-telemetry --features otlp-http`".to_owned()
    };
    let print = if has_console { "`console` to print them, or to " } else { "" };
    format!(
        "traces are not exported: {cause}; {export}, or set `OTEL_TRACES_EXPORTER` (`exporters.traces`) to {print}`none`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warning_names_what_a_program_without_otlp_can_do() {
        assert_eq!(
            no_exporter(false, true),
            "traces are not exported: standard error is not a terminal; add an exporter with `cargo add \
             floe-telemetry --features otlp-http`, or set `OTEL_TRACES_EXPORTER` (`exporters.traces`) to `console` \
             to print them, or to `none`"
        );
        assert_eq!(
            no_exporter(false, false),
            "traces are not exported: the program has no exporter for them; add an exporter with `cargo add \
             floe-telemetry --features otlp-http`, or set `OTEL_TRACES_EXPORTER` (`exporters.traces`) to `none`"
        );
    }
}
