//! Telemetry in one call: everything that the features of the build include, configured by the environment.

mod guard;
#[cfg(feature = "logs")]
mod panics;
#[cfg(any(feature = "logs", feature = "tracing"))]
mod subscriber;

use std::io::{self, IsTerminal as _};
use std::sync::Once;
use std::time::Duration;

use opentelemetry::global;

pub use self::guard::TelemetryGuard;
use crate::config::{self, ExporterKind, TelemetryConfig};
use crate::error::Error;
use crate::provider::TelemetryProvider;

/// The timeout of the shutdown when the guard is dropped, and of that at the exit of the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest time before a finished trace is printed on a terminal, in milliseconds.
const TERMINAL_DELAY: u64 = 100;

/// Starts the telemetry of a program from the environment, until the returned guard is dropped.
///
/// Call it first in `main`, and bind the guard to a name: `let _ = …` would drop it at once.
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
/// `OTEL_CONFIG_FILE` is the path of a file in OpenTelemetry's format, which replaces the other variables `OTEL_*`
/// ([`TelemetryConfig::from_config_file`]).
///
/// | what | configured by | needs the feature |
/// |---|---|---|
/// | spans of `#[traced]` functions and of the OpenTelemetry API, whose global tracer provider is set | `OTEL_*`, `FLOE_SPAN_FILTER` | |
/// | metrics, also of the OpenTelemetry API, whose global meter provider is set | `OTEL_*` | |
/// | the propagators of the process | `OTEL_PROPAGATORS` | |
/// | export over OTLP | `OTEL_EXPORTER_OTLP_*` | `otlp-grpc` or `otlp-http` |
/// | spans and events of `tracing` | `FLOE_SPAN_FILTER`, else `RUST_LOG`, else the level `info` | `tracing` |
/// | log lines on the standard output, and log records over OTLP, of `tracing` and `log` | `FLOE_LOG_LEVEL`, else `RUST_LOG`, else the level `info`; `FLOE_LOG_JSON`, by default text on a terminal and JSON elsewhere | `logs` |
/// | a log record for each panic, with its message and location, after the previous panic hook has run | `FLOE_LOG_LEVEL`, `RUST_LOG` | `logs` |
/// | export at [`std::process::exit`], and with `panic = "abort"` before a panic ends the process | | |
/// | export at SIGTERM and SIGINT | [`TelemetryProvider::shutdown_on_signals`] of the guard | `signals` |
///
/// Without an endpoint or an exporter in the environment, traces are printed if the standard error is a
/// terminal, at most 100 milliseconds after they have ended. `docs/configuration.md` of the repository lists the
/// variables.
///
/// `RUST_LOG` consists of levels, targets and `target=level`, separated by commas. Filters by spans and
/// fields (`target[span]=level`) are not accepted; such an entry is ignored with one warning. If the program has
/// installed a global `tracing` subscriber before, that subscriber stays; it needs
/// [`tracing_layer`](crate::tracing_layer) and [`logs::layer`](crate::logs::layer).
///
/// # Errors
///
/// Fails if an exporter cannot be created, for example because a file with a credential does not exist
/// ([`Error::is_config`]), or if another provider is in use ([`Error::is_state`]). Nothing is exported then, but
/// log lines are written. For a program that must run in any case there is [`init_or_noop`].
///
/// These are not errors, but one warning each: an invalid variable, which is ignored, and a file in
/// `OTEL_CONFIG_FILE` that cannot be read or is not valid, after which nothing is recorded.
pub fn init() -> Result<TelemetryGuard, Error> {
    let mut config = from_env();
    choose_printing(&mut config, io::stderr().is_terminal());
    set_global_providers();
    #[cfg(any(feature = "logs", feature = "tracing"))]
    subscriber::install(&mut config);
    #[cfg(feature = "logs")]
    panics::log(config.errors);
    let provider = TelemetryProvider::builder(config).initialize()?;
    if !provider.is_noop() {
        provider.shutdown_at_exit(SHUTDOWN_TIMEOUT);
        if cfg!(panic = "abort") {
            provider.flush_on_panic(SHUTDOWN_TIMEOUT);
        }
    }
    Ok(TelemetryGuard::new(provider, SHUTDOWN_TIMEOUT))
}

/// The configuration of the environment. With a configuration file that is not valid, nothing is recorded: the
/// specification does not allow other variables beside it.
fn from_env() -> TelemetryConfig {
    TelemetryConfig::from_env().unwrap_or_else(|error| {
        config::warn(&format!("nothing is recorded: {error}"));
        let mut config = TelemetryConfig::new("unknown_service");
        config.enabled = false;
        config
    })
}

/// Starts the telemetry of a program like [`init`], and does not fail: where `init` returns an error, this logs
/// one warning, or writes it on standard error if there is no `tracing` subscriber, and returns a guard whose
/// provider records nothing ([`TelemetryProvider::is_noop`]).
///
/// ```standalone_crate
/// let telemetry = floe_telemetry::init_or_noop();
/// assert!(!telemetry.is_noop());
/// assert!(floe_telemetry::init_or_noop().is_noop(), "a provider is in use");
/// ```
pub fn init_or_noop() -> TelemetryGuard {
    init().unwrap_or_else(|error| {
        config::warn(&format!("nothing is recorded: {error}"));
        TelemetryGuard::new(TelemetryProvider::noop(), SHUTDOWN_TIMEOUT)
    })
}

/// Sets OpenTelemetry's global tracer provider and meter provider, which do nothing while there is no provider.
/// OpenTelemetry logs that they are set, so this precedes the subscriber.
fn set_global_providers() {
    static SET: Once = Once::new();

    SET.call_once(|| {
        global::set_tracer_provider(TelemetryProvider::tracer_provider());
        global::set_meter_provider(TelemetryProvider::meter_provider());
    });
}

/// Without a configured exporter, traces are printed for a person who reads the terminal, soon after they have
/// ended. They do not belong in the log file of a service.
fn choose_printing(config: &mut TelemetryConfig, is_terminal: bool) {
    if config.exporters.traces.is_some() || config.has_span_destination() {
        return;
    }
    if !is_terminal {
        config.exporters.traces = Some(vec![ExporterKind::None]);
    } else if !config::is_set("OTEL_BSP_SCHEDULE_DELAY") {
        config.batch_processor.schedule_delay_millis = TERMINAL_DELAY;
    }
}
