//! Formats a record as one line of JSON.

use std::io::{self, Write};

use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, Severity};
use serde::Serialize;
use serde_json::ser::Formatter;

use floe_redact::is_unprintable;
use floe_telemetry_sdk::__parts::logs::{LogRecord, LogValue};

/// The keys of the built-in fields. The first three are those of Python's `structlog`. Another field named `level` is
/// written as `fields.level`, and one named `fields.level` is written as `fields.fields.level`.
const KEYS: [&str; 6] = ["event", "level", "timestamp", "target", "trace_id", "span_id"];

/// Writes the record, with the line end.
pub(super) fn write(record: &LogRecord, timestamp: &str, line: &mut Vec<u8>) {
    let [message, level, time, target, trace_id, span_id] = KEYS;
    line.extend_from_slice(b"{\"");
    line.extend_from_slice(message.as_bytes());
    line.extend_from_slice(b"\":");
    write_text(line, record.message());
    write_quoted(line, level, level_name(record.severity_number));
    write_quoted(line, time, timestamp);
    write_key(line, target);
    write_text(line, record.target().unwrap_or_default());
    if let Some(span) = record.span {
        write_id(line, trace_id, &span.trace_id.to_bytes());
        write_id(line, span_id, &span.span_id.to_bytes());
    }
    for (key, value) in record.attributes() {
        field(line, key, value);
    }
    line.extend_from_slice(b"}\n");
}

const fn level_name(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Error) => "error",
        Some(Severity::Warn) => "warning",
        Some(Severity::Info) => "info",
        Some(Severity::Debug) => "debug",
        _ => "trace",
    }
}

fn write_key(line: &mut Vec<u8>, key: &str) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(key.as_bytes());
    line.extend_from_slice(b"\":");
}

/// Writes a key and a text that need no escapes.
fn write_quoted(line: &mut Vec<u8>, key: &str, text: &str) {
    write_key(line, key);
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
}

/// Writes a key and an id, in hexadecimal digits.
fn write_id(line: &mut Vec<u8>, key: &str, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    write_key(line, key);
    line.push(b'"');
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 15)]);
    }
    line.push(b'"');
}

fn field(line: &mut Vec<u8>, key: &Key, value: LogValue<'_>) {
    let key = key.as_str();
    line.push(b',');
    // A field whose key already has the prefix gets it again.
    if KEYS.contains(&key.trim_start_matches("fields.")) {
        write_text(line, &format!("fields.{key}"));
    } else {
        write_text(line, key);
    }
    line.push(b':');
    write_value(line, value);
}

/// Writes a value. Records of `tracing` and `log` contain lists, but no deeper nesting.
pub(super) fn write_value(line: &mut Vec<u8>, value: LogValue<'_>) {
    match value {
        LogValue::Bool(value) => json(line, &value),
        LogValue::F64(value) => write_float(line, value),
        LogValue::I64(value) => json(line, &value),
        LogValue::Text(value) => write_text(line, value),
        LogValue::Other(AnyValue::ListAny(items)) => {
            line.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    line.push(b',');
                }
                write_value(line, item.into());
            }
            line.push(b']');
        }
        LogValue::Other(_) => write_text(line, ""),
    }
}

/// Writes a finite number, or a text for NaN and the infinite values, which are no numbers in JSON.
fn write_float(line: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        json(line, &value);
    } else {
        write_text(line, &value.to_string());
    }
}

fn write_text(line: &mut Vec<u8>, text: &str) {
    json(line, text);
}

fn json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let mut json = serde_json::Serializer::with_formatter(line, Printable);
    // Writing to memory cannot fail, and text and finite numbers are always valid JSON.
    let _ = value.serialize(&mut json);
}

/// Escapes every [unprintable](is_unprintable) character in texts. `serde_json` only escapes the characters that JSON
/// requires, but people also read such lines on terminals.
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
