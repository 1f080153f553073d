//! Formats a record as a line of text for people.

use std::fmt::Display;
use std::io::Write as _;

use anstyle::{AnsiColor, Color, Style};
use tracing::Level;

use super::entry::{Entry, Value};
use floe_redact::{Printable, is_unprintable};

const FAINT: Style = Style::new().dimmed();

/// Writes time, level, target, message, fields and ids, with the line end. The identity is written only
/// if it comes from baggage, because that of the program is the same on every line.
pub(super) fn write(entry: &Entry, timestamp: &str, has_color: bool, line: &mut Vec<u8>) {
    let style = |style: Style| if has_color { style } else { Style::new() };
    let faint = style(FAINT);
    let (word, color) = level(entry.level);
    let color = style(Style::new().fg_color(Some(Color::Ansi(color))));
    // Writing to memory cannot fail.
    let _ = write!(
        line,
        "{faint}{timestamp}{faint:#} {color}{word}{color:#} {faint}{}:{faint:#} {}",
        Plain(entry.target()),
        Plain(entry.message()),
    );
    let identity = entry.identity().filter(|_| entry.has_baggage);
    for (key, value) in entry.fields().chain(identity) {
        let key = Plain(key.as_str());
        let _ = match value {
            Value::Bool(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            Value::F64(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            Value::I64(value) => write!(line, " {faint}{key}={faint:#}{value}"),
            Value::Text(value) => write!(line, " {faint}{key}={faint:#}{}", Quoted(value)),
        };
    }
    if let Some(span) = entry.span {
        let (trace, span) = (span.trace_id, span.span_id);
        let _ = write!(line, " {faint}trace_id={trace} span_id={span}{faint:#}");
    }
    line.push(b'\n');
}

fn level(level: Level) -> (&'static str, AnsiColor) {
    match level {
        Level::ERROR => ("ERROR", AnsiColor::Red),
        Level::WARN => ("WARN ", AnsiColor::Yellow),
        Level::INFO => ("INFO ", AnsiColor::Green),
        Level::DEBUG => ("DEBUG", AnsiColor::Blue),
        Level::TRACE => ("TRACE", AnsiColor::Magenta),
    }
}

/// Printable text, whose further lines are indented so that they imitate no record.
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

/// A value, in quotation marks if its end would otherwise be ambiguous.
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
