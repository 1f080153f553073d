//! Formats a record as one line of JSON.

use std::io::{self, Write};

use opentelemetry::Key;
use serde::Serialize;
use serde_json::ser::Formatter;
use tracing::Level;

use super::entry::{Entry, Value};
use crate::printable::is_unprintable;

/// The names of the built-in fields.
const BUILT_IN: [&str; 6] = [
    "event",
    "level",
    "timestamp",
    "target",
    "trace_id",
    "span_id",
];

/// Writes the record, with the line end.
pub(super) fn write(entry: &Entry, timestamp: &str, line: &mut Vec<u8>) {
    line.extend_from_slice(b"{\"event\":");
    text(line, entry.message());
    line.extend_from_slice(b",\"level\":\"");
    line.extend_from_slice(word(entry.level).as_bytes());
    line.extend_from_slice(b"\",\"timestamp\":\"");
    line.extend_from_slice(timestamp.as_bytes());
    line.extend_from_slice(b"\",\"target\":");
    text(line, entry.target());
    if let Some(span) = entry.span {
        line.extend_from_slice(b",\"trace_id\":\"");
        hex(line, &span.trace_id.to_bytes());
        line.extend_from_slice(b"\",\"span_id\":\"");
        hex(line, &span.span_id.to_bytes());
        line.push(b'"');
    }
    for (key, value) in entry.identity().chain(entry.fields()) {
        field(line, key, value);
    }
    line.extend_from_slice(b"}\n");
}

fn field(line: &mut Vec<u8>, key: &Key, value: Value<'_>) {
    let key = key.as_str();
    line.push(b',');
    if BUILT_IN.contains(&key) {
        text(line, &format!("fields.{key}"));
    } else {
        text(line, key);
    }
    line.push(b':');
    match value {
        Value::Bool(value) => json(line, &value),
        // JSON has no NaN and no infinities.
        Value::F64(value) if !value.is_finite() => text(line, &value.to_string()),
        Value::F64(value) => json(line, &value),
        Value::I64(value) => json(line, &value),
        Value::Text(value) => text(line, value),
    }
}

fn text(line: &mut Vec<u8>, text: &str) {
    json(line, text);
}

fn json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let mut json = serde_json::Serializer::with_formatter(line, Printable);
    // Writing to memory cannot fail, and text and finite numbers are always valid JSON.
    let _ = value.serialize(&mut json);
}

/// Escapes all that [`is_unprintable`] in texts. `serde_json` alone escapes what JSON requires, and people read
/// such lines on terminals, too.
struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for part in fragment.split_inclusive(is_unprintable) {
            match part.chars().next_back() {
                Some(last) if is_unprintable(last) => {
                    let plain = part.strip_suffix(last).unwrap_or_default();
                    write!(writer, "{plain}\\u{:04x}", u32::from(last))?;
                }
                _ => writer.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }
}

/// The level as Python's structlog names it.
fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

fn hex(line: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 15)]);
    }
}
