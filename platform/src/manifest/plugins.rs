//! The section `plugins` of the manifest: a key for each type of plugin, whose value is one selection or a list of
//! selections.

use std::fmt;
use std::path::Path;
use std::slice;

use floe_plugin::{PluginType, Plugins as Configured, SelectionError};
use floe_plugins::error::Error;
use floe_plugins::place::Place;
use floe_telemetry::config::yaml::{Content, Node, Position};
use floe_telemetry::sanitize_credentials;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{BackendName, Selection};
use crate::manifest::selection::{OnFailure, Selected};

/// The plugins of the platform.
#[derive(Debug, Default)]
pub struct Plugins {
    /// The telemetry backend.
    pub telemetry_backend: Option<Selection<BackendName>>,
    /// The selections of other plugins, unparsed.
    selections: Vec<(PluginType, Node)>,
}

struct Found<'a> {
    selected: Selected,
    node: &'a Node,
    name: Position,
}

impl Plugins {
    /// Returns the selected plugins.
    ///
    /// # Errors
    /// A selection is not valid; the error names the place.
    pub fn selected(&self, file: &Path) -> Result<Vec<Selected>, Error> {
        Ok(self.read_selections(file)?.into_iter().map(|found| found.selected).collect())
    }

    /// Changes the selected plugins with `defaults`, checks that each plugin is linked into the program and accepts its
    /// configuration, and returns all of them.
    pub(super) fn check(
        &self,
        file: &Path,
        folder: &Path,
        defaults: impl FnOnce(Vec<Selected>) -> Vec<Selected>,
    ) -> Result<Vec<Selected>, Error> {
        let found = self.read_selections(file)?;
        let written = found.iter().map(|found| found.selected.clone()).collect();
        let all = defaults(written);
        let selections: Vec<_> = all.iter().map(|it| it.selection(folder)).collect();
        match Configured::configure(&selections) {
            Ok(_) => Ok(all),
            Err(error) => Err(explain(file, &found, all.get(error.index()), &error)),
        }
    }

    fn read_selections(&self, file: &Path) -> Result<Vec<Found<'_>>, Error> {
        let mut found = Vec::new();
        for (kind, node) in &self.selections {
            let nodes = match &node.content {
                Content::List(list) => &**list,
                _ => slice::from_ref(node),
            };
            for node in nodes {
                found.push(Found::read(*kind, node, file)?);
            }
        }
        Ok(found)
    }
}

fn explain(
    file: &Path,
    found: &[Found<'_>],
    wrong: Option<&Selected>,
    error: &SelectionError,
) -> Error {
    // Of two equal selections, the second one is wrong. A plugin that the platform adds has no place in the file.
    let found = found.iter().rfind(|it| Some(&it.selected) == wrong);
    let place = match found {
        Some(found) => Place::yaml(file, found.place(error)),
        None => Place::file(file),
    };
    let message = match error.path() {
        [] => error.message().to_owned(),
        path => format!("`{}`: {}", path.join("."), error.message()),
    };
    Error::input(place, message)
}

impl<'a> Found<'a> {
    fn read(kind: PluginType, node: &'a Node, file: &Path) -> Result<Self, Error> {
        let refused =
            |position, message: String| Error::input(Place::yaml(file, position), message);
        let Content::Map(entries) = &node.content else {
            let found = describe(&to_json(node).map_err(|error| refused(node.position, error))?);
            let message = format!(
                "expected a mapping with `type`, the name of a {kind} plugin, found {found}"
            );
            return Err(refused(node.position, message));
        };
        let mut name = None;
        let mut on_failure = OnFailure::of(kind);
        let mut config = Map::new();
        for entry in entries {
            let position = entry.value.position;
            let value = to_json(&entry.value).map_err(|error| refused(position, error))?;
            match (entry.key.as_str(), value) {
                ("type", Value::String(text)) => name = Some((text, position)),
                ("on_failure", Value::String(text)) if text == "fail" => {
                    on_failure = OnFailure::Fail;
                }
                ("on_failure", Value::String(text)) if text == "continue" => {
                    on_failure = OnFailure::Continue;
                }
                ("type", found) => {
                    let found = describe(&found);
                    let message = format!("expected the name of a {kind} plugin, found {found}");
                    return Err(refused(position, message));
                }
                ("on_failure", found) => {
                    let found = match found {
                        Value::String(text) => format!("`{}`", sanitize_credentials(&text)),
                        found => describe(&found).to_owned(),
                    };
                    let message = format!("expected fail or continue, found {found}");
                    return Err(refused(position, message));
                }
                (key, found) => {
                    if let Some(position) = credential(&entry.value) {
                        let message = format!(
                            "`{key}` contains a credential, which would be written into the artifacts: expected a reference such as `${{env:NAME}}`, if the plugin takes one"
                        );
                        return Err(refused(position, message));
                    }
                    config.insert(key.to_owned(), found);
                }
            }
        }
        let missing = "the field `type` is missing in this mapping";
        let (name, position) = name.ok_or_else(|| refused(node.position, missing.to_owned()))?;
        let selected = Selected { kind, name, on_failure, config: Value::Object(config) };
        Ok(Self { selected, node, name: position })
    }

    fn place(&self, error: &SelectionError) -> Position {
        if error.path().is_empty() && !error.message().starts_with("missing field") {
            return self.name;
        }
        let is_key = error.message().starts_with("unknown field");
        self.node.locate(error.path().iter().map(|key| &**key), is_key)
    }
}

/// Returns the place of a text that contains a credential, such as a URL with a password.
fn credential(node: &Node) -> Option<Position> {
    match &node.content {
        Content::Scalar { text, .. } => {
            (sanitize_credentials(text) != *text).then_some(node.position)
        }
        Content::List(list) => list.iter().find_map(credential),
        Content::Map(entries) => entries.iter().find_map(|entry| credential(&entry.value)),
    }
}

fn to_json(node: &Node) -> Result<Value, String> {
    Value::deserialize(node).map_err(|error| error.to_string())
}

/// Describes a value for an error by its kind, because the value itself may be a credential.
fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

impl<'de> Deserialize<'de> for Plugins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PluginsVisitor)
    }
}

/// A key of the section. It has a type of its own so that an error about a key names the place of that key.
struct Kind(PluginType);

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        let kind = PluginType::ALL.into_iter().find(|kind| kind.as_str() == key);
        kind.map(Self).ok_or_else(|| D::Error::unknown_field(&key, &PluginType::NAMES))
    }
}

struct PluginsVisitor;

impl<'de> Visitor<'de> for PluginsVisitor {
    type Value = Plugins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plugins, A::Error> {
        let mut plugins = Plugins::default();
        while let Some(Kind(kind)) = map.next_key()? {
            match kind {
                PluginType::TelemetryBackend => plugins.telemetry_backend = map.next_value()?,
                kind => plugins.selections.push((kind, map.next_value()?)),
            }
        }
        Ok(plugins)
    }
}
