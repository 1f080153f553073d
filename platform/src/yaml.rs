//! Reads a YAML file into a typed value, with one readable error that has a position.

use std::fs;
use std::path::Path;

use floe_telemetry::sanitizer::sanitize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error as YamlError, MessageFormatter, UserMessageFormatter};

use crate::error::{Error, reason};
use crate::place::Place;

pub(crate) fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Error> {
    let text = fs::read_to_string(file).map_err(|error| {
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
            format!("found {}, accepted: {}", found(), friendly(expected))
        }
        YamlError::InvalidScalar { ty, .. } => {
            format!("found {}, accepted: {}", found(), friendly(ty))
        }
        YamlError::NullIntoString { .. } => "found nothing, accepted: a text".to_owned(),
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
        // The parser's place is the last field of the mapping.
        YamlError::SerdeMissingField { field, .. } => {
            format!("the field `{field}` is missing beside this one")
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => {
            format!("found the field `{key}` again, accepted: each field once")
        }
        YamlError::Message { msg, .. } if msg.contains("accepted") => msg.clone(),
        other => {
            // A message is one line; the place is ours to print.
            let message = UserMessageFormatter.format_message(other);
            let message = message.lines().collect::<Vec<_>>().join(" ");
            format!("it is not YAML: {message}, found {}", found())
        }
    };
    Error::input(place, message)
}

/// The parser's words for what it wanted, in ours.
fn friendly(expected: &str) -> &str {
    match expected {
        "string scalar" => "a text",
        "sequence start" => "a list",
        "mapping start" => "a mapping",
        "boolean" => "true or false",
        other => other,
    }
}

/// The rest of the line at the error's place.
fn found(text: &str, error: &YamlError) -> Option<String> {
    const LONGEST: usize = 40;
    let location = error.location()?;
    let line = text
        .lines()
        .nth(usize::try_from(location.line()).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    // Made safe as a whole: without its end, a credential is not known for one.
    let line: String = line.chars().skip(column).collect();
    let rest: String = sanitize(&line).chars().take(LONGEST).collect();
    let rest = rest.trim();
    (!rest.is_empty()).then(|| rest.to_owned())
}
