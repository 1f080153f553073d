//! Output of the program on the terminal. Credentials in paths, names and quoted input are redacted.

use std::fmt;
use std::io::{self, Write as _};

use floe_plugin::InstrumentationWarning;
use floe_telemetry::sanitize_credentials;
use floe_telemetry::{TelemetryProvider, sanitize_error_message};

/// Prints to standard output. A closed pipe is not an error: its reader has enough output.
pub(super) fn print(text: &dyn fmt::Display) {
    let text = text.to_string();
    let _ = write!(io::stdout().lock(), "{}", sanitize_credentials(&text));
}

/// Prints `kind: message` to standard error.
pub(super) fn print_error(kind: &str, message: &str) {
    let _ = writeln!(
        io::stderr().lock(),
        "{kind}: {}",
        sanitize_error_message(message)
    );
}

/// Prints the usage text of the command line's parser to standard error.
pub(super) fn print_usage_error(text: &str) {
    let _ = write!(io::stderr().lock(), "{}", sanitize_credentials(text));
}

/// Prints one line for each warning of the instrumentation audit.
pub(super) fn print_warnings(warnings: &[InstrumentationWarning]) {
    for warning in warnings {
        print_error("warning", &warning.to_string());
    }
}

/// Prints how many findings were redacted in the trace and the logs, by rule, if there were any.
pub(super) fn print_redactions(telemetry: &TelemetryProvider) {
    let statistics = telemetry.statistics();
    let by_rule: Vec<String> = statistics
        .redacted()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    if !by_rule.is_empty() {
        let total: u64 = statistics.redacted().map(|(_, count)| count).sum();
        print(&format_args!(
            "redacted in trace and logs: {total} ({})\n",
            by_rule.join(", ")
        ));
    }
}
