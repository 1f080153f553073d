//! Output of the program on the terminal. Credentials in paths, names and quoted input are redacted.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};

use floe_plugin::InstrumentationWarning;
use floe_plugins::error::Error;
use floe_plugins::quote::printable_lines;
use floe_telemetry::{sanitize_credentials, sanitize_error_message};

/// Prints to standard output. A closed pipe is not an error, because its reader wants no more output.
pub(super) fn print(text: &dyn fmt::Display) -> Result<(), Error> {
    let text = text.to_string();
    let mut output = io::stdout().lock();
    // Without this flush, the program would flush the output at its end, where errors are ignored.
    let written =
        output.write_all(sanitize_credentials(&text).as_bytes()).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// Prints lines to standard output, without the control characters of names and messages in them.
pub(super) fn print_lines(text: &str) -> Result<(), Error> {
    print(&printable_lines(text))
}

pub(super) fn print_error(kind: &str, message: &str) {
    print_redacted(kind, &sanitize_error_message(message));
}

/// Prints `kind: message` to standard error. The caller has redacted credentials in the message.
pub(super) fn print_redacted(kind: &str, message: &str) {
    let _ = writeln!(io::stderr().lock(), "{kind}: {}", printable_lines(message));
}

pub(super) fn print_warnings(warnings: &[InstrumentationWarning]) {
    for warning in warnings {
        print_error("warning", &warning.to_string());
    }
}

pub(super) fn print_summary(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", sanitize_credentials(text));
}
