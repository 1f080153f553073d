//! Reads YAML files into typed values, and writes YAML. An error has the place of the mistake, the path of
//! the key, and what is accepted.

use std::fmt::Write as _;
use std::path::Path;

use floe_telemetry::sanitize;
use floe_yaml::{Content, Mistake, Node};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, reason};
use crate::files::input_file;
use crate::place::Place;

/// Reads a file.
///
/// # Errors
/// The file cannot be read, or contains a mistake; the error is the first one.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Error> {
    parse(file, &text(file)?)
}

/// The text of a file.
///
/// # Errors
/// The file cannot be read.
pub fn text(file: &Path) -> Result<String, Error> {
    input_file::read(file).map_err(|error| {
        Error::input(Place::file(file), format!("cannot read it: {}", reason(&error)))
    })
}

/// Reads the text of a file.
///
/// # Errors
/// The first mistake in it.
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Error> {
    floe_yaml::read(text).map_err(|mistake| explain(file, &mistake))
}

fn explain(file: &Path, mistake: &Mistake) -> Error {
    // A key is redacted like a quote: with the message it would pass for the name of a credential.
    let path = sanitize(&format!("`{}`", mistake.path)).into_owned();
    let message = match path.trim_matches('`') {
        "" => mistake.message.clone(),
        path => format!("{path}: {}", mistake.message),
    };
    // Messages of this program are one line, prefixed with the place, and do not control the terminal.
    let message = message.replace(char::is_control, " ");
    Error::input(Place::yaml(file, mistake.position), message)
}

/// Writes a value as YAML, the keys in the order of its fields.
///
/// # Errors
/// The value cannot be represented in JSON.
pub fn write(value: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    // There is no emitter of YAML among the dependencies. JSON is YAML except for these characters, and its tree has the
    // order of the fields.
    let mut yaml = String::with_capacity(json.len());
    for c in json.chars() {
        escape(c, &mut yaml);
    }
    let node = floe_yaml::parse(&yaml).map_err(|mistake| mistake.to_string())?;
    let mut text = String::new();
    block(&node, 0, false, &mut text);
    Ok(text)
}

/// Appends a character, escaped if YAML requires it.
fn escape(c: char, text: &mut String) {
    if c.is_control() || "\u{2028}\u{2029}\u{feff}".contains(c) {
        let _ = write!(text, "\\u{:04x}", u32::from(c));
    } else {
        text.push(c);
    }
}

/// Appends a value that begins on its own line, or after the dash of a list.
fn block(node: &Node, indent: usize, is_behind_dash: bool, text: &mut String) {
    let mut is_first = is_behind_dash;
    let mut begin = |text: &mut String| {
        let width = if std::mem::take(&mut is_first) { 0 } else { indent };
        let _ = write!(text, "{:width$}", "");
    };
    match &node.content {
        Content::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                begin(text);
                scalar(&entry.key, false, text);
                text.push(':');
                match &entry.value.content {
                    Content::Map(inner) if !inner.is_empty() => {
                        text.push('\n');
                        block(&entry.value, indent + 2, false, text);
                    }
                    Content::List(inner) if !inner.is_empty() => {
                        text.push('\n');
                        block(&entry.value, indent, false, text);
                    }
                    _ => {
                        text.push(' ');
                        block(&entry.value, 0, true, text);
                    }
                }
            }
        }
        Content::List(items) if !items.is_empty() => {
            for item in items {
                begin(text);
                text.push_str("- ");
                block(item, indent + 2, true, text);
            }
        }
        Content::Map(_) => text.push_str("{}\n"),
        Content::List(_) => text.push_str("[]\n"),
        Content::Scalar { text: own, is_plain } => {
            scalar(own, *is_plain, text);
            text.push('\n');
        }
        _ => {}
    }
}

/// Appends a text, in quotes if it could be read as another value. With `is_plain`, numbers, booleans and null stay
/// unquoted.
fn scalar(own: &str, is_plain: bool, text: &mut String) {
    // The words that YAML 1.1 reads as booleans or null, in any case.
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_word = own.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !own.ends_with(' ')
        && own.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c))
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(own));
    if is_plain || is_word {
        text.push_str(own);
        return;
    }
    text.push('"');
    for c in own.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            _ => escape(c, text),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = json!({
            "empty": [{}, [], "", null],
            "nested": [[1, 2.5], [{"a": {"b": "c d"}, "e": true}]],
            "texts": ["yes", "1.20", "a: b", "# a", "ä\u{7f}\n\"\\", "{{ ref('a') }}", "word"],
        });
        let text = write(&value).unwrap();
        assert_eq!(floe_yaml::read::<serde_json::Value>(&text).unwrap(), value);
        assert!(
            text.contains("nested:\n- - 1\n  - 2.5\n- - a:\n      b: c d\n    e: true\n"),
            "{text}"
        );
        assert!(text.contains("\n- \"yes\"\n- \"1.20\"\n- \"a: b\"\n"), "{text}");
    }
}
