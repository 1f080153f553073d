//! Redacts lines before they reach a writer.

use std::io::{self, Write};

use crate::armour;
use crate::redactor::Redactor;

/// The maximum length of a text in bytes. A longer line or a longer write is redacted in parts.
const MAX_TEXT: usize = 64 * 1024;

/// The maximum number of bytes of an incomplete private key for which the writer waits for another line.
const MAX_KEY: usize = 16 * 1024;

/// Redacts the lines that are written to it, and passes them to another writer.
///
/// A line is passed on once it is complete, so a secret split over two writes is found. The lines that one write
/// completes are redacted as one text, so a secret may be on a later line than its name, as after `password: |`, if an
/// event is one write, as in `tracing-subscriber`. The lines of a private key in PEM are passed on together, at most 16
/// KiB. A text of more than 64 KiB is passed on in parts, which end at a line end or other white space if there is any.
/// [`flush`](Write::flush) and dropping the writer pass on an incomplete line. Bytes that are not UTF-8 become U+FFFD.
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
    /// The bytes that were not passed on so far.
    pending: Vec<u8>,
    /// Whether `pending` ends inside a private key.
    is_in_key: bool,
}

impl Redactor {
    /// Returns a writer that redacts the lines that are written to it, and writes them to `inner`.
    pub fn writer<W: Write>(&self, inner: W) -> Writer<W> {
        let redactor = self.clone();
        Writer { redactor, inner, pending: Vec::new(), is_in_key: false }
    }
}

impl<W: Write> Writer<W> {
    /// Returns the inner writer.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// Returns the inner writer, for example to flush it while a line is incomplete.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Passes on the first `len` bytes of `pending`.
    fn pass_on(&mut self, len: usize) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let text = String::from_utf8_lossy(&pending[..len]);
        let result = self.inner.write_all(self.redactor.redact(&text).as_bytes());
        drop(text);
        pending.drain(..len);
        // The memory of the buffer is used again.
        self.pending = pending;
        result
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.chunks(MAX_TEXT) {
            if self.pending.len() + part.len() > MAX_TEXT {
                self.pass_on(cut(&self.pending))?;
            }
            self.pending.extend_from_slice(part);
        }
        if !bytes.contains(&b'\n') {
            return Ok(bytes.len());
        }
        let end = memchr::memrchr(b'\n', &self.pending).map_or(0, |last| last + 1);
        let lines = &self.pending[..end];
        let key = if self.is_in_key && armour::goes_on(lines) {
            Some(0)
        } else {
            let start = armour::open_key(lines);
            start.map(|start| memchr::memrchr(b'\n', &lines[..start]).map_or(0, |last| last + 1))
        };
        // A longer key is passed on, because its lines would otherwise be read again for each further line.
        let key = key.filter(|start| end - start <= MAX_KEY);
        self.is_in_key = key.is_some();
        self.pass_on(key.unwrap_or(end))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on(self.pending.len())?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Writer<W> {
    fn drop(&mut self) {
        drop(self.pass_on(self.pending.len()));
    }
}

/// Returns the position at which a text is cut: after its last line or its last white space, or else between two
/// characters.
fn cut(line: &[u8]) -> usize {
    let last = memchr::memrchr(b'\n', line);
    if let Some(blank) = last.or_else(|| line.iter().rposition(u8::is_ascii_whitespace)) {
        return blank + 1;
    }
    // The last character may be incomplete.
    match line.iter().rposition(|byte| byte & 0xc0 != 0x80) {
        Some(start) if start > 0 && line[start] >= 0xc0 => start,
        _ => line.len(),
    }
}
