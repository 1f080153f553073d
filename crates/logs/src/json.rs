//! Formats a record as one line of JSON.

use std::io::{self, Write};

use opentelemetry::Key;
use opentelemetry::logs::AnyValue;
use serde::Serialize;
use serde_json::ser::Formatter;
use tracing::Level;

use super::entry::{Entry, Value};
use crate::config::LogKeys;
use floe_redact::is_unprintable;

/// What a backend calls the built-in fields, and the levels. The names are printable ASCII.
#[derive(Debug)]
pub(super) struct Names {
    /// Message, level, time, target, trace id and span id.
    keys: [&'static str; 6],
    /// The key that Google Cloud has for whether the trace is sampled. Its traces have names, which end in the id.
    sampled: Option<&'static str>,
    /// From `ERROR` to `TRACE`.
    levels: [&'static str; 5],
    /// A field that each line has, and its value.
    constant: Option<(&'static str, &'static str)>,
}

impl Names {
    pub(super) const fn of(keys: LogKeys) -> &'static Self {
        match keys {
            LogKeys::Plain => &Self {
                keys: ["message", "severity", "timestamp", "target", "trace_id", "span_id"],
                sampled: None,
                levels: ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"],
                constant: None,
            },
            // https://cloud.google.com/logging/docs/structured-logging
            LogKeys::Gcp => &Self {
                keys: [
                    "message",
                    "severity",
                    "time",
                    "target",
                    "logging.googleapis.com/trace",
                    "logging.googleapis.com/spanId",
                ],
                sampled: Some("logging.googleapis.com/trace_sampled"),
                levels: ["ERROR", "WARNING", "INFO", "DEBUG", "DEBUG"],
                constant: None,
            },
            // https://www.elastic.co/docs/reference/ecs
            LogKeys::Ecs => &Self {
                keys: ["message", "log.level", "@timestamp", "log.logger", "trace.id", "span.id"],
                sampled: None,
                levels: ["error", "warn", "info", "debug", "trace"],
                constant: Some(("ecs.version", "8.11.0")),
            },
            // https://docs.datadoghq.com/logs/log_configuration/pipelines/#preprocessing
            LogKeys::Datadog => &Self {
                keys: ["message", "status", "timestamp", "logger.name", "trace_id", "span_id"],
                sampled: None,
                levels: ["error", "warn", "info", "debug", "debug"],
                constant: None,
            },
            _ => &Self {
                keys: ["event", "level", "timestamp", "target", "trace_id", "span_id"],
                sampled: None,
                levels: ["error", "warning", "info", "debug", "trace"],
                constant: None,
            },
        }
    }

    const fn level(&self, level: Level) -> &'static str {
        let [error, warn, info, debug, trace] = self.levels;
        match level {
            Level::ERROR => error,
            Level::WARN => warn,
            Level::INFO => info,
            Level::DEBUG => debug,
            Level::TRACE => trace,
        }
    }

    fn contains(&self, key: &str) -> bool {
        self.keys.contains(&key)
            || self.sampled == Some(key)
            || self.constant.is_some_and(|(own, _)| own == key)
    }
}

/// Writes the record, with the line end. `traces` is what precedes the id of a trace in its name in Google Cloud.
pub(super) fn write(
    entry: &Entry,
    timestamp: &str,
    names: &Names,
    traces: &str,
    line: &mut Vec<u8>,
) {
    let [message, level, time, target, trace_id, span_id] = names.keys;
    line.extend_from_slice(b"{\"");
    line.extend_from_slice(message.as_bytes());
    line.extend_from_slice(b"\":");
    text(line, entry.message());
    quoted(line, level, names.level(entry.level).as_bytes());
    quoted(line, time, timestamp.as_bytes());
    member(line, target);
    text(line, entry.target());
    if let Some((key, value)) = names.constant {
        quoted(line, key, value.as_bytes());
    }
    if let Some(span) = entry.span {
        let (trace, span_bytes) = (span.trace_id.to_bytes(), span.span_id.to_bytes());
        match names.sampled {
            None => id(line, trace_id, "", &trace),
            Some(sampled) => {
                id(line, trace_id, traces, &trace);
                member(line, sampled);
                json(line, &span.flags.is_sampled());
            }
        }
        id(line, span_id, "", &span_bytes);
    }
    for (key, value) in entry.identity().chain(entry.fields()) {
        field(line, names, key, value);
    }
    line.extend_from_slice(b"}\n");
}

/// Writes a comma, and a key that needs no escapes.
fn member(line: &mut Vec<u8>, key: &str) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(key.as_bytes());
    line.extend_from_slice(b"\":");
}

/// Writes a key and a text, neither of which needs escapes.
fn quoted(line: &mut Vec<u8>, key: &str, text: &[u8]) {
    member(line, key);
    line.push(b'"');
    line.extend_from_slice(text);
    line.push(b'"');
}

/// Writes a key and an id, in hexadecimal digits after `parent`, the names above it.
fn id(line: &mut Vec<u8>, key: &str, parent: &str, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    member(line, key);
    line.push(b'"');
    line.extend_from_slice(parent.as_bytes());
    for byte in bytes {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 15)]);
    }
    line.push(b'"');
}

fn field(line: &mut Vec<u8>, names: &Names, key: &Key, value: Value<'_>) {
    let key = key.as_str();
    line.push(b',');
    if names.contains(key) {
        text(line, &format!("fields.{key}"));
    } else {
        text(line, key);
    }
    line.push(b':');
    match value {
        Value::Bool(value) => json(line, &value),
        Value::F64(value) => float(line, value),
        Value::I64(value) => json(line, &value),
        Value::Text(value) => text(line, value),
        Value::List(items) => list(line, items),
    }
}

/// Writes values that are not nested.
pub(super) fn list(line: &mut Vec<u8>, items: &[AnyValue]) {
    line.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        match item {
            AnyValue::Boolean(value) => json(line, value),
            AnyValue::Int(value) => json(line, value),
            AnyValue::Double(value) => float(line, *value),
            AnyValue::String(value) => text(line, value.as_str()),
            _ => text(line, ""),
        }
    }
    line.push(b']');
}

/// Writes a number, or as text what JSON has no number for.
fn float(line: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        json(line, &value);
    } else {
        text(line, &value.to_string());
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
