//! Whether a backend takes telemetry: tried, and told.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{ExporterConfig, backend};
use crate::clock::monotonic_now;
use crate::config::TelemetryConfig;
use crate::error::Error;
use crate::sanitizer::sanitize_error;

/// How long [`validate_connection`] takes at most.
pub const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the answer to one request may take.
#[cfg(feature = "_otlp")]
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What was tried, and what came of it. Never contains a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConnectionReport {
    /// What was tried, for example ``an empty OTLP/gRPC request to `http://jaeger-collector:4317` ``.
    pub tried: String,
    /// Why it did not work; `None` when it did.
    pub problem: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl ConnectionReport {
    /// What was tried, and how it ended.
    pub fn new(tried: impl AsRef<str>, took: Duration, result: Result<(), String>) -> Self {
        Self {
            tried: sanitize_error(tried.as_ref()).into_owned(),
            problem: result
                .err()
                .map(|problem| sanitize_error(&problem).into_owned()),
            took,
        }
    }

    /// Whether the backend takes telemetry.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.problem.is_none()
    }
}

impl fmt::Display for ConnectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tried,
            problem,
            took,
        } = self;
        match problem {
            None => write!(f, "{tried}: accepted in {took:.1?}"),
            Some(problem) => write!(f, "{tried}: {problem} (after {took:.1?})"),
        }
    }
}

/// Tries whether the backend that `config` chooses takes telemetry. Ends within
/// [`CONNECTION_TIMEOUT`], whatever the endpoint and the plugin do.
///
/// # Errors
///
/// The configuration is not valid or chooses a backend that is not there. A backend that does not
/// answer is not an error but a report.
pub fn validate_connection(config: &TelemetryConfig) -> Result<ConnectionReport, Error> {
    config.validate()?;
    let backend = backend(&config.backend)?;
    let config = config.clone();
    let started = monotonic_now();
    let name = config.backend.clone();
    let report = within(CONNECTION_TIMEOUT, move || {
        backend.validate_connection(&config)
    })?;
    Ok(report.unwrap_or_else(|problem| {
        ConnectionReport::new(
            format!("the backend `{name}`"),
            started.elapsed(),
            Err(problem),
        )
    }))
}

/// Does it on a thread of its own, which is left alone when it takes longer.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Result<T, String>, Error> {
    const NAME: &str = "floe-connection";
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name(NAME.to_owned())
        .spawn(move || {
            let _quiet = opentelemetry::Context::enter_telemetry_suppressed_scope();
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        })
        .map_err(|error| Error::thread(NAME, &error))?;
    Ok(match receiver.recv_timeout(limit) {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(_)) => Err("the plugin panicked".to_owned()),
        Err(_) => Err(format!("no answer within {limit:?}")),
    })
}

/// Sends what the exporter would send, but no spans.
pub(super) fn try_exporter(
    exporter: &ExporterConfig,
    config: &TelemetryConfig,
) -> ConnectionReport {
    let started = monotonic_now();
    let (tried, result) = match exporter {
        ExporterConfig::Console => ("the terminal".to_owned(), Ok(())),
        ExporterConfig::Otlp(otlp) => {
            let tried = format!(
                "an empty OTLP/{} request to `{}`",
                otlp.protocol.as_str(),
                otlp.endpoint
            );
            (tried, send(otlp, config))
        }
    };
    ConnectionReport::new(tried, started.elapsed(), result)
}

#[cfg(feature = "_otlp")]
fn send(otlp: &super::OtlpExporterConfig, config: &TelemetryConfig) -> Result<(), String> {
    crate::exporter::try_otlp(&otlp.target(config), ANSWER_TIMEOUT)
}

#[cfg(not(feature = "_otlp"))]
fn send(_: &super::OtlpExporterConfig, _: &TelemetryConfig) -> Result<(), String> {
    Err("OTLP needs the feature `otlp-grpc` or `otlp-http`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_hangs_or_panics_is_a_report() {
        let forever = mpsc::channel::<()>();
        let hung = within(Duration::from_millis(20), move || forever.1.recv().is_ok());
        assert_eq!(hung.unwrap().unwrap_err(), "no answer within 20ms");
        let panicked = within(CONNECTION_TIMEOUT, || -> () { panic!("a bug") });
        assert_eq!(panicked.unwrap().unwrap_err(), "the plugin panicked");
    }

    #[test]
    fn a_report_says_what_was_tried_without_credentials() {
        let refused = Err("401 for token=abcdefgh12345".to_owned());
        let report =
            ConnectionReport::new("http://floe:hunter2@jaeger:4317", Duration::ZERO, refused);
        assert!(!report.is_ok());
        let text = report.to_string();
        assert!(
            !text.contains("hunter2") && !text.contains("abcdefgh"),
            "{text}"
        );
        assert!(
            text.contains("jaeger:4317") && text.contains("401"),
            "{text}"
        );
    }
}
