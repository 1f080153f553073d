//! Checks whether a backend accepts telemetry.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::{DEFAULT_BACKEND, Signal};
use floe_telemetry::exporter::try_connection;
use floe_telemetry::{Error, TelemetryConfig, sanitize_error_message};

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
            probe: sanitize_error_message(probe.as_ref()).into_owned(),
            problem: result.err().map(|problem| sanitize_error_message(&problem).into_owned()),
            duration,
        }
    }

    /// Whether the backend accepts telemetry.
    #[must_use]
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
///
/// # Errors
/// No thread can be started.
pub(super) fn within(
    limit: Duration,
    probe: &str,
    check: impl FnOnce() -> ConnectionReport + Send + 'static,
) -> Result<ConnectionReport, Error> {
    let started = Instant::now();
    let (sender, report) = mpsc::channel();
    let run = move || _ = sender.send(catch_unwind(AssertUnwindSafe(check)));
    thread::Builder::new()
        .name("floe-connection".to_owned())
        .spawn(run)
        .map_err(|error| Error::state(format!("cannot start a thread: {error}")))?;
    let failed = |problem| ConnectionReport::new(probe, started.elapsed(), Err(problem));
    Ok(match report.recv_timeout(limit) {
        Ok(Ok(report)) => report,
        Ok(Err(_)) => failed("it panicked".to_owned()),
        Err(_) => failed(format!("no answer within {limit:?}")),
    })
}

/// Sends a request without spans, as the exporter would. The terminal gets no request, and accepts everything.
pub(super) fn send_empty_request(config: &TelemetryConfig) -> ConnectionReport {
    let started = Instant::now();
    if config.otlp_endpoint.is_none() && config.backend == DEFAULT_BACKEND {
        return ConnectionReport::new("the terminal", started.elapsed(), Ok(()));
    }
    let (protocol, endpoint) = config.otlp_route(Signal::Traces);
    let probe = format!("an empty OTLP/{} request to `{endpoint}`", protocol.as_str());
    let result = try_connection(config, ANSWER_TIMEOUT).map_err(|error| error.to_string());
    ConnectionReport::new(probe, started.elapsed(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_hangs_or_panics_is_a_report() {
        let forever = mpsc::channel::<ConnectionReport>();
        let hung = within(Duration::from_millis(20), "the backend `acme`", move || {
            let _sender = forever.0;
            forever.1.recv().expect("a report")
        });
        assert_eq!(hung.unwrap().problem.unwrap(), "no answer within 20ms");
        let panicked = within(CONNECTION_TIMEOUT, "the backend `acme`", || panic!("a bug"));
        assert_eq!(panicked.unwrap().problem.unwrap(), "it panicked");
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
