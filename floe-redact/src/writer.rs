//! Redacts lines on their way into a writer.

use std::io::{self, Write};

use crate::redactor::Redactor;

/// A line that is longer is redacted in pieces.
const LONGEST_LINE: usize = 64 * 1024;

/// Redacts the lines that are written to it on their way into another writer.
///
/// A line is passed on when it is complete, so that a secret in two writes is found. Lines of more
/// than 64 KiB are passed on in pieces. [`flush`](Write::flush) and dropping the writer pass on what
/// has no line end yet. Bytes that are not UTF-8 become U+FFFD.
///
/// ```
/// use std::io::Write;
///
/// let mut safe = Vec::new();
/// let mut writer = floe_redact::Redactor::new().writer(&mut safe);
/// writeln!(writer, "login with password={} failed", "hunter2")?;
/// drop(writer);
/// assert_eq!(safe, b"login with password=<REDACTED> failed\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    redactor: Redactor,
    inner: W,
    line: Vec<u8>,
}

impl Redactor {
    /// Redacts the lines that are written to it on their way into `inner`.
    pub fn writer<W: Write>(&self, inner: W) -> Writer<W> {
        Writer::new(self.clone(), inner)
    }
}

impl<W: Write> Writer<W> {
    fn new(redactor: Redactor, inner: W) -> Self {
        Self {
            redactor,
            inner,
            line: Vec::new(),
        }
    }

    /// Passes on what was collected.
    fn pass_on(&mut self) -> io::Result<()> {
        if self.line.is_empty() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let result = self.inner.write_all(self.redactor.redact(&text).as_bytes());
        // The buffer is used again.
        self.line = line;
        self.line.clear();
        result
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in piece.chunks(LONGEST_LINE) {
                if self.line.len() + piece.len() > LONGEST_LINE {
                    self.pass_on()?;
                }
                self.line.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.pass_on()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        let _ = self.pass_on();
    }
}
