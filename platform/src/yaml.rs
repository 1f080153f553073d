//! Parses YAML files into typed values. An error has a place and names what is accepted.

use std::path::Path;

use floe_plugins::error::{Error, reason};
use floe_plugins::files::input_file;
use floe_plugins::files::place::Place;
use floe_telemetry::sanitize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error as YamlError, MessageFormatter, UserMessageFormatter};

pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Error> {
    let text = input_file::read(file).map_err(|error| {
        Error::input(
            Place::file(file),
            format!("cannot read it: {}", reason(&error)),
        )
    })?;
    parse(file, &text)
}

pub(crate) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Error> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| explain(file, text, &error))
}

fn explain(file: &Path, text: &str, error: &YamlError) -> Error {
    let place = error
        .location()
        .map_or_else(|| Place::file(file), |location| Place::yaml(file, location));
    let found = || found(text, error).map_or("nothing".to_owned(), |found| format!("`{found}`"));
    let message = match error.without_snippet() {
        YamlError::Unexpected { expected, .. } => {
            format!("found {}, accepted: {}", found(), in_yaml_terms(expected))
        }
        YamlError::InvalidScalar { ty, .. } => {
            format!("found {}, accepted: {}", found(), in_yaml_terms(ty))
        }
        YamlError::NullIntoString { .. } => "found nothing, accepted: a string".to_owned(),
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            format!(
                "found the field `{field}`, accepted: {}",
                expected.join(", ")
            )
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            format!("found `{variant}`, accepted: {}", expected.join(", "))
        }
        // The location in the error is the last field of the mapping.
        YamlError::SerdeMissingField { field, .. } => {
            format!("the field `{field}` is missing in this mapping")
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            format!("found the field `{key}` again, accepted: each field once")
        }
        YamlError::Message { msg, .. } if msg.contains("accepted") => msg.clone(),
        other => {
            let message = UserMessageFormatter.format_message(other);
            format!("it is not YAML: {message}, found {}", found())
        }
    };
    // Messages of this program are one line, prefixed with the place, and do not control the terminal.
    Error::input(place, message.replace(char::is_control, " "))
}

/// The type that the parser expected, in the terms of YAML.
fn in_yaml_terms(expected: &str) -> &str {
    match expected {
        "string scalar" => "a string",
        "sequence start" => "a list",
        "mapping start" => "a mapping",
        "boolean" => "true or false",
        other => other,
    }
}

/// The text from the place of the error to the end of the line, shortened.
fn found(text: &str, error: &YamlError) -> Option<String> {
    const LONGEST: usize = 40;
    let location = error.location()?;
    let line = text
        .lines()
        .nth(usize::try_from(location.line()).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    let rest: String = line.chars().skip(column).collect();
    // Redacted before it is shortened: a part of a credential may not be recognized, and neither is one whose
    // key stands before the place.
    let (line, safe) = (sanitize(line), sanitize(&rest));
    let safe = if safe == rest && !line.ends_with(&rest) {
        line
    } else {
        safe
    };
    let rest: String = safe.chars().take(LONGEST).collect();
    let rest = rest.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}
