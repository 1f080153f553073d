//! Reads YAML files into typed values, and writes YAML. An error has the place of the mistake, the path of the key, and
//! the accepted values.

use std::path::Path;

use floe_telemetry::config::yaml::{self, Mistake};
use floe_telemetry::sanitize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, reason};
use crate::files::input_file;
use crate::place::Place;

/// Reads a YAML file.
///
/// # Errors
/// The file cannot be read, or contains a mistake; the error is the first one.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Error> {
    parse(file, &text(file)?)
}

/// Returns the text of a file.
///
/// # Errors
/// The file cannot be read.
pub fn text(file: &Path) -> Result<String, Error> {
    input_file::read(file).map_err(|error| {
        Error::input(Place::file(file), format!("cannot read it: {}", reason(&error)))
    })
}

/// Parses the text of a YAML file. `file` is the path in errors.
///
/// # Errors
/// The error is the first mistake in the text.
pub fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Error> {
    yaml::read(text).map_err(|mistake| refused(file, &mistake))
}

/// Returns the error for a mistake in a YAML file.
pub fn refused(file: &Path, mistake: &Mistake) -> Error {
    // The key's path is redacted in quotes, because in front of the message it would look like a credential's name.
    let path = sanitize(&format!("`{}`", mistake.path)).into_owned();
    let message = match path.trim_matches('`') {
        "" => mistake.message.clone(),
        path => format!("{path}: {}", mistake.message),
    };
    // Messages of this program are one line with the place at the start, and do not control the terminal.
    let message = message.replace(char::is_control, " ");
    Error::input(Place::yaml(file, mistake.position), message)
}

/// Writes a value as YAML, with the fields in their order.
///
/// # Errors
/// The value cannot be represented in YAML.
pub fn write(value: &impl Serialize) -> Result<String, String> {
    serde_saphyr::to_string(value).map_err(|error| error.to_string())
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
        assert_eq!(yaml::read::<serde_json::Value>(&text).unwrap(), value);
        assert!(
            text.contains("nested:\n- - 1\n  - 2.5\n- - a:\n      b: c d\n    e: true\n"),
            "{text}"
        );
        assert!(text.contains("\n- \"yes\"\n- \"1.20\"\n- \"a: b\"\n"), "{text}");
    }
}
