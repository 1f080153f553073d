//! What a person at a terminal reads.

use std::io::{self, Write as _};

use floe_telemetry::plugin::InstrumentationWarning;
use floe_telemetry::sanitize_error_message;
use floe_telemetry::sanitizer::sanitize_credentials;

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

/// One line for each plugin that nobody will see at work.
pub(super) fn warn_of(warnings: &[InstrumentationWarning]) {
    for warning in warnings {
        print_error("warning", &warning.to_string());
    }
}
