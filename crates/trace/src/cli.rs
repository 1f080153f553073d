//! Parses the command line, calls the library, and prints the result.

mod diff;
mod input;
#[cfg(feature = "listen")]
mod listen;
mod output;
mod query;
mod redact;
mod show;
mod table;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use floe_redact::printable;

/// Shows what is in OpenTelemetry traces of any program: OTLP as JSON lines or protobuf, compressed with gzip or not.
#[derive(Debug, Parser)]
#[command(name = "floe-trace", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare two sets of runs: calls, failures, and self times
    ///
    /// Exit codes: 0 without a difference, 1 with a difference, 2 if files or arguments cannot be used.
    Diff(diff::Diff),
    /// Write the files in the format of another program
    Export(output::Export),
    /// Draw traces in the terminal
    Show(show::Show),
    /// Write a page for a browser, one file that needs no network
    View(output::View),
    /// Show why traces were slow, the causes with the most time in the longest traces first
    Why(query::Question),
    /// List the innermost errors, with equal errors in one row
    Errors(query::Question),
    /// List the spans on the critical path of the longest trace, and the waits between them
    CriticalPath(query::Question),
    /// List statistics of spans by their name
    Names(query::Question),
    /// Redact a text, or explain what is redacted in it, for example a log
    Redact(redact::Redact),
    /// Receive OTLP on this machine and draw each trace as it ends, until Ctrl-C
    #[cfg(feature = "listen")]
    Listen(listen::Listen),
}

/// The exit code for unusable files or arguments, and for other failures.
const UNUSABLE: u8 = 2;

#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

pub(crate) fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "error: {}", printable(&failure.0));
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Diff(options) => return diff::diff(&options),
        Command::Export(export) => export.run(),
        Command::Show(options) => show::show(&options),
        Command::View(view) => view.run(),
        Command::Why(question) => query::answer(&question, &query::WHY),
        Command::Errors(question) => query::answer(&question, &query::ERRORS),
        Command::CriticalPath(question) => query::answer(&question, &query::PATH),
        Command::Names(question) => query::answer(&question, &query::NAMES),
        Command::Redact(options) => options.run(),
        #[cfg(feature = "listen")]
        Command::Listen(options) => listen::listen(&options),
    };
    done.map(|()| ExitCode::SUCCESS)
}

pub(crate) fn print(text: impl fmt::Display) -> Result<(), Failure> {
    write_out(|out| write!(out, "{text}"))
}

/// Writes to standard output. A pipe that its reader, such as `head`, has closed is no failure.
pub(crate) fn write_out(
    content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match content(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints JSON, with control sequences of terminals escaped.
pub(crate) fn print_json(json: impl fmt::Display) -> Result<(), Failure> {
    let mut escaped = String::new();
    for character in json.to_string().chars() {
        let mut text = [0; 4];
        let shown = printable(character.encode_utf8(&mut text));
        if character == '\n' || matches!(shown, Cow::Borrowed(_)) {
            escaped.push(character);
        } else {
            // All escaped characters are in the basic plane, so none needs a surrogate pair.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        }
    }
    print(escaped + "\n")
}
