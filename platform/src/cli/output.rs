//! Output of the program on the terminal. Credentials in paths, names and quoted input are redacted.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};

use floe_plugin::InstrumentationWarning;
use floe_plugins::error::Error;
use floe_telemetry::{TelemetryProvider, printable, sanitize_credentials, sanitize_error_message};

/// Prints to standard output. A closed pipe is not an error: its reader wants no more output.
pub(super) fn print(text: &dyn fmt::Display) -> Result<(), Error> {
    let text = text.to_string();
    let mut output = io::stdout().lock();
    // Without this flush, the output would be flushed at the end of the program, where errors are ignored.
    let written =
        output.write_all(sanitize_credentials(&text).as_bytes()).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

pub(super) fn print_error(kind: &str, message: &str) {
    print_redacted(kind, &sanitize_error_message(message));
}

/// Prints `kind: message` to standard error. The message contains no credentials.
pub(super) fn print_redacted(kind: &str, message: &str) {
    let lines: Vec<_> = message.split('\n').map(printable).collect();
    let _ = writeln!(io::stderr().lock(), "{kind}: {}", lines.join("\n"));
}

pub(super) fn print_warnings(warnings: &[InstrumentationWarning]) {
    for warning in warnings {
        print_error("warning", &warning.to_string());
    }
}

pub(super) fn print_summary(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", sanitize_credentials(text));
}

/// The number of redacted findings in the trace and the logs, by rule; `None` without findings.
pub(super) fn redactions(telemetry: &TelemetryProvider) -> Option<String> {
    let statistics = telemetry.statistics();
    let by_rule: Vec<String> =
        statistics.redacted().map(|(rule, count)| format!("{rule} {count}")).collect();
    let total: u64 = statistics.redacted().map(|(_, count)| count).sum();
    (!by_rule.is_empty())
        .then(|| format!("redacted in trace and logs: {total} ({})", by_rule.join(", ")))
}
