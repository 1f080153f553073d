//! Checks whether a backend accepts telemetry.

use std::fmt;
use std::time::Duration;

use super::exporter_config::{ExporterConfig, OtlpExporterConfig};
use crate::caught::caught;
use crate::channel::on_thread;
use crate::clock::monotonic_now;
use crate::config::TelemetryConfig;
use crate::error::Error;
use crate::exporter::OtlpExporters;
use crate::recorder::context::suppress;
use crate::redaction::sanitize_error;

/// The time for which [`validate_connection`](super::validate_connection) waits for a report.
pub const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of a connection check. Credentials in its texts are redacted.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConnectionReport {
    /// The check, for example ``an empty OTLP/gRPC request to `http://jaeger-collector:4317` ``.
    pub probe: String,
    /// The reason why the check failed; `None` if it succeeded.
    pub problem: Option<String>,
    /// The duration of the check.
    pub duration: Duration,
}

impl ConnectionReport {
    /// Creates a report. Credentials in `probe` and in the error of `result` are redacted.
    pub fn new(probe: impl AsRef<str>, duration: Duration, result: Result<(), String>) -> Self {
        Self {
            probe: sanitize_error(probe.as_ref()).into_owned(),
            problem: result.err().map(|problem| sanitize_error(&problem).into_owned()),
            duration,
        }
    }

    /// Whether the backend accepts telemetry.
    pub const fn is_ok(&self) -> bool {
        self.problem.is_none()
    }
}

impl fmt::Display for ConnectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { probe, problem, duration } = self;
        match problem {
            None => write!(f, "{probe}: accepted in {duration:.1?}"),
            Some(problem) => write!(f, "{probe}: {problem} (after {duration:.1?})"),
        }
    }
}

/// Runs a check on a thread. After `limit`, the caller stops waiting, and the thread is not joined.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Result<T, String>, Error> {
    const NAME: &str = "floe-connection";
    let answer = on_thread(NAME, limit, || {
        let _suppressed = suppress();
        caught(work)
    });
    Ok(match answer.map_err(|error| Error::thread(NAME, &error))? {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(_)) => Err("the backend panicked".to_owned()),
        Err(_) => Err(format!("no answer within {limit:?}")),
    })
}

/// Sends a request without spans, as the exporter would. The terminal gets no request, and accepts everything.
pub(super) fn send_empty_request(
    exporter: &ExporterConfig,
    config: &TelemetryConfig,
) -> ConnectionReport {
    let started = monotonic_now();
    let (probe, result) = match exporter {
        ExporterConfig::Console => ("the terminal".to_owned(), Ok(())),
        ExporterConfig::Otlp(otlp) => {
            let probe =
                format!("an empty OTLP/{} request to `{}`", otlp.protocol.as_str(), otlp.endpoint);
            (probe, send(otlp, config))
        }
    };
    ConnectionReport::new(probe, started.elapsed(), result)
}

fn send(otlp: &OtlpExporterConfig, config: &TelemetryConfig) -> Result<(), String> {
    let Some(exporters) = OtlpExporters::linked() else {
        return Err("OTLP needs the feature `otlp-grpc` or `otlp-http`".to_owned());
    };
    (exporters.try_connection)(&otlp.target(config), ANSWER_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::channel;

    #[test]
    fn a_backend_that_hangs_or_panics_is_a_report() {
        let forever = channel::<()>();
        let hung = within(Duration::from_millis(20), move || {
            forever.1.recv_timeout(Duration::MAX).is_ok()
        });
        assert_eq!(hung.unwrap().unwrap_err(), "no answer within 20ms");
        let panicked = within(CONNECTION_TIMEOUT, || -> () { panic!("a bug") });
        assert_eq!(panicked.unwrap().unwrap_err(), "the backend panicked");
    }

    #[test]
    fn a_report_contains_no_credentials() {
        let refused = Err("401 for token=abcdefgh12345".to_owned());
        let report =
            ConnectionReport::new("http://floe:hunter2@jaeger:4317", Duration::ZERO, refused);
        assert!(!report.is_ok());
        let text = report.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(!text.contains("abcdefgh"), "{text}");
        assert!(text.contains("jaeger:4317"), "{text}");
        assert!(text.contains("401"), "{text}");
    }
}
