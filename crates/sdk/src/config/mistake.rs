//! A mistake in a configuration.

use std::fmt::{self, Display};

use crate::error::Error;
use crate::redaction::sanitize_error;

/// A position in a document. Lines and columns are counted from 1.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A mistake in a configuration. Its text is not redacted: it may quote a key, a word or a number of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Mistake {
    /// The position; `None` if the mistake is not in a document.
    pub position: Option<Position>,
    /// The keys from the root to the value, separated by dots. Empty for the document itself.
    pub path: String,
    /// The expected and the found value.
    pub message: String,
}

impl Mistake {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { position: None, path: path.into(), message: message.into() }
    }

    /// Returns the mistake as one sanitized line.
    pub(super) fn line(&self) -> String {
        let Self { position, path, message } = self;
        // The path is quoted, so that it is sanitized like other quoted text.
        let path = sanitize_error(&format!("`{path}`")).into_owned();
        let what = match (path.trim_matches('`'), &**message) {
            ("", message) => message.to_owned(),
            (path, "") => path.to_owned(),
            (path, message) => format!("{path}: {message}"),
        };
        let line = match position {
            Some(Position { line, column }) => format!("line {line}, column {column}: {what}"),
            None => what,
        };
        sanitize_error(&line).into_owned()
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl From<Mistake> for Error {
    fn from(mistake: Mistake) -> Self {
        let line = mistake.line();
        match mistake.position {
            Some(_) => Self::config(format!("telemetry configuration: {line}")),
            None => Self::config(line),
        }
    }
}

/// Adds the path to the message of a failed check.
pub(super) fn at(path: &str, checked: Result<(), impl Into<String>>) -> Result<(), Mistake> {
    checked.map_err(|message| Mistake::new(path, message))
}

pub(super) fn at_most<T: Copy + Display + PartialOrd>(
    path: &str,
    most: T,
    found: T,
) -> Result<(), Mistake> {
    if found <= most {
        return Ok(());
    }
    Err(Mistake::new(path, format!("expected at most {most}, found {found}")))
}

pub(super) fn not_zero(path: &str, number: u64) -> Result<(), Mistake> {
    let checked = if number == 0 { Err("expected 1 or more, found 0") } else { Ok(()) };
    at(path, checked)
}

pub(super) fn below(path: &str, key: &str) -> String {
    match (path, key) {
        ("", key) => key.to_owned(),
        (path, "") => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}
