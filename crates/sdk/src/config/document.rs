//! Configurations in YAML.

use std::path::Path;

use floe_yaml::{Content, Mistake, Node, Position};

use super::config_file;
use super::env;
use super::problems::{Problems, below};
use super::removed::{self, Removed, not_supported};
use super::substitution::substitute;
use super::telemetry::TelemetryConfig;
use crate::environment;
use crate::error::Error;

impl TelemetryConfig {
    /// Parses and validates YAML (or JSON, which is YAML, too).
    ///
    /// `${NAME}`, `${env:NAME}` and `${NAME:-default}` in values become the value of an environment variable, and `$$`
    /// becomes `$`. Only [credentials](super::TelemetryAuth) keep their references, which are resolved later. A removed
    /// setting is left out, with one warning.
    ///
    /// # Errors
    ///
    /// Fails if the text is not YAML, if a key is unknown, missing or of the wrong type, or if a value is invalid. The
    /// error has the line and the column of the first mistake, or of all invalid values.
    ///
    /// ```
    /// use floe_telemetry::TelemetryConfig;
    ///
    /// let error = TelemetryConfig::from_yaml("
    /// resource_attributes: {service_name: orders}
    /// otlp_protocol: grcp
    /// ").unwrap_err();
    /// assert_eq!(error.to_string(), "telemetry configuration: line 3, column 16: otlp_protocol: \
    ///   expected `grpc` or `http`, found `grcp`; did you mean `grpc`?");
    /// ```
    pub fn from_yaml(yaml: &str) -> Result<Self, Error> {
        Self::parse_document(yaml, env::warn)
    }

    fn parse_document(yaml: &str, warn: impl Fn(&str)) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let document = problems.unless_mistaken(floe_yaml::parse(yaml));
        let config = document.and_then(|mut document| {
            for warning in take_removed(&mut document) {
                warn(&warning);
            }
            let variable = |name: &str| environment::variable(name).ok();
            substitute(&mut document, &variable, is_credential, &mut problems);
            let config: Option<Self> = problems.unless_mistaken(document.read());
            problems.locate_with(move |path| document.find_position(path).into());
            config.inspect(|config| config.check(&mut problems))
        });
        problems.finish(config)
    }

    /// Reads a configuration that was written as JSON, possibly by an earlier version: settings that were removed later
    /// are left out, with one warning. References are not resolved, and nothing is validated.
    #[doc(hidden)]
    pub fn __from_written(json: &str) -> Result<Self, String> {
        let mut document = floe_yaml::parse(json).map_err(|mistake| mistake.to_string())?;
        let removed = take_removed(&mut document);
        let names: Vec<&str> = removed.iter().filter_map(|it| it.split(": ").nth(1)).collect();
        if !names.is_empty() {
            let names = names.join(", ");
            env::warn(&format!("ignored settings of an earlier version: {names}"));
        }
        document.read().map_err(|mistake| format!("{}: {}", mistake.path, mistake.message))
    }

    /// Reads a document in this crate's format from a file.
    pub(super) fn read_document(path: &Path) -> Result<Self, Error> {
        let context = config_file::context(path);
        let warn = |warning: &str| config_file::warn_within(&context, warning);
        let config = config_file::read(path).and_then(|text| Self::parse_document(&text, warn));
        config.map_err(|error| error.within(&context))
    }
}

/// Returns whether the value with this path is a credential, which may be a reference.
fn is_credential(path: &str) -> bool {
    let is_header = || path.starts_with("otlp.") && path.contains(".headers.");
    matches!(path, "authentication.api_key" | "authentication.bearer_token") || is_header()
}

impl Problems {
    /// Returns the value, or adds the mistake.
    pub(super) fn unless_mistaken<T>(&mut self, read: Result<T, Mistake>) -> Option<T> {
        read.map_err(|mistake| self.add_at(mistake.position, mistake.path, mistake.message)).ok()
    }
}

/// Removes settings that no longer exist from a document. Returns a warning about each. A single walk removes all of
/// them, because each removal changes the indexes of a list.
fn take_removed(document: &mut Node) -> Vec<String> {
    let mut found = Problems::default();
    let settings = removed::settings().map(|(path, of)| (path.split('.').collect(), of));
    let settings: Vec<(Vec<_>, _)> = settings.collect();
    let settings: Vec<_> = settings.iter().map(|(keys, of)| (&**keys, *of)).collect();
    take_below(document, &settings, "", &mut found);
    found.into_lines()
}

fn take_below(node: &mut Node, settings: &[(&[&str], Removed)], path: &str, found: &mut Problems) {
    let mut is_kept = |position: Position, value: &mut Node, key: &str, name: &str| {
        let path = below(path, key);
        let mut rest = Vec::new();
        for (keys, of) in settings {
            match keys {
                [first, ..] if *first != "*" && *first != name => {}
                [_] => {
                    if let Some(message) = of.message(value) {
                        found.add_at(position, path, message);
                        return false;
                    }
                }
                [_, below @ ..] => rest.push((below, *of)),
                [] => {}
            }
        }
        let is_empty =
            |value: &Node| matches!(&value.content, Content::List(items) if items.is_empty());
        let was_empty = is_empty(value);
        if !rest.is_empty() {
            take_below(value, &rest, &path, found);
        }
        was_empty || !is_empty(value)
    };
    match &mut node.content {
        Content::List(items) => {
            let mut indexes = 0..;
            items.retain_mut(|item| {
                let index: usize = indexes.next().unwrap_or_default();
                let index = index.to_string();
                is_kept(item.position, item, &index, &index)
            });
        }
        Content::Map(entries) => entries.retain_mut(|entry| {
            let name = entry.name().to_owned();
            is_kept(entry.position, &mut entry.value, &entry.key, &name)
        }),
        _ => {}
    }
}

impl Removed {
    /// Returns the sentence about a value, unless only another value was removed.
    fn message(self, value: &Node) -> Option<String> {
        match (self.word, &value.content) {
            (None, _) => Some(format!("not supported; {}", self.instead)),
            (Some(word), Content::Scalar { text, .. }) if text == word => {
                Some(not_supported(word, self.instead))
            }
            _ => None,
        }
    }
}
