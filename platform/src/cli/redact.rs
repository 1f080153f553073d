//! `floe redact`: standard input without its secrets.

use std::io::{self, BufRead, BufWriter, ErrorKind, Write};

use floe_plugins::error::Error;
use floe_redact::{Redactor, Writer};

/// Copies standard input to standard output without credentials and personal data, or writes why each
/// candidate was redacted or kept. A closed pipe is not an error: its reader has enough output.
///
/// # Errors
/// Standard input cannot be read, or standard output cannot be written.
pub(super) fn redact(explain: bool) -> Result<(), Error> {
    let output = BufWriter::new(io::stdout().lock());
    let redactor = Redactor::new();
    let writer = if explain {
        redactor.explainer(output)
    } else {
        redactor.writer(output)
    };
    match copy(io::stdin().lock(), writer) {
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn copy<W: Write>(mut input: impl BufRead, mut writer: Writer<W>) -> Result<(), Error> {
    loop {
        let read = match input.fill_buf() {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::StandardInput(error)),
        };
        if read.is_empty() {
            return writer.flush().map_err(Error::Output);
        }
        writer.write_all(read).map_err(Error::Output)?;
        // Complete lines do not wait for more input.
        writer.get_mut().flush().map_err(Error::Output)?;
        let len = read.len();
        input.consume(len);
    }
}
