//! What a person at a terminal reads.

use std::io::{self, Write as _};

use floe_telemetry::plugin::InstrumentationWarning;
use floe_telemetry::sanitizer::sanitize_credentials;
use floe_telemetry::{TelemetryProvider, sanitize_error_message};

/// Prints what was asked for, without the credentials that a path or a name can have. Nobody may be
/// reading any more: that is no mistake of ours.
pub(super) fn say(text: &dyn std::fmt::Display) {
    let text = text.to_string();
    let _ = write!(io::stdout().lock(), "{}", sanitize_credentials(&text));
}

pub(super) fn complain(message: &str) {
    print_error("error", message);
}

/// What is wrong often quotes what was found, and that may be a credential.
pub(super) fn print_error(kind: &str, message: &str) {
    let _ = writeln!(
        io::stderr().lock(),
        "{kind}: {}",
        sanitize_error_message(message)
    );
}

/// What the command line's own parser has to say beside errors.
pub(super) fn complain_of_usage(text: &str) {
    let _ = write!(io::stderr().lock(), "{}", sanitize_credentials(text));
}

/// One line for each plugin that nobody will see at work.
pub(super) fn warn_of(warnings: &[InstrumentationWarning]) {
    for warning in warnings {
        print_error("warning", &warning.to_string());
    }
}

/// How many credentials and personal data were kept out of the trace and the logs, by rule. Where none were,
/// there is nothing to say.
pub(super) fn say_redactions(telemetry: &TelemetryProvider) {
    let statistics = telemetry.statistics();
    let by_rule: Vec<String> = statistics
        .redacted()
        .map(|(rule, count)| format!("{rule} {count}"))
        .collect();
    if !by_rule.is_empty() {
        let total: u64 = statistics.redacted().map(|(_, count)| count).sum();
        say(&format_args!(
            "redacted in trace and logs: {total} ({})\n",
            by_rule.join(", ")
        ));
    }
}
