//! The messages of a process to Dagster, and their destination.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use floe_redact::{Level as RedactionLevel, Redactor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const VERSION: &str = "0.1";

/// The maximum length of a log record or of a text in metadata, in characters.
const LONGEST_TEXT: usize = 16 << 10;

/// The maximum length of the message of an exception, in characters.
const LONGEST_EXCEPTION: usize = 500;

/// The level of a log record.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Level {
    /// Details for developers.
    Debug,
    /// An ordinary event.
    Info,
    /// An event that may need attention.
    Warning,
    /// A failure.
    Error,
    /// A failure that stops the program.
    Critical,
}

/// The severity of a check that fails.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Severity {
    /// The asset can be used.
    Warn,
    /// The asset must not be used. If the check blocks, Dagster does not build the assets that depend on it.
    Error,
}

/// Returns the reason why a process failed, as Dagster reads it.
pub(crate) fn exception(name: &str, message: &str) -> Value {
    json!({
        "exception": {
            "name": name,
            "message": sanitized(message),
            "stack": [],
            "cause": null,
            "context": null,
        }
    })
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "Fields")]
pub(crate) enum Destination {
    File(PathBuf),
    StandardOutput,
    ErrorOutput,
    /// A destination that this version does not support.
    Unknown,
}

#[derive(Deserialize)]
struct Fields {
    path: Option<PathBuf>,
    stdio: Option<String>,
}

impl From<Fields> for Destination {
    fn from(fields: Fields) -> Self {
        match (fields.path, fields.stdio.as_deref()) {
            (Some(path), _) => Self::File(path),
            (None, Some("stdout")) => Self::StandardOutput,
            (None, Some("stderr")) => Self::ErrorOutput,
            _ => Self::Unknown,
        }
    }
}

impl Destination {
    /// Writes a message as one line in one call, so that the lines of several processes do not mix.
    pub(crate) fn write(&self, method: &str, params: &Value) -> io::Result<()> {
        let message = json!({
            "__dagster_pipes_version": VERSION,
            "method": method,
            "params": params,
        });
        let line = format!("{message}\n");
        match self {
            Self::File(path) => {
                OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
            }
            Self::StandardOutput => print(&mut io::stdout().lock(), &line),
            Self::ErrorOutput => print(&mut io::stderr().lock(), &line),
            Self::Unknown => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

fn print(output: &mut dyn Write, line: &str) -> io::Result<()> {
    output.write_all(line.as_bytes())?;
    output.flush()
}

/// Redacts and truncates a text. Dagster stores it, so it must not contain credentials.
pub(crate) fn text(text: &str) -> String {
    let redactor =
        Redactor::builder().level(RedactionLevel::Credentials).max_chars(LONGEST_TEXT).build();
    redactor.redact(text).into_owned()
}

/// Redacts and truncates the message of an error, which may quote input with credentials and personal data.
fn sanitized(message: &str) -> String {
    let redactor = Redactor::builder().max_chars(LONGEST_EXCEPTION).build();
    redactor.redact(message).into_owned()
}
