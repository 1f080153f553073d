//! Formats a record as a line of text for people.

use std::fmt::Display;
use std::io::Write as _;

use anstyle::{AnsiColor, Color, Style};
use opentelemetry::logs::Severity;

use super::json;
use floe_redact::{Printable, is_unprintable};
use floe_telemetry_sdk::__parts::logs::{LogRecord, LogValue};

const FAINT: Style = Style::new().dimmed();

/// Writes time, level, target, message, fields and ids, with the line end. The identity is written only if it contains
/// values from baggage, because the program's own identity is the same on every line.
pub(super) fn write(record: &LogRecord, timestamp: &str, has_color: bool, line: &mut Vec<u8>) {
    let style = |style: Style| if has_color { style } else { Style::new() };
    let faint = style(FAINT);
    let (word, color) = level(record.severity_number);
    let color = style(Style::new().fg_color(Some(Color::Ansi(color))));
    // Writing to memory cannot fail.
    let _ = write!(
        line,
        "{faint}{timestamp}{faint:#} {color}{word}{color:#} {faint}{}:{faint:#} {}",
        Plain(record.target().unwrap_or_default()),
        Plain(record.message()),
    );
    let identity = record.identity().filter(|_| record.has_baggage);
    for (key, value) in record.fields().chain(identity) {
        let key = Plain(key.as_str());
        let _ = match value {
            LogValue::Bool(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            LogValue::F64(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            LogValue::I64(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            LogValue::Text(value) => write!(line, " {faint}{key}={faint:#}{}", Quoted(value)),
            LogValue::Other(_) => {
                let written = write!(line, " {faint}{key}={faint:#}");
                json::write_value(line, value);
                written
            }
        };
    }
    if let Some(span) = record.span {
        let trace = span.trace_id;
        let span = span.span_id;
        let _ = write!(line, " {faint}trace_id={trace} span_id={span}{faint:#}");
    }
    line.push(b'\n');
}

fn level(severity: Option<Severity>) -> (&'static str, AnsiColor) {
    match severity {
        Some(Severity::Error) => ("ERROR", AnsiColor::Red),
        Some(Severity::Warn) => ("WARN ", AnsiColor::Yellow),
        Some(Severity::Info) => ("INFO ", AnsiColor::Green),
        Some(Severity::Debug) => ("DEBUG", AnsiColor::Blue),
        _ => ("TRACE", AnsiColor::Magenta),
    }
}

/// Displays a text. Its second and later lines are indented, so that they do not look like other records.
struct Plain<'a>(&'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.0.split('\n').enumerate() {
            if at > 0 {
                f.write_str("\n    ")?;
            }
            Printable(part).fmt(f)?;
        }
        Ok(())
    }
}

/// Displays a value, in quotation marks if its end would otherwise be ambiguous.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_ambiguous = |c: char| c.is_whitespace() || is_unprintable(c) || c == '"' || c == '=';
        if self.0.is_empty() || self.0.contains(is_ambiguous) {
            write!(f, "{:?}", self.0)
        } else {
            f.write_str(self.0)
        }
    }
}
