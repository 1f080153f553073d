//! Formats a record as one line of JSON.

use std::io::{self, Write};

use opentelemetry::logs::{AnyValue, Severity};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::ser::Formatter;

use floe_redact::is_unprintable;
use floe_telemetry_sdk::__parts::logs::{LogRecord, LogValue};

/// The keys of the built-in fields. The first three are those of Python's `structlog`. Another field named `level` is
/// written as `fields.level`, and one named `fields.level` is written as `fields.fields.level`.
const KEYS: [&str; 6] = ["event", "level", "timestamp", "target", "trace_id", "span_id"];

/// Writes the record, with the line end.
pub(super) fn write(record: &LogRecord, timestamp: &str, line: &mut Vec<u8>) {
    json(line, &Line { record, timestamp });
    line.push(b'\n');
}

struct Line<'a> {
    record: &'a LogRecord,
    timestamp: &'a str,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, timestamp } = self;
        let [message, level, time, target, trace_id, span_id] = KEYS;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry(message, record.message())?;
        line.serialize_entry(level, level_name(record.severity_number))?;
        line.serialize_entry(time, timestamp)?;
        line.serialize_entry(target, record.target().unwrap_or_default())?;
        if let Some(span) = record.span {
            line.serialize_entry(trace_id, &format_args!("{}", span.trace_id))?;
            line.serialize_entry(span_id, &format_args!("{}", span.span_id))?;
        }
        for (key, value) in record.attributes() {
            let key = key.as_str();
            // A field whose key already has the prefix gets it again.
            if KEYS.contains(&key.trim_start_matches("fields.")) {
                line.serialize_entry(&format_args!("fields.{key}"), &Json(value))?;
            } else {
                line.serialize_entry(key, &Json(value))?;
            }
        }
        line.end()
    }
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

pub(super) fn write_value(line: &mut Vec<u8>, value: LogValue<'_>) {
    json(line, &Json(value));
}

struct Json<'a>(LogValue<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            LogValue::Bool(value) => serializer.serialize_bool(value),
            LogValue::F64(value) if value.is_finite() => serializer.serialize_f64(value),
            LogValue::F64(value) => serializer.collect_str(&value),
            LogValue::I64(value) => serializer.serialize_i64(value),
            LogValue::Text(text) => serializer.serialize_str(text),
            LogValue::Other(AnyValue::ListAny(items)) => {
                serializer.collect_seq(items.iter().map(|item| Json(item.into())))
            }
            LogValue::Other(_) => serializer.serialize_str(""),
        }
    }
}

fn json(line: &mut Vec<u8>, value: &impl Serialize) {
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
